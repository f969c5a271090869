"""What a YAML text consists of, in order: its documents, maps, lists and texts, each with its place."""

from enum import Enum, auto
from typing import Any, Final, NamedTuple

from contracts.text import Text


class EventKind(Enum):
    """What an event begins, ends or is."""

    DOCUMENT = auto()
    MAP = auto()
    LIST = auto()
    SCALAR = auto()
    ALIAS = auto()
    END = auto()
    """Of a map or a list."""


class Event(NamedTuple):
    """A piece of a text. Lines and columns are counted from zero; `start` and `end` are indexes of it."""

    kind: EventKind
    line: int = 0
    column: int = 0
    start: int = 0
    end: int = 0
    value: str = ""
    style: str = ""
    anchor: bool = False
    tag: bool = False
    directives: bool = False

    @property
    def is_usual(self) -> bool:
        """Whether libyaml can be trusted with it; where an empty text stands, the parsers disagree."""
        if self.kind is EventKind.SCALAR and self.style not in {'"', "'"} and (self.style or not self.value):
            return False
        return not (self.anchor or self.tag or self.directives) and self.kind is not EventKind.ALIAS


class BrokenTextError(Exception):
    """A text cannot be parsed: the index where the parser stops, the one to point at, and the words."""

    def __init__(self, stop: int, place: int, words: Text) -> None:
        super().__init__(words.en)
        self.stop = stop
        self.place = place
        self.words = words


_KINDS: Final = {
    "DocumentStartEvent": EventKind.DOCUMENT,
    "MappingStartEvent": EventKind.MAP,
    "SequenceStartEvent": EventKind.LIST,
    "ScalarEvent": EventKind.SCALAR,
    "AliasEvent": EventKind.ALIAS,
    "MappingEndEvent": EventKind.END,
    "SequenceEndEvent": EventKind.END,
}
_END: Final = Event(EventKind.END)


def event_from(parsed: Any) -> Event | None:  # noqa: ANN401 -- both parsers' events have no types
    """Return an event of either parser as ours; None for one that means nothing to us."""
    kind = _KINDS.get(type(parsed).__name__)
    if kind is None or kind is EventKind.END:
        return _END if kind else None
    start = parsed.start_mark
    if kind is EventKind.DOCUMENT:
        directives = bool(parsed.version or parsed.tags)
        return Event(kind, start.line, start.column, start.index, directives=directives)
    is_scalar = kind is EventKind.SCALAR
    return Event(
        kind,
        start.line,
        start.column,
        start.index,
        parsed.end_mark.index if is_scalar else start.index,
        parsed.value if is_scalar else "",
        (parsed.style or "") if is_scalar else "",
        parsed.anchor is not None,
        kind is not EventKind.ALIAS and parsed.tag is not None,
    )
