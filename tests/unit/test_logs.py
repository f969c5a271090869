"""Logs are one line each on standard error, in one form, also those of libraries."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.shared.logs import configure_logs


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
