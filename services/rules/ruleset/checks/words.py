"""Example customers in words: what the cells of a column are called in Chinese and English."""

from collections.abc import Iterable
from datetime import datetime

from contracts.text import Text
from services.rules.ruleset import wording
from services.rules.ruleset.definition import Field, Members, Presence, Test
from services.rules.ruleset.timing import backwards
from services.shared.business_time import Calendar, Duration, in_words


def joined(parts: Iterable[Text]) -> Text:
    """Return one text of several."""
    found = list(parts)
    return Text(zh="、".join(part.zh for part in found), en=", ".join(part.en for part in found))


def _named(field: Field, zh: str, en: str) -> Text:
    label = label_of(field)
    return Text(zh=f"{label.zh} {zh}", en=f"{label.en}: {en}")


def absent_words(field: Field) -> Text:
    """Say that the field is null."""
    return _named(field, f"为空（{field.absent}）", "null")


def presence_words(field: Field) -> Text:
    """Say that the field is not null."""
    return _named(field, "不为空", "not null")


def member_words(field: Field, value: str | bool) -> Text:  # noqa: FBT001 - it is the value of the field
    """Say that the field has one of its values."""
    words = wording.member_words(value, field)
    return _named(field, words.zh, words.en)


def tag_words(tag: str, *, present: bool) -> Text:
    """Say that a tag is there or is not."""
    if present:
        return Text(zh=f"有标签“{tag}”", en=f"has the tag “{tag}”")
    return Text(zh=f"没有标签“{tag}”", en=f"lacks the tag “{tag}”")


def number_words(field: Field, value: int) -> Text:
    """Say that the field is this number, money in the units people use."""
    amount = wording.number_words(value, field)
    return _named(field, amount.zh, amount.en)


def label_of(field: Field) -> Text:
    """Return what people call the field."""
    return field.label or Text(zh=field.name, en=field.name)


def age_words(field: Field, after: Duration | None, before: Duration | None) -> Text:
    """Say how long after the instant it is: at least `after` and not yet `before`."""
    parts = []
    if after is not None:
        parts.append(_reached(after))
    if before is not None:
        parts.append(_ahead(before))
    if not parts:
        return presence_words(field)
    return _named(field, "、".join(part.zh for part in parts), " and ".join(part.en for part in parts))


def _reached(edge: Duration) -> Text:
    if not edge.terms:
        return Text(zh="已到", en="past")
    if edge.terms[0][0] < 0:
        ahead = in_words(backwards(edge))
        return Text(zh=f"不超过{ahead.zh}就到", en=f"at most {ahead.en} ahead")
    words = in_words(edge)
    return Text(zh=f"已满{words.zh}", en=f"at least {words.en} ago")


def _ahead(edge: Duration) -> Text:
    if not edge.terms:
        return Text(zh="未到", en="ahead")
    if edge.terms[0][0] < 0:
        ahead = in_words(backwards(edge))
        return Text(zh=f"还有{ahead.zh}以上", en=f"more than {ahead.en} ahead")
    words = in_words(edge)
    return Text(zh=f"未满{words.zh}", en=f"less than {words.en} ago")


def seen_words(field: Field, instant: datetime, now: datetime, calendar: Calendar) -> Text:
    """Say at which instant the field is, seen at which other."""
    there, here = (f"{each.astimezone(calendar.zone):%Y-%m-%d %H:%M}" for each in (instant, now))
    return _named(field, f"为 {there}（现在是 {here}）", f"{there} (it is {here})")


def test_words(field: Field, test: Test) -> Text:
    """Say what a test asks, by the labels of the field and of its values."""
    if test in (Members(frozenset(), null=True), Presence(present=False)):
        return absent_words(field)
    asked = wording.condition_words(test, field)
    return _named(field, asked.zh, asked.en)
