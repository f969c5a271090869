"""Reads the keys that rules, rows and rungs share: `enabled`, `was`, `accept`."""

from collections.abc import Collection, Mapping

from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.nodes import ListNode, Node
from services.rules.ruleset.problems import Report


def read_enabled(node: Node | None, report: Report) -> bool:
    """Return whether a rule is switched on; it is unless `false` is written."""
    if node is None:
        return True
    return reading.word(node, ("true", "false"), report, zh="取值", en="value") != "false"


def read_was(node: Node | None, report: Report) -> tuple[str, ...]:
    """Return the former ids, the latest first: one id, or a list of them."""
    if isinstance(node, ListNode):
        nodes: list[Node | None] = [*reading.items(node, report, zh="编号", en="ids")]
    else:
        nodes = [node]
    written = [reading.identifier(each, report) for each in nodes]
    return tuple(name for name in written if name)


def read_accept(node: Node | None, known: Collection[str], report: Report) -> Mapping[str, str]:
    """Return the findings that are meant, each with the reason; an unknown name is reported."""
    accepted: dict[str, str] = {}
    for key, part in reading.entries(node, report, zh="接受的检查结果", en="accepted findings"):
        reason = reading.scalar(part, report, zh="理由", en="the reason")
        if key.text not in known:
            reading.unknown(key, known, report, zh="检查结果", en="finding")
        elif reason:
            accepted[key.text] = reason.text
    return accepted
