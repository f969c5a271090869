"""How far the relation with a customer has come, and how much it wants to buy.

Both follow from records, and from what people, lists and other systems state, each at an instant.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.vocabulary import Intent, Lifecycle
from services.shared.errors import ConflictError, Locale


class ContradictedLifecycleError(ConflictError):
    """The records say {holds}, which contradicts {stated}."""

    slug = "contradicted-lifecycle"
    zh = "根据购买与商机记录，该客户为“{holds}”，不能改为“{stated}”。"
    members = ("stated", "holds")
    stated: Lifecycle
    holds: Lifecycle

    def message(self, locale: Locale) -> str:
        """Return the message with the words for both."""
        words = {"stated": self.stated.label(locale), "holds": self.holds.label(locale)}
        return self.template(locale).format(**words)


@dataclass(frozen=True, slots=True)
class StatedLifecycle:
    """What a list or a person states of the relation, as of an instant.

    A customer counts like a first purchase then, a lost one like a loss, a signing one like an open
    opportunity in stage signing until there has been one, and a prospect like nothing.
    """

    lifecycle: Lifecycle
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordedIntent:
    """The intent that the latest follow-up record naming one has, with the instant of its contact."""

    intent: Intent
    at: datetime
    follow_up_id: UUID


@dataclass(frozen=True, slots=True)
class Dealings:
    """What the records say about the relation: the latest purchase, the latest win, a signing under way.

    `has_signed` is whether any opportunity, open or closed, is in stage signing.
    """

    purchased_at: datetime | None = None
    won_at: datetime | None = None
    signing: bool = False
    has_signed: bool = False
    intent: RecordedIntent | None = None

    def lifecycle(self, stated: StatedLifecycle | None) -> Lifecycle:
        """Decide how far the relation has come; where several hold: lost, customer, signing, prospect.

        Who was stated to be lost stays so until a later purchase or win.
        """
        bought_at = max(filter(None, (self.purchased_at, self.won_at)), default=None)
        word = stated.lifecycle if stated else None
        if stated and word is Lifecycle.LOST and (bought_at is None or bought_at <= stated.at):
            return Lifecycle.LOST
        if bought_at or word is Lifecycle.CUSTOMER:
            return Lifecycle.CUSTOMER
        is_signing = self.signing or (word is Lifecycle.SIGNING and not self.has_signed)
        return Lifecycle.SIGNING if is_signing else Lifecycle.PROSPECT

    def contradict(self, stated: StatedLifecycle) -> bool:
        """Return whether the relation has come to something else than is stated."""
        return self.lifecycle(stated) is not stated.lifecycle

    def later_intent(self, stated_at: datetime | None) -> RecordedIntent | None:
        """Return the recorded intent unless one was stated at the same instant or later."""
        recorded = self.intent
        return recorded if recorded and (stated_at is None or recorded.at > stated_at) else None
