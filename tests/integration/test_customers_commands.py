"""What other systems order of the customers service: the same again is nothing new."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.registry import COMMANDS
from services.shared.database import Database
from services.shared.errors import GenjinError
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import RecordsRig

NAME = "远山科技有限公司"
CUSTOMER: dict[str, Any] = {"source_system": "erp", "external_id": "K-1", "name": NAME, "industry": "制造业"}
PURCHASE: dict[str, Any] = {
    "source_system": "erp",
    "external_id": "S-1",
    "customer": {"external_id": "K-1"},
    "product": "数控机床",
    "purchased_at": "2025-03-01T00:00:00Z",
    "amount": {"amount": "15"},
}
ORDERS = {
    "customer": ("customers.put_customer.v1", CUSTOMER),
    "purchase": ("customers.record_purchase.v1", PURCHASE),
}


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """One person, known to the personnel system."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名,编号\n张三,E-17", mapping=PEOPLE)
    return rig


PEOPLE = "what: people\nsource_system: hr\nexternal_id: 编号\nfields: {name: 姓名}\n"


async def order(rig: RecordsRig, kind: str, *, but: Mapping[str, Any] | None = None) -> UUID:
    """Have a command carried out, and deliver what was said."""
    type_, values = ORDERS[kind]
    model, handler = rig.service("customers").commands.by_type[type_]
    assert COMMANDS[type_] is model
    async with unit_of_work(rig.databases["customers"], now=rig.now) as unit:
        done = await handler(model.model_validate({**values, **(but or {})}), unit)
    await rig.deliver()
    return done


async def refusal(rig: RecordsRig, kind: str, *, but: Mapping[str, Any]) -> str:
    """The code of the reason why a command is not carried out."""
    with pytest.raises(GenjinError) as refused:
        await order(rig, kind, but=but)
    return refused.value.slug


async def test_a_customer_that_is_put_twice_is_one_and_said_once(rig: RecordsRig) -> None:
    owner = {"owner": {"external_id": "E-17", "source_system": "hr"}}
    first = await order(rig, "customer", but=owner)
    assert await order(rig, "customer", but=owner) == first
    assert await rig.types_said("customers") == ["customer_created"]
    shown = await rig.ask(f"/v1/customers/{first}")
    assert (shown["name"], shown["industry"], shown["version"]) == (NAME, "制造业", 1)
    (person,) = (await rig.ask("/v1/people"))["items"]
    assert shown["owner_id"] == person["person_id"]


async def test_a_system_states_the_lifecycle_and_the_intent_once_however_often_it_sends_them(
    rig: RecordsRig,
) -> None:
    """What it sent before is no news, so it does not undo what people have stated since."""
    stated = {"lifecycle": "customer", "intent": "high"}
    customer_id = await order(rig, "customer", but=stated)
    path = f"/v1/customers/{customer_id}"
    rig.now += timedelta(days=1)
    follow_up = {"customer_id": str(customer_id), "occurred_at": rig.now.isoformat(), "intent": "low"}
    assert (await rig.request("POST", "/v1/follow-ups", json=follow_up)).status_code == 201
    await rig.deliver()
    rig.now += timedelta(days=1)
    await order(rig, "customer", but=stated)
    shown = await rig.ask(path)
    assert (shown["lifecycle"], shown["intent"]) == ("customer", "low")
    await order(rig, "customer", but={"lifecycle": "lost", "intent": "mid"})
    shown = await rig.ask(path)
    assert (shown["lifecycle"], shown["intent"]) == ("lost", "mid")


async def test_what_has_changed_is_changed_and_what_is_not_said_stays(rig: RecordsRig) -> None:
    customer_id = await order(rig, "customer", but={"tags": ["重点"]})
    assert await order(rig, "customer", but={"name": "远山集团", "intent": "high"}) == customer_id
    shown = await rig.ask(f"/v1/customers/{customer_id}")
    assert (shown["name"], shown["intent"], shown["tags"]) == ("远山集团", "high", ["重点"])
    told = (await rig.ask(f"/v1/customers/{customer_id}/history"))["items"]
    assert {each["by"] for each in told} == {"command/erp"}


