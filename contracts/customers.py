"""Events and commands of the customers service."""

from typing import ClassVar
from uuid import UUID

from contracts.commands import CommandData, RecordRef
from contracts.events import EventData, Instant, SourceRef
from contracts.inputs import Amount, Day, Flag, Line, Moment, Paragraph, SignedAmount, Tags
from contracts.money import Money
from contracts.vocabulary import Intent, Lifecycle, Potential, PurchaseKind, Urgency


class CustomerState(EventData):
    """A customer as its owner knows it: no free text, no contact data.

    `assigned_at` is when the customer first got an owner. `lifecycle` follows from purchases, opportunities
    and what people, lists and systems state; `intent` from what is stated and from records of contacts.
    """

    record_kind: ClassVar[str] = "customer"

    customer_id: UUID
    customer_number: str
    name: str
    natural_key: str
    source_ref: SourceRef | None = None
    source_refs: tuple[SourceRef, ...] = ()
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
    """A customer bought something, or gave it back; `opportunity_id` names the won opportunity it belongs to.

    The amount of a return is negative, so that the sum of all amounts is right also for a consumer that does
    not look at `kind`.
    """

    type: ClassVar[str] = "customers.purchase_recorded.v1"
    record_kind: ClassVar[str] = "purchase"

    purchase_id: UUID
    customer_id: UUID
    opportunity_id: UUID | None = None
    product: str
    purchased_at: Instant
    amount: Money
    kind: PurchaseKind = PurchaseKind.PURCHASE


class PutCustomer(CommandData):
    """Take in a customer as another system has it, or follow what has changed there.

    Of a customer that is known, fields that are not given stay as they are. The only one of the same full
    name is the same customer, unless this system knows it by another id.
    A `lifecycle` is stated when it first comes: customer counts like a first purchase then, lost like a loss,
    signing like an open opportunity in stage signing, prospect like nothing; null takes it back. What the
    records contradict changes nothing.
    """

    type: ClassVar[str] = "customers.put_customer.v1"

    name: Line
    lifecycle: Lifecycle | None = None
    owner: RecordRef | None = None
    industry: Line | None = None
    employee_range: Line | None = None
    annual_revenue: Amount | None = None
    founded_on: Day | None = None
    website: Line | None = None
    main_business: Paragraph | None = None
    address: Paragraph | None = None
    source: Line | None = None
    first_contact_at: Moment | None = None
    intent: Intent | None = None
    need_clear: Flag = False
    need_urgent: Flag = False
    need_important: Flag = False
    benchmark: Flag = False
    short_chain: Flag = False
    potential: Potential | None = None
    urgency: Urgency | None = None
    initial_need: Paragraph | None = None
    tags: Tags = ()
    remarks: Paragraph | None = None


class RecordPurchase(CommandData):
    """A customer bought something, or what was told of it was wrong; its customer stays for ever.

    A negative amount is a return.
    """

    type: ClassVar[str] = "customers.record_purchase.v1"

    customer: RecordRef
    opportunity: RecordRef | None = None
    product: Line
    purchased_at: Moment
    amount: SignedAmount
