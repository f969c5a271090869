"""Dates before the instant of the sample, written in the several ways people write them."""

from datetime import date, datetime, time, timedelta

TODAY = date(2025, 6, 30)
"""The day on which the sample is looked at, at 18:00 in Shanghai."""


def ago(days: int) -> date:
    """The day so many days before the sample's."""
    return TODAY - timedelta(days=days)


def written(day: date, turn: int) -> date | str:
    """A day as Excel keeps it, or as text in one of the usual forms, by turns."""
    forms = (
        day,
        f"{day.year}-{day.month:02d}-{day.day:02d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        day,
        f"{day.year}.{day.month}.{day.day}",
    )
    return forms[turn % len(forms)]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A local time of day, as Excel keeps it: without a zone."""
    return datetime.combine(day, time(hour, minute))
