"""Which holidays and working days an edit of the calendar takes away."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from contracts.text import Text
from services.shared.business_time import Calendar, Weekday

_FROM: Final = date(2023, 1, 1)
_UNTIL: Final = date(2036, 1, 1)
_MOST_NAMED: Final = 3
_WEEK_ZH: Final = dict(zip(Weekday, "一二三四五六日", strict=True))


def lost_days(old: Calendar, new: Calendar) -> Iterator[Text]:
    """Yield what the new calendar lacks: working weekdays, days off, make-up days (调休)."""
    if old.version == new.version:
        return
    kept = new.definition.working_weekdays
    weekdays = [day for day in old.definition.working_weekdays if day not in kept]
    if weekdays:
        zh = "、".join(f"周{_WEEK_ZH[day]}" for day in weekdays)
        yield Text(zh=f"每周的工作日：{zh}", en=f"working weekdays: {', '.join(weekdays)}")
    days = [_FROM + timedelta(days=at) for at in range((_UNTIL - _FROM).days)]
    week = list(Weekday)
    off = [day for day in days if new.is_workday(day) and not old.is_workday(day)]
    yield from _named([day for day in off if week[day.weekday()] in kept], "放假日", "days off")
    worked = [day for day in days if old.is_workday(day) and not new.is_workday(day)]
    usual = {*kept, *weekdays}
    made_up = [day for day in worked if week[day.weekday()] not in usual]
    yield from _named(made_up, "调休上班日", "make-up working days")


def _named(days: Sequence[date], zh: str, en: str) -> Iterator[Text]:
    if days:
        named = [day.isoformat() for day in days[:_MOST_NAMED]]
        more_zh, more_en = (f"等 {len(days)} 天", f" and others, {len(days)} in all")
        if len(days) <= _MOST_NAMED:
            more_zh = more_en = ""
        yield Text(zh=f"{zh}：{'、'.join(named)}{more_zh}", en=f"{en}: {', '.join(named)}{more_en}")
