"""Customers as people enter and change them over HTTP."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from sqlalchemy import LargeBinary, cast, select

from contracts.rules import GradeDecided
from contracts.vocabulary import CustomerGrade, Lifecycle
from services.customers.tables import contacts, customer_changes
from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

NAME = "远山科技有限公司"
NEW: dict[str, Any] = {
    "name": NAME,
    "industry": "电子设备制造",
    "employee_range": "100-500人",
    "contact": {"name": "刘七", "title": "采购经理", "phone": "(021) 5555 6666", "email": "liu@EXAMPLE.com"},
    "first_contact_at": "2025-03-01T10:00:00+08:00",
    "source": "行业展会",
}


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """One person, who can own customers."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三")
    return rig


async def send(rig: RecordsRig, method: str, path: str, body: object = None, **headers: str) -> Response:
    """Send a body as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await rig.request(method, f"/v1/customers{path}", json=body, headers=named)


async def enter(rig: RecordsRig, **values: object) -> dict[str, Any]:
    """Enter a customer with what is required, and more."""
    answer = await send(rig, "POST", "", NEW | values)
    assert answer.status_code == 201, answer.text
    customer: dict[str, Any] = answer.json()
    return customer


async def owner(rig: RecordsRig) -> str:
    """The id of the person."""
    return str((await rig.ask("/v1/people"))["items"][0]["person_id"])


def code(answer: Response) -> tuple[int, str]:
    """The status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def test_a_customer_is_entered_with_its_main_contact(rig: RecordsRig) -> None:
    """R027, R029, R022."""
    person = await owner(rig)
    answer = await send(rig, "POST", "", NEW | {"owner_id": person, "tags": ["重点", "重点"]}, Accept="*/*")
    shown = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert shown["customer_number"] == "CUS202503001"
    assert (shown["owner_id"], shown["tags"], shown["lifecycle"]) == (person, ["重点"], "prospect")
    assert shown["first_contact_at"] == "2025-03-01T02:00:00Z"
    assert await rig.types_said("customers") == ["customer_created"]
    (contact,) = (await rig.ask(f"/v1/customers/{shown['customer_id']}/contacts"))["items"]
    assert (contact["name"], contact["title"], contact["phone"]) == ("*七", "采购经理", "电话:*")


async def test_what_is_missing_of_a_new_customer_is_told_all_at_once(rig: RecordsRig) -> None:
    """K14."""
    for body, missing in (
        ({}, ["name", "industry", "employee_range or annual_revenue", "contact.name", "contact.title"]),
        (
            {"name": NAME, "industry": None, "contact": {"name": "刘"}, "annual_revenue": {"amount": "1"}},
            None,
        ),
    ):
        answer = await send(rig, "POST", "", body)
        assert code(answer) == (422, "incomplete-customer")
        told = answer.json()["missing"]
        assert told == [*(missing or ["industry", "contact.title"]), "first_contact_at", "source"]


async def test_a_name_that_is_there_already_is_refused_and_says_where(rig: RecordsRig) -> None:
    first = await enter(rig)
    answer = await send(rig, "POST", "", NEW | {"name": " 远山科技 有限公司 "})
    assert code(answer) == (409, "duplicate-customer")
    assert answer.json()["customer_id"] == first["customer_id"]
    other = await enter(rig, name="近水贸易公司")
    renamed = await send(rig, "PATCH", f"/{other['customer_id']}", {"name": NAME})
    assert code(renamed) == (409, "duplicate-customer")
    same = await send(rig, "PATCH", f"/{first['customer_id']}", {"name": "远山科技有限公司 "})
    assert same.status_code == 200


