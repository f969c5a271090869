"""What people send about customers, contacts and purchases."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from contracts.inputs import Amount, Day, Flag, Line, Moment, Paragraph, SignedAmount, Tags
from contracts.vocabulary import BuyingRole, Intent, Lifecycle, Potential, Urgency
from services.shared.http import UNLESS_GIVEN, Body
from services.shared.imports.contact_details import to_email, to_phone

PhoneNumber = Annotated[Line, AfterValidator(to_phone)]
EmailAddress = Annotated[Line, AfterValidator(to_email)]


def _required(schema: dict[str, Any]) -> None:
    """Name what a new customer must have; what is missing is told in one answer, by the service itself."""
    schema["required"] = ["name", "industry", "contact", "first_contact_at", "source"]
    schema["anyOf"] = [{"required": ["employee_range"]}, {"required": ["annual_revenue"]}]


class ContactChanges(Body):
    """What is to change about a contact; null clears, what is not given stays."""

    name: Line = UNLESS_GIVEN
    title: Line | None = Field(None, examples=["采购经理"])
    phone: PhoneNumber | None = Field(None, examples=["021-55556666"])
    email: EmailAddress | None = Field(None, examples=["someone@example.com"])
    buying_role: BuyingRole | None = None
    preference: Paragraph | None = Field(None, examples=["工作日上午9-11点方便面谈"])


class NewContact(ContactChanges):
    """A contact at a customer."""

    name: Line = Field(examples=["刘经理"])


class RevealReason(Body):
    """Why contact data is looked at; it is logged."""

    reason: Line | None = Field(None, examples=["回访"])


class CustomerChanges(Body):
    """What is to change about a customer; null clears, what is not given stays."""

    name: Line = UNLESS_GIVEN
    industry: Line | None = Field(None, examples=["电子设备制造"])
    employee_range: Line | None = Field(None, examples=["100-500人"])
    annual_revenue: Amount | None = None
    founded_on: Day | None = None
    website: Line | None = None
    main_business: Paragraph | None = None
    address: Paragraph | None = None
    source: Line | None = Field(None, examples=["行业展会"])
    owner_id: UUID | None = Field(None, description="One of /v1/people.")
    first_contact_at: Moment | None = Field(None, examples=["2025-03-03T10:00:00+08:00"])
    intent: Intent | None = None
    need_clear: Flag = UNLESS_GIVEN
    need_urgent: Flag = UNLESS_GIVEN
    need_important: Flag = UNLESS_GIVEN
    benchmark: Flag = UNLESS_GIVEN
    short_chain: Flag = UNLESS_GIVEN
    potential: Potential | None = None
    urgency: Urgency | None = None
    initial_need: Paragraph | None = None
    tags: Tags = UNLESS_GIVEN
    remarks: Paragraph | None = None
    lifecycle: Lifecycle | None = Field(
        None, description="Stated as of now; null takes back what was stated, and the records alone decide."
    )


class NewCustomer(CustomerChanges):
    """A customer as people enter it: name, industry, size, main contact with title, first contact, source."""

    model_config = ConfigDict(json_schema_extra=_required)

    contact: ContactChanges = Field(default_factory=ContactChanges)


class PurchaseChanges(Body):
    """What is to change about a purchase; null clears, what is not given stays."""

    product: Line = UNLESS_GIVEN
    purchased_at: Moment = UNLESS_GIVEN
    amount: SignedAmount = UNLESS_GIVEN
    opportunity_id: UUID | None = Field(None, description="An opportunity of the same customer.")


class NewPurchase(PurchaseChanges):
    """Something that a customer bought."""

    product: Line = Field(examples=["数控机床"])
    purchased_at: Moment = Field(examples=["2025-03-03T00:00:00+08:00"])
    amount: SignedAmount = Field(description="Negative for a return.")


class TagList(Body):
    """All tags of a customer."""

    tags: Tags


class NewTag(Body):
    """One more tag."""

    tag: Annotated[Line, Field(max_length=50, examples=["重点客户"])]
