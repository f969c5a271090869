"""Tables of the rules service."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB

from services.shared.database import service_metadata

metadata = service_metadata()

_INSTANT = DateTime(timezone=True)
MOVES = ("raised", "escalated", "reassigned", "resolved")
"""What the first evaluation by a version did with tasks, as it is counted."""

_LOOKED_UP = ("opportunity_id", "number", "name")

fact_records = Table(
    "fact_records",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, comment="Null for people, who belong to no customer."),
    Column("opportunity_id", Uuid, comment="The opportunity that another record is about."),
    Column("number", Text, comment="What people call a customer by, as its name."),
    Column("name", Text),
    Column("sequence", BigInteger, nullable=False),
    Column("type", Text, nullable=False, comment="The event whose model reads the state."),
    Column("state", JSONB, nullable=False),
    Index(None, "customer_id"),
    *(Index(None, name, postgresql_where=text(f"{name} IS NOT NULL")) for name in _LOOKED_UP),
    comment="The newest state of every record the other services have spoken of (A4).",
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    comment="One row per customer, locked while its subjects are evaluated.",
)

subjects = Table(
    "subjects",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("owner_id", Uuid),
    Column("assignee_id", Uuid),
    Column("next_check_at", _INSTANT, comment="Business time at which the answer could change (A3)."),
    Column("touched_at", _INSTANT, comment="Business time of what made it due, unless time alone did."),
    Column("next_touch_at", _INSTANT, comment="When the customer is to be contacted next."),
    Column("facts", JSONB, nullable=False, server_default="{}", comment="As last evaluated."),
    Column("values", JSONB, nullable=False, server_default="{}", comment="What the decisions say."),
    Column(
        "decided",
        JSONB,
        nullable=False,
        server_default="{}",
        comment="The deciding row and the values of each decision.",
    ),
    Column("evaluated_version", Integer, comment="The ruleset of the last evaluation; null: never."),
    Column("said", Integer, nullable=False, server_default="0", comment="Sequence of its own events."),
    Index(None, "customer_id"),
    Index(None, "next_check_at"),
    Index(None, "owner_id"),
    Index(None, "assignee_id"),
    comment="What rules speak about: customers, opportunities, plans.",
)

decisions = Table(
    "decisions",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("decision", Text, primary_key=True),
    Column("row", Text, nullable=False),
    Column("values", JSONB, nullable=False),
    Column("because", JSONB, nullable=False),
    Column("since", _INSTANT, nullable=False, comment="Business time."),
    Column("ruleset_version", Integer, nullable=False),
    Column("cause_event_id", Uuid),
    comment="What each decision says of each subject, since when, by which row and version.",
)

obligations = Table(
    "obligations",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("subject_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("rule", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("state", JSONB, nullable=False, comment="The whole task, as last said."),
    Index(None, "subject_id", "status"),
    Index(None, "rule", "status"),
    comment="The ledger: every task, and whether it is open, resolved, completed or dismissed.",
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", Uuid, primary_key=True, comment="uuid5 of rule, subject, anchor and rung."),
    Column("subject_id", Uuid, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rung", Text, nullable=False),
    Column("is_given", Boolean, nullable=False, comment="False: a higher rung was due at the same time."),
    Column("given_at", _INSTANT, nullable=False, comment="Business time."),
    Index(None, "subject_id"),
    comment="What was told, at most once for each episode and rung.",
)

loads = Table(
    "loads",
    metadata,
    Column("load_id", Uuid, primary_key=True),
    Column("renewed_at", _INSTANT, nullable=False, server_default=func.now(), comment="Database time."),
    comment="Loads that are under way: until they end, what they touch is only marked as due (A12).",
)

rulesets = Table(
    "rulesets",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("files", JSONB, nullable=False),
    Column("published_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("changed_rules", JSONB, nullable=False, server_default="[]"),
    Column("warnings", JSONB, nullable=False, server_default="[]", comment="What the check warned of."),
    *(Column(name, Integer, nullable=False, server_default="0") for name in MOVES),
    Column("settled_at", _INSTANT, comment="When whom it concerns had been evaluated; database time."),
    comment="Every version of the rules that came into force; the highest one is in force.",
)

pending_edits = Table(
    "pending_edits",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("files", JSONB, nullable=False),
    Column("losses", JSONB, nullable=False, comment="What of the version in force it takes away."),
    Column("findings", JSONB, nullable=False, comment="What contradicts common sense in it."),
    Column("since", _INSTANT, nullable=False, server_default=func.now(), comment="Database time."),
    comment="The edit of the rules that waits to be confirmed; at most one.",
)

rejections = Table(
    "rejections",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("problems", JSONB, nullable=False),
    Column("rejected_at", _INSTANT, nullable=False, server_default=func.now()),
    comment="Edits of the rules that were refused, and why.",
)

seen_directories = Table(
    "seen_directories",
    metadata,
    Column("digest", Text, primary_key=True),
    Column(
        "seen_at",
        _INSTANT,
        nullable=False,
        server_default=func.now(),
        comment="Database time of the last time.",
    ),
    comment="Every state of the rules directory that was ever published or refused (A13).",
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("mark", Uuid, nullable=False, comment="Another one after each change, never the same again."),
    comment="Tells every process that what it keeps in memory is outdated.",
)