async def test_of_many_who_enter_the_same_customer_at_once_one_does(rig: RecordsRig) -> None:
    answers = await asyncio.gather(*(send(rig, "POST", "", NEW) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"owner_id": str(uuid4())}, "unknown-reference"),
        ({"annual_revenue": {"amount": "1", "currency": "USD"}}, "other-currency"),
        ({"annual_revenue": {"amount": "-1"}}, "invalid-request"),
        ({"contact": {"name": "刘", "title": "x", "phone": "abc"}}, "invalid-request"),
        ({"contact": {"name": "刘", "title": "x", "email": "abc"}}, "invalid-request"),
        ({"first_contact_at": "2025-03-01T10:00:00"}, "invalid-request"),
        ({"lifecycle": "bought"}, "invalid-request"),
        ({"first_contact_at": 1741000000}, "invalid-request"),
        ({"need_clear": "yes"}, "invalid-request"),
        ({"first_contact_at": "2025-03-04T01:00:01Z"}, "in-future"),
        ({"founded_on": "2025-03-04"}, "in-future"),
        ({"colour": "red"}, "invalid-request"),
        ({"name": "x" * 201}, "invalid-request"),
    ],
)
async def test_what_is_not_right_is_refused(rig: RecordsRig, more: dict[str, Any], expected: str) -> None:
    answer = await send(rig, "POST", "", NEW | more)
    assert code(answer) == (422, expected)
    assert (await rig.ask("/v1/customers"))["items"] == []


async def test_what_a_customer_must_have_cannot_be_emptied_again(rig: RecordsRig) -> None:
    """R027, K14: of the sizes one is enough."""
    path = f"/{(await enter(rig))['customer_id']}"
    for body, missing in (
        ({"industry": None, "source": None}, ["industry", "source"]),
        ({"first_contact_at": None}, ["first_contact_at"]),
        ({"employee_range": None}, ["employee_range or annual_revenue"]),
    ):
        answer = await send(rig, "PATCH", path, body)
        assert (code(answer), answer.json()["missing"]) == ((422, "incomplete-customer"), missing)
    other = await send(rig, "PATCH", path, {"employee_range": None, "annual_revenue": {"amount": "15"}})
    assert (other.status_code, other.json()["employee_range"]) == (200, None)


async def test_what_an_import_left_out_may_stay_out(rig: RecordsRig) -> None:
    await rig.load("customers", "客户名称,所属行业\n近水贸易公司,贸易")
    path = f"/{(await rig.customer('近水贸易公司')).customer_id}"
    kept = await send(rig, "PATCH", path, {"source": None, "remarks": "甲"})
    assert (kept.status_code, kept.json()["remarks"]) == (200, "甲")
    emptied = await send(rig, "PATCH", path, {"industry": None})
    assert emptied.json()["missing"] == ["industry"]


async def test_a_tag_with_a_slash_is_taken_away_like_others(rig: RecordsRig) -> None:
    path = f"/{(await enter(rig, tags=['甲/乙', '丙']))['customer_id']}/tags"
    for written, left in (("甲/乙", ["丙"]), ("丙", [])):
        answer = await send(rig, "DELETE", f"{path}/{written}")
        assert (answer.status_code, answer.json()["tags"]) == (200, left)


async def test_only_given_fields_change_null_clears_and_the_version_goes_up(rig: RecordsRig) -> None:
    made = await enter(rig, remarks="甲", website="a.example")
    path = f"/{made['customer_id']}"
    rig.now += timedelta(days=1)
    answer = await send(rig, "PATCH", path, {"remarks": None, "intent": "high"}, If_Match='"1"')
    shown = answer.json()
    assert (answer.status_code, answer.headers["etag"], shown["version"]) == (200, '"2"', 2)
    assert (shown["remarks"], shown["intent"], shown["website"]) == (None, "high", "a.example")
    assert sorted((await rig.said("customers"))[-1].data["changed"]) == ["intent", "remarks"]
    late = await send(rig, "PATCH", path, {"intent": "low"}, If_Match='"1"')
    assert code(late) == (412, "precondition-failed")
    nothing = await send(rig, "PATCH", path, {"intent": "high"})
    assert nothing.headers["etag"] == '"2"'
    assert code(await send(rig, "PATCH", path, {"name": None})) == (422, "invalid-request")
    assert code(await send(rig, "PATCH", f"/{uuid4()}", {})) == (404, "unknown-customer")


