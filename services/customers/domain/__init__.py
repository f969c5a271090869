"""What a customer is, how far the relation with it has come, and what it bought.

Every method that changes something counts the record's version up by one and returns what changed; `now` is
the business instant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from contracts.events import SourceRef
from contracts.money import Money
from contracts.vocabulary import BuyingRole, Intent, Lifecycle, Potential, PurchaseKind, Urgency
from services.customers.domain.likeness import likeness_key
from services.customers.domain.relation import Dealings, StatedLifecycle
from services.shared.changes import Tracked, change
from services.shared.errors import ConflictError, NotFoundError, RefusedError


class UnknownCustomerError(NotFoundError):
    """There is no customer {customer_id}."""

    slug = "unknown-customer"
    zh = "没有编号为 {customer_id} 的客户。"
    customer_id: UUID


class UnknownContactError(NotFoundError):
    """There is no contact {contact_id} at this customer."""

    slug = "unknown-contact"
    zh = "该客户没有编号为 {contact_id} 的联系人。"
    contact_id: UUID


class UnknownPurchaseError(NotFoundError):
    """There is no purchase {purchase_id} of this customer."""

    slug = "unknown-purchase"
    zh = "该客户没有编号为 {purchase_id} 的购买记录。"
    purchase_id: UUID


class DuplicateCustomerError(ConflictError):
    """{name} is already there, as {customer_number}."""

    slug = "duplicate-customer"
    zh = "“{name}”已存在,编号 {customer_number}。"
    members = ("customer_id", "customer_number")
    customer_id: UUID
    customer_number: str
    name: str


class OtherCustomerError(ConflictError):
    """The purchase {external_id} is one of the customer {customer_id} and stays with it."""

    slug = "other-customer"
    zh = "购买记录 {external_id} 属于客户 {customer_id},不能改属其他客户。"
    members = ("customer_id",)
    external_id: str
    customer_id: UUID


class IncompleteCustomerError(RefusedError):
    """A customer that people enter has {needed}; {count} of them are missing: {fields}."""

    slug = "incomplete-customer"
    zh = "客户须填写名称、行业、规模、联系人及职务、首次接触时间和来源;缺少 {count} 项:{fields}。"
    members = ("missing",)
    missing: tuple[str, ...]


REQUIRED = (
    *("name", "industry", "employee_range or annual_revenue"),
    *("contact.name", "contact.title", "first_contact_at", "source"),
)
"""What a customer that people enter must have (R027, K14); of the sizes one is enough."""


def check_complete(values: Mapping[str, object]) -> None:
    """Raise IncompleteCustomerError, with all that is missing of what is required."""
    missing = tuple(name for name in REQUIRED if all(values.get(one) is None for one in name.split(" or ")))
    _refuse(missing)


def check_still_complete(before: object, values: Mapping[str, object]) -> None:
    """Raise IncompleteCustomerError for what is required, is there before, and would be emptied by `values`.

    What an import or another system left out may stay out.
    """
    missing = []
    for name in REQUIRED:
        held = {one: getattr(before, one, None) for one in name.split(" or ")}
        told = {one: values.get(one, value) for one, value in held.items()}
        if _says_any(held) and not _says_any(told):
            missing.append(name)
    _refuse(tuple(missing))


def _says_any(values: Mapping[str, object]) -> bool:
    return any(value is not None for value in values.values())


def _refuse(missing: tuple[str, ...]) -> None:
    if missing:
        raise IncompleteCustomerError(
            missing=missing, needed=", ".join(REQUIRED), count=len(missing), fields=", ".join(missing)
        )


_INSTANTS = ("assigned_at", "lifecycle_stated_at")
"""What is set only together with something else."""


def customer_number(month: str, sequence: int) -> str:
    """Return the number people use for a customer: `CUS`, the month as YYYYMM, three digits or more (K9)."""
    return f"CUS{month}{sequence:03d}"


def sequence_in(month: str, number: str) -> int | None:
    """Return the sequence number in a customer number of this month; None for any other number."""
    match = re.fullmatch(rf"CUS{month}(\d{{3,5}})", number, re.ASCII)
    return int(match[1]) if match else None


@dataclass(slots=True)
class Customer:
    """An organisation we sell to or want to sell to; `version` counts its changes.

    `assigned_at` is when it first got an owner. `lifecycle` and `intent` follow from the records and from
    what was stated last: `stated_lifecycle` as of `lifecycle_stated_at`, `stated_intent` as of
    `intent_stated_at`.
    """

    customer_id: UUID
    customer_number: str
    name: str
    natural_key: str
    created_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    likeness_key: str | None = None
    version: int = 1
    owner_id: UUID | None = None
    assigned_at: datetime | None = None
    lifecycle: Lifecycle = Lifecycle.PROSPECT
    stated_lifecycle: Lifecycle | None = None
    lifecycle_stated_at: datetime | None = None
    industry: str | None = None
    employee_range: str | None = None
    annual_revenue: Money | None = None
    founded_on: date | None = None
    website: str | None = None
    main_business: str | None = None
    address: str | None = None
    source: str | None = None
    first_contact_at: datetime | None = None
    intent: Intent | None = None
    stated_intent: Intent | None = None
    intent_stated_at: datetime | None = None
    need_clear: bool = False
    need_urgent: bool = False
    need_important: bool = False
    benchmark: bool = False
    short_chain: bool = False
    potential: Potential | None = None
    urgency: Urgency | None = None
    initial_need: str | None = None
    tags: tuple[str, ...] = ()
    remarks: str | None = None

    @property
    def stated(self) -> StatedLifecycle | None:
        """What was stated of the relation last."""
        if self.stated_lifecycle is None or self.lifecycle_stated_at is None:
            return None
        return StatedLifecycle(self.stated_lifecycle, self.lifecycle_stated_at)

    @classmethod
    def enter(cls, customer_id: UUID, number: str, values: Mapping[str, Any], *, now: datetime) -> Self:
        """Take in a customer of which there are no records yet; `values` has its name and natural key."""
        customer = cls(
            customer_id=customer_id,
            customer_number=number,
            name=values["name"],
            natural_key=values["natural_key"],
            created_at=now,
            updated_at=now,
        )
        customer.update(values, dealings=Dealings(), now=now)
        customer.version = 1
        return customer

    def update(self, values: Mapping[str, object], *, dealings: Dealings, now: datetime) -> tuple[str, ...]:
        """Set fields, let lifecycle and intent follow, and return the names of what changed.

        A lifecycle among the values is stated, as of `lifecycle_stated_at` or now; None takes back what was
        stated, and what the records contradict changes nothing. An intent is stated now. The first owner sets
        `assigned_at`, to the value given or else to now; later owners do not move it. Without an owner there
        is nothing to assign.
        """
        if "name" in values or self.likeness_key is None:
            self.likeness_key = likeness_key(str(values.get("name", self.name)))
        self._state(values, dealings, now)
        recorded = dealings.later_intent(self.intent_stated_at)
        decided = {
            "lifecycle": dealings.lifecycle(self.stated),
            "intent": recorded.intent if recorded else self.stated_intent,
        }
        fields = {name: value for name, value in values.items() if name not in _INSTANTS}
        changed = change(self, {**fields, **{name: decided[name] for name in decided if name in fields}})
        if self.owner_id:
            changed += change(self, {"assigned_at": values.get("assigned_at") or self.assigned_at or now})
        changed += change(self, decided)
        if changed:
            self.version += 1
            self.updated_at = now
        return changed

    def statement(self, values: Mapping[str, Any], *, now: datetime) -> StatedLifecycle | None:
        """Return what the values state of the relation, None when they state nothing or take it back.

        Without an instant of its own it is of now, unless it is what was stated before and still holds.
        """
        word = values.get("lifecycle")
        if word is None:
            return None
        holds = word is self.stated_lifecycle is self.lifecycle
        before = self.lifecycle_stated_at if holds else None
        return StatedLifecycle(word, values.get("lifecycle_stated_at") or before or now)

    def _state(self, values: Mapping[str, Any], dealings: Dealings, now: datetime) -> None:
        """Keep what the values state, unless the records contradict it."""
        if "intent" in values:
            self.stated_intent, self.intent_stated_at = values["intent"], now
        if "lifecycle" not in values:
            return
        stated = self.statement(values, now=now)
        if stated is None:
            self.stated_lifecycle = self.lifecycle_stated_at = None
        elif not dealings.contradict(stated):
            self.stated_lifecycle, self.lifecycle_stated_at = stated.lifecycle, stated.at


@dataclass(slots=True)
class Contact(Tracked):
    """A person at a customer; name, phone, e-mail and preference are personal data."""

    contact_id: UUID
    customer_id: UUID
    name: str
    created_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    title: str | None = None
    phone: str | None = None
    email: str | None = None
    buying_role: BuyingRole | None = None
    preference: str | None = None


@dataclass(slots=True)
class Purchase(Tracked):
    """Something a customer bought, or gave back, which makes the amount negative.

    `opportunity_id` names the won opportunity it belongs to, if any.
    """

    purchase_id: UUID
    customer_id: UUID
    product: str
    purchased_at: datetime
    amount: Money
    created_at: datetime
    updated_at: datetime
    source_refs: tuple[SourceRef, ...] = ()
    sequence: int = 1
    opportunity_id: UUID | None = None

    @property
    def kind(self) -> PurchaseKind:
        """Whether it is a purchase or a return."""
        return PurchaseKind.RETURN if self.amount.amount < 0 else PurchaseKind.PURCHASE
