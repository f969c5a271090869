"""What is said to have taken place has, but for clocks that do not agree."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.inputs import Day, Flag, Moment
from services.shared.instants import SKEW, InFutureError, check_day, check_past

NOW = datetime(2025, 3, 3, 17, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("at", [None, NOW, NOW - timedelta(days=9), NOW + SKEW])
def test_what_was_or_is_may_be_said(at: datetime | None) -> None:
    check_past({"held_at": at}, ["held_at", "occurred_at"], now=NOW)


def test_what_is_yet_to_come_is_refused_naming_the_field() -> None:
    with pytest.raises(InFutureError) as refused:
        check_past({"held_at": NOW + SKEW + timedelta(seconds=1)}, ["held_at"], now=NOW)
    assert refused.value.facts["field"] == "held_at"


def test_a_day_is_one_of_the_calendar_on_the_wall() -> None:
    check_day({"founded_on": date(2025, 3, 4)}, "founded_on", now=NOW, zone=SHANGHAI)
    check_day({}, "founded_on", now=NOW, zone=SHANGHAI)
    with pytest.raises(InFutureError):
        check_day({"founded_on": date(2025, 3, 4)}, "founded_on", now=NOW, zone=UTC)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (Moment, 1741000000),
        (Moment, "1741000000"),
        (Moment, 1.5),
        (Day, 0),
        (Day, "86400"),
        (Flag, "yes"),
        (Flag, 1),
    ],
)
def test_what_only_could_be_meant_is_refused(declared: type, value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(declared).validate_python(value)


def test_what_is_declared_is_taken() -> None:
    assert TypeAdapter(Moment).validate_python("2025-03-04T01:00:00+08:00") == NOW
    assert TypeAdapter(Day).validate_json('"2025-03-04"') == date(2025, 3, 4)
    assert TypeAdapter(Flag).validate_json("true") is True
