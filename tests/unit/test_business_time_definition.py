"""What rules/calendar.yaml may say, and what it is told otherwise."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.shared.business_time import Calendar, CalendarDefinition, PublishedYear


def read(**content: object) -> CalendarDefinition:
    return CalendarDefinition.model_validate(content)


def test_an_empty_file_means_monday_to_friday_nine_to_six_in_shanghai() -> None:
    content = read().model_dump(mode="json")
    assert content["timezone"] == "Asia/Shanghai"
    assert {"mon", "tue", "wed", "thu", "fri"} == set(content["working_weekdays"])
    assert content["working_hours"] == [{"start": "09:00", "end": "18:00"}]
    assert content["close_of_business"] == "18:00"


def test_a_lunch_break_splits_the_day() -> None:
    afternoon, morning = {"from": "13:30", "to": "18:00"}, {"from": "09:00", "to": "12:00"}
    definition = read(working_hours=[afternoon, morning])
    assert [(p.start, p.end) for p in definition.working_hours] == [(540, 720), (810, 1080)]


def test_dates_may_be_written_as_runs() -> None:
    definition = read(extra_holidays=["2027-12-31..2028-01-02", date(2027, 5, 4), "2027-05-04"])
    assert definition.extra_holidays == (
        date(2027, 5, 4),
        date(2027, 12, 31),
        date(2028, 1, 1),
        date(2028, 1, 2),
    )


def test_a_year_is_listed_by_its_number() -> None:
    definition = read(years={2027: {"holidays": ["2027-10-01"], "working_days": ["2027-10-09"]}})
    assert {2027: PublishedYear(holidays=["2027-10-01"], working_days=["2027-10-09"])} == definition.years


@pytest.mark.parametrize("content", [{"working_hours": []}, {"working_weekdays": []}])
def test_an_empty_calendar_is_refused(content: dict[str, object]) -> None:
    """Section 16, 8: refused at load, never an endless loop."""
    with pytest.raises(ValidationError, match="an empty calendar: name at least one working weekday"):
        read(**content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"lunch": "12:00"}, "Extra inputs are not permitted"),
        ({"timezone": "Asia/Peking"}, "“Asia/Peking” is no time zone: write a name like Asia/Shanghai"),
        ({"timezone": "Asia"}, "is no time zone"),
        ({"timezone": "../etc"}, "is no time zone"),
        ({"close_of_business": "25:00"}, "“25:00” is no time of day"),
        ({"close_of_business": 1080}, "“1080” is no time of day"),
        ({"working_weekdays": ["monday"]}, "Input should be 'mon'"),
        ({"working_hours": [{"from": "18:00", "to": "09:00"}]}, "ends after it starts: from 18:00 to 09:00"),
        (
            {"working_hours": [{"from": "09:00", "to": "12:30"}, {"from": "12:00", "to": "18:00"}]},
            "working periods overlap at 12:00",
        ),
        ({"extra_holidays": "2027-10-01"}, "write a list of dates"),
        ({"extra_holidays": ["2027-02-29"]}, "“2027-02-29” is no date"),
        ({"extra_holidays": ["2027-10-07..2027-10-01"]}, "no run of dates"),
        ({"extra_holidays": ["2027-10-01..2127-10-01"]}, "no run of dates"),
        (
            {"extra_holidays": ["2027-10-01"], "extra_working_days": ["2027-10-01"]},
            "2027-10-01 is listed both as a holiday and as a working day",
        ),
        (
            {"years": {2027: {"holidays": ["2027-10-01"], "working_days": ["2027-10-01"]}}},
            "2027-10-01 is listed both as a holiday and as a working day",
        ),
        ({"years": {2027: {"holidays": ["2028-01-01"]}}}, "2028-01-01 is listed under 2027"),
    ],
)
def test_a_mistake_is_refused_with_its_reason(content: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason.replace(".", r"\.")):
        read(**content)


def test_the_same_content_has_the_same_version() -> None:
    weekdays = ["fri", "mon", "thu", "tue", "wed"]
    assert Calendar.default().version == Calendar(read(working_weekdays=weekdays)).version


def test_another_title_is_the_same_version() -> None:
    assert Calendar.default().version == Calendar(read(title={"zh": "日历", "en": "Calendar"})).version


@pytest.mark.parametrize(
    "content",
    [
        {"timezone": "Europe/Berlin"},
        {"close_of_business": "17:30"},
        {"extra_holidays": ["2027-05-04"]},
        {"years": {2027: {}}},
    ],
)
def test_any_other_content_is_another_version(content: dict[str, object]) -> None:
    assert Calendar.default().version != Calendar(read(**content)).version
