"""Notices that the rules gave to people and queues, and their first reading."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.shared.errors import NotFoundError


class UnknownNoticeError(NotFoundError):
    """There is no notice {notice_id}."""

    slug = "unknown-notice"
    zh = "没有编号为 {notice_id} 的通知。"
    notice_id: UUID


@dataclass(slots=True)
class Notice:
    """A notice and its first reading; `read_by` is None while it is unread, or when no reader was named.

    `sequence` is the version in which the rules gave it.
    """

    notice_id: UUID
    sequence: int
    read_at: datetime | None = None
    read_by: UUID | None = None

    @property
    def version(self) -> int:
        """A number that grows when the notice is read."""
        return self.sequence + (self.read_at is not None)

    def read(self, *, person_id: UUID | None, now: datetime) -> bool:
        """Mark the notice as read; False when it has been read before: the first reading stays."""
        if self.read_at is not None:
            return False
        self.read_at, self.read_by = now, person_id
        return True