async def test_a_customer_is_marked_as_lost_by_hand_and_back(rig: RecordsRig) -> None:
    """K10."""
    path = f"/{(await enter(rig))['customer_id']}"
    lifecycles, versions = [], []
    for word in ("lost", "lost", None, None):
        shown = (await send(rig, "PATCH", path, {"lifecycle": word})).json()
        lifecycles.append(shown["lifecycle"])
        versions.append(shown["version"])
    assert (lifecycles, versions) == (["lost", "lost", "prospect", "prospect"], [2, 2, 3, 3])


async def test_people_state_how_far_the_relation_has_come(rig: RecordsRig) -> None:
    """R042: what the purchases contradict is refused with what they say."""
    made = await enter(rig, lifecycle="customer")
    path = f"/{made['customer_id']}"
    assert made["lifecycle"] == "customer"
    lifecycles = [
        (await send(rig, "PATCH", path, {"lifecycle": word})).json()["lifecycle"]
        for word in ("signing", "prospect", "customer", None)
    ]
    assert lifecycles == ["signing", "prospect", "customer", "prospect"]
    bought = {"product": "数控机床", "purchased_at": "2025-03-01T10:00:00+08:00", "amount": {"amount": "15"}}
    await send(rig, "POST", f"{path}/purchases", bought)
    refused = await send(rig, "PATCH", path, {"lifecycle": "prospect", "remarks": "x"})
    assert code(refused) == (409, "contradicted-lifecycle")
    assert (refused.json()["stated"], refused.json()["holds"]) == ("prospect", "customer")
    shown = (await send(rig, "GET", path)).json()
    assert (shown["lifecycle"], shown["remarks"]) == ("customer", None)


async def test_a_negative_amount_is_a_return(rig: RecordsRig) -> None:
    path = f"/{(await enter(rig))['customer_id']}/purchases"
    back = {"product": "数控机床", "purchased_at": "2025-03-01T10:00:00+08:00", "amount": {"amount": "-15"}}
    shown = (await send(rig, "POST", path, back)).json()
    assert (shown["kind"], shown["amount"]["amount"]) == ("return", "-15.00")
    assert (await rig.customer(NAME)).lifecycle is Lifecycle.PROSPECT


async def test_the_etag_tells_of_decisions_too_and_asks_only_for_the_version(rig: RecordsRig) -> None:
    made = await enter(rig)
    path = f"/{made['customer_id']}"
    before = await send(rig, "GET", path)
    customer_id = (await rig.customer(NAME)).customer_id
    data = GradeDecided(customer_id=customer_id, grade=CustomerGrade.A, ruleset_version=1)
    await rig.rules_say(data, record_id=customer_id, sequence=4, customer=customer_id)
    after = await send(rig, "GET", path, If_None_Match=before.headers["etag"])
    assert (before.headers["etag"], after.status_code, after.headers["etag"]) == ('"1"', 200, '"1-4"')
    known = await send(rig, "GET", path, If_None_Match='"1-4"')
    assert known.status_code == 304
    changed = await send(rig, "PATCH", path, {"intent": "low"}, If_Match='"1"')
    assert changed.headers["etag"] == '"2-4"'


async def test_contacts_are_entered_changed_and_never_shown(rig: RecordsRig) -> None:
    """K8, R181, A15."""
    base = f"/{(await enter(rig))['customer_id']}/contacts"
    made = await send(
        rig, "POST", base, {"name": "王小明", "preference": "不接陌生电话"}, Idempotency_Key="k"
    )
    again = await send(
        rig, "POST", base, {"name": "王小明", "preference": "不接陌生电话"}, Idempotency_Key="k"
    )
    assert (made.status_code, made.text) == (201, again.text)
    path = f"{base}/{made.json()['contact_id']}"
    changed = await send(rig, "PATCH", path, {"phone": "021-55556666", "title": "总监"}, If_Match='"1"')
    assert (changed.headers["etag"], changed.json()["phone"], changed.json()["title"]) == (
        '"2"',
        "电话:*",
        "总监",
    )
    assert (await send(rig, "GET", path)).json() == changed.json()
    assert code(await send(rig, "POST", f"{path}/reveal")) == (403, "login-needed")
    for wrong in (f"{base}/{uuid4()}", f"/{uuid4()}/contacts/{made.json()['contact_id']}"):
        assert code(await send(rig, "GET", wrong)) == (404, "unknown-contact")
        assert code(await send(rig, "PATCH", wrong, {})) == (404, "unknown-contact")
    async with rig.databases["customers"].session() as session:
        columns = (contacts.c.name, contacts.c.phone, contacts.c.preference)
        rows = (await session.execute(select(*(cast(column, LargeBinary) for column in columns)))).all()
        changes = (await session.execute(select(customer_changes))).all()
    kept = [word.encode() for word in ("王小明", "55556666", "陌生电话", "刘七")]
    assert not any(word in bytes(value) for row in rows for value in row if value for word in kept)
    assert "55556666" not in str(changes)


