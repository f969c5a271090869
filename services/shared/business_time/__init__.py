"""Business time: durations, working days and hours, holidays and make-up days (调休), deadlines.

`Duration` is what a rule writes (`14d + 3wd`), `CalendarDefinition` what `rules/calendar.yaml` holds,
`Calendar` what adds the one to an instant by the other. Instants are aware, and UTC when they come out.
"""

from services.shared.business_time.calendar import Calendar
from services.shared.business_time.definition import (
    BadCalendarError,
    CalendarDefinition,
    Period,
    PublishedYear,
    Weekday,
)
from services.shared.business_time.duration import BadDurationError, Duration, DurationTooLongError, Unit
from services.shared.business_time.words import as_rhythm, continued, in_words

__all__ = [
    "BadCalendarError",
    "BadDurationError",
    "Calendar",
    "CalendarDefinition",
    "Duration",
    "DurationTooLongError",
    "Period",
    "PublishedYear",
    "Unit",
    "Weekday",
    "as_rhythm",
    "continued",
    "in_words",
]
