"""What is kept of imports: each run with its result, and per row the values last imported."""

from sqlalchemy import Boolean, Column, DateTime, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.shared.database import shared_metadata

imports = Table(
    "imports",
    shared_metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("state", Text, nullable=False, comment="running, done, failed or interrupted"),
    Column("dry_run", Boolean, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("rejected", JSONB, nullable=False, comment="The first rejections; all are in the file."),
    Column("rejected_file", Text, comment="The CSV with every rejection, under DATA_DIR."),
    Column("findings", JSONB, nullable=False, server_default="{}", comment="What was not understood."),
    Column("problem", JSONB, comment="Why a failed import failed, in both languages."),
    Column("as_of", DateTime(timezone=True), nullable=False, comment="Its business instant."),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Index(None, "state"),
    comment="Every import, running and past.",
)

import_rows = Table(
    "import_rows",
    shared_metadata,
    Column("what", Text, primary_key=True),
    Column("identity", Text, primary_key=True, comment="id:system/id or key:natural key"),
    Column("record_id", Uuid, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("source_system", Text),
    Column("external_id", Text),
    Column("values", JSONB, nullable=False, comment="Per field what was last imported; private ones hashed."),
    Index(None, "what", "natural_key"),
    Index(None, "what", "record_id"),
    comment="The values last imported per row, so that hand edits stay.",
)
