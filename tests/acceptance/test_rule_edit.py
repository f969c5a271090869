"""A file edited in `rules/` takes effect while everything runs; a broken edit changes nothing (A8, A13)."""

import json
import shutil
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

    text = stall.read_text("utf-8")
    for fortnight, weeks in (("14d", "21d"), ("14天", "21天"), ("14 days", "21 days")):
        text = text.replace(fortnight, weeks)
    stall.write_text(text, "utf-8")
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


def test_a_file_that_is_emptied_and_written_again_changes_nothing(running: Running, stall: Path) -> None:
    """As slow editors, uploads and network shares save: for a while the file holds nothing."""
    text, version, before = stall.read_text("utf-8"), _active(running)["version"], _rungs(running)

    stall.write_text("", "utf-8")
    _stays(running, version, seconds=2.0)
    stall.write_text(text, "utf-8")
    _stays(running, version, seconds=1.0)

    assert _rungs(running) == before


def test_a_rule_file_that_is_missing_ends_no_task_until_it_is_confirmed(
    running: Running, stall: Path
) -> None:
    version, before = _active(running)["version"], _rungs(running)

    stall.unlink()
    _wait(lambda: _status(running)["pending"] is not None)

    assert _active(running)["version"] == version
    assert _rungs(running) == before
    shown = running.genjin.run("rules", "status")
    assert "opportunity_stalled" in shown.stdout
    assert f"可能结束未完成任务 {len(before)} 个" in shown.stdout
    ready = running.get("/readyz")
    assert ready["status"] == "ok"
    assert "edit-pending" in {check["code"] for check in ready["checks"]}
    assert running.genjin.run("rules", "publish", "--confirm", "0123456789ab").returncode == 1

    assert running.genjin.run("rules", "publish", "--confirm").returncode == 0
    _wait(lambda: _rungs(running) == {})
    assert _active(running)["version"] == version + 1


def test_a_rule_file_of_another_ending_is_reported_and_its_rules_stay(running: Running, stall: Path) -> None:
    version = _active(running)["version"]

    renamed = stall.rename(stall.with_suffix(".yml"))
    _wait(lambda: _active(running)["problems"] != [])

    (problem,) = _active(running)["problems"]
    assert problem["file"] == "stall.yml"
    assert _active(running)["version"] == version
    renamed.rename(stall)


def test_a_rule_file_that_is_not_utf8_is_refused_with_its_place_beside_a_running_instance(
    running: Running, tmp_path: Path
) -> None:
    rules = shutil.copytree(running.genjin.data_dir / "rules", tmp_path / "rules")
    stall = rules / "stall.yaml"
    stall.write_bytes(stall.read_text("utf-8").encode("gb18030"))

    found = running.genjin.run("rules", "check", str(rules))

    assert found.returncode == 1
    assert "stall.yaml:" in found.stdout
    assert found.stderr == ""


def test_only_the_instance_of_the_data_directory_is_asked_to_check_rules(
    running: Running, tmp_path: Path
) -> None:
    """One that was killed leaves its announcement, and another program may answer at its address."""
    assert _checked_against(running.genjin) is not None

    other = Genjin(tmp_path / "data")
    other.data_dir.mkdir()
    announcement = json.loads((running.genjin.data_dir / "instance.json").read_text("utf-8"))
    (other.data_dir / "instance.json").write_text(json.dumps({**announcement, "pid": 1}), "utf-8")
    assert _checked_against(other) is None


def _checked_against(genjin: Genjin) -> int | None:
    """The version in force that `genjin rules check` compared the directory with."""
    version: int | None = json.loads(genjin.run("rules", "check", "--json").stdout)["version"]
    return version


def _status(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = running.get("/v1/rulesets/status")
    return found


def _stays(running: Running, version: int, *, seconds: float) -> None:
    """See that nothing comes of the directory for as long as a slow save takes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = _status(running)
        assert (found["in_force"]["version"], found["pending"], found["problems"]) == (version, None, [])


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
