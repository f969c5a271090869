"""Whether everything that was said has been heard: head of the log = applied + dead + missing (A6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.client import Client


@dataclass(frozen=True)
class Line:
    """What one consumer has made of one service's log, in numbers of events."""

    consumer: str
    source: str
    head: int
    applied: int
    dead: int

    @property
    def missing(self) -> int:
        """How many it has not heard yet."""
        return self.head - self.applied - self.dead


@dataclass(frozen=True)
class Audit:
    """All consumers and all services they hear; `missing` is 0 when all is quiet."""

    lines: Sequence[Line]

    @property
    def missing(self) -> int:
        """How many events are unheard, in all."""
        return sum(line.missing for line in self.lines)

    @property
    def dead(self) -> int:
        """How many events could not be handled, in all."""
        return sum(line.dead for line in self.lines)

    @property
    def moved(self) -> int:
        """All that was ever said or handled: it grows for as long as there is progress."""
        return sum(line.head + line.applied + line.dead for line in self.lines)


async def audit(client: Client) -> Audit:
    """Ask every service; what is said while they are asked shows as missing, never the reverse."""
    handled = [line for answer in await client.everywhere("/v1/audit/handled") for line in answer["handled"]]
    heads: dict[str, int] = {}
    for answer in await client.everywhere("/v1/audit/heads"):
        heads |= answer["heads"]
    return Audit([Line(**line, head=heads[line["source"]]) for line in handled])
