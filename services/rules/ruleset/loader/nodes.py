"""YAML 1.2 text to a tree with positions, strictly: no aliases, anchors, tags, merge keys or duplicate keys.

Plain scalars stay text: `no`, `010` and `9:30` are what is written; the readers of the tree know what they
expect.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from contracts.rules import Problem
from services.rules.ruleset.definition import Position
from services.rules.ruleset.problems import Findings, Report

MOST_BYTES: Final = 256 * 1024
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
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
        self._nodes = 0
        self._events: Iterator[Any] = iter(())

    def read(self, text: str) -> tuple[Node, ...] | None:
        if len(text.encode(errors="surrogateescape")) > MOST_BYTES:
            self._report.problem(
                Position(self._file, 1, 1),
                zh=f"文件超过 {MOST_BYTES // 1024} KB,请拆分。",
                en=f"The file is larger than {MOST_BYTES // 1024} KB; split it.",
            )
            return None
        if foreign := _NOT_UTF8.search(text):
            lines = text[: foreign.start()].split("\n")
            where = Position(self._file, len(lines), len(lines[-1]) + 1)
            self._report.problem(where, zh="文件不是 UTF-8 编码。", en="The file is not encoded in UTF-8.")
            return None
        try:
            self._events = YAML(typ="safe", pure=True).parse(text)
            return tuple(self._all())
        except _UnreadableError:
            return None
        except MarkedYAMLError as error:
            self._syntax(error)
        except YAMLError as error:
            self._syntax(MarkedYAMLError(problem=str(error).splitlines()[0]))
        return None

    def _syntax(self, error: MarkedYAMLError) -> None:
        reason = str(error.problem or error.context)
        zh, en = f"YAML 语法错误：{reason}。", f"YAML syntax: {reason}."
        mark = error.problem_mark or error.context_mark
        if "'\\t'" in reason:
            zh, en = zh + "缩进请用空格，不要用制表符。", en + " Indent with spaces, not with tabs."
        if "quoted scalar" in str(error.context) and "end of stream" in reason:
            zh, en = "这里的引号没有结束。", "The quote that begins here does not end."
            mark = error.context_mark
        where = Position(self._file, mark.line + 1, mark.column + 1) if mark else Position(self._file, 1, 1)
        self._report.problem(where, zh=zh, en=en)

    def _all(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if event.version or event.tags:
                    self._refuse(
                        event, zh="不能使用 YAML 指令(%)。", en="YAML directives (%) are not allowed."
                    )
                yield self._node(next(self._events), 1)

    def _node(self, event: Any, depth: int) -> Node:  # noqa: ANN401 - the parser's events have no types
        self._nodes += 1
        if depth > _MOST_DEPTH or self._nodes > _MOST_NODES:
            self._refuse(
                event, zh="内容过多或嵌套过深。", en="There is too much here, or it is nested too deep."
            )
            raise _UnreadableError
        if isinstance(event, AliasEvent):
            self._refuse(
                event, zh="不能使用别名(*)，请写出内容。", en="Aliases (*) are not allowed; write it out."
            )
            raise _UnreadableError
        if event.anchor is not None:
            self._refuse(event, zh="不能使用锚点(&)。", en="Anchors (&) are not allowed.")
        if event.tag is not None:
            self._refuse(event, zh="不能使用类型标签(!)。", en="Tags (!) are not allowed.")
        if isinstance(event, MappingStartEvent):
            return MapNode(tuple(self._entries(depth)), self._where(event))
        if isinstance(event, SequenceStartEvent):
            return ListNode(tuple(self._items(depth)), self._where(event))
        return ScalarNode(event.value, self._where(event), quoted=event.style is not None)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[tuple[ScalarNode, Node]]:
        seen: set[str] = set()
        while not isinstance(event := next(self._events), MappingEndEvent):
            key, value = self._node(event, depth + 1), self._node(next(self._events), depth + 1)
            if not isinstance(key, ScalarNode) or not isinstance(event, ScalarEvent):
                self._refuse(event, zh="键必须是一个词。", en="A key is one word.")
            elif key.text == "<<":
                self._refuse(event, zh="不能使用合并键(<<)。", en="Merge keys (<<) are not allowed.")
            elif key.text in seen:
                self._refuse(event, zh=f"“{key}”重复出现。", en=f"{key.text!r} is written twice.")
            else:
                seen.add(key.text)
                # The parser puts what is not there at the start of the next line.
                missing = isinstance(value, ScalarNode) and not value.text and not value.quoted
                yield key, ScalarNode("", key.where) if missing else value

    def _where(self, event: Any) -> Position:  # noqa: ANN401 - the parser's events have no types
        return Position(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, event: Any, *, zh: str, en: str) -> None:  # noqa: ANN401 - as above
        self._report.problem(self._where(event), zh=zh, en=en)