async def test_many_at_once_put_one_customer(rig: RecordsRig) -> None:
    assert len(set(await asyncio.gather(*(order(rig, "customer") for _ in range(5))))) == 1


async def test_who_is_known_by_name_is_the_same_customer_unless_its_system_says_otherwise(
    rig: RecordsRig,
) -> None:
    await rig.load("customers", f"客户名称\n{NAME}")
    by_hand = (await rig.customer(NAME)).customer_id
    assert await order(rig, "customer") == by_hand
    assert await order(rig, "customer", but={"source_system": "crm", "external_id": "7"}) == by_hand
    assert await order(rig, "customer", but={"name": "远山集团"}) == by_hand
    assert await order(rig, "customer", but={"name": "远山集团", "external_id": "K-2"}) != by_hand


async def test_an_import_finds_what_a_command_has_put(rig: RecordsRig) -> None:
    customer_id = await order(rig, "customer")
    await order(rig, "purchase")
    customers = "what: customers\nsource_system: erp\nexternal_id: 编号\nfields: {name: 名称}\n"
    report = await rig.load("customers", "编号,名称\nK-1,远山集团", mapping=customers)
    assert (report.counts.changed, report.counts.created) == (1, 0), report.rejected
    assert (await rig.customer("远山集团")).customer_id == customer_id
    fields = "{customer: 客户, product: 产品, purchased_at: 时间, amount: 金额}"
    purchases = f"what: purchases\nsource_system: erp\nexternal_id: 编号\nfields: {fields}\n"
    text = "编号,客户,产品,时间,金额\nS-1,远山集团,数控机床,2025-03-01,20"
    report = await rig.load("purchases", text, mapping=purchases)
    assert (report.counts.changed, report.counts.created) == (1, 0), report.rejected


async def test_a_purchase_is_recorded_once_and_can_be_put_right(rig: RecordsRig) -> None:
    customer_id = await order(rig, "customer")
    first = await order(rig, "purchase")
    assert await order(rig, "purchase") == first
    assert await order(rig, "purchase", but={"amount": {"amount": "16"}}) == first
    assert [str(each.amount.amount) for each in await rig.purchases()] == ["15.00", "16.00"]
    assert (await rig.ask(f"/v1/customers/{customer_id}"))["lifecycle"] == "customer"


@pytest.mark.parametrize(
    ("kind", "but", "code"),
    [
        ("customer", {"owner": {"external_id": "E-99", "source_system": "hr"}}, "unknown-reference"),
        ("customer", {"owner": {"external_id": "E-17"}}, "unknown-reference"),
        ("customer", {"annual_revenue": {"amount": "1", "currency": "USD"}}, "other-currency"),
        ("purchase", {"customer": {"external_id": "K-9"}}, "unknown-reference"),
        ("purchase", {"opportunity": {"external_id": "O-9"}}, "unknown-reference"),
        ("purchase", {"amount": {"amount": "1", "currency": "USD"}}, "other-currency"),
        ("customer", {"first_contact_at": "2025-03-05T00:00:00Z"}, "in-future"),
        ("purchase", {"purchased_at": "2025-03-05T00:00:00Z"}, "in-future"),
    ],
)
async def test_what_cannot_be_is_refused(
    rig: RecordsRig, kind: str, but: Mapping[str, Any], code: str
) -> None:
    await order(rig, "customer")
    assert await refusal(rig, kind, but=but) == code


async def test_a_purchase_stays_with_its_customer(rig: RecordsRig) -> None:
    await order(rig, "customer")
    await order(rig, "customer", but={"external_id": "K-2", "name": "近水贸易公司"})
    await order(rig, "purchase")
    assert await refusal(rig, "purchase", but={"customer": {"external_id": "K-2"}}) == "other-customer"
