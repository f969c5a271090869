"""The records of one customer, as their owners sent them: what facts are computed from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from contracts.customers import CustomerState, PurchaseRecorded
from contracts.events import EventData
from contracts.followups import ContactHeld, FollowUpRecorded, PlanChanged
from contracts.opportunities import OpportunityState


@dataclass(frozen=True)
class CustomerRecords:
    """Everything that is known of one customer; `customer` is None until its owner has spoken.

    Follow-up records that were deleted are not among them.
    """

    customer: CustomerState | None
    purchases: tuple[PurchaseRecorded, ...] = ()
    follow_ups: tuple[FollowUpRecorded, ...] = ()
    contacts_held: tuple[ContactHeld, ...] = ()
    opportunities: Mapping[UUID, OpportunityState] = field(default_factory=dict)
    plans: Mapping[UUID, PlanChanged] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[EventData]) -> "CustomerRecords":
        """Sort the records of one customer by their kind."""
        # By kind, not by `isinstance`, which is slow for these classes.
        of_kind: dict[str, list[Any]] = {}
        for record in records:
            of_kind.setdefault(record.record_kind, []).append(record)
        return cls(
            customer=next(iter(of_kind.get(CustomerState.record_kind, ())), None),
            purchases=tuple(of_kind.get(PurchaseRecorded.record_kind, ())),
            follow_ups=tuple(r for r in of_kind.get(FollowUpRecorded.record_kind, ()) if not r.deleted),
            contacts_held=tuple(of_kind.get(ContactHeld.record_kind, ())),
            opportunities={r.opportunity_id: r for r in of_kind.get(OpportunityState.record_kind, ())},
            plans={r.plan_id: r for r in of_kind.get(PlanChanged.record_kind, ())},
        )

    @cached_property
    def follow_ups_by_opportunity(self) -> Mapping[UUID, tuple[FollowUpRecorded, ...]]:
        """The follow-up records about each opportunity."""
        found: dict[UUID, list[FollowUpRecorded]] = {}
        for record in self.follow_ups:
            if record.opportunity_id is not None:
                found.setdefault(record.opportunity_id, []).append(record)
        return {key: tuple(records) for key, records in found.items()}
