"""Titles with names in braces: `跟进{customer.name}({grade}级)`. Every name must be known to the rule."""

import re
from collections.abc import Mapping

from contracts.text import Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.nodes import Node
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.problems import Report, did_you_mean

_NAME = re.compile(r"\$?[{｛]{1,2}([^{}｛｝]*)[}｝]{1,2}")


def read_template(node: Node, kind: str, scope: Scope, report: Report) -> Text | None:
    """Return the words of a title; an unknown name or a single brace is reported."""
    found = reading.text(node, report)
    if found is None:
        return None
    for words in dict.fromkeys((found.zh, found.en)):
        if re.search(r"[{}｛｝]", _NAME.sub("", words)):
            report.problem(
                node.where, zh=f"“{words}”里的花括号不成对。", en=f"The braces in “{words}” are not in pairs."
            )
        for braced in _NAME.finditer(words):
            _check_name(braced, scope.texts_for(kind), scope, node.where, report)
    return found


def _check_name(
    braced: re.Match[str], names: Mapping[str, Text | None], scope: Scope, where: Position, report: Report
) -> None:
    """Report a name in braces that is written in another way, or is not known."""
    written, name = braced[0], braced[1]
    if written != f"{{{name}}}":
        report.problem(
            where,
            zh=f"标题里的“{written}”应写作“{{{name}}}”。",
            en=f"Write “{{{name}}}” in the title, not “{written}”.",
        )
    elif name not in names and name not in scope.unread and scope.complete:
        hint_zh, hint_en = did_you_mean(name, names, names)
        if hint_zh or scope.is_first(name):
            report.problem(
                where,
                zh=f"标题里的“{written}”不是已知的名称{hint_zh or '。'}",
                en=f"The title names “{written}”, which is not known{hint_en or '.'}",
            )
