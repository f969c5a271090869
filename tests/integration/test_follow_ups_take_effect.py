"""What a record of a contact says takes effect on its customer (R118, R120, R203)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.followups import FollowUpRecorded
from contracts.vocabulary import Intent
from services.shared.database import Database
from services.shared.unit_of_work import unit_of_work
from tests import builders
from tests.records_rig import NOW, RecordsRig

NAME = "远山科技有限公司"
DAY = timedelta(days=1)


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """One customer, of high intent by a list of two weeks ago."""
    rig = RecordsRig(databases, tmp_path, now=NOW - 14 * DAY)
    await rig.load("customers", f"客户名称,意向度\n{NAME},高意向")
    rig.now = NOW
    return rig


async def customer(rig: RecordsRig) -> dict[str, Any]:
    """The customer as it is listed."""
    [listed] = (await rig.ask("/v1/customers"))["items"]
    shown: dict[str, Any] = await rig.ask(f"/v1/customers/{listed['customer_id']}")
    assert shown == listed
    return shown


async def record(rig: RecordsRig, at: datetime, **values: object) -> str:
    """Write a contact down, and return the path of its record."""
    body = {"customer_id": (await customer(rig))["customer_id"], "occurred_at": at.isoformat(), **values}
    answer = await rig.request("POST", "/v1/follow-ups", json=body)
    assert answer.status_code == 201, answer.text
    await rig.deliver()
    return f"/v1/follow-ups/{answer.json()['follow_up_id']}"


async def test_the_intent_of_the_latest_record_becomes_that_of_the_customer_and_is_published(
    rig: RecordsRig,
) -> None:
    path = await record(rig, NOW - 2 * DAY, intent="low")
    await record(rig, NOW - 5 * DAY, intent="mid")
    await record(rig, NOW - DAY)
    assert (await customer(rig))["intent"] == "low"
    told = (await rig.said("customers"))[-1]
    assert (told.data["intent"], told.data["changed"], told.sequence) == ("low", ["intent"], 2)
    customer_id = (await customer(rig))["customer_id"]
    [change] = (await rig.ask(f"/v1/customers/{customer_id}/history"))["items"]
    assert (change["field"], change["old"], change["new"]) == ("intent", "high", "low")
    assert change["by"] == f"follow_up/{path.rpartition('/')[2]}"


async def test_an_intent_that_people_or_lists_state_later_stays(rig: RecordsRig) -> None:
    await record(rig, NOW - 20 * DAY, intent="low")
    assert (await customer(rig))["intent"] == "high"
    await record(rig, NOW - 2 * DAY, intent="low")
    path = f"/v1/customers/{(await customer(rig))['customer_id']}"
    for intent in ("mid", "mid"):
        answer = await rig.request("PATCH", path, json={"intent": intent})
        assert answer.json()["intent"] == "mid"
    rig.now += DAY
    await rig.load("customers", f"客户名称,意向度\n{NAME},高意向")
    assert (await customer(rig))["intent"] == "mid"
    await rig.load("customers", f"客户名称,意向度\n{NAME},低意向")
    assert (await customer(rig))["intent"] == "low"


async def test_a_corrected_or_deleted_record_takes_its_effect_back(rig: RecordsRig) -> None:
    path = await record(rig, NOW - 2 * DAY, intent="low")
    await rig.request("PATCH", path, json={"intent": "mid"})
    await rig.deliver()
    assert (await customer(rig))["intent"] == "mid"
    await rig.request("PATCH", path, json={"intent": None})
    await rig.deliver()
    assert (await customer(rig))["intent"] == "high"
    await rig.request("PATCH", path, json={"intent": "low"})
    await rig.deliver()
    await rig.request("DELETE", path, params={"reason": "写错客户"})
    await rig.deliver()
    shown = await customer(rig)
    assert (shown["intent"], shown["last_contact_at"]) == ("high", None)


async def test_a_record_shows_where_the_follow_up_stands(rig: RecordsRig) -> None:
    """R203."""
    path = await record(rig, NOW - DAY, status="waiting_customer", next_step_due="2025-03-06T10:00:00Z")
    assert (await rig.ask(path))["status"] == "waiting_customer"
    await rig.request("PATCH", path, json={"status": "done"})
    shown = await rig.ask(path)
    assert (shown["status"], shown["next_step_due"]) == ("done", "2025-03-06T10:00:00Z")
    assert (await rig.request("PATCH", path, json={"status": "closed"})).status_code == 422


async def test_the_last_contact_stands_on_the_customer(rig: RecordsRig) -> None:
    before = await customer(rig)
    await record(rig, NOW - 2 * DAY)
    await record(rig, NOW - 5 * DAY)
    assert (before["last_contact_at"], (await customer(rig))["last_contact_at"]) == (
        None,
        "2025-03-01T01:00:00Z",
    )
    path = f"/v1/customers/{before['customer_id']}"
    tag = (await rig.request("GET", path)).headers["etag"]
    await record(rig, NOW - DAY)
    assert (await rig.request("GET", path)).headers["etag"] != tag


async def publish(rig: RecordsRig, data: FollowUpRecorded, sequence: int) -> None:
    """Put an event of the followups service into its log."""
    async with unit_of_work(rig.databases["followups"], now=rig.now) as unit:
        unit.emit(
            data,
            record_id=data.follow_up_id,
            sequence=sequence,
            subject=data.customer_id,
            customer_id=data.customer_id,
        )


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1, 3, 2, 1)])
async def test_records_that_come_in_any_order_and_twice_end_in_the_same_intent(
    rig: RecordsRig, order: tuple[int, ...]
) -> None:
    """A4: of one record the newest state counts, of several the latest contact."""
    customer_id = UUID((await customer(rig))["customer_id"])
    follow_up = builders.follow_up(customer_id, NOW - DAY, intent=Intent.LOW)
    states = {
        1: follow_up,
        2: follow_up.model_copy(update={"intent": Intent.MID}),
        3: follow_up.model_copy(update={"intent": None}),
    }
    for sequence in order:
        await publish(rig, states[sequence], sequence)
        await rig.deliver()
    assert (await customer(rig))["intent"] == "high"
