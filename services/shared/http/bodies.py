"""What is sent to us: closed, so that a misspelt field is refused and not ignored.

The values that can be stored are in `contracts.inputs`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

UNLESS_GIVEN: Any = Field(default_factory=lambda: None)
"""For a field of a change that may be left out but is never empty: `name: Line = UNLESS_GIVEN`."""


class Body(BaseModel):
    """A body of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def given(self) -> dict[str, Any]:
        """Return the fields that the sender gave, as they are; null clears what may be empty."""
        return {name: getattr(self, name) for name in self.model_fields_set}
