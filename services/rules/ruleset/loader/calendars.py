"""Reads `calendar.yaml`: its shape is that of `CalendarDefinition`, which says what is wrong with it."""

from collections.abc import Sequence
from functools import lru_cache

from pydantic import ValidationError

from services.rules.ruleset.definition import Position
from services.rules.ruleset.loader.nodes import ListNode, MapNode, Node
from services.rules.ruleset.problems import Report, did_you_mean
from services.shared.business_time import Calendar, CalendarDefinition


def read_calendar(document: MapNode, timezone: str, report: Report) -> Calendar | None:
    """Return the calendar; `timezone` is used where the file names none."""
    try:
        calendar = _calendar(document, timezone)
    except ValidationError as error:
        for problem in error.errors():
            _report(document, problem["loc"], problem["type"], str(problem["msg"]), report)
        return None
    _check_close(document, calendar.definition, report)
    return calendar


def _check_close(document: MapNode, definition: CalendarDefinition, report: Report) -> None:
    """Report a close of business that is written and lies outside the working hours: 06:00 for 18:00."""
    hours, close = definition.working_hours, definition.close_of_business
    if hours[0].start < close <= hours[-1].end or "close_of_business" not in definition.model_fields_set:
        return
    written, first, last = (
        f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (close, hours[0].start, hours[-1].end)
    )
    report.problem(
        _position(document, ("close_of_business",)),
        zh=f"下班时刻 {written} 不在上班时间（{first} 至 {last}）之内。",
        en=f"The close of business, {written}, is outside the working hours ({first} to {last}).",
    )


@lru_cache(maxsize=8)
def default_calendar(timezone: str) -> Calendar:
    """Return the calendar of a directory without calendar.yaml."""
    return Calendar(CalendarDefinition(timezone=timezone))


@lru_cache(maxsize=8)
def _calendar(document: MapNode, timezone: str) -> Calendar:
    # Remembered, so that what was found out about its durations counts for the next edit too.
    return Calendar(CalendarDefinition.model_validate({"timezone": timezone, **_plain(document)}))


def _plain(node: MapNode) -> dict[str, object]:
    return {key.text: _value(value) for key, value in node.entries}


def _value(node: Node) -> object:
    if isinstance(node, MapNode):
        return _plain(node)
    if isinstance(node, ListNode):
        return [_value(item) for item in node.items]
    return None if node.is_null else node.text


def _report(
    document: MapNode, location: Sequence[int | str], kind: str, message: str, report: Report
) -> None:
    path = ".".join(str(part) for part in location) or "calendar.yaml"
    where = _position(document, location)
    if kind == "extra_forbidden":
        known = [field.alias or name for name, field in CalendarDefinition.model_fields.items()]
        hint_zh, hint_en = did_you_mean(str(location[-1]), known)
        report.problem(
            where,
            zh=f"日历没有名为“{path}”的项{hint_zh or '。'}",
            en=f"The calendar has no entry {path!r}{hint_en or '.'}",
        )
        return
    reason = message.removeprefix("Value error, ")
    report.problem(
        where, zh=f"日历的“{path}”有误：{reason}。", en=f"The calendar's {path!r} is wrong: {reason}."
    )


def _position(node: Node, location: Sequence[int | str]) -> Position:
    """Return the place of the innermost part of the location that the file has."""
    where = node.where
    for part in location:
        found: Node | None = None
        if isinstance(node, MapNode):
            for key, value in node.entries:
                if key.text == str(part):
                    where, found = key.where, value
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            found = node.items[part]
            where = found.where
        if found is None:
            return where
        node = found
    return where
