"""The arithmetic of the benchmarks' table, and the edits that they make."""

import pytest

from benchmarks.scale import ALL, CALENDAR, FEW, Edit
from benchmarks.table import Failed, Finding, as_markdown, as_rows, percentiles
from services.hosting.shipped import RULES
from services.rules.domain.changes import Changes, changes
from services.rules.domain.checking import check
from services.rules.ruleset.loader.directory import read_directory


def concerned_by(edit: Edit) -> Changes:
    """What an edit of the shipped rules changes."""
    files = read_directory(RULES)
    assert files[edit.file].count(edit.before) == 1
    edited = {**files, edit.file: files[edit.file].replace(edit.before, edit.after)}
    before, after = (check(each, timezone="Asia/Shanghai") for each in (files, edited))
    assert before.ruleset
    assert after.ruleset
    assert not after.findings, "it would wait to be confirmed"
    return changes(before.ruleset, after.ruleset)


def test_the_edit_that_concerns_all_changes_a_clock_of_all_who_are_not_lost() -> None:
    change = concerned_by(ALL)
    assert not change.kinds
    assert change.clocks == {"customer": [{"lifecycle": ["customer", "prospect", "signing"]}] * 2}


def test_the_edit_that_concerns_few_changes_a_clock_of_existing_customers() -> None:
    change = concerned_by(FEW)
    assert not change.kinds
    assert change.clocks == {"customer": [{"lifecycle": ["customer"]}] * 2}


def test_the_edit_of_the_calendar_changes_what_all_rules_count_by() -> None:
    assert concerned_by(CALENDAR).everyone


def test_a_ratio_is_the_figure_as_a_multiple_of_the_baseline() -> None:
    assert Finding("a", 80, "messages/s", 100, ">= 0.8").ratio == pytest.approx(0.8)


def test_a_figure_without_a_baseline_has_no_ratio() -> None:
    assert Finding("a", 80, "messages/s").ratio is None


def test_rows_have_the_digits_that_say_something() -> None:
    found = [Finding("a", 1234.5, "messages/s", 2000.4, ">= 0.8"), Finding("b", 0.01234, "s")]

    assert as_rows(found) == [
        ("a", "1,234 messages/s", "2,000", "0.62", ">= 0.8"),
        ("b", "0.0123 s", "", "", ""),
    ]


def test_a_measurement_that_failed_is_shown_with_its_reason() -> None:
    assert as_rows([Failed("a", "no broker")]) == [("a", "failed: no broker", "", "", "")]


def test_the_table_is_written_as_markdown() -> None:
    lines = as_markdown([Finding("a", 1, "s", 2, "<= 2")]).splitlines()

    assert lines == [
        "| what | figure | baseline | ratio | goal |",
        "| --- | --: | --: | --: | --- |",
        "| a | 1 s | 2 | 0.50 | <= 2 |",
    ]


def test_percentiles_are_the_median_and_the_99th() -> None:
    assert percentiles([float(second) for second in range(1, 102)]) == (51, 100)
