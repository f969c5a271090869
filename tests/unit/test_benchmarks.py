"""The arithmetic of the benchmarks' table."""

import pytest

from benchmarks.table import Failed, Finding, as_markdown, as_rows, percentiles


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
