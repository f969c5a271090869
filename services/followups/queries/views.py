"""What all views have in common."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Something as it is shown."""

    model_config = ConfigDict(from_attributes=True)


class RecordView(View):
    """A record as it is shown: in which version, and by which id another system knows it."""

    sequence: int
    updated_at: datetime
    source_system: str | None
    external_id: str | None
