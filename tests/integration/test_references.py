"""What is entered in one service can be named at once in another, though word of it is still on its way."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

AT = NOW.isoformat()
CUSTOMER = {
    "name": "近水有限公司",
    "industry": "机械制造",
    "employee_range": "100-500人",
    "source": "行业展会",
    "first_contact_at": AT,
    "contact": {"name": "刘七", "title": "采购经理"},
}
NAMING: Mapping[str, Mapping[str, Any]] = {
    "/v1/opportunities": {"name": "产线改造", "owner_id": "{person}"},
    "/v1/plans": {"expected_outcome": "签约", "due_at": AT, "owner_id": "{person}"},
    "/v1/contacts-held": {"held_at": AT, "person_id": "{person}"},
    "/v1/follow-ups": {"occurred_at": AT, "person_id": "{person}"},
}
"""Bodies that name a customer and a person."""


@pytest.fixture
def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Services that wait for what they do not know yet; nothing is delivered unless a test does."""
    return RecordsRig(databases, tmp_path, reference_wait=30)


async def entered(rig: RecordsRig, path: str, body: Mapping[str, Any], key: str) -> str:
    """The id of a record that was entered, of which no other service has word."""
    answer = await rig.request("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    record_id: str = answer.json()[key]
    return record_id


async def sent_while_delivered(rig: RecordsRig, method: str, path: str, body: Mapping[str, Any]) -> Response:
    """The answer to a request during which word of what was entered before arrives."""
    request = asyncio.create_task(rig.request(method, path, json=body))
    await rig.deliver()
    return await request


@pytest.mark.parametrize("path", NAMING)
async def test_a_customer_and_a_person_are_named_as_soon_as_they_are_entered(
    rig: RecordsRig, path: str
) -> None:
    customer = await entered(rig, "/v1/customers", CUSTOMER, "customer_id")
    person = await entered(rig, "/v1/people", {"name": "张三"}, "person_id")
    named = {name: value.format(person=person) for name, value in NAMING[path].items()}
    answer = await sent_while_delivered(rig, "POST", path, {"customer_id": customer, **named})
    assert answer.status_code == 201, answer.text
    assert answer.json()["customer_id"] == customer


async def test_a_change_of_a_customer_names_a_person_as_soon_as_they_are_entered(rig: RecordsRig) -> None:
    customer = await entered(rig, "/v1/customers", CUSTOMER, "customer_id")
    person = await entered(rig, "/v1/people", {"name": "张三"}, "person_id")
    answer = await sent_while_delivered(rig, "PATCH", f"/v1/customers/{customer}", {"owner_id": person})
    assert (answer.status_code, answer.json()["owner_id"]) == (200, person)


async def test_a_request_with_a_key_that_waited_has_its_effects_once(rig: RecordsRig) -> None:
    customer = await entered(rig, "/v1/customers", CUSTOMER, "customer_id")
    body, headers = {"customer_id": customer, "name": "产线改造"}, {"Idempotency-Key": "k-1"}
    twice = [
        asyncio.create_task(rig.request("POST", "/v1/opportunities", json=body, headers=headers))
        for _ in range(2)
    ]
    await rig.deliver()
    first, second = [await each for each in twice]
    assert (first.status_code, first.json()) == (201, second.json())
    assert len((await rig.ask("/v1/opportunities"))["items"]) == 1


async def test_what_is_in_no_service_is_refused_by_the_name_of_its_field_when_the_wait_is_over(
    databases: dict[str, Database], tmp_path: Path
) -> None:
    rig = RecordsRig(databases, tmp_path, reference_wait=0.1)
    nobody = "01976a10-7c00-7001-8a00-000000000001"
    body = {"customer_id": nobody, "owner_id": nobody, "name": "产线改造"}
    answer = await rig.request("POST", "/v1/opportunities", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-reference")
    assert answer.json()["field"] == "customer_id"
