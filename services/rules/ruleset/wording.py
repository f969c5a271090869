"""Values, tests and offsets in the words of both languages, and values as rules write them."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from decimal import Decimal

from contracts.money import MINOR_UNITS
from contracts.text import Text
from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Fact,
    Field,
    FieldType,
    Interval,
    Members,
    Offset,
    Presence,
    Tagged,
    Test,
)
from services.shared.business_time import Duration, as_rhythm, continued, in_words

_LARGE = ((Decimal(10**8), "亿"), (Decimal(10**4), "万"))
_CENTS = Decimal("0.01")
_NOT_SET = Text(zh="为空", en="not set")
_AGES = {
    AgeKind.OLDER_THAN: ("距今已满{}", "at least {} ago"),
    AgeKind.WITHIN_LAST: ("近{}内", "within the last {}"),
    AgeKind.WITHIN_NEXT: ("未来{}内", "within the next {}"),
}


def as_written(value: Fact, kind: FieldType, zone: tzinfo) -> str | None:
    """Return a value as rules write it: amounts in 万 and 亿, instants in local time; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _minute(value, zone)
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    if kind is FieldType.MONEY and isinstance(value, int):
        return money_text(value)
    return str(value)


def money_text(minor: int) -> str:
    """Return an amount of minor units as people write it: 52万, 1.25亿, 1234.5; never rounded."""
    amount = Decimal(minor) / MINOR_UNITS
    for unit, word in _LARGE:
        share = amount / unit
        if abs(share) >= 1 and share == share.quantize(_CENTS):
            return f"{share.normalize():f}{word}"
    return f"{amount.normalize():f}"


def value_words(value: Fact, field: Field, zone: tzinfo) -> Text | None:
    """Return a value as people call it: by its label, a duration in words; None for null."""
    if value is None:
        return None
    if isinstance(value, Duration):
        return as_rhythm(value) if field.is_rhythm else in_words(value)
    if isinstance(value, frozenset):
        return Text(zh="、".join(sorted(value)), en=", ".join(sorted(value)))
    if isinstance(value, datetime):
        return _same(_minute(value, zone))
    return member_words(value, field) if isinstance(value, bool | str) else number_words(value, field)


def member_words(value: str | bool, field: Field) -> Text:  # noqa: FBT001 - it is the value of the field
    """Return what people call a value of an enumeration, yes or no."""
    if isinstance(value, bool):
        return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
    return field.labels.get(value) or _same(value)


def number_words(value: int, field: Field) -> Text:
    """Return a number, or an amount in the units that people of the language use."""
    if field.type is not FieldType.MONEY:
        return _same(str(value))
    return Text(zh=money_text(value), en=f"{(Decimal(value) / MINOR_UNITS).normalize():,f}")


def condition_words(test: Test, field: Field) -> Text:
    """Return what a test asks of a fact."""
    match test:
        case Members():
            return _members(test, field)
        case Interval():
            return _interval(test, field)
        case Presence():
            return Text(zh="不为空", en="set") if test.present else _NOT_SET
        case Age():
            zh, en = _AGES[test.kind]
            length = in_words(test.duration)
            return _or_null(Text(zh=zh.format(length.zh), en=en.format(length.en)), null=test.null)
        case Tagged():
            tag, some = test.tag, test.present
            return Text(
                zh=f"{'有' if some else '没有'}标签“{tag}”",
                en=f"{'has' if some else 'lacks'} the tag “{tag}”",
            )


def offset_words(offset: Offset, variable: Field | None, length: Fact, zone: tzinfo) -> Text:
    """Return when a rung is reached, with the value of the duration that it names where there is one."""
    if variable is None:
        return in_words(offset.plus)
    label = variable.label or _same(variable.name)
    known, plus = value_words(length, variable, zone), continued(offset.plus)
    zh, en = (f"（{known.zh}）", f" ({known.en})") if known else ("", "")
    return Text(zh=f"{label.zh}{zh}{plus.zh}", en=f"{label.en}{en}{plus.en}")


def _members(test: Members, field: Field) -> Text:
    values = field.values or (True, False)
    missing = [value for value in values if value not in test.values]
    if len(missing) == 1 and len(values) > len(test.values) > 1 and not test.null:
        other = member_words(missing[0], field)
        return Text(zh=f"不是{other.zh}", en=f"not {other.en}")
    wanted = [member_words(value, field) for value in values if value in test.values]
    wanted = wanted or [member_words(value, field) for value in sorted(test.values, key=str)]
    return _either([*wanted, *([_NOT_SET] if test.null else [])])


def _interval(test: Interval, field: Field) -> Text:
    parts = []
    if test.low is not None:
        low = number_words(test.low, field)
        zh, en = ("达到", "at least") if test.low_closed else ("超过", "above")
        parts.append(Text(zh=f"{zh}{low.zh}", en=f"{en} {low.en}"))
    if test.high is not None:
        high = number_words(test.high, field)
        zh, en = ("不超过", "at most") if test.high_closed else ("不足", "below")
        parts.append(Text(zh=f"{zh}{high.zh}", en=f"{en} {high.en}"))
    if test.low == test.high and test.low is not None:
        parts = [number_words(test.low, field)]
    if not parts:
        return _NOT_SET if test.null else Text(zh="任意", en="any")
    both = Text(zh="且".join(part.zh for part in parts), en=" and ".join(part.en for part in parts))
    return _or_null(both, null=test.null)


def _or_null(words: Text, *, null: bool) -> Text:
    return _either([words, _NOT_SET]) if null else words


def _either(words: Iterable[Text]) -> Text:
    *first, last = words
    if not first:
        return last
    zh, en = "、".join(each.zh for each in first), ", ".join(each.en for each in first)
    return Text(zh=f"{zh}或{last.zh}", en=f"{en} or {last.en}")


def _minute(instant: datetime, zone: tzinfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _same(words: str) -> Text:
    return Text(zh=words, en=words)
