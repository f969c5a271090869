"""The main job: one command imports a workbook and shows who must be contacted, why, and what went wrong."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.embedded.shipped import SAMPLE
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


def test_the_sample_gives_the_same_result_twice(data_dir: Path) -> None:
    """Importing the same file again changes nothing (A12)."""
    genjin = Genjin(data_dir)
    first = genjin.json("up", "--sample", "--once")
    second = genjin.json("up", "--sample", "--once")

    assert first == second
    assert first["as_of"] == "2025-06-30T10:00:00+00:00"
    assert first["ruleset_version"] == 1
    assert sum(first["customers_by_grade"].values()) == first["counts"]["customers"]
    assert {"followup_due", "opportunity_stalled", "churn_revisit"} <= {
        task["rule"] for task in first["tasks"]
    }
    assert all(task["because"] and task["assignee"] for task in first["tasks"])


def test_a_frozen_instant_can_be_another_one(data_dir: Path) -> None:
    result = Genjin(data_dir).json("up", "--sample", "--as-of", "2025-07-31T18:00", "--once")

    assert result["as_of"] == "2025-07-31T10:00:00+00:00"


def test_every_bad_row_of_the_sample_is_told_with_its_place(running: Running) -> None:
    """A duplicate, a missing mandatory field, a wrong date, an unknown stage name."""
    text = _stopped(running)

    for said in ("重复", "必填项为空", "2025-13-40", "观望中", "未导入的行"):
        assert said in text


def test_the_result_is_served_over_http(running: Running) -> None:
    assert running.get("/healthz") == {"status": "ok"}
    assert running.get("/readyz")["status"] == "ok"
    assert running.get("/v1/audit")["missing"] == 0
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
    assert running.get("/v1/audit")["missing"] == 0


def test_a_dry_run_writes_nothing(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("姓名\n新来的\n", encoding="utf-8")
    before = running.get("/v1/counts")

    told = running.genjin.run("import", "people", str(file), "--dry-run")

    assert told.returncode == 0, told.stderr
    assert running.get("/v1/counts") == before


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("empty.csv", b"", "people"),
        ("strange.csv", b"\xff\xfe\x00\x01\x81", "people"),
        ("people.csv", "姓名\n张三\n".encode(), "planets"),
        ("people.pdf", b"%PDF-1.7\x00", "people"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(
    running: Running, tmp_path: Path, name: str, *, content: bytes, what: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    told = running.genjin.run("import", what, str(file))

    assert told.returncode == 1
    assert told.stdout == ""
    assert len(told.stderr.strip().splitlines()) == 1
    assert running.get("/v1/loads/due")["is_loading"] is False


def test_a_wrong_sheet_is_told_with_the_sheets_there_are(running: Running) -> None:
    told = running.genjin.run("import", "people", str(SAMPLE / "sample.xlsx"), "--sheet", "人")

    assert told.returncode == 1
    assert "人员" in told.stderr


def test_a_data_directory_in_use_is_refused(running: Running) -> None:
    told = running.genjin.run("up", "--once")

    assert told.returncode == 1
    assert str(running.process.pid) in told.stderr
    assert "Traceback" not in told.stderr


def test_a_port_in_use_is_refused_before_anything_is_done(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = Genjin(data_dir).run("up", "--port", str(port))

    assert told.returncode == 1
    assert str(port) in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert not data_dir.exists()


def test_a_data_directory_that_is_a_file_is_refused(data_dir: Path) -> None:
    data_dir.write_text("")
    told = Genjin(data_dir).run("tasks")

    assert told.returncode == 1
    assert str(data_dir) in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_rules_with_errors_stop_the_first_start(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "grading.yaml").write_text("decision: grade\nsubjekt: customer\n")
    told = Genjin(data_dir, {"GENJIN_RULES_DIR": str(tmp_path)}).run("up", "--once")

    assert told.returncode == 1
    assert "grading.yaml:2:1" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_database_that_is_not_there_is_status_3(data_dir: Path) -> None:
    away = {"GENJIN_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/genjin"}
    told = Genjin(data_dir, away).run("tasks")

    assert told.returncode == 3
    assert "secret" not in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_server_in_good_order(data_dir: Path, number: signal.Signals) -> None:
    with Genjin(data_dir).up() as served:
        assert served.stop(number) == 0

    assert "Traceback" not in served.errors
    assert not (data_dir / "instance.json").exists()
    assert Genjin(data_dir).json("audit")["missing"] == 0


def _stopped(running: Running) -> str:
    """What a second look at the same files shows."""
    told = running.genjin.run("load", str(SAMPLE / "load.yaml"))
    assert told.returncode == 0, told.stderr
    return told.stdout
