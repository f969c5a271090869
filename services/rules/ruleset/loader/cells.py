"""One cell of a table, read as a test of its field: `not low`, `[10万, 50万)`, `older than 90d or null`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Field,
    FieldType,
    Interval,
    Members,
    Position,
    Presence,
    Tagged,
    Test,
)
from services.rules.ruleset.loader.amounts import BadAmountError, read_amount
from services.rules.ruleset.loader.nodes import ListNode, MapNode, Node, ScalarNode
from services.rules.ruleset.problems import Report, asked, did_you_mean
from services.rules.ruleset.suggestions import corrected
from services.shared.business_time import BadDurationError, Duration

_OR_NULL = re.compile(r"(.+?)\s+or\s+null")
_COMPARED = re.compile(r"(>=|<=|>|<|=)\s*(.+)")
_RANGE = re.compile(r"([\[(])\s*([^,]+?)\s*,\s*([^,]+?)\s*([\])])")
_BOOLS: Final = {"true": True, "false": False}
_EXAMPLES: Final = {
    FieldType.BOOL: ("true", "false"),
    FieldType.MONEY: ('">= 50万"', '"[10万, 50万)"', '"< 10万"'),
    FieldType.NUMBER: ('"> 0"', '"= 5"', '"[1, 10)"'),
    FieldType.INSTANT: ("older than 90d", "within last 7d", "within next 30d"),
    FieldType.TAGS: ("has 重点", "not has 重点"),
    FieldType.ID: ("not null",),
}
_OR_NULL_EXAMPLES: Final = {FieldType.MONEY: '"< 10万 or null"', FieldType.INSTANT: "older than 90d or null"}


def examples(field: Field) -> tuple[str, ...]:
    """Return tests of a field as they are written in a file, one of each shape that it may have."""
    found = list(_EXAMPLES.get(field.type, ()))
    if field.type is FieldType.ENUM:
        one, *others = field.values
        found = [one, *([f"[{one}, {others[0]}]", f"not {others[-1]}"] if others else [])]
    if field.past:
        found = [each for each in found if not each.startswith(str(AgeKind.WITHIN_NEXT))]
    if field.nullable:
        found += [each for each in (_OR_NULL_EXAMPLES.get(field.type), "null") if each]
    return tuple(found)


class _CellError(Exception):
    """The cell is wrong: why, in Chinese and in English; `unread` when its shape is."""

    def __init__(self, *, zh: str, en: str, where: Position | None = None, unread: bool = False) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.where = where
        self.unread = unread


def read_test(node: Node, field: Field, report: Report) -> Test | None:
    """Return the test that a cell writes for this field; what is wrong is reported."""
    try:
        test = _read(node, field)
        _refuse_impossible(test, field)
    except _CellError as error:
        zh, en = _with_hint(error, node, field)
        report.problem(error.where or node.where, zh=f"{field.name}：{zh}", en=f"{field.name}: {en}")
        return None
    return test


def _with_hint(error: _CellError, node: Node, field: Field) -> tuple[str, str]:
    """Return the sentences of an error; where a correction can be read, the question whether it was meant."""
    if error.en.endswith(("?", ".")):
        return error.zh, error.en
    if isinstance(node, ScalarNode) and error.unread:
        meant = corrected(node.text, lambda text: _reads(ScalarNode(text, node.where), field))
        if meant:
            hint_zh, hint_en = asked(node.text, meant)
            return f"看不懂“{node}”{hint_zh}", f"cannot read “{node}”{hint_en}"
    return f"{error.zh}。", f"{error.en}."


def _reads(node: Node, field: Field) -> bool:
    try:
        _refuse_impossible(_read(node, field), field)
    except _CellError:
        return False
    return True


def _read(node: Node, field: Field) -> Test:
    if field.type is FieldType.DURATION:
        zh = "时长不能作为条件，只能用在阶梯里"
        raise _CellError(zh=zh, en="a duration cannot be tested, only used in a ladder")
    if field.type in (FieldType.ENUM, FieldType.BOOL):
        return _members(node, field)
    if isinstance(node, ListNode) and field.type in (FieldType.MONEY, FieldType.NUMBER):
        raise _CellError(zh=f'区间请加引号："{node}"', en=f'put a range into quotes: "{node}"')
    if not isinstance(node, ScalarNode):
        raise _misfit(node, field)
    if field.type is FieldType.TAGS:
        return _tagged(node, field)
    if node.text in {"null", "~", "not null"}:
        return Presence(present=node.text == "not null")
    return _ranged(node, field)


def _ranged(node: ScalarNode, field: Field) -> Interval | Age:
    """Read a test of a number or an instant, which may end in `or null`."""
    if field.type is FieldType.ID:
        raise _misfit(node, field)
    found = _OR_NULL.fullmatch(node.text)
    plain = ScalarNode(found[1], node.where) if found else node
    if field.type is FieldType.INSTANT:
        return replace(_age(plain, field), null=bool(found))
    return replace(_interval(plain, field), null=bool(found))


def _misfit(node: Node, field: Field) -> _CellError:
    shapes = examples(field)
    zh, en = "、".join(shapes), ", ".join(shapes)
    if isinstance(node, ScalarNode) and not node.text:
        return _CellError(zh=f"这里没有写条件，可写 {zh}", en=f"no test is written here, write one of {en}")
    return _CellError(
        zh=f"看不懂“{node}”，可写 {zh}", en=f"cannot read “{node}”, write one of {en}", unread=True
    )


def _domain(field: Field) -> Mapping[str, str | bool]:
    return _BOOLS if field.type is FieldType.BOOL else {value: value for value in field.values}


def _members(node: Node, field: Field) -> Members:
    domain = _domain(field)
    if isinstance(node, MapNode) or (isinstance(node, ListNode) and not node.items):
        raise _misfit(node, field)
    if isinstance(node, ListNode):
        parts = [_one(item, field) for item in node.items]
        values = frozenset(value for part in parts for value in part.values)
        return Members(values, null=any(part.null for part in parts))
    if node.text == "not null":
        return Members(frozenset(domain.values()))
    found = _OR_NULL.fullmatch(node.text)
    plain = found[1] if found else node.text
    if not plain.startswith("not "):
        return replace(_one(ScalarNode(plain, node.where), field), null=bool(found) or plain in {"null", "~"})
    excluded = _one(ScalarNode(plain[4:].strip(), node.where), field)
    if not (left := frozenset(domain.values()) - excluded.values):
        raise _CellError(zh=f"“{node}”没有留下任何取值", en=f"“{node.text}” leaves no value")
    return Members(left, null=bool(found))


def _one(node: Node, field: Field) -> Members:
    domain = _domain(field)
    if not isinstance(node, ScalarNode) or not node.text:
        raise _misfit(node, field)
    if node.text in {"null", "~"}:
        return Members(frozenset(), null=True)
    if node.text in domain:
        return Members(frozenset({domain[node.text]}))
    hint_zh, hint_en = did_you_mean(node.text, [*domain, *(["null"] if field.nullable else [])], field.labels)
    raise _CellError(
        zh=f"没有“{node}”这个取值（有 {'、'.join(domain)}）{hint_zh}",
        en=f"there is no value “{node.text}” (there are {', '.join(domain)}){hint_en}",
        where=node.where,
    )


def _tagged(node: ScalarNode, field: Field) -> Tagged:
    words = node.text.split(maxsplit=1) if node.text.startswith("has ") else node.text.split(maxsplit=2)
    if words[:1] == ["has"] and len(words) == 2:  # noqa: PLR2004 - has TAG
        return Tagged(words[1])
    if words[:2] == ["not", "has"] and len(words) == 3:  # noqa: PLR2004 - not has TAG
        return Tagged(words[2], present=False)
    raise _misfit(node, field)


def _age(node: ScalarNode, field: Field) -> Age:
    for kind in AgeKind:
        if not node.text.startswith(f"{kind} "):
            continue
        try:
            duration = Duration.parse(node.text.removeprefix(f"{kind} "))
        except BadDurationError as error:
            zh, en = error.message("zh").rstrip("。"), error.message("en").rstrip(".")
            raise _CellError(zh=zh, en=en, unread=True) from None
        if duration.terms and all(amount > 0 for amount, _ in duration.terms):
            return Age(kind, duration)
        raise _CellError(
            zh=f"“{node}”里的时长应大于零", en=f"the duration in “{node.text}” is not above zero"
        )
    raise _misfit(node, field)


def _interval(node: ScalarNode, field: Field) -> Interval:
    if found := _RANGE.fullmatch(node.text):
        low, high = _amount(found[2], field), _amount(found[3], field)
        return Interval(low, high, low_closed=found[1] == "[", high_closed=found[4] == "]")
    if not (found := _COMPARED.fullmatch(node.text)):
        raise _misfit(node, field)
    sign, value = found[1], _amount(found[2], field)
    if sign == "=":
        return Interval(value, value, low_closed=True, high_closed=True)
    if sign in (">", ">="):
        return Interval(low=value, low_closed=sign == ">=")
    return Interval(high=value, high_closed=sign == "<=")


def _amount(written: str, field: Field) -> int:
    try:
        return read_amount(written, field.type)
    except BadAmountError as error:
        zh, en = error.zh.rstrip("。"), error.en.rstrip(".")
        raise _CellError(zh=zh, en=en, unread=True) from None


def _refuse_impossible(test: Test, field: Field) -> None:
    """Raise for a test that no value of the field can pass, or that speaks of a null that never is."""
    asks_null = test.null if isinstance(test, Members | Interval | Age) else test == Presence(present=False)
    if asks_null and not field.nullable:
        raise _CellError(zh="它从不为空，不能写 null", en="it is never null; leave `null` out")
    if isinstance(test, Age) and test.kind is AgeKind.WITHIN_NEXT and field.past:
        raise _CellError(
            zh="它总是过去的时间，不能写 within next", en="it lies in the past, never `within next`"
        )
    if isinstance(test, Interval):
        _refuse_empty(test, field)


def _refuse_empty(test: Interval, field: Field) -> None:
    low, high = test.whole
    if low is not None and high is not None and low >= high:
        raise _CellError(zh="区间里没有数", en="no number lies in the range")
    if high is not None and field.minimum is not None and high <= field.minimum:
        raise _CellError(zh="低于它的最小值，永远不会成立", en="it lies below its minimum, it never holds")