async def test_a_purchase_makes_a_customer_and_can_be_put_right(rig: RecordsRig) -> None:
    """R025, R039."""
    path = f"/{(await enter(rig))['customer_id']}"
    bought = {"product": "数控机床", "purchased_at": "2025-03-01T00:00:00+08:00", "amount": {"amount": "15"}}
    made = await send(rig, "POST", f"{path}/purchases", bought)
    assert (made.status_code, made.json()["amount"]) == (201, {"amount": "15.00", "currency": "CNY"})
    assert (await send(rig, "GET", path)).json()["lifecycle"] == "customer"
    one = f"{path}/purchases/{made.json()['purchase_id']}"
    changed = await send(rig, "PATCH", one, {"amount": {"amount": "16.5"}}, If_Match='"1"')
    assert (changed.headers["etag"], changed.json()["amount"]["amount"]) == ('"2"', "16.50")
    assert [str(each.amount.amount) for each in await rig.purchases()] == ["15.00", "16.50"]
    wrong = await send(rig, "PATCH", one, {"opportunity_id": str(uuid4())})
    assert code(wrong) == (422, "unknown-reference")
    assert wrong.json()["field"] == "opportunity_id"
    assert code(await send(rig, "PATCH", one, {"purchased_at": "2025-04-01T00:00:00Z"})) == (422, "in-future")
    assert code(await send(rig, "PATCH", one, {"amount": None})) == (422, "invalid-request")
    assert code(await send(rig, "GET", f"/{uuid4()}/purchases/{uuid4()}")) == (404, "unknown-purchase")


async def test_a_purchase_names_an_opportunity_of_the_same_customer_only(rig: RecordsRig) -> None:
    await rig.load("customers", f"客户名称\n{NAME}\n近水贸易公司")
    await rig.load("opportunities", f"客户名称,商机名称,当前阶段\n{NAME},产线改造,赢单")
    opportunity = str((await rig.opportunity("产线改造")).opportunity_id)
    bought = {"product": "x", "purchased_at": "2025-03-01T00:00:00+08:00", "amount": {"amount": "15"}}
    statuses = []
    for name in (NAME, "近水贸易公司"):
        path = f"/{(await rig.customer(name)).customer_id}/purchases"
        statuses.append((await send(rig, "POST", path, bought | {"opportunity_id": opportunity})).status_code)
    assert statuses == [201, 422]


async def test_tags_are_read_set_added_and_taken_away(rig: RecordsRig) -> None:
    """R051."""
    path = f"/{(await enter(rig))['customer_id']}/tags"
    steps: tuple[tuple[str, str, object, list[str], str], ...] = (
        ("GET", "", None, [], '"1"'),
        ("PUT", "", {"tags": ["甲", "乙"]}, ["甲", "乙"], '"2"'),
        ("POST", "", {"tag": "丙"}, ["甲", "乙", "丙"], '"3"'),
        ("POST", "", {"tag": "甲"}, ["甲", "乙", "丙"], '"3"'),
        ("DELETE", "/乙", None, ["甲", "丙"], '"4"'),
        ("DELETE", "/乙", None, ["甲", "丙"], '"4"'),
    )
    for method, word, body, expected, etag in steps:
        answer = await send(rig, method, path + word, body)
        assert (method, answer.json()["tags"], answer.headers["etag"]) == (method, expected, etag)
    assert (await send(rig, "DELETE", f"{path}/甲", None, If_Match='"3"')).status_code == 412


