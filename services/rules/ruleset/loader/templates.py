"""Titles with names in braces: `跟进{customer.name}({grade}级)`. Every name must be known to the rule."""

import re

from contracts.rules import Text
from services.rules.ruleset.loader import reading
from services.rules.ruleset.loader.nodes import Node
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.problems import Report, did_you_mean

_BRACES = re.compile(r"\{([^{}]*)\}")


def read_template(node: Node, kind: str, scope: Scope, report: Report) -> Text | None:
    """Return the words of a title; an unknown name or a single brace is reported."""
    found = reading.text(node, report)
    if found is None:
        return None
    known = scope.texts_for(kind)
    for words in dict.fromkeys((found.zh, found.en)):
        if re.search(r"[{}]", _BRACES.sub("", words)):
            report.problem(
                node.where, zh=f"“{words}”里的花括号不成对。", en=f"The braces in {words!r} are not in pairs."
            )
        for name in _BRACES.findall(words):
            if name not in known and name not in scope.unread and scope.complete:
                hint_zh, hint_en = did_you_mean(name, known)
                report.problem(
                    node.where,
                    zh=f"标题里的“{{{name}}}”不是已知的名称{hint_zh or '。'}",
                    en=f"The title names {{{name}}}, which is not known{hint_en or '.'}",
                )
    return found
