"""The oracle itself: its calendar, its independence, and the totals that the issue states."""

import ast
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import chinese_calendar

from tests.oracle import crm_sales
from tests.oracle.data import crm_sales_dir


def test_its_working_days_are_those_of_the_published_calendar() -> None:
    day = date(2016, 1, 1)
    while day < date(2019, 1, 1):
        assert crm_sales.is_working_day(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_working_days_end_at_the_close_of_business_and_skip_new_year() -> None:
    friday = datetime(2017, 12, 29, 9, tzinfo=crm_sales.SHANGHAI)
    assert crm_sales.working_days_after(friday, 1) == datetime(2018, 1, 2, 18, tzinfo=crm_sales.SHANGHAI)


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(crm_sales.__file__).read_text("utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def test_it_finds_what_the_files_are_known_to_hold() -> None:
    found = crm_sales.expected(crm_sales_dir())
    assert found["counts"] == {"people": 41, "customers": 85, "opportunities": 7375, "rejected": 1425}
    assert sum(found["customers_by_grade"].values()) == 85
    assert all(customer["owner"] in found["people"] for customer in found["customers"].values())
    assert sum(found["stalled_by_rung"].values()) == len(found["stalled"])
