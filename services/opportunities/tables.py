"""Tables of the opportunities service, in its own schema."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.shared.database import service_metadata
from services.shared.records import money_columns, word_type

metadata = service_metadata()

opportunities = Table(
    "opportunities",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("owner_id", Uuid, index=True),
    Column("status", word_type(OpportunityStatus), nullable=False),
    Column("stage", word_type(OpportunityStage), nullable=False),
    Column("stage_entered_at", DateTime(timezone=True), nullable=False),
    Column("stage_estimated", Boolean, nullable=False, comment="No source has dated the stage entry."),
    Column("progressed_at", DateTime(timezone=True), nullable=False, comment="The stall clock runs from it."),
    *money_columns("expected_amount"),
    Column("expected_close_on", Date),
    Column("decision_maker_id", Uuid, comment="A contact of the customer."),
    Column("competition", Text),
    Column("held_until", DateTime(timezone=True)),
    Column("hold_reason", Text),
    Column("closed_at", DateTime(timezone=True)),
    *money_columns("amount"),
    Column("lost_reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index(None, "status", "stage"),
    Index(None, "natural_key"),
    comment="Chances to sell something (R131).",
)

opportunity_changes = Table(
    "opportunity_changes",
    metadata,
    Column("change_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False, comment="The version that it led to."),
    Column("event", Text, nullable=False, comment="What was said about it, as stage_changed."),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("fields", JSONB, nullable=False, comment="Each field that differs, with both values."),
    Index(None, "opportunity_id", "sequence", unique=True),
    comment="What happened to opportunities, field by field.",
)
