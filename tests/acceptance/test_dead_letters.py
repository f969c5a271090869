"""An operator finds what could not be handled, tries it, mends it or gives it up (A7)."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from sqlalchemy import text

from contracts.customers import CustomerCreated
from contracts.envelope import Envelope
from services.cli import main
from services.shared.database import Database
from services.shared.unit_of_work import unit_of_work
from tests.acceptance.genjin import Genjin, Running
from tests.plumbing import NOW, customer_created, until
from tests.postgres import reachable_directory

CUSTOMER = UUID("0190a000-0000-7000-8000-000000000007")


@pytest.fixture
def genjin(database_url: str) -> Iterator[Genjin]:
    """A data directory on a database in which a customer was said to be created in a way nobody can read."""
    asyncio.run(say_nonsense(database_url))
    with reachable_directory() as directory:
        yield Genjin(directory / "data", {"GENJIN_DATABASE_URL": database_url})


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Commands configure the logs of their process, which here is the tests'."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


class Operator:
    """Runs commands in this process, which are quicker than processes of their own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return the exit status and what was printed."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return int(ended.value.code or 0), self._capsys.readouterr().out

    def json(self, *arguments: str, status: int = 0) -> Any:  # noqa: ANN401 -- whatever the command prints
        """Read what a command prints."""
        left, said = self.run(*arguments, "--json")
        assert left == status, said
        return json.loads(said)


@pytest.fixture
def operator(genjin: Genjin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    for name in ("RULES_DIR", "AMQP_URL", "TIMEZONE", "LOCALE"):
        monkeypatch.delenv(f"GENJIN_{name}", raising=False)
    monkeypatch.setenv("GENJIN_DATA_DIR", str(genjin.data_dir))
    for name, value in genjin.settings.items():
        monkeypatch.setenv(name, value)
    return Operator(capsys)


async def say_nonsense(url: str) -> None:
    """Have the customers service say something whose data is not as its type says."""
    database = Database.connect(url, schema="customers")
    async with unit_of_work(database, now=NOW) as unit:
        unit.emitted.append(
            Envelope(
                id=uuid4(),
                source="/genjin/customers",
                type=CustomerCreated.type,
                subject=str(CUSTOMER),
                time=NOW,
                customerid=CUSTOMER,
                record=f"customer/{CUSTOMER}",
                sequence=1,
                data={"name": 13800138000},
            )
        )
    await database.dispose()


async def mend(url: str, service: str) -> None:
    """Write into a service's letters what should have been said."""
    database = Database.connect(url, schema=service)
    mended = customer_created(CUSTOMER).model_dump_json()
    async with database.session() as session:
        await session.execute(
            text(
                "update dead_letters set body = convert_to((convert_from(body, 'UTF8')::jsonb"
                " || jsonb_build_object('data', cast(:mended as jsonb)))::text, 'UTF8')"
            ),
            {"mended": mended},
        )
        await session.commit()
    await database.dispose()


def wait_for_letters(running: Running, count: int) -> None:
    async def are_there() -> bool:
        return len(running.get("/v1/dead-letters")["items"]) == count

    asyncio.run(until(are_there))


def test_what_nobody_could_handle_is_found_tried_mended_and_given_up(
    genjin: Genjin, database_url: str, operator: Operator
) -> None:
    with genjin.up() as running:
        wait_for_letters(running, 3)
        of_rules = found_and_read(operator)
        mended_and_replayed(operator, of_rules, database_url)
        status, said = operator.run("events", "tail", "--once", "--all", "--json", "--type", "customers.*")
        assert (status, json.loads(said)["envelope"]["subject"]) == (0, str(CUSTOMER))

    # Without a running instance the command opens the data directory itself.
    status, said = operator.run("dead-letters", "discard", "--all", "--because", "测试数据")
    assert status == 0
    assert "已放弃" in said
    letters = operator.json("dead-letters", "list", "--state", "discarded")
    assert [letter["discarded_because"] for letter in letters] == ["测试数据"] * 2
    audit = operator.json("audit")
    assert (audit["missing"], audit["dead"]) == (0, 0)


def found_and_read(operator: Operator) -> str:
    """Find the letters of three services, and return the id of the one of the rules service."""
    letters = operator.json("dead-letters", "list")
    assert {letter["service"] for letter in letters} == {"followups", "opportunities", "rules"}
    assert {letter["error_class"] for letter in letters} == {"ValidationError"}
    of_rules = str(next(letter["id"] for letter in letters if letter["service"] == "rules"))
    _, said = operator.run("dead-letters", "list")
    assert of_rules in said
    assert "共 3 条死信" in said

    shown = operator.json("dead-letters", "show", of_rules)
    assert shown["body"]["data"] == {"name": 13800138000}
    assert "13800138000" not in shown["reason"]
    _, said = operator.run("dead-letters", "show", of_rules)
    assert "原因: ValidationError" in said
    return of_rules


def mended_and_replayed(operator: Operator, of_rules: str, database_url: str) -> None:
    """A letter fails again until it is mended; then it is applied, once."""
    (group,) = operator.json("dead-letters", "groups", "--service", "rules")
    assert (group["count"], group["where"]) == (1, "contracts.registry.decode")
    (outcome,) = operator.json("dead-letters", "replay", of_rules, status=1)
    assert (outcome["result"], outcome["service"]) == ("failed", "rules")

    asyncio.run(mend(database_url, "rules"))
    chosen = ("--group", group["fingerprint"], "--service", "rules")
    (outcome,) = operator.json("dead-letters", "dry-run", *chosen)
    assert outcome["result"] == "applied"
    assert len(operator.json("dead-letters", "list")) == 3
    (outcome,) = operator.json("dead-letters", "replay", "--all", "--service", "rules")
    assert outcome["result"] == "applied"
    assert operator.json("dead-letters", "list", "--service", "rules") == []
    gone = operator.json("dead-letters", "replay", of_rules, status=1)
    assert [(each["service"], each["result"]) for each in gone] == [(None, "gone")]


@pytest.mark.parametrize(
    "arguments",
    [
        ("dead-letters", "replay"),
        ("dead-letters", "replay", "--all", "--group", "x"),
        ("dead-letters", "replay", "tea"),
        ("dead-letters", "list", "--service", "tea"),
        ("dead-letters", "discard", "--all"),
        ("events", "tail", "--service", "tea"),
    ],
)
def test_a_wrong_usage_is_told_before_anything_is_opened(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setenv("GENJIN_DATA_DIR", str(tmp_path / "data"))
    assert Operator(capsys).run(*arguments)[0] == 2
    assert not (tmp_path / "data").exists()
