"""Reads `calendar.yaml`: its shape is that of `CalendarDefinition`, which says what is wrong with it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.text import Text
from services.rules.ruleset.definition import Position
from services.rules.ruleset.loader.nodes import ListNode, MapNode, Node
from services.rules.ruleset.problems import Report, did_you_mean
from services.shared.business_time import (
    BadCalendarError,
    Calendar,
    CalendarDefinition,
    Period,
    PublishedYear,
    Weekday,
)

_WHOLE: Final = Text(zh="日历有误", en="The calendar is wrong")
_PAIRS: Final = Text(zh="这里应写“键: 值”", en="write “key: value” here")
_LIST: Final = Text(zh="这里应写列表，如 [mon, tue]", en="write a list here, like [mon, tue]")
_OTHER: Final = Text(zh="这里的写法不对", en="it is not written as it should be")
_REASONS: Final = {
    "string_type": Text(zh="这里应写文字", en="write words here"),
    "enum": Text(zh=f"这里应写 {'、'.join(Weekday)} 之一", en=f"write one of {', '.join(Weekday)}"),
    "literal_error": Text(zh="语言应为 zh 或 en", en="the languages are zh and en"),
    "int_parsing": Text(zh="这里应写年份，如 2027", en="write a year here, like 2027"),
    "int_type": Text(zh="这里应写年份，如 2027", en="write a year here, like 2027"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _PAIRS,
    "model_type": _PAIRS,
    "model_attributes_type": _PAIRS,
}
_PARTS: Final[Mapping[int | str, type[BaseModel]]] = {"working_hours": Period, "years": PublishedYear}


def read_calendar(document: MapNode, timezone: str, report: Report) -> Calendar | None:
    """Return the calendar; `timezone` is used where the file names none."""
    try:
        calendar = _calendar(document, timezone)
    except ValidationError as error:
        for problem in error.errors():
            _report(document, problem, report)
        return None
    _check_close(document, calendar.definition, report)
    _check_zone(document, calendar.definition, timezone, report)
    return calendar


def _check_zone(document: MapNode, definition: CalendarDefinition, timezone: str, report: Report) -> None:
    """Warn when deadlines follow another clock than the dates that people write and import."""
    if definition.timezone != timezone:
        report.warning(
            _position(document, ("timezone",)),
            zh=f"日历的时区是 {definition.timezone}，而设置 GENJIN_TIMEZONE 是 {timezone}："
            "期限按前者计算，录入和导入的日期按后者理解。",
            en=f"The calendar's time zone is {definition.timezone}, the setting GENJIN_TIMEZONE {timezone}:"
            " deadlines follow the one, dates that are entered or imported the other.",
        )


def _check_close(document: MapNode, definition: CalendarDefinition, report: Report) -> None:
    """Report a close of business that is written and lies before the working hours: 06:00 for 18:00."""
    start, close = definition.working_hours[0].start, definition.close_of_business
    if start < close or "close_of_business" not in definition.model_fields_set:
        return
    written, first = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (close, start))
    report.problem(
        _position(document, ("close_of_business",)),
        zh=f"下班时刻 {written} 早于上班时间 {first}。",
        en=f"The close of business, {written}, is before the working hours, which begin at {first}.",
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


def _report(document: MapNode, problem: ErrorDetails, report: Report) -> None:
    location = problem["loc"]
    where = _position(document, location)
    entry = _entry(location)
    if problem["type"] == "extra_forbidden":
        hint_zh, hint_en = did_you_mean(str(location[-1]), _known_at(location))
        report.problem(
            where,
            zh=f"日历没有名为“{entry}”的项{hint_zh or '。'}",
            en=f"The calendar has no entry “{entry}”{hint_en or '.'}",
        )
        return
    if problem["type"] == "missing":
        report.problem(where, zh=f"日历缺少“{entry}”。", en=f"The calendar lacks “{entry}”.")
        return
    reason = _reason(problem)
    about = Text(zh=f"日历的“{entry}”有误", en=f"The calendar's “{entry}” is wrong") if entry else _WHOLE
    report.problem(where, zh=f"{about.zh}：{reason.zh}。", en=f"{about.en}: {reason.en}.")


def _entry(location: Sequence[int | str]) -> str:
    """Return the keys that lead to a part; places in a list and Pydantic's own words are left out."""
    named = [str(part) for part in location if part != "[key]"]
    return ".".join(part for part in named if not part.isdigit() or named[0] == "years")


def _known_at(location: Sequence[int | str]) -> list[str]:
    """Return the keys of the part of a calendar that an unknown one is in."""
    model: type[BaseModel] = CalendarDefinition
    if location[0] in _PARTS and len(location) > 1:
        model = _PARTS[location[0]]
    return [field.alias or name for name, field in model.model_fields.items()]


def _reason(problem: ErrorDetails) -> Text:
    """Return the reason that the calendar itself gives, or the words for a kind of error of Pydantic."""
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, BadCalendarError):
        return Text(zh=cause.zh, en=cause.en)
    return _REASONS.get(problem["type"], _OTHER)


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
