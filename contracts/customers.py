"""Events of the customers service."""

from typing import ClassVar
from uuid import UUID

from contracts.events import EventData, Instant, SourceRef
from contracts.money import Money
from contracts.vocabulary import Intent, Lifecycle, Potential, Urgency


class CustomerState(EventData):
    """A customer as its owner knows it: no free text, no contact data.

    `assigned_at` is when the customer first got an owner; `lost_at` when it was marked as lost by hand.
    """

    record_kind: ClassVar[str] = "customer"

    customer_id: UUID
    customer_number: str
    name: str
    natural_key: str
    source_ref: SourceRef | None = None
    version: int
    owner_id: UUID | None = None
    assigned_at: Instant | None = None
    lifecycle: Lifecycle = Lifecycle.PROSPECT
    industry: str | None = None
    source: str | None = None
    first_contact_at: Instant | None = None
    intent: Intent | None = None
    need_clear: bool = False
    need_urgent: bool = False
    need_important: bool = False
    benchmark: bool = False
    short_chain: bool = False
    potential: Potential | None = None
    urgency: Urgency | None = None
    tags: tuple[str, ...] = ()


class CustomerCreated(CustomerState):
    """A customer was entered or imported."""

    type: ClassVar[str] = "customers.customer_created.v1"


class CustomerUpdated(CustomerState):
    """Fields of a customer changed; `changed` names them."""

    type: ClassVar[str] = "customers.customer_updated.v1"

    changed: tuple[str, ...] = ()


class PurchaseRecorded(EventData):
    """A customer bought something; `opportunity_id` names the won opportunity it belongs to, if any."""

    type: ClassVar[str] = "customers.purchase_recorded.v1"
    record_kind: ClassVar[str] = "purchase"

    purchase_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None = None
    product: str
    purchased_at: Instant
    amount: Money
