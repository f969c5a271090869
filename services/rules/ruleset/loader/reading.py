"""Takes nodes apart: known keys, names, texts, whole numbers; what is wrong is reported and read as None."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from contracts.text import Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.loader.nodes import ListNode, MapNode, Node, ScalarNode
from services.rules.ruleset.problems import Report, asked, did_you_mean
from services.rules.ruleset.suggestions import corrected, likely
from services.shared.business_time import BadDurationError, Duration

Labelled = Collection[str] | Mapping[str, Text | None]
"""Known words, or known words with what people call them."""
RESERVED: Final = frozenset({"null", "true", "false", "not", "has", "or", "otherwise"})
_MOST_TERMS: Final = 4
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


def keys(
    node: Node | None, known: Collection[str], report: Report, *, required: Collection[str] = ()
) -> Mapping[str, Node]:
    """Return the values of a mapping by key; unknown and missing keys are reported."""
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        shape = required or known
        report.problem(
            node.where,
            zh=f"这里应写“键: 值”（{'、'.join(shape)}）。",
            en=f"Write `key: value` here ({', '.join(shape)}).",
        )
        return {}
    found: dict[str, Node] = {}
    for key, value in node.entries:
        if key.text in known:
            found[key.text] = value
        elif isinstance(value, ScalarNode) and not value.text and not value.quoted:
            report.problem(
                key.where,
                zh=f"“{key}”没有值：它是带逗号的文字的一部分吗？那样的文字要加引号。",
                en=f"“{key.text}” has no value; a text with a comma in it needs quotes.",
            )
        else:
            unknown(key, known, report, zh="键", en="key")
            # Read as the key that was meant, so that this one is not reported as missing, too.
            found.setdefault(likely(key.text, known, {}) or key.text, value)
    for name in required:
        if name not in found:
            report.problem(node.where, zh=f"缺少“{name}”。", en=f"“{name}” is missing.")
    return {key: value for key, value in found.items() if key in known}


def unknown(
    node: ScalarNode, known: Labelled, report: Report, *, zh: str, en: str, also: Iterable[Position] = ()
) -> None:
    """Report a word that is not among the known ones, with the one that was probably meant.

    `also` are places where it may have been declared.
    """
    labels = known if isinstance(known, Mapping) else None
    hint_zh, hint_en = did_you_mean(node.text, known, labels)
    report.problem(
        node.where,
        zh=f"没有名为“{node}”的{zh}{hint_zh or '。'}",
        en=f"There is no {en} “{node.text}”{hint_en or '.'}",
        also=also,
    )


def scalar(node: Node | None, report: Report, *, zh: str, en: str) -> ScalarNode | None:
    """Return a scalar that says something; `zh` and `en` say what is expected."""
    if node is None:
        return None
    if isinstance(node, ScalarNode) and node.text.strip() and not node.is_null:
        return node
    report.problem(node.where, zh=f"这里应写{zh}。", en=f"Write {en} here.")
    return None


def word(node: Node | None, known: Collection[str], report: Report, *, zh: str, en: str) -> str | None:
    """Return one of the known words."""
    found = scalar(node, report, zh=f"{zh}：{'、'.join(known)} 之一", en=f"one of {', '.join(known)}")
    if found is None or found.text in known:
        return found.text if found else None
    hint_zh, hint_en = did_you_mean(found.text, known)
    report.problem(
        found.where,
        zh=f"没有名为“{found}”的{zh}（有 {'、'.join(known)}）{hint_zh or '。'}",
        en=f"There is no {en} “{found.text}” (there are {', '.join(known)}){hint_en or '.'}",
    )
    return None


def identifier(node: Node | None, report: Report) -> str | None:
    """Return the id of a rule, a row or a rung."""
    return _matching(
        node, _ID, report, zh="编号（字母、数字、- 和 _）", en="an id (letters, digits, - and _)"
    )


def name(node: Node | None, report: Report) -> str | None:
    """Return the name of a field or an output."""
    return _matching(
        node, _NAME, report, zh="名称（小写字母、数字和 _）", en="a name (lower case, digits and _)"
    )


def member(node: Node | None, report: Report) -> str | None:
    """Return a value of an enumeration."""
    return _matching(node, _WORD, report, zh="取值（字母、数字和 _）", en="a value (letters, digits and _)")


def _matching(node: Node | None, form: re.Pattern[str], report: Report, *, zh: str, en: str) -> str | None:
    found = scalar(node, report, zh=zh, en=en)
    if found is None:
        return None
    if form.fullmatch(found.text) and found.text not in RESERVED:
        return found.text
    report.problem(found.where, zh=f"“{found}”不能用作{zh}。", en=f"“{found.text}” cannot be used as {en}.")
    return None


def text(node: Node | None, report: Report) -> Text | None:
    """Return words: one text for both languages, or `{zh: …, en: …}`."""
    if isinstance(node, MapNode):
        found = {
            locale: scalar(part, report, zh="文字", en="words")
            for locale, part in keys(node, ("zh", "en"), report, required=("zh", "en")).items()
        }
        zh, en = found.get("zh"), found.get("en")
        return Text(zh=zh.text, en=en.text) if zh and en else None
    both = scalar(node, report, zh="文字或 {zh: …, en: …}", en="words, or {zh: …, en: …}")
    return Text(zh=both.text, en=both.text) if both else None


def source(node: Node | None, report: Report) -> str | None:
    """Return what a rule comes from: one word, or a list of them."""
    if isinstance(node, ListNode):
        found = [scalar(item, report, zh="来源", en="a source") for item in node.items]
        return ", ".join(item.text for item in found if item)
    one = scalar(node, report, zh="来源，如 R070", en="a source, like R070")
    return one.text if one else None


def flag(node: Node | None, report: Report) -> bool:
    """Return true or false; nothing is false."""
    return word(node, ("true", "false"), report, zh="取值", en="value") == "true"


def items(node: Node | None, report: Report, *, zh: str, en: str) -> Iterator[Node]:
    """Yield the items of a list that has some."""
    if isinstance(node, ListNode) and node.items:
        yield from node.items
    elif node is not None:
        report.problem(node.where, zh=f"这里应写{zh}的列表。", en=f"Write a list of {en} here.")


def entries(node: Node | None, report: Report, *, zh: str, en: str) -> Iterator[tuple[ScalarNode, Node]]:
    """Yield the entries of a mapping, which may be empty."""
    if isinstance(node, MapNode):
        yield from node.entries
    elif node is not None:
        report.problem(node.where, zh=f"这里应写“键: 值”（{zh}）。", en=f"Write `key: value` here ({en}).")


def length(node: Node | None, report: Report) -> Duration | None:
    """Return a duration of positive terms."""
    found = scalar(node, report, zh="时长，如 3wd", en="a duration, like 3wd")
    duration = duration_of(found.text, found.where, report) if found else None
    if duration is None or found is None:
        return None
    if duration.terms and all(amount > 0 for amount, _ in duration.terms):
        return duration
    report.problem(
        found.where, zh=f"时长“{found}”应大于零。", en=f"The duration “{found.text}” is not above zero."
    )
    return None


def short(duration: Duration | None, where: Position, report: Report) -> Duration | None:
    """Return a duration that can be added to another one: each has at most half the terms there may be."""
    if duration is None or len(duration.terms) <= _MOST_TERMS:
        return duration
    report.problem(
        where,
        zh=f"时长“{duration}”过长：这里最多 {_MOST_TERMS} 项。",
        en=f"The duration “{duration}” is too long; here it has at most {_MOST_TERMS} terms.",
    )
    return None


def duration_of(written: str, where: Position, report: Report) -> Duration | None:
    """Return a duration of any sign."""
    try:
        return Duration.parse(written)
    except BadDurationError as error:
        meant = corrected(written, _is_duration)
        if meant:
            zh, en = asked(written, meant)
            report.problem(where, zh=f"“{written}”不是时长{zh}", en=f"“{written}” is no duration{en}")
        else:
            report.problem(where, zh=error.message("zh"), en=error.message("en"))
        return None


def _is_duration(written: str) -> bool:
    try:
        Duration.parse(written)
    except BadDurationError:
        return False
    return True
