"""Tables of the customers service, in its own schema."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from contracts.vocabulary import (
    BuyingRole,
    CustomerGrade,
    Intent,
    Lifecycle,
    OpportunityStage,
    OpportunityStatus,
    Potential,
    Urgency,
)
from services.shared.database import service_metadata
from services.shared.records import money_columns, word_type

metadata = service_metadata()


customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("customer_number", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, comment="The full legal name (R030)."),
    Column("natural_key", Text, nullable=False, index=True),
    # Null where a replica of an earlier release entered the customer.
    Column("likeness_key", Text, comment="Of names that are likely one company's."),
    Column("version", BigInteger, nullable=False),
    Column("owner_id", Uuid),
    Column("assigned_at", DateTime(timezone=True), comment="When it first got an owner."),
    Column("lost_at", DateTime(timezone=True), comment="Written by replicas of an earlier release only."),
    Column("lifecycle", word_type(Lifecycle), nullable=False),
    Column("stated_lifecycle", word_type(Lifecycle), comment="By a list, a person or another system."),
    Column("lifecycle_stated_at", DateTime(timezone=True), comment="As of when."),
    Column("industry", Text),
    Column("employee_range", Text),
    *money_columns("annual_revenue"),
    Column("founded_on", Date),
    Column("website", Text),
    Column("main_business", Text),
    Column("address", Text),
    Column("source", Text),
    Column("first_contact_at", DateTime(timezone=True)),
    Column("intent", word_type(Intent)),
    Column("stated_intent", word_type(Intent), comment="By a list, a person or another system."),
    Column("intent_stated_at", DateTime(timezone=True)),
    Column("need_clear", Boolean, nullable=False),
    Column("need_urgent", Boolean, nullable=False),
    Column("need_important", Boolean, nullable=False),
    Column("benchmark", Boolean, nullable=False),
    Column("short_chain", Boolean, nullable=False),
    Column("potential", word_type(Potential)),
    Column("urgency", word_type(Urgency)),
    Column("initial_need", Text),
    Column("tags", ARRAY(Text, as_tuple=True), nullable=False),
    Column("remarks", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index(None, "likeness_key", "customer_id"),
    Index(None, "tags", postgresql_using="gin"),
    Index(None, "owner_id", "customer_id"),
    Index(None, "industry", "customer_id"),
    Index(None, "lifecycle", "customer_id"),
    comment="Organisations we sell to or want to sell to.",
)

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("sequence", BigInteger, nullable=False),
    Column("name", LargeBinary, nullable=False, comment="Encrypted."),
    Column("title", Text),
    Column("phone", LargeBinary, comment="Encrypted."),
    Column("email", LargeBinary, comment="Encrypted."),
    Column("buying_role", word_type(BuyingRole)),
    Column("preference", LargeBinary, comment="Encrypted."),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    comment="People at customers; what identifies or reaches them is encrypted (R183).",
)

purchases = Table(
    "purchases",
    metadata,
    Column("purchase_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("opportunity_id", Uuid),
    Column("sequence", BigInteger, nullable=False),
    Column("product", Text, nullable=False),
    Column("purchased_at", DateTime(timezone=True), nullable=False),
    *money_columns("amount", nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    comment="What customers bought (R025).",
)

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("month", String(6), primary_key=True, comment="YYYYMM, local."),
    Column("last", Integer, nullable=False),
    comment="The last customer number given in a month; its row is locked while numbers are taken.",
)

seen_opportunities = Table(
    "seen_opportunities",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("status", word_type(OpportunityStatus), nullable=False),
    Column("stage", word_type(OpportunityStage), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("sequence", BigInteger, nullable=False),
    comment="Opportunities as the opportunities service last told; the lifecycle follows from them.",
)

seen_follow_ups = Table(
    "seen_follow_ups",
    metadata,
    Column("follow_up_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("intent", word_type(Intent)),
    Column("deleted", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index(None, "customer_id", "occurred_at", postgresql_where=text("not deleted")),
    comment="Records of contacts as they were published last; last contact and intent follow from them.",
)

seen_grades = Table(
    "seen_grades",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("grade", word_type(CustomerGrade), nullable=False, index=True),
    Column("ruleset_version", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    comment="Grades as the rules last decided them.",
)

seen_profiles = Table(
    "seen_profiles",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("dormant", Boolean),
    Column("churn_risk", Boolean),
    Column("every", Text),
    Column("next_touch_at", DateTime(timezone=True), index=True),
    Column("values", JSONB, nullable=False),
    Column("ruleset_version", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index("ix_seen_profiles_dormant", "customer_id", postgresql_where=text("dormant")),
    Index("ix_seen_profiles_churn_risk", "customer_id", postgresql_where=text("churn_risk")),
    comment="The other values that the rules last decided about customers.",
)

customer_changes = Table(
    "customer_changes",
    metadata,
    Column("change_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("record_kind", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("field", Text, nullable=False),
    Column("old", JSONB, comment="Personal data masked."),
    Column("new", JSONB, comment="Personal data masked."),
    Column("by", Text, nullable=False, comment="http, import, event, or command and its system."),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Index(None, "customer_id", "change_id"),
    comment="Every change of a field of a customer, its contacts and its purchases.",
)

contact_reveals = Table(
    "contact_reveals",
    metadata,
    Column("reveal_id", Uuid, primary_key=True),
    Column("contact_id", Uuid, nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False),
    Column("revealed_by", Text, nullable=False, comment="The caller's name."),
    Column("address", Text, nullable=False, comment="From where the caller asked."),
    Column(
        "fields",
        ARRAY(Text, as_tuple=True),
        nullable=False,
        comment="Which fields were shown, not what they say.",
    ),
    Column("reason", Text, comment="As the caller gave it."),
    Column("revealed_at", DateTime(timezone=True), nullable=False, comment="The business instant."),
    Column("logged_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index(None, "customer_id", "reveal_id"),
    comment="Who looked at which contact data; rows are added and never changed (K8).",
)

seen_moments = Table(
    "seen_moments",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False, comment="The type of the event, without owner and version."),
    Column("record_kind", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index(None, "customer_id", "occurred_at"),
    comment="What other services said of customers, for the timeline.",
)
