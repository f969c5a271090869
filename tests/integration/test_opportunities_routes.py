"""Opportunities over HTTP, on a real database: entered, changed, moved, held, won, lost, and traced."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

PATH = "/v1/opportunities"
YUAN = {"amount": "120000.00", "currency": "CNY"}


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """A customer and a person."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三")
    await rig.load("customers", "客户名称\n远山科技有限公司")
    return rig


async def sent(rig: RecordsRig, method: str, path: str, *, status: int = 200, **body: Any) -> Any:  # noqa: ANN401 -- JSON
    """The answer to a body, which must have this status."""
    response = await rig.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.headers["etag"] == f'"{response.json()["sequence"]}"'
    return response.json()


async def refused(rig: RecordsRig, path: str, **body: Any) -> tuple[int, str]:  # noqa: ANN401 -- any field
    """The status and the code of a refused POST."""
    response = await rig.request("POST", path, json=body)
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


async def entered(rig: RecordsRig, **fields: Any) -> Any:  # noqa: ANN401 -- JSON
    """A new opportunity of the customer."""
    customer = str((await rig.customer("远山科技有限公司")).customer_id)
    body = {"customer_id": customer, "name": "产线改造", **fields}
    return await sent(rig, "POST", PATH, status=201, **body)


async def test_an_opportunity_goes_its_way_and_its_history_tells_it(rig: RecordsRig) -> None:
    """R131, R132: what happened, field by field, in the order in which it happened."""
    opened = await entered(rig, stage="proposal", expected_amount=YUAN)
    assert (opened["status"], opened["stage_estimated"], opened["expected_amount"]) == ("open", False, YUAN)
    path = f"{PATH}/{opened['opportunity_id']}"
    assert (await rig.ask(f"{path}/history"))["items"] == []
    rig.now += timedelta(days=1)
    changed = await sent(rig, "PATCH", path, name="产线改造二期", expected_close_on="2025-06-30")
    assert changed["progressed_at"] == changed["updated_at"] != opened["progressed_at"]
    assert await sent(rig, "PATCH", path, name="产线改造二期") == changed
    moved = await sent(rig, "POST", f"{path}/stage", stage="negotiation")
    assert await sent(rig, "POST", f"{path}/stage", stage="negotiation") == moved
    until = (rig.now + timedelta(days=30)).isoformat()
    await sent(rig, "POST", f"{path}/hold", until=until, reason="预算延迟")
    resumed = await rig.request("POST", f"{path}/resume")
    assert (resumed.status_code, resumed.json()["hold_reason"]) == (200, None)
    won = await sent(rig, "POST", f"{path}/win")
    assert (won["status"], won["amount"], won["closed_at"]) == ("won", YUAN, won["updated_at"])
    assert await rig.types_said("opportunities") == [
        "opportunity_created",
        "opportunity_updated",
        "stage_changed",
        "opportunity_held",
        "opportunity_resumed",
        "opportunity_won",
    ]

    history = (await rig.ask(f"{path}/history"))["items"]
    assert [(each["sequence"], each["event"]) for each in history] == [
        (2, "opportunity_updated"),
        (3, "stage_changed"),
        (4, "opportunity_held"),
        (5, "opportunity_resumed"),
        (6, "opportunity_won"),
    ]
    fields = [{each["field"]: (each["before"], each["after"]) for each in one["fields"]} for one in history]
    assert fields[0] == {"name": ("产线改造", "产线改造二期"), "expected_close_on": (None, "2025-06-30")}
    assert fields[1]["stage"] == ("proposal", "negotiation")
    assert fields[2]["hold_reason"] == (None, "预算延迟")
    assert fields[4]["amount"] == (None, YUAN)
    page = await rig.ask(f"{path}/history", limit=2)
    assert (page["items"], (await rig.ask(f"{path}/history", after=page["next"]))["items"]) == (
        history[:2],
        history[2:],
    )
    assert "预算延迟" not in "".join(each.model_dump_json() for each in await rig.said("opportunities"))


async def test_what_an_import_changes_is_in_the_history_too(rig: RecordsRig) -> None:
    opened = await entered(rig, stage="proposal")
    await rig.load(
        "opportunities", "客户名称,商机名称,当前阶段,预计成交金额\n远山科技有限公司,产线改造,谈判,30万"
    )
    (one,) = (await rig.ask(PATH))["items"]
    assert (one["opportunity_id"], one["stage"]) == (opened["opportunity_id"], "negotiation")
    history = (await rig.ask(f"{PATH}/{one['opportunity_id']}/history"))["items"]
    assert [each["event"] for each in history] == ["stage_changed", "opportunity_updated"]


