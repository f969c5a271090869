"""The reads of the API over the sample; what is right is worked out from the workbook's cells."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.hosting.shipped import RULES, SAMPLE
from services.shared.imports.load_file import read_load_file
from services.shared.imports.requests import ImportRequest
from tests.acceptance import by_hand
from tests.acceptance.story import Stage, Story, Telling, shown

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORKBOOK = SAMPLE / "sample.xlsx"
AS_OF = "2025-06-30T18:00"
NOBODY = "00000000-0000-7000-8000-000000000000"


def _requests() -> list[ImportRequest]:
    return list(read_load_file(SAMPLE / "load.yaml", files_from=SAMPLE).requests)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sample(stage: Stage) -> AsyncIterator[Story]:
    """An instance with the sample in it, which the tests of this file only read."""
    opened: asyncio.Future[Story] = asyncio.get_running_loop().create_future()
    enough = asyncio.Event()

    async def hold() -> None:
        # One task opens and closes it, as its background work demands.
        async with stage.telling(RULES, at=AS_OF) as told:
            await told.import_all(_requests())
            opened.set_result(told)
            await enough.wait()

    holding = asyncio.create_task(hold())
    holding.add_done_callback(lambda _: opened.done() or opened.cancel())
    try:
        told = await opened
    except asyncio.CancelledError:
        await holding  # says why there is nothing to read
        raise
    yield told
    enough.set()
    await holding


@pytest.fixture(scope="module")
def customers() -> dict[str, by_hand.Customer]:
    return by_hand.customers(WORKBOOK)


async def test_customers_are_listed_page_by_page_without_a_gap(
    sample: Story, customers: dict[str, by_hand.Customer]
) -> None:
    listed = []
    after = None
    while True:
        parameters = {"limit": 7, **({"after": after} if after else {})}
        page = (await sample.http.get("/v1/customers", params=parameters)).json()
        assert len(page["items"]) <= 7
        listed += [by_hand.key(item["name"]) for item in page["items"]]
        if (after := page["next"]) is None:
            break
    assert sorted(listed) == sorted(customers)


def _where(customers: dict[str, by_hand.Customer], test: Callable[[by_hand.Customer], bool]) -> list[str]:
    return sorted(name for name, customer in customers.items() if test(customer))


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        ({"grade": "A"}, lambda c: c.grade == "A"),
        ({"grade": "B"}, lambda c: c.grade == "B"),
        ({"grade": "C", "dormant": "true"}, lambda c: c.grade == "C" and c.is_dormant),
        ({"dormant": "false"}, lambda c: not c.is_dormant),
        ({"lifecycle": "prospect"}, lambda c: c.lifecycle == "prospect"),
        ({"lifecycle": "signing"}, lambda c: c.lifecycle == "signing"),
        ({"lifecycle": "customer"}, lambda c: c.lifecycle == "customer"),
        ({"lifecycle": "lost"}, lambda c: c.lifecycle == "lost"),
        ({"intent": "high"}, lambda c: str(c.row["意向度"])[0] == "高"),
        ({"industry": "机械制造"}, lambda c: c.row["所属行业"] == "机械制造"),
        ({"tag": "重点客户"}, lambda c: "重点客户" in str(c.row["标签"])),
        ({"tag": ["重点客户", "行业标杆"]}, lambda c: c.row["标签"] == "行业标杆;重点客户"),
        ({"q": "深圳"}, lambda c: "深圳" in c.row["客户名称"]),
        ({"q": "%"}, lambda _: False),
        ({"q": "深圳", "grade": "A"}, lambda c: "深圳" in c.row["客户名称"] and c.grade == "A"),
    ],
)
async def test_customers_are_narrowed_by_every_filter(
    sample: Story,
    customers: dict[str, by_hand.Customer],
    filters: dict[str, Any],
    test: Callable[[by_hand.Customer], bool],
) -> None:
    answer = await sample.http.get("/v1/customers", params={**filters, "limit": 1000})
    found = sorted(by_hand.key(item["name"]) for item in answer.json()["items"])
    assert found == _where(customers, test)
    assert found or filters == {"q": "%"}


async def test_customers_are_found_by_owner_churn_risk_and_next_touch(
    sample: Story, customers: dict[str, by_hand.Customer]
) -> None:
    people = {person["name"]: person["person_id"] for person in await sample.every("/v1/people")}
    of_owner = await sample.customers(owner=people["王海涛"])
    assert len(of_owner) == len(_where(customers, lambda c: c.row["负责人"] == "王海涛"))

    visits = {name for rule, name in by_hand.tasks(WORKBOOK) if rule == "churn_revisit"}
    assert {by_hand.key(name) for name in await sample.customers(churn_risk="true")} >= visits - {""}

    due = {name for rule, name in by_hand.tasks(WORKBOOK) if rule == "followup_due"}
    now = (await sample.client.get("/v1/instance"))["as_of"]
    touched = {by_hand.key(name) for name in await sample.customers(next_touch_before=now)}
    assert touched <= due
    assert len(due - touched) <= 1  # due this very instant


async def test_a_customer_is_read_by_its_number_and_says_what_the_rules_decided(sample: Story) -> None:
    (found,) = await sample.every("/v1/customers", q="深圳市智联")
    one = await sample.client.get(f"/v1/customers/{found['customer_id']}")
    assert one == found
    assert (one["grade"], one["lifecycle"], one["tags"]) == ("A", "customer", ["重点客户", "价格敏感"])
    assert one["decided"]["channel"] == "phone_visit"
    assert shown(one["next_touch_at"]) == "2025-07-05T09:00"
    (by_number,) = await sample.every("/v1/customers", q=one["customer_number"])
    assert by_number == one
    assert re.fullmatch(r"CUS\d{6}\d{3,}", one["customer_number"])


async def test_contacts_are_masked_in_every_answer_and_unreadable_in_the_database(sample: Story) -> None:
    """K8, R181: no telephone number, no address, and no name of a contact is anywhere but encrypted."""
    seen = []
    for customer in await sample.every("/v1/customers"):
        seen += await sample.every(f"/v1/customers/{customer['customer_id']}/contacts")
    assert len(seen) == 41
    names = {row["姓名"] for row in by_hand.rows_of(WORKBOOK, "联系人")}
    assert not names & {contact["name"] for contact in seen}
    assert all("*" in contact["phone"] and "*" in (contact["email"] or "*") for contact in seen)
    private = [r"1990000\d", r"8000 ?\d{4}", r"contact\d{3}@", *names]
    assert not re.search("|".join(private), str(seen))
    assert await _places_of("1990000|contact[0-9]{3}@|" + "|".join(sorted(names)), sample) == []


async def _places_of(pattern: str, sample: Story) -> list[str]:
    """Every table, of every service, in which a row shows what the pattern describes."""
    engine = create_async_engine(sample.database_url)
    found = []
    async with engine.connect() as connection:
        tables = await connection.execute(
            text(
                "select format('%I.%I', table_schema, table_name) from information_schema.tables"
                " where table_schema in ('customers', 'followups', 'opportunities', 'rules')"
            )
        )
        for table in list(tables.scalars()):
            query = text(f"select count(*) from {table} as t where t::text ~ :pattern")  # noqa: S608 -- no input
            if await connection.scalar(query, {"pattern": pattern}):
                found.append(table)
    await engine.dispose()
    return found


async def test_purchases_are_listed_by_customer(sample: Story) -> None:
    (customer,) = await sample.every("/v1/customers", q="苏州恒泰")
    bought = await sample.every(f"/v1/customers/{customer['customer_id']}/purchases")
    by_name = by_hand.customers(WORKBOOK)["苏州恒泰精密机械有限公司"].bought
    amounts = sorted((purchase["amount"]["amount"], purchase["amount"]["currency"]) for purchase in bought)
    assert amounts == sorted((f"{amount:.2f}", "CNY") for _, amount in by_name)
    won = [purchase for purchase in bought if purchase["opportunity_id"]]
    assert len(won) == 1


async def test_people_know_their_managers(sample: Story) -> None:
    people = {person["name"]: person for person in await sample.every("/v1/people")}
    assert len(people) == 11
    names = {person["person_id"]: name for name, person in people.items()}
    assert names[people["钱雨桐"]["manager_id"]] == "孙立群"
    assert names[people["孙立群"]["manager_id"]] == "陈国栋"
    assert names[people["李思敏"]["deputy_id"]] == "张嘉怡"
    assert people["陈国栋"]["manager_id"] is None


async def test_plans_are_narrowed_by_customer_owner_and_status(sample: Story) -> None:
    rows = list(by_hand.rows_of(WORKBOOK, "跟进计划表"))
    plans = await sample.every("/v1/plans")
    assert len(plans) == len(rows)
    words = {"open": "进行中", "waiting_customer": "待客户反馈", "done": "已完成"}
    for status, word in words.items():
        expected = [row for row in rows if row["跟进状态"] == word]
        assert len(await sample.every("/v1/plans", status=status)) == len(expected)
    owner, customer = plans[0]["owner_id"], plans[0]["customer_id"]
    of_owner = await sample.every("/v1/plans", owner=owner)
    assert of_owner == [plan for plan in plans if plan["owner_id"] == owner]
    of_customer = await sample.every("/v1/plans", customer=customer)
    assert of_customer == [plan for plan in plans if plan["customer_id"] == customer]
    # A day without a time is due at the end of that day.
    assert {shown(plan["due_at"])[-5:] for plan in plans if plan["due_at"]} == {"00:00"}


async def test_follow_ups_are_narrowed_by_customer_and_person(sample: Story) -> None:
    records = await sample.every("/v1/follow-ups")
    assert len(records) == 57
    (customer,) = await sample.every("/v1/customers", q="深圳市智联")
    of_customer = await sample.every("/v1/follow-ups", customer=customer["customer_id"])
    assert [record["summary"] for record in of_customer] == ["沟通交付周期与验收标准"]
    person = of_customer[0]["person_id"]
    of_person = await sample.every("/v1/follow-ups", person=person)
    assert of_person == [record for record in records if record["person_id"] == person]
    assert await sample.every("/v1/follow-ups", opportunity=NOBODY) == []


async def test_tasks_are_narrowed_by_assignee_kind_status_customer_and_lateness(sample: Story) -> None:
    tasks = await sample.tasks()
    assert len(tasks) == len(by_hand.tasks(WORKBOOK))
    names = {task["assignee"]["name"] for task in tasks}
    by_name = [task for name in names for task in await sample.tasks(assignee=name)]
    assert len(by_name) == len(tasks)
    one = tasks[0]["assignee"]
    assert await sample.tasks(assignee=one["person_id"]) == await sample.tasks(assignee=one["name"])
    kinds = {kind: await sample.tasks(kind=kind) for kind in ("reminder", "warning", "care", "review")}
    assert len(kinds["reminder"]) + len(kinds["warning"]) == len(tasks)
    assert {task["rung"] for task in kinds["reminder"]} == {"due"}
    assert kinds["care"] == kinds["review"] == await sample.tasks(status="resolved") == []
    customer = tasks[0]["customer_id"]
    assert await sample.tasks(customer=customer) == [t for t in tasks if t["customer_id"] == customer]
    overdue = await sample.tasks(overdue="true")
    assert {task["rung"] for task in overdue} == {"overdue", "tell", "breach"}
    assert {task["rule"] for task in overdue} == {"followup_due", "record_contact"}
    assert len(await sample.tasks(overdue="false")) == len(tasks) - len(overdue)
    assert await sample.client.get(f"/v1/tasks/{tasks[0]['task_id']}") == tasks[0]


async def test_opportunities_are_narrowed_by_customer_owner_status_and_stage(sample: Story) -> None:
    rows = by_hand.opportunities(WORKBOOK)
    found = await sample.every("/v1/opportunities")
    assert sorted(each["name"] for each in found) == sorted(row["商机名称"] for row in rows)
    for status, word in {"open": "进行中", "won": "赢单", "lost": "输单"}.items():
        narrowed = await sample.every("/v1/opportunities", status=status)
        assert len(narrowed) == sum(row["商机状态"] == word for row in rows)
    signing = await sample.every("/v1/opportunities", stage="signing", status="open")
    assert len(signing) == sum(
        row["当前阶段"] in by_hand.SIGNING and row["商机状态"] == "进行中" for row in rows
    )
    first = found[0]
    assert await sample.every(
        "/v1/opportunities", customer=first["customer_id"], owner=first["owner_id"]
    ) == [
        each
        for each in found
        if (each["customer_id"], each["owner_id"]) == (first["customer_id"], first["owner_id"])
    ]
    assert await sample.client.get(f"/v1/opportunities/{first['opportunity_id']}") == first


async def test_contact_data_is_shown_to_nobody_without_the_token(sample: Story) -> None:
    """K8, A17: services on their own show it to nobody at all."""
    path = f"/v1/customers/{NOBODY}/contacts/{NOBODY}/reveal"
    answers = [
        await sample.http.post(path, headers=headers)
        for headers in ({}, {"Authorization": "Bearer of-somebody"})
    ]

    codes = ["login-needed"] * 2 if sample.deployment else ["token-missing", "wrong-token"]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, code) for code in codes]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/customers/{NOBODY}", "unknown-customer"),
        (f"/v1/customers/{NOBODY}/contacts", "unknown-customer"),
        (f"/v1/customers/{NOBODY}/purchases", "unknown-customer"),
        (f"/v1/tasks/{NOBODY}", "unknown-task"),
        (f"/v1/opportunities/{NOBODY}", "unknown-opportunity"),
        (f"/v1/imports/{NOBODY}", "unknown-import"),
        ("/v1/why?subject=nobody", "unknown-subject"),
        ("/v1/decisions/nobody", "unknown-subject"),
        ("/v1/nowhere", "not-found"),
    ],
)
async def test_what_is_not_there_is_a_problem_document(sample: Story, path: str, code: str) -> None:
    assert await sample.status(path) == (404, code)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/customers", {"grade": "D"}),
        ("/v1/customers", {"colour": "red"}),
        ("/v1/customers", {"limit": "0"}),
        ("/v1/customers", {"next_touch_before": "soon"}),
        ("/v1/customers/7", {}),
        ("/v1/tasks", {"status": "lost"}),
        ("/v1/plans", {"owner": "王海涛"}),
        ("/v1/opportunities", {"after": "x"}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_with_its_place(
    sample: Story, path: str, parameters: dict[str, str]
) -> None:
    assert await sample.status(path, **parameters) == (422, "invalid-request")


async def test_a_corrected_copy_of_the_workbook_changes_only_what_changed(story: Telling) -> None:
    """A stage, a date and a telephone number are put right, and one customer's intent is another."""
    book = openpyxl.load_workbook(WORKBOOK)
    book["商机跟踪表"]["D22"] = "方案报价"
    book["客户信息表"]["D54"] = "2025-03-04"
    book["联系人"]["D43"] = "19900009999"
    book["客户信息表"]["I2"] = "低意向"
    corrected = io.BytesIO()
    book.save(corrected)
    book.close()
    async with story(RULES, at=AS_OF) as told:
        await told.import_all(_requests())
        before = await _everything(told)

        again = await told.import_all(
            [replace(request, content=corrected.getvalue()) for request in _requests()]
        )

        counts = {one.request.what: one.report["counts"] for one in again}
        assert {what: n["created"] for what, n in counts.items() if n["created"]} == {
            "customers": 1,
            "contacts": 1,
            "opportunities": 1,
        }
        assert {what: n["changed"] for what, n in counts.items() if n["changed"]} == {"customers": 1}
        after = await _everything(told)
        assert before.keys() <= after.keys()
        changed = {each: _differences(before[each], after[each]) for each in before}
        assert [fields for fields in changed.values() if fields] == [{"intent", "decided", "version"}]
        new = sorted(path for path, _ in after.keys() - before.keys())
        assert new == ["/v1/customers", "/v1/opportunities", "/v1/tasks", "/v1/tasks"]


async def _everything(told: Story) -> dict[tuple[str, str], dict[str, Any]]:
    ids = {
        "/v1/customers": "customer_id",
        "/v1/people": "person_id",
        "/v1/plans": "plan_id",
        "/v1/follow-ups": "follow_up_id",
        "/v1/opportunities": "opportunity_id",
        "/v1/tasks": "task_id",
    }
    return {(path, item[key]): item for path, key in ids.items() for item in await told.every(path)}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before if before[name] != after[name]}