async def test_history_says_what_changed_when_and_by_what_means(rig: RecordsRig) -> None:
    """R119."""
    customer_id = (await enter(rig))["customer_id"]
    rig.now += timedelta(days=1)
    await send(rig, "PATCH", f"/{customer_id}", {"industry": "贸易", "tags": ["甲"]})
    contact = (await rig.ask(f"/v1/customers/{customer_id}/contacts"))["items"][0]["contact_id"]
    await send(rig, "PATCH", f"/{customer_id}/contacts/{contact}", {"name": "刘总监", "title": "总监"})
    await rig.load("purchases", f"客户名称,产品或服务,购买时间,购买金额\n{NAME},甲,2025-01-01,1万")
    told = (await rig.ask(f"/v1/customers/{customer_id}/history"))["items"]
    shown = {
        (each["record_kind"], each["field"], str(each["old"]), str(each["new"]), each["by"]) for each in told
    }
    assert shown == {
        ("customer", "industry", "电子设备制造", "贸易", "http"),
        ("customer", "tags", "[]", "['甲']", "http"),
        ("contact", "name", "*七", "*总监", "http"),
        ("contact", "title", "采购经理", "总监", "http"),
        ("customer", "lifecycle", "prospect", "customer", "import"),
    }
    assert {each["changed_at"] for each in told} == {"2025-03-04T01:00:00Z"}
    first = await rig.ask(f"/v1/customers/{customer_id}/history", limit=3)
    rest = await rig.ask(f"/v1/customers/{customer_id}/history", limit=3, after=first["next"])
    assert first["items"] + rest["items"] == told


async def test_the_timeline_has_everything_in_order_and_in_pages(rig: RecordsRig) -> None:
    """R119, R172."""
    customer_id = (await enter(rig))["customer_id"]
    await rig.deliver()
    rig.now += timedelta(days=1)
    await rig.load("opportunities", f"客户名称,商机名称,当前阶段\n{NAME},产线改造,方案报价")
    rig.now += timedelta(days=1)
    await rig.load("opportunities", f"客户名称,商机名称,当前阶段\n{NAME},产线改造,赢单")
    data = GradeDecided(
        customer_id=(await rig.customer(NAME)).customer_id, grade=CustomerGrade.A, ruleset_version=1
    )
    await rig.rules_say(data, record_id=data.customer_id, sequence=1, customer=data.customer_id)
    bought = {"product": "甲", "purchased_at": "2024-03-01T00:00:00Z", "amount": {"amount": "15"}}
    await send(rig, "POST", f"/{customer_id}/purchases", bought)
    path = f"/v1/customers/{customer_id}/timeline"
    told = (await rig.ask(path))["items"]
    assert [each["occurred_at"] for each in told] == sorted(each["occurred_at"] for each in told)
    kinds = [each["kind"] for each in told]
    assert kinds[0] == "purchased"
    assert told[0]["data"] == {"product": "甲", "amount": {"amount": "15.00", "currency": "CNY"}}
    assert set(kinds[1:3]) == {"customer_entered", "contact_entered"}
    assert kinds[3] == "opportunity_created"
    assert {"opportunity_won", "grade_decided", "field_changed"} <= set(kinds[4:])
    pages, after = [], None
    while True:
        page = await rig.ask(path, limit=2, **({"after": after} if after else {}))
        pages += page["items"]
        if (after := page["next"]) is None:
            break
    assert pages == told


async def test_an_unknown_customer_has_nothing(rig: RecordsRig) -> None:
    for method, path, body in (
        ("GET", "/tags", None),
        ("PUT", "/tags", {"tags": []}),
        ("GET", "/history", None),
        ("GET", "/timeline", None),
        ("POST", "/contacts", {"name": "x"}),
        ("POST", "/purchases", {"product": "x", "purchased_at": NOW.isoformat(), "amount": {"amount": "1"}}),
    ):
        answer = await send(rig, method, f"/{uuid4()}{path}", body)
        assert (path, code(answer)) == (path, (404, "unknown-customer"))
