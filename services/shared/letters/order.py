"""The order of dead letters, which is that in which they came, and where in it a page ends.

The id of a letter says nothing of its age: a command's follows from its bytes. Nor can the id say where a
page ends: a letter that was applied is gone when the next page is asked for.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ID_BITS = 76
"""As many bits of the id as 52 bits of microseconds, enough until 2112, leave in a UUID. They tell letters of
one transaction apart, whose ids are those of different moments."""

_REST = (1 << (128 - _ID_BITS)) - 1


class Standing(NamedTuple):
    """Where a letter stands among all letters, those of other services too."""

    created_at: datetime
    id: UUID

    @property
    def mark(self) -> UUID:
        """The `after` of the page that follows: an id of no letter, which holds both in short."""
        microseconds = (self.created_at - _EPOCH) // _MICROSECOND
        return UUID(int=microseconds << _ID_BITS | self.id.int >> (128 - _ID_BITS))


def standing_of(mark: UUID) -> Standing:
    """Return the place of a mark: behind the letter that it was made of, before all that follow."""
    microseconds, beginning = divmod(mark.int, 1 << _ID_BITS)
    key = UUID(int=beginning << (128 - _ID_BITS) | _REST)
    return Standing(_EPOCH + microseconds * _MICROSECOND, key)
