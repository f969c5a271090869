"""YAML 1.2 text to a tree with positions, strictly: no aliases, anchors, tags, merge keys or duplicate keys.

Plain scalars stay text: `no`, `010` and `9:30` are what is written; the readers of the tree know what they
expect.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from contracts.text import Problem, Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.loader.events import BrokenTextError, Event, EventKind
from services.rules.ruleset.loader.parsing import events_of, read_exactly
from services.rules.ruleset.loader.slips import INDENTED, slip_of_key, slips_of, swallowed_key
from services.rules.ruleset.problems import Findings, Report

_BEGINNINGS: Final = frozenset({"decision", "clock"})
MOST_BYTES: Final = 256 * 1024
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
# Tabs after the text of a line are invisible and harmless; the parser refuses them.
_AT_THE_END: Final = re.compile(r"[ ]*\t[ \t]*$", re.MULTILINE)
_MOST_DEPTH: Final = 32
_MOST_NODES: Final = 50_000


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One piece of text."""

    text: str
    where: Position
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Whether a plain null is written."""
        return not self.quoted and self.text in {"null", "~"}

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ListNode:
    """Items in order."""

    items: "tuple[Node, ...]"
    where: Position

    def __str__(self) -> str:
        return f"[{', '.join(str(item) for item in self.items)}]"


@dataclass(frozen=True, slots=True)
class MapNode:
    """Entries in order; keys are text and differ."""

    entries: "tuple[tuple[ScalarNode, Node], ...]"
    where: Position

    def __str__(self) -> str:
        return f"{{{', '.join(f'{key}: {value}' for key, value in self.entries)}}}"


Node = ScalarNode | ListNode | MapNode


class _UnreadableError(Exception):
    """The rest of the file cannot be read; the reason is reported."""


def _unread(text: str) -> int:
    """Return how many characters the parser does not reach; 0 when it reads all."""
    try:
        deque(read_exactly(text), maxlen=0)
    except BrokenTextError as error:
        return len(text) - error.stop + 1
    return 0


@lru_cache(maxsize=64)
def read_documents(file: str, text: str) -> tuple[tuple[Node, ...] | None, tuple[Problem, ...]]:
    """Read all documents of a file; None if its text is broken, and the problems found.

    Remembered: after an edit only the edited file is parsed again, which keeps an edit under its deadline.
    """
    findings = Findings()
    documents = _Documents(file, findings.about(None)).read(text)
    return documents, tuple(findings.problems)


class _Documents:
    """Builds the trees of one file from the parser's events."""

    def __init__(self, file: str, report: Report) -> None:
        self._file = file
        self._report = report
        self._text = ""
        self._nodes = 0
        self._slips: set[Text] = set()
        self._whole = True
        self._events: Iterator[Event] = iter(())

    def read(self, text: str) -> tuple[Node, ...] | None:
        if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
            most = MOST_BYTES // 1024
            zh, en = f"文件超过 {most} KB，请拆分。", f"The file is larger than {most} KB; split it."
            self._report.problem(Position(self._file, 1, 1), zh=zh, en=en)
            return None
        if foreign := _NOT_UTF8.search(text):
            words = Text(zh="文件不是 UTF-8 编码。", en="The file is not encoded in UTF-8.")
            self._refuse_at(text, foreign.start(), words)
            return None
        try:
            text = _AT_THE_END.sub("", text)
            self._text, self._events = text, events_of(text)
            documents = tuple(self._all())
        except _UnreadableError:
            return None
        except BrokenTextError as error:
            self._broken(text, error)
            return None
        return documents if self._whole else None

    def _broken(self, text: str, error: BrokenTextError) -> None:
        """Report the slips that broke the text; where there are none, what the parser found."""
        slips = [] if self._slips else slips_of(text, _unread)
        for slip in slips:
            self._refuse_at(text, slip.start, slip.words)
        if not slips and not self._slips:
            self._refuse_at(text, error.place, error.words)

    def _refuse_at(self, text: str, index: int, words: Text) -> None:
        line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
        self._report.problem(Position(self._file, line, column), zh=words.zh, en=words.en)

    def _all(self) -> Iterator[Node]:
        for event in self._events:
            if event.kind is EventKind.DOCUMENT:
                if event.directives:
                    self._refuse(
                        event, zh="不能使用 YAML 指令（%）。", en="YAML directives (%) are not allowed."
                    )
                yield self._node(next(self._events), 1)

    def _node(self, event: Event, depth: int) -> Node:
        self._nodes += 1
        if depth > _MOST_DEPTH or self._nodes > _MOST_NODES:
            self._refuse(
                event, zh="内容过多或嵌套过深。", en="There is too much here, or it is nested too deep."
            )
            raise _UnreadableError
        if event.kind is EventKind.ALIAS:
            self._refuse(
                event, zh="不能使用别名（*），请写出内容。", en="Aliases (*) are not allowed; write it out."
            )
            raise _UnreadableError
        if event.anchor:
            self._refuse(event, zh="不能使用锚点（&）。", en="Anchors (&) are not allowed.")
        if event.tag:
            self._refuse(event, zh="不能使用类型标签（!）。", en="Tags (!) are not allowed.")
        if event.kind is EventKind.MAP:
            return MapNode(tuple(self._entries(depth)), self._where(event))
        if event.kind is EventKind.LIST:
            return ListNode(tuple(self._items(depth)), self._where(event))
        self._look_for_swallowed_key(event)
        return ScalarNode(event.value, self._where(event), quoted=bool(event.style))

    def _look_for_swallowed_key(self, event: Event) -> None:
        slip = None if event.style else swallowed_key(self._text[event.start : event.end])
        if slip:
            self._slip(event.start + slip[0], slip[1])

    def _slip(self, index: int, words: Text) -> None:
        if words not in self._slips or words != INDENTED:
            self._refuse_at(self._text, index, words)
        self._slips.add(words)
        self._whole = False

    def _items(self, depth: int) -> Iterator[Node]:
        while (event := next(self._events)).kind is not EventKind.END:
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        seen: set[str] = set()
        while (event := next(self._events)).kind is not EventKind.END:
            key, value = self._node(event, depth + 1), self._node(next(self._events), depth + 1)
            if not isinstance(key, ScalarNode):
                self._refuse(event, zh="键必须是一个词。", en="A key is one word.")
            elif slip := None if key.quoted else slip_of_key(key.text):
                self._slip(event.start + slip[0], slip[1])
            elif key.text == "<<":
                self._refuse(event, zh="不能使用合并键（<<）。", en="Merge keys (<<) are not allowed.")
            elif depth == 1 and seen and key.text in _BEGINNINGS:
                self._refuse(
                    event,
                    zh=f"“{key}”开始一条新规则：请在它前面加一行 ---。",
                    en=f"“{key}” begins another rule: write a line --- before it.",
                )
                raise _UnreadableError
            elif key.text in seen:
                self._refuse(event, zh=f"“{key}”重复出现。", en=f"“{key}” is written twice.")
                self._whole = False
            else:
                seen.add(key.text)
                # The parser puts what is not there at the start of the next line.
                missing = isinstance(value, ScalarNode) and not value.text and not value.quoted
                yield key, ScalarNode("", key.where) if missing else value

    def _where(self, event: Event) -> Position:
        return Position(self._file, event.line + 1, event.column + 1)

    def _refuse(self, event: Event, *, zh: str, en: str) -> None:
        self._report.problem(self._where(event), zh=zh, en=en)
