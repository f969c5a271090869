"""What other systems order of followups and opportunities, by the ids that they gave: twice is once."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.followups import FollowUpRecorded
from contracts.registry import decode
from services.followups.domain.follow_ups import OtherCustomerError
from services.followups.domain.people import CircleOfPeopleError
from services.opportunities.domain import OpportunityClosedError
from services.shared.currency import OtherCurrencyError
from services.shared.database import Database
from services.shared.errors import RefusedError
from services.shared.instants import InFutureError
from services.shared.references import UnknownReferenceError
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import NOW, RecordsRig

CRM = {"source_system": "crm"}
CUSTOMER = {"external_id": "C1"}
CALL = (NOW - timedelta(hours=2)).isoformat()


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Two customers, known by the ids that a CRM gave them."""
    rig = RecordsRig(databases, tmp_path)
    mapping = "what: customers\nsource_system: crm\nexternal_id: 编号\nfields: {name: 名称}"
    await rig.load("customers", "编号,名称\nC1,远山科技有限公司\nC2,近水有限公司", mapping=mapping)
    return rig


async def order(rig: RecordsRig, command: str, external_id: str, **data: Any) -> UUID:  # noqa: ANN401 -- any field
    """Carry out a command as it comes from a CRM, deliver what was said, and return the record's id."""
    service = rig.service(command.partition(".")[0])
    model, handler = service.commands.by_type[command]
    told = model.model_validate({**CRM, "external_id": external_id, **data})
    async with unit_of_work(service.database, now=rig.now) as unit:
        record_id = await handler(told, unit)
    await rig.deliver()
    return record_id


async def test_people_are_put_by_their_foreign_ids_and_name_each_other_by_them(rig: RecordsRig) -> None:
    command = "followups.put_person.v1"
    boss = await order(rig, command, "P1", name="王五")
    worker = await order(rig, command, "P2", name="张三", manager={"external_id": "P1"}, title="销售代表")
    assert await order(rig, command, "P2", name="张三", manager={"id": str(boss)}) == worker
    assert await rig.types_said("followups") == ["person_changed", "person_changed"]
    shown = await rig.ask(f"/v1/people/{worker}")
    assert (shown["manager_id"], shown["title"]) == (str(boss), "销售代表")
    assert shown["source_refs"] == [{"source_system": "crm", "external_id": "P2"}]
    assert await order(rig, command, "P2", name="张三丰") == worker
    assert (await rig.ask(f"/v1/people/{worker}"))["manager_id"] == str(boss)
    with pytest.raises(CircleOfPeopleError):
        await order(rig, command, "P1", name="王五", manager={"external_id": "P2"})
    with pytest.raises(UnknownReferenceError, match="P9"):
        await order(rig, command, "P1", name="王五", manager={"external_id": "P9"})
    with pytest.raises(ValidationError):
        await order(rig, command, "P1", name="王五", boss="x")


async def test_a_contact_and_its_record_are_put_twice_and_are_there_once(rig: RecordsRig) -> None:
    """R110: from the call to the record, without anybody at a screen."""
    held, record = "followups.contact_held.v1", "followups.record_follow_up.v1"
    await order(rig, "followups.put_person.v1", "P1", name="张三")
    who = {"customer": CUSTOMER, "person": {"external_id": "P1"}}
    contact = await order(rig, held, "K1", **who, held_at=CALL, channel="call")
    assert await order(rig, held, "K1", **who, held_at=CALL, channel="call") == contact
    written = await order(rig, record, "F1", **who, occurred_at=CALL, summary="谈了价格", responded=True)
    assert await order(rig, record, "F1", **who, occurred_at=CALL) == written
    assert await rig.types_said("followups") == ["person_changed", "contact_held", "follow_up_recorded"]
    told = decode((await rig.said("followups"))[-1])
    assert isinstance(told, FollowUpRecorded)
    assert (told.contact_held_id, told.responded) == (contact, True)

    corrected = {"contact_held": {"external_id": "K1"}, "feedback": "同意见面"}
    assert await order(rig, record, "F1", **who, occurred_at=CALL, **corrected) == written
    shown = await rig.ask(f"/v1/follow-ups/{written}")
    assert (shown["summary"], shown["feedback"], shown["sequence"]) == ("谈了价格", "同意见面", 2)
    assert len((await rig.ask(f"/v1/follow-ups/{written}/history"))["items"]) == 1
    for command, data in ((held, {"held_at": CALL}), (record, {"occurred_at": CALL})):
        with pytest.raises(OtherCustomerError):
            await order(
                rig, command, "K1" if command == held else "F1", customer={"external_id": "C2"}, **data
            )


async def test_an_opportunity_follows_its_source_and_ends_with_it(rig: RecordsRig) -> None:
    command = "opportunities.put_opportunity.v1"
    yuan = {"amount": "120000.00", "currency": "CNY"}
    base: dict[str, Any] = {"customer": CUSTOMER, "name": "产线改造"}
    opened = await order(rig, command, "O1", **base, stage="proposal", expected_amount=yuan)
    assert await order(rig, command, "O1", **base, stage="proposal", expected_amount=yuan) == opened
    await order(rig, command, "O1", **base, stage="negotiation")
    assert await rig.types_said("opportunities") == ["opportunity_created", "stage_changed"]
    await order(rig, command, "O1", **base, status="lost", lost_reason="价格")
    shown = await rig.ask(f"/v1/opportunities/{opened}")
    assert (shown["status"], shown["stage"], shown["expected_amount"], shown["lost_reason"]) == (
        "lost",
        "negotiation",
        yuan,
        "价格",
    )
    refusals: tuple[tuple[dict[str, Any], type[RefusedError]], ...] = (
        ({"status": "open"}, OpportunityClosedError),
        ({"expected_amount": {"amount": "1.00", "currency": "USD"}}, OtherCurrencyError),
        ({"owner": {"external_id": "P1"}}, UnknownReferenceError),
        ({"customer": {"external_id": "C2"}}, RefusedError),
        ({"closed_at": "2025-03-05T00:00:00Z"}, InFutureError),
    )
    for data, error in refusals:
        with pytest.raises(error):
            await order(rig, command, "O1", **{**base, **data})
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山科技有限公司,产线改造,谈判")
    assert len((await rig.ask("/v1/opportunities"))["items"]) == 1


async def test_what_others_entered_under_the_same_name_is_the_same_record(rig: RecordsRig) -> None:
    """A12: another system finds a record by its name, and gives it an id beside the first."""
    person, opportunity = "followups.put_person.v1", "opportunities.put_opportunity.v1"
    await rig.load("people", "姓名\n张三\n李四")
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山科技有限公司,产线改造,谈判")
    known = {each["name"]: each["person_id"] for each in (await rig.ask("/v1/people"))["items"]}
    assert str(await order(rig, person, "P1", name="张三")) == known["张三"]
    assert str(await order(rig, person, "H1", source_system="hr", name="张三", title="经理")) == known["张三"]
    shown = await rig.ask(f"/v1/people/{known['张三']}")
    given = [(ref["source_system"], ref["external_id"]) for ref in shown["source_refs"]]
    assert (given, shown["title"]) == ([("crm", "P1"), ("hr", "H1")], "经理")
    namesake = await order(rig, person, "P2", name="张三")
    assert str(namesake) not in known.values()
    (one,) = (await rig.ask("/v1/opportunities"))["items"]
    base: dict[str, Any] = {"customer": CUSTOMER, "name": "产线改造"}
    assert str(await order(rig, opportunity, "O1", **base)) == one["opportunity_id"]
    assert str(await order(rig, opportunity, "O2", **base)) != one["opportunity_id"]
