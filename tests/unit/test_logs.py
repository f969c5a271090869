"""Logs are one line each on standard error, in one form, also those of libraries."""

import json
import logging
import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
import structlog

from services.shared.logs import (
    MOST_OF_A_TRACEBACK,
    MOST_OF_A_VALUE,
    LogFormat,
    bounded,
    canonical,
    configure_logs,
    is_shown,
)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_a_json_line_has_the_event_its_level_its_time_and_what_was_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json", "info")
    structlog.contextvars.bind_contextvars(consumer="rules")
    structlog.stdlib.get_logger("genjin.test").info("batch_handled", reason="王经理", messages=3)
    structlog.contextvars.clear_contextvars()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "王经理" in captured.err
    line = json.loads(captured.err)
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {
        "event": "batch_handled",
        "level": "info",
        "logger": "genjin.test",
        "consumer": "rules",
        "messages": 3,
        "reason": "王经理",
    }


def test_a_librarys_line_looks_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    logging.getLogger("some.library").warning("disk is %s", "full")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("disk is full", "warning", "some.library")


def test_what_is_below_the_level_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "warning")
    structlog.stdlib.get_logger("genjin.test").info("batch_handled")
    assert capsys.readouterr().err == ""


def test_libraries_speak_only_of_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "debug")
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
    assert capsys.readouterr().err == ""


def test_an_exception_is_part_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    structlog.stdlib.get_logger("genjin.test").error("request_broke", exc_info=ValueError("why"))
    assert "ValueError: why" in json.loads(capsys.readouterr().err)["exception"]


def test_the_console_form_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console", "info")
    structlog.stdlib.get_logger("genjin.test").info("batch_handled", messages=3)
    shown = capsys.readouterr().err
    assert "batch_handled" in shown
    assert "messages=3" in shown


def test_in_a_service_every_json_line_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info", service="rules")
    structlog.stdlib.get_logger("genjin.test").info("consuming_started")
    canonical("genjin.test", "message_handled", [{"outcome": "applied"}])
    for line in map(json.loads, capsys.readouterr().err.splitlines()):
        assert line["service"] == "rules"
        assert line["version"]
        assert line["replica"].endswith(str(os.getpid()))


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_canonical_lines_are_written_together_in_their_order(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(log_format, "info")
    event_id = uuid4()
    canonical("genjin.test", "message_handled", [{"event_id": event_id, "n": n} for n in range(3)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all("message_handled" in line and str(event_id) in line for line in lines)


def test_a_canonical_line_looks_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    structlog.stdlib.get_logger("genjin.test").info("message_handled", reason="王经理")
    canonical("genjin.test", "message_handled", [{"reason": "王经理"}])
    usual, short = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert usual.pop("timestamp")[:16] == short.pop("timestamp")[:16]
    assert usual == short


def test_who_writes_many_lines_can_ask_whether_they_are_shown() -> None:
    configure_logs("json", "warning")
    assert not is_shown("genjin.test")
    configure_logs("json", "info")
    assert is_shown("genjin.test")


def test_a_value_of_a_line_has_a_bound_and_says_how_much_was_left_out() -> None:
    shown = bounded({"statement": "begin" + "x" * 100_000 + "end"})["statement"]

    assert isinstance(shown, str)
    assert shown.startswith("beginxxx")
    assert " … 96,008 characters left out … " in shown
    assert shown.endswith("xxxend")
    assert len(shown) < MOST_OF_A_VALUE + 50


@pytest.mark.parametrize("value", ["x" * MOST_OF_A_VALUE, 10**50, 1.5, None, True, ["a"], {"a": 1}])
def test_a_value_within_the_bound_stays_what_it_is(value: object) -> None:
    assert bounded({"value": value})["value"] is value


@pytest.mark.parametrize("value", [["some id"] * 10_000, {str(n): n for n in range(10_000)}])
def test_a_long_list_in_a_line_is_shortened_too(value: object) -> None:
    assert len(str(bounded({"value": value})["value"])) < MOST_OF_A_VALUE + 50


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_long_error_is_shortened_and_still_ends_with_what_went_wrong(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(log_format, "info")
    error = ValueError("$1, " * 100_000 + "too many arguments")
    structlog.stdlib.get_logger("genjin.test").error("watching_failed", exc_info=error)

    shown = capsys.readouterr().err
    assert MOST_OF_A_TRACEBACK < len(shown) < MOST_OF_A_TRACEBACK + 500
    assert "ValueError: $1, $1" in shown
    assert "characters left out" in shown
    assert "too many arguments" in shown


def test_a_long_line_of_a_library_is_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    logging.getLogger("some.library").warning("x" * 100_000)

    assert len(capsys.readouterr().err) < MOST_OF_A_VALUE + 500


def test_a_canonical_line_has_the_same_bound(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    canonical("genjin.test", "message_handled", [{"reason": "x" * 100_000}])

    assert len(capsys.readouterr().err) < MOST_OF_A_VALUE + 500
