"""What all views have in common."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from contracts.events import SourceRef


class View(BaseModel):
    """Something as it is shown."""

    model_config = ConfigDict(from_attributes=True)


class RecordView(View):
    """A record as it is shown: in which version, and by which ids other systems know it."""

    sequence: int
    updated_at: datetime
    source_refs: tuple[SourceRef, ...]
