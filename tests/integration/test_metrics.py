"""/metrics and /readyz tell the state of running services; dashboard and alerts ask for nothing else."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import promql_parser
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from ruamel.yaml import YAML
from sqlalchemy import insert, text

from contracts.text import TaskKind
from services.hosting.application import application
from services.hosting.hosted import host
from services.hosting.wiring import build_services
from services.rules.tables import subjects
from services.shared import inbox
from services.shared.clock import FrozenClock
from services.shared.database import Database, dead_letters
from services.shared.privacy import new_key
from services.shared.settings import Settings
from services.shared.unit_of_work import unit_of_work
from services.shared.watching.queues import queue_measure
from tests.builders import NOW, customer
from tests.plumbing import logged

DOCKER = Path(__file__).parents[2] / "docker"
DASHBOARD = DOCKER / "grafana" / "dashboards" / "genjin.json"
ALERTS = DOCKER / "prometheus" / "alerts.yml"
CLOCK = FrozenClock(NOW)


@pytest.fixture
async def client(databases: dict[str, Database]) -> AsyncIterator[httpx.AsyncClient]:
    """All services, as one process has them."""
    settings = Settings.load({"encryption_keys": (SecretStr(new_key()),)})
    services = build_services(databases, clock=CLOCK, settings=settings, is_alone=True)
    app = application(host(services.values(), CLOCK), [], clock=CLOCK, locale="en")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


async def families(client: httpx.AsyncClient) -> dict[str, Metric]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


async def value(client: httpx.AsyncClient, name: str, **labels: str) -> float:
    """The sum over all samples of a gauge that have these labels."""
    samples = (await families(client))[name].samples
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


async def say_customers(databases: dict[str, Database], count: int) -> None:
    async with unit_of_work(databases["customers"], now=NOW) as unit:
        for _ in range(count):
            known = customer()
            key = known.customer_id
            unit.emit(known, record_id=key, sequence=1, subject=key, customer_id=key)


async def test_lag_is_what_a_log_has_and_a_consumer_has_not(
    client: httpx.AsyncClient, databases: dict[str, Database]
) -> None:
    await say_customers(databases, 3)
    first, *_ = await logged(databases["customers"])
    async with databases["rules"].session() as session:
        await inbox.claim(session, "rules", [first.place])
        await inbox.mark(session, "rules", [first.place])
        await session.commit()
    assert await value(client, "genjin_log_head", service="customers") == 3
    assert await value(client, "genjin_consumer_handled", source="customers", consumer="rules") == 1
    assert await value(client, "genjin_consumer_handled", source="opportunities", consumer="rules") == 0


async def test_dead_letters_are_told_by_what_they_wait_for(
    client: httpx.AsyncClient, databases: dict[str, Database]
) -> None:
    row = {"consumer": "rules", "reason": "", "error_class": "E", "attempts": 1, "body": b""}
    letters = [
        {"next_try_at": NOW, "discarded_at": None, "created_at": NOW},
        {"next_try_at": None, "discarded_at": None, "created_at": NOW - timedelta(days=1)},
        {"next_try_at": None, "discarded_at": NOW, "created_at": NOW - timedelta(days=9)},
    ]
    async with databases["rules"].session() as session:
        rows = [{"id": uuid4(), **row, **letter} for letter in letters]
        await session.execute(insert(dead_letters), rows)
        await session.commit()
    for state in ("waiting", "parked", "discarded"):
        assert await value(client, "genjin_dead_letters", consumer="rules", state=state) == 1
    assert await value(client, "genjin_dead_letters", consumer="customers") == 0
    assert await value(client, "genjin_dead_letters_oldest_seconds", consumer="rules") > 86_400


async def test_who_is_due_is_told_with_how_long(
    client: httpx.AsyncClient, databases: dict[str, Database]
) -> None:
    assert await value(client, "genjin_subjects_due_oldest_seconds") == 0
    row = {"subject_id": uuid4(), "kind": "customer", "customer_id": uuid4()}
    async with databases["rules"].session() as session:
        await session.execute(insert(subjects).values(**row, next_check_at=NOW - timedelta(minutes=5)))
        await session.commit()
    assert await value(client, "genjin_subjects_due") == 1
    assert await value(client, "genjin_subjects_due_oldest_seconds") == 300
    assert await value(client, "genjin_ruleset_version") == 0


async def test_tasks_are_told_by_kind_also_when_there_are_none(client: httpx.AsyncClient) -> None:
    samples = (await families(client))["genjin_tasks_open"].samples
    assert {sample.labels["kind"] for sample in samples} == {kind.value for kind in TaskKind}


async def test_a_database_that_is_away_leaves_the_rest_to_be_told(databases: dict[str, Database]) -> None:
    away = Database.connect("postgresql://nobody@/nothing?host=/nowhere", schema="customers")
    settings = Settings.load({"encryption_keys": (SecretStr(new_key()),)})
    mixed = {**databases, "customers": away}
    services = build_services(mixed, clock=CLOCK, settings=settings, is_alone=True)
    app = application(host(services.values(), CLOCK), [], clock=CLOCK, locale="en")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        assert await value(client, "genjin_database_up", service="customers") == 0
        assert await value(client, "genjin_database_up", service="rules") == 1
        assert await value(client, "genjin_ready", check="database:customers") == 0


async def test_readiness_names_all_that_is_wrong(
    client: httpx.AsyncClient, databases: dict[str, Database]
) -> None:
    async with databases["customers"].session() as session:
        await session.execute(text("update alembic_version set version_num = '0001'"))
        await session.commit()
    answer = await client.get("/readyz")
    checks = {check["name"]: check["code"] for check in answer.json()["checks"]}
    assert answer.status_code == 503
    assert checks == {
        **{f"database:{name}": None for name in databases},
        **{f"schema:{name}": None for name in databases},
        "schema:customers": "schema-outdated",
        "rules": "no-rules-in-force",
        "rules:pending": None,
    }


def names(families: dict[str, Metric]) -> set[str]:
    """The names under which the samples of metrics are asked for."""
    found = set()
    for name, family in families.items():
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        found |= {name + end for end in ends}
    return found


def asked(expression: str) -> set[str]:
    """The names of the metrics in an expression, which must be valid."""
    found, waiting = set(), [promql_parser.parse(expression)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, promql_parser.VectorSelector):
            found.add(str(part.name))
        for name in ("expr", "lhs", "rhs", "vs", "vector_selector"):
            below = getattr(part, name, None)
            if below is not None and not isinstance(below, str):
                waiting.append(below)
        waiting += list(getattr(part, "args", None) or [])
    return found


def dashboard_expressions() -> Iterator[str]:
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def rules() -> list[dict[str, str]]:
    groups = YAML(typ="safe").load(ALERTS)["groups"]
    return [rule for group in groups for rule in group["rules"]]


async def test_what_watches_asks_for_nothing_that_is_not_there(client: httpx.AsyncClient) -> None:
    queues = await queue_measure("amqp://nobody@127.0.0.1:9/", [])()
    there = names(await families(client)) | {metric.name for metric in queues}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    wanted = {name for rule in rules() for name in asked(rule["expr"])}
    wanted |= {name for expression in dashboard_expressions() for name in asked(expression)}
    assert len(wanted) > 20
    assert wanted - there - recorded == {"up"}  # said by Prometheus itself


def test_every_alert_says_what_it_is_in_both_languages_and_what_to_do() -> None:
    page = (DOCKER.parent / "docs" / "watching.md").read_text(encoding="utf-8")
    for rule in rules():
        if "alert" in rule:
            assert set(rule["annotations"]) == {"summary", "summary_zh"}
            assert f"### {rule['alert']}" in page


def test_files_that_are_read_at_start_are_valid() -> None:
    for path in [*DOCKER.glob("prometheus/*.yml"), *DOCKER.glob("grafana/provisioning/**/*.yml")]:
        assert YAML(typ="safe").load(path)
    ids = [panel["id"] for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]]
    assert len(ids) == len(set(ids))
