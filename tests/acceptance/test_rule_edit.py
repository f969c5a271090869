"""A file edited in `rules/` takes effect while everything runs; a broken edit changes nothing (A8, A13)."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.genjin import Genjin, Running
from tests.postgres import reachable_directory

PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """`genjin up --sample`, serving, with its rules in its data directory."""
    with reachable_directory() as directory, Genjin(directory / "data").up("--sample") as running:
        yield running


@pytest.fixture
def stall(running: Running) -> Iterator[Path]:
    """The file of the stall rule, as it was again after the test."""
    path = running.genjin.data_dir / "rules" / "stall.yaml"
    text, before = path.read_text("utf-8"), _rungs(running)
    yield path
    path.write_text(text, "utf-8")
    _wait(lambda: _active(running)["problems"] == [] and _rungs(running) == before)


def test_an_edit_takes_effect_without_a_restart_on_those_whom_it_concerns(
    running: Running, stall: Path
) -> None:
    version, before = _active(running)["version"], _stalled(running)

    stall.write_text(stall.read_text("utf-8").replace("14d", "21d"), "utf-8")
    _wait(lambda: len(_stalled(running)) < len(before))

    after = _stalled(running)
    assert _active(running)["version"] == version + 1
    assert set(after) < set(before)
    assert {task["ruleset_version"] for task in after.values()} <= {version, version + 1}
    assert all(_days_without_progress(task) >= 21 for task in after.values())


def test_a_broken_edit_changes_nothing_and_says_what_is_wrong_where(running: Running, stall: Path) -> None:
    version, before = _active(running)["version"], _rungs(running)

    stall.write_text(stall.read_text("utf-8").replace("progressed_at", "progresed_at"), "utf-8")
    _wait(lambda: _active(running)["problems"] != [])

    (problem,) = _active(running)["problems"]
    assert (problem["file"], problem["rule"]) == ("stall.yaml", "opportunity_stalled")
    assert problem["line"] > 1
    assert "progressed_at" in problem["message"]["zh"]
    assert _active(running)["version"] == version
    assert _rungs(running) == before


def _active(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = running.get("/v1/rulesets/active")
    return found


def _stalled(running: Running) -> dict[str, Any]:
    page = running.get("/v1/tasks", status="open", kind="warning", limit="200")
    return {task["task_id"]: task for task in page["items"] if task["rule"] == "opportunity_stalled"}


def _rungs(running: Running) -> dict[str, str]:
    return {task_id: task["rung"] for task_id, task in _stalled(running).items()}


def _days_without_progress(task: dict[str, Any]) -> int:
    reason = next(each for each in task["because"] if each["anchor"])
    sample_day = time.strptime("2025-06-30", "%Y-%m-%d")
    anchor = time.strptime(reason["value"][:10], "%Y-%m-%d")
    return sample_day.tm_yday - anchor.tm_yday


def _wait(is_so: Callable[[], bool]) -> None:
    """Ask until it is so; each question takes its time, so nothing sleeps."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about in time"
