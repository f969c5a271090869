"""Days and instants, as people, spreadsheets and databases write them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.shared.imports import kinds
from services.shared.imports.amounts import AmountForm
from services.shared.imports.cells import CellError
from services.shared.imports.conversion import Form, convert
from services.shared.imports.table import Cell

ZONE = ZoneInfo("Asia/Shanghai")
YUAN = AmountForm("CNY")
FORM = Form(ZONE, YUAN)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type,misc]  # the parts of a datetime


@pytest.mark.parametrize(
    "cell",
    [
        "2024-05-01",
        "2024/5/1",
        "2024.5.1",
        "2024年5月1日",
        "２０２４年５月１日",
        "20240501",
        "2024年05月01号",
        "2024年5月1日（周三）",
        "2024/5/1 星期三",
        "2024-05-01 00:00:00",
        20240501,
        20240501.0,
        45413,
        45413.0,
        date(2024, 5, 1),
        datetime(2024, 5, 1),  # noqa: DTZ001 - as Excel keeps it
    ],
)
def test_a_day_is_understood_in_every_usual_form(cell: Cell) -> None:
    assert convert(kinds.Day(), cell, FORM) == date(2024, 5, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-05-01 14:30",
        "2024-05-01T14:30:00+08:00",
        "2024-05-01T06:30:00Z",
        "2024年5月1日14时30分",
        "2024/5/1 14:30:00",
        "2024/5/1 下午2:30",
        "2024/5/1 星期三 14:30",
        "2024-05-01 2:30 PM",
        "2024-05-01T06:30:00.000+0000",
        "2024-05-01 06:30:00+00",
        "2024-05-01 06:30:00 UTC",
        "2024-05-01T01:30:00-0500",
        "20240501143000",
        "1714545000",
        "1714545000000",
        1714545000000.0,
        45413 + 14.5 / 24,
        datetime(2024, 5, 1, 14, 30),  # noqa: DTZ001 - as Excel keeps it
    ],
)
def test_an_instant_is_understood_in_every_usual_form_and_local_without_an_offset(cell: Cell) -> None:
    found = convert(kinds.Moment(), cell, FORM)
    assert found == local(2024, 5, 1, 14, 30)
    assert isinstance(found, datetime)
    assert found.tzinfo is UTC


def test_a_date_without_a_time_starts_its_day_as_an_anchor_and_ends_it_as_a_deadline() -> None:
    """A11; intervals are half-open, so the end of a day is the start of the next."""
    assert convert(kinds.Moment(), "2024-05-01", FORM) == local(2024, 5, 1)
    assert convert(kinds.Moment(is_deadline=True), "2024-05-01", FORM) == local(2024, 5, 2)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-12-01",
        "2026-12-01 00:00:00",
        "2026/12/1 0:00",
        "2026-12-01T00:00",
        "2026/12/1 上午12:00",
        "2026/12/1 12:00 AM",
        "20261201000000",
        date(2026, 12, 1),
        datetime(2026, 12, 1),  # noqa: DTZ001 - as Excel keeps it
        46357.0,
    ],
)
def test_midnight_without_an_offset_is_the_day_so_a_deadline_is_its_end(cell: Cell) -> None:
    """A11. Excel and databases write the day 2026-12-01 in all these forms."""
    assert convert(kinds.Moment(is_deadline=True), cell, FORM) == local(2026, 12, 2)
    assert convert(kinds.Moment(), cell, FORM) == local(2026, 12, 1)


@pytest.mark.parametrize(
    "cell", ["2026-12-01T00:00+08:00", "2026-11-30T16:00:00Z", "1796054400000", "2026-12-01 00:00:00+0800"]
)
def test_midnight_with_an_offset_is_that_instant(cell: str) -> None:
    assert convert(kinds.Moment(is_deadline=True), cell, FORM) == local(2026, 12, 1)


def test_a_day_is_that_of_the_instant_in_the_zone_of_the_file() -> None:
    assert convert(kinds.Day(), "2024-05-01T16:00:00Z", FORM) == date(2024, 5, 2)
    assert convert(kinds.Day(), "2024-05-01T23:30:00-05:00", FORM) == date(2024, 5, 2)
    tokyo = Form(ZoneInfo("Asia/Tokyo"), YUAN)
    assert convert(kinds.Day(), "2024-05-01T15:30:00Z", tokyo) == date(2024, 5, 2)
    assert convert(kinds.Day(), "2024-05-01T15:30:00Z", FORM) == date(2024, 5, 1)
    assert convert(kinds.Moment(), "2024-05-01 09:00", tokyo) == local(2024, 5, 1, 8)


def test_fractions_of_a_second_are_kept() -> None:
    found = convert(kinds.Moment(), "2024-05-01 06:30:00.123456789+00", FORM)
    assert found == local(2024, 5, 1, 14, 30, 0, 123456)


@pytest.mark.parametrize(
    "cell",
    [
        *("2015", "2015年", 2015, 2015.0, 1998.0, "２０１５"),
        date(1905, 7, 7),
        datetime(1905, 7, 7),  # noqa: DTZ001 - as Excel keeps it
    ],
)
def test_a_bare_year_is_no_day_of_1905(cell: Cell) -> None:
    """2015 is day 2015 since 1900 to Excel: 1905-07-07."""
    with pytest.raises(CellError) as raised:
        convert(kinds.Day(), cell, FORM)
    assert "只是年份" in raised.value.reason.zh
    assert "write a whole date" in raised.value.reason.en


@pytest.mark.parametrize("cell", ["2024年3月", "2024-03", "202403", 202403.0, 2024.03, "2024/3"])
def test_a_month_is_no_day(cell: Cell) -> None:
    with pytest.raises(CellError, match="names no day"):
        convert(kinds.Moment(), cell, FORM)


def test_a_day_of_long_ago_is_one() -> None:
    assert convert(kinds.Day(), date(1903, 8, 15), FORM) == date(1903, 8, 15)
    assert convert(kinds.Day(), "1905-07-07", FORM) == date(1905, 7, 7)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-13-40",
        "2025-02-29",
        "上周三",
        "5/1",
        "2024-05-01 25:00",
        "0024-01-01",
        "2024-05-01 上午13:00",
        "2030010112",
        0.5,
        30,
        1323.0,
        99999999,
        True,
        "45413",
    ],
)
def test_a_date_that_is_none_is_refused(cell: Cell) -> None:
    with pytest.raises(CellError):
        convert(kinds.Day(), cell, FORM)


def test_the_formats_of_a_mapping_go_first() -> None:
    form = Form(ZONE, YUAN, dates=["%m/%d/%Y", "%Y"])
    assert convert(kinds.Day(), "3/1/2017", form) == date(2017, 3, 1)
    assert convert(kinds.Day(), 1996.0, form) == date(1996, 1, 1)
    assert convert(kinds.Day(), "2017-03-01", form) == date(2017, 3, 1)


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001 - Excel's are naive
def test_every_minute_that_excel_keeps_as_a_number_is_read_back(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001 - Excel's are naive
    assert convert(kinds.Moment(), serial, FORM) == moment.replace(tzinfo=ZONE)


@pytest.mark.parametrize("zone", ["+99:99", "+9900", "-24:00"])
def test_an_offset_that_no_clock_has_is_no_date(zone: str) -> None:
    with pytest.raises(CellError, match="is not a valid date"):
        convert(kinds.Moment(), f"2025-05-20T10:00{zone}", Form(ZONE, AmountForm("CNY")))
