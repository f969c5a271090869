"""Sorts the documents of rule files by their kind, which is their first key."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from contracts.text import Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.loader.nodes import ListNode, MapNode, Node, ScalarNode
from services.rules.ruleset.problems import Findings, did_you_mean

_KINDS: Final = ("decision", "clock")
_ACTIONS: Final = ("task", "escalate", "notify")
_NOT_HERE: Final = {
    "vocabulary": Text(
        zh="词汇表是内置的，不能在规则文件中定义：请删除这份内容。",
        en="The vocabulary is built in and cannot be defined in a rule file: delete this document.",
    ),
    "delivery": Text(
        zh="暂不支持“delivery”（通知的时段、合并与上限）：请删除这份内容。通知到点即发；"
        "要避开夜间和休息日，请用工作日或工作小时写梯级的时间，如 1wd、4wh。",
        en="Delivery documents (hours, grouping and caps of notices) are not supported yet: delete this one. "
        "Notices are given when their rung is reached; to keep them out of nights and days off, write the "
        "rung's time in working days or hours, like 1wd or 4wh.",
    ),
}
"""Documents that people may think of and that rule files cannot hold, with what to do instead."""


class Documents:
    """The rules of a directory, before they are read."""

    def __init__(self, findings: Findings) -> None:
        self._report = findings.about(None)
        self._documents: dict[str, list[MapNode]] = {kind: [] for kind in _KINDS}
        self.is_partial = False

    def of(self, kind: str) -> list[MapNode]:
        """Return the documents of a kind, in the order of their files."""
        return self._documents[kind]

    @property
    def files(self) -> frozenset[str]:
        """The names of the files that hold rules."""
        return frozenset(each.where.file for documents in self._documents.values() for each in documents)

    def add(self, documents: Iterable[Node]) -> bool:
        """Add the documents of a file; False when the kind of one is not known, which is reported."""
        found = [self._add(document) for document in documents]
        return all(found)

    def roles_asked(self) -> set[str]:
        """Return the roles that the rungs of all clocks address."""
        rungs = (rung for clock in self._documents["clock"] for rung in _items(_part(clock, "ladder")))
        done = (_part(rung, "do") for rung in rungs)
        found = (_part(_part(each, name), "to") for each in done for name in _ACTIONS)
        return {role.text for role in found if isinstance(role, ScalarNode)}

    def leave_out_repeated_files(self, before: Mapping[str, str]) -> None:
        """Report each file whose rules all stand in another one, once, and leave its rules out.

        Of two such files the one is reported that was not there `before`, else the later one.
        """
        rules = self._rules_by_file()
        known = sorted(rules, key=lambda name: (name not in before, -len(rules[name]), name))
        for at, name in enumerate(known):
            first = next((other for other in known[:at] if rules[name] and rules[name] <= rules[other]), None)
            if first is not None:
                self._report.problem(
                    Position(name, 1, 1),
                    zh=f"这个文件里的规则与 {first} 重复：请删除其中一个文件。",
                    en=f"The rules of this file stand in {first} too: delete one of the two files.",
                )
                self._leave_out(name)

    def _rules_by_file(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for document in (each for documents in self._documents.values() for each in documents):
            found.setdefault(document.where.file, set()).add(str(document.entries[0][1]))
        return {name: frozenset(rules) for name, rules in found.items()}

    def _leave_out(self, file: str) -> None:
        self.is_partial = True
        for kind, documents in self._documents.items():
            self._documents[kind] = [each for each in documents if each.where.file != file]

    def _add(self, document: Node) -> bool:
        if isinstance(document, MapNode) and document.entries:
            first = document.entries[0][0]
            if first.text in _KINDS:
                self._documents[first.text].append(document)
                return True
            return self._refuse(first.text, first.where)
        if str(document) in {"", "{}"}:
            return True  # nothing between two `---`, or after the last one
        return self._refuse(str(document)[:40], document.where)

    def _refuse(self, written: str, where: Position) -> bool:
        if written in _NOT_HERE:
            self._report.problem(where, zh=_NOT_HERE[written].zh, en=_NOT_HERE[written].en)
            return True
        hint_zh, hint_en = did_you_mean(written, _KINDS)
        self._report.problem(
            where,
            zh=f"“{written}”不是文档的开头：应以 {'、'.join(_KINDS)} 之一开头{hint_zh or '。'}",
            en=f"A document starts with one of {', '.join(_KINDS)}, not with “{written}”{hint_en or '.'}",
        )
        return False


def _part(node: Node | None, name: str) -> Node | None:
    if not isinstance(node, MapNode):
        return None
    return next((value for key, value in node.entries if key.text == name), None)


def _items(node: Node | None) -> Iterator[Node]:
    return iter(node.items if isinstance(node, ListNode) else ())
