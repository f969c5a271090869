"""Which version of a record a change may start from, so that nobody overwrites what he has not seen."""

from dataclasses import dataclass

from services.shared.errors import RefusedError


class PreconditionFailedError(RefusedError):
    """The record is at version {version} by now, and the change was made for another one."""

    slug = "precondition-failed"
    zh = "记录现在是第 {version} 版,而这次修改是针对另一版作出的。"
    http_status = 412
    members = ("version",)
    version: int


@dataclass(frozen=True)
class Precondition:
    """The versions that a change was made for; None: whatever is there."""

    versions: frozenset[int] | None = None

    def check(self, version: int) -> None:
        """Raise PreconditionFailedError unless the change was made for this version, read under its lock."""
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailedError(version=version)


ALWAYS = Precondition()
"""A change that may be made to any version."""
