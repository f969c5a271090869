"""`genjin up` serves, and the other commands speak to it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.hosting.shipped import SAMPLE
from tests.acceptance.genjin import Genjin, Running
from tests.postgres import reachable_directory


@pytest.fixture(scope="module")
def genjin() -> Iterator[Genjin]:
    """A data directory for the stories of this file."""
    with reachable_directory() as directory:
        yield Genjin(directory / "data")


@pytest.fixture(scope="module")
def running(genjin: Genjin) -> Iterator[Running]:
    """`genjin up --sample`, serving."""
    with genjin.up("--sample") as running:
        yield running


def test_the_result_is_served_over_http(running: Running) -> None:
    assert running.get("/healthz") == {"status": "ok"}
    assert running.get("/readyz")["status"] == "ok"
    assert running.genjin.json("audit")["missing"] == 0
    assert running.get("/v1/tasks", status="open", limit="1")["items"]
    paths = running.get("/openapi.json")["paths"]
    assert {"/v1/customers", "/v1/tasks", "/v1/opportunities", "/v1/why", "/v1/imports"} <= set(paths)


def test_a_problem_is_a_problem_document_in_the_readers_language(running: Running) -> None:
    url = f"{running.url}/v1/why"
    for language, word in (("zh", "没有"), ("en", "No customer")):
        headers = {"Accept-Language": language}
        answer = httpx.get(url, params={"subject": "nobody"}, headers=headers, trust_env=False)

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "unknown-subject"
        assert word in answer.json()["detail"]


def test_commands_speak_to_the_running_instance(running: Running) -> None:
    tasks = running.genjin.json("tasks")
    assert len(tasks) == len(running.get("/v1/tasks", status="open", limit="200")["items"])

    person = tasks[0]["assignee"]
    assert {task["assignee"] for task in running.genjin.json("tasks", "--assignee", person)} == {person}


def test_a_notice_is_listed_for_its_person_until_it_is_read(running: Running) -> None:
    """R111: the reminder of a contact that is not written down reaches its person."""
    notice = running.genjin.json("notices")[0]
    person = notice["recipient"]["name"]
    assert person in running.genjin.run("notices", "--person", person).stdout
    read = httpx.post(f"{running.url}/v1/notices/{notice['notice_id']}/read", json={})
    assert read.status_code == 200

    unread = [each["notice_id"] for each in running.genjin.json("notices", "--person", person)]
    every = [each["notice_id"] for each in running.genjin.json("notices", "--person", person, "--all")]
    assert notice["notice_id"] not in unread
    assert notice["notice_id"] in every


def test_why_is_asked_by_number_id_or_name(running: Running) -> None:
    customer = running.get("/v1/customers", limit="1")["items"][0]
    names = (customer["customer_number"], customer["customer_id"], customer["name"])
    answers = [running.genjin.json("why", name) for name in names]

    assert {answer["subject"]["id"] for answer in answers} == {customer["customer_id"]}
    only = running.genjin.json("why", customer["name"], "grade")
    assert [decision["rule"] for decision in only["decisions"]] == ["grade"]
    assert only["clocks"] == []


def test_why_says_what_holds_in_words(running: Running) -> None:
    customer = running.get("/v1/customers", limit="1")["items"][0]
    shown = running.genjin.run("why", customer["name"])

    assert shown.returncode == 0
    assert f"{customer['grade']}级" in shown.stdout
    assert "到期跟进" in shown.stdout


def test_a_file_imported_into_the_running_instance_again_changes_nothing(running: Running) -> None:
    before = running.get("/v1/counts")
    told = running.genjin.json("load", str(SAMPLE / "load.yaml"))

    assert running.get("/v1/counts") == before
    assert sum(one["counts"]["created"] + one["counts"]["changed"] for one in told) == 0
    assert running.genjin.json("audit")["missing"] == 0


def test_a_dry_run_writes_nothing(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("姓名\n新来的\n", encoding="utf-8")
    before = running.get("/v1/counts")

    told = running.genjin.run("import", "people", str(file), "--dry-run")

    assert told.returncode == 0, told.stderr
    assert running.get("/v1/counts") == before


def test_a_data_directory_in_use_is_refused(running: Running) -> None:
    told = running.genjin.run("up", "--once")

    assert told.returncode == 1
    assert str(running.process.pid) in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_server_in_good_order(data_dir: Path, number: signal.Signals) -> None:
    with Genjin(data_dir).up() as served:
        assert served.stop(number) == 0

    assert "Traceback" not in served.errors
    assert not (data_dir / "instance.json").exists()
    assert Genjin(data_dir).json("audit")["missing"] == 0
