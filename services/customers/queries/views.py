"""What all views have in common."""

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Something as it is shown."""

    model_config = ConfigDict(from_attributes=True)