async def test_an_opportunity_is_lost_for_a_reason_and_then_stays_as_it_is(rig: RecordsRig) -> None:
    """R150."""
    path = f"{PATH}/{(await entered(rig))['opportunity_id']}"
    assert await refused(rig, f"{path}/lose") == (422, "invalid-request")
    assert await refused(rig, f"{path}/lose", reason=" ") == (422, "invalid-request")
    later = (NOW + timedelta(days=1)).isoformat()
    assert await refused(rig, f"{path}/lose", reason="价格", closed_at=later) == (422, "closed-in-future")
    lost = await sent(rig, "POST", f"{path}/lose", reason="价格", closed_at="2025-03-01T10:00:00+08:00")
    assert (lost["status"], lost["lost_reason"], lost["closed_at"]) == (
        "lost",
        "价格",
        "2025-03-01T02:00:00Z",
    )
    for act, body in (
        ("win", {}),
        ("stage", {"stage": "signing"}),
        ("hold", {"until": later, "reason": "x"}),
    ):
        assert await refused(rig, f"{path}/{act}", **body) == (422, "opportunity-closed")


async def test_what_cannot_be_is_refused_with_its_reason(rig: RecordsRig) -> None:
    opened = await entered(rig)
    path = f"{PATH}/{opened['opportunity_id']}"
    good = {"customer_id": opened["customer_id"], "name": "扩产"}
    dollars = {"amount": "5.00", "currency": "USD"}
    bodies: tuple[tuple[dict[str, Any], str], ...] = (
        ({**good, "customer_id": str(uuid4())}, "unknown-reference"),
        ({**good, "owner_id": str(uuid4())}, "unknown-reference"),
        ({**good, "expected_amount": dollars}, "other-currency"),
        ({**good, "expected_amount": {"amount": "-1", "currency": "CNY"}}, "invalid-request"),
        ({**good, "expected_amount": {"amount": "1.234", "currency": "CNY"}}, "invalid-request"),
        ({**good, "name": "长" * 201}, "invalid-request"),
        ({**good, "status": "won"}, "invalid-request"),
        ({**good, "stage_entered_at": "2025-03-01"}, "invalid-request"),
        ({**good, "stage_entered_at": "2025-03-05T00:00:00Z"}, "in-future"),
        ({"name": "扩产"}, "invalid-request"),
    )
    for body, code in bodies:
        assert (body, *await refused(rig, PATH, **body)) == (body, 422, code)
    assert await refused(rig, f"{path}/win", amount=dollars) == (422, "other-currency")
    past = (NOW - timedelta(days=1)).isoformat()
    assert await refused(rig, f"{path}/hold", until=past, reason="x") == (422, "hold-in-past")
    assert await refused(rig, f"{path}/resume") == (422, "opportunity-not-held")
    assert await refused(rig, f"{PATH}/{uuid4()}/stage", stage="signing") == (404, "unknown-opportunity")
    assert (await rig.request("GET", f"{PATH}/{uuid4()}/history")).status_code == 404
    assert await rig.types_said("opportunities") == ["opportunity_created"]


async def test_a_request_that_comes_again_acts_once_and_a_stale_one_not_at_all(rig: RecordsRig) -> None:
    customer = str((await rig.customer("远山科技有限公司")).customer_id)
    body = {"customer_id": customer, "name": "产线改造"}
    answers = [
        await rig.request("POST", PATH, json=body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    other = await rig.request("POST", PATH, json={**body, "name": "扩产"}, headers={"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    path = f"{PATH}/{answers[0].json()['opportunity_id']}"
    await sent(rig, "PATCH", path, competition="B公司")
    for method, act, body in (
        ("PATCH", "", {"competition": "C公司"}),
        ("POST", "/win", {}),
        ("POST", "/stage", {"stage": "signing"}),
    ):
        stale = await rig.request(method, path + act, json=body, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert (await rig.ask(PATH, q="产线"))["items"][0]["competition"] == "B公司"
    assert (await rig.ask(PATH, q="扩"))["items"] == []
