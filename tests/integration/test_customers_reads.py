"""Customers as they are read: with the decisions of the rules, and by every filter."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from contracts.rules import GradeDecided, ProfileDecided, Subject
from contracts.vocabulary import CustomerGrade
from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

TEXT = """
客户名称,所属行业,意向度,负责人,标签,客户状态
远山科技有限公司,制造业,高,张三,"重点客户,价格敏感",
近水贸易公司,贸易,低,李四,重点客户,
大漠物流公司,物流,,,,流失
"""


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Three customers of two owners."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三\n李四")
    await rig.load("customers", TEXT)
    return rig


async def decide_grade(rig: RecordsRig, name: str, grade: CustomerGrade, *, sequence: int) -> None:
    """Let the rules decide a grade."""
    customer_id = (await rig.customer(name)).customer_id
    data = GradeDecided(customer_id=customer_id, grade=grade, ruleset_version=1)
    await rig.rules_say(data, record_id=customer_id, sequence=sequence, customer=customer_id)


async def decide_profile(rig: RecordsRig, name: str, values: dict[str, str | bool | int | None]) -> None:
    """Let the rules decide the other values; the next touch is tomorrow."""
    customer_id = (await rig.customer(name)).customer_id
    data = ProfileDecided(
        subject=Subject(kind="customer", id=customer_id),
        customer_id=customer_id,
        values=values,
        next_touch_at=NOW + timedelta(days=1),
        ruleset_version=1,
    )
    await rig.rules_say(data, record_id=customer_id, sequence=1, customer=customer_id)


async def names(rig: RecordsRig, **query: object) -> list[str]:
    """The names of the customers that a query finds."""
    page = await rig.ask("/v1/customers", **query)
    return [each["name"] for each in page["items"]]


async def test_decisions_are_shown_beside_the_customer_without_a_version_or_an_event(rig: RecordsRig) -> None:
    """A2, A14."""
    await decide_grade(rig, "远山科技有限公司", CustomerGrade.A, sequence=1)
    await decide_profile(rig, "远山科技有限公司", {"dormant": False, "churn_risk": True, "every": "1w"})
    customer_id = (await rig.customer("远山科技有限公司")).customer_id
    shown = await rig.ask(f"/v1/customers/{customer_id}")
    decided = {name: shown[name] for name in ("grade", "dormant", "churn_risk", "every", "version")}
    assert decided == {"grade": "A", "dormant": False, "churn_risk": True, "every": "1w", "version": 1}
    assert shown["next_touch_at"] == "2025-03-04T01:00:00Z"
    assert shown["decided"] == {"dormant": False, "churn_risk": True, "every": "1w"}
    assert await rig.types_said("customers") == ["customer_created"] * 3


async def test_an_older_decision_that_comes_late_is_not_shown(rig: RecordsRig) -> None:
    """A4."""
    await decide_grade(rig, "远山科技有限公司", CustomerGrade.A, sequence=5)
    await decide_grade(rig, "远山科技有限公司", CustomerGrade.C, sequence=4)
    assert await names(rig, grade="A") == ["远山科技有限公司"]


async def test_the_customers_of_each_grade_are_counted(rig: RecordsRig) -> None:
    await decide_grade(rig, "远山科技有限公司", CustomerGrade.A, sequence=1)
    await decide_grade(rig, "近水贸易公司", CustomerGrade.A, sequence=1)

    assert await rig.ask("/v1/customers/grades") == {"A": 2, "B": 0, "C": 0}


async def test_values_of_an_opportunity_are_not_shown_as_those_of_its_customer(rig: RecordsRig) -> None:
    customer_id = (await rig.customer("远山科技有限公司")).customer_id
    data = ProfileDecided(
        subject=Subject(kind="opportunity", id=UUID(int=7)),
        customer_id=customer_id,
        values={"risk": "high"},
        ruleset_version=1,
    )
    await rig.rules_say(data, record_id=UUID(int=7), sequence=1, customer=customer_id)
    assert (await rig.ask(f"/v1/customers/{customer_id}"))["decided"] == {}


async def test_customers_are_found_by_every_filter(rig: RecordsRig) -> None:
    """R052, R053."""
    await decide_grade(rig, "近水贸易公司", CustomerGrade.B, sequence=1)
    await decide_profile(rig, "近水贸易公司", {"dormant": True, "churn_risk": False})
    owner = str((await rig.customer("远山科技有限公司")).owner_id)
    cases: tuple[tuple[dict[str, object], list[str]], ...] = (
        ({"grade": "B"}, ["近水贸易公司"]),
        ({"industry": "制造业"}, ["远山科技有限公司"]),
        ({"lifecycle": "lost"}, ["大漠物流公司"]),
        ({"dormant": True}, ["近水贸易公司"]),
        ({"churn_risk": True}, []),
        ({"intent": "high"}, ["远山科技有限公司"]),
        ({"owner": owner}, ["远山科技有限公司"]),
        ({"tag": ["重点客户"]}, ["远山科技有限公司", "近水贸易公司"]),
        ({"tag": ["重点客户", "价格敏感"]}, ["远山科技有限公司"]),
        ({"q": "公司"}, ["远山科技有限公司", "近水贸易公司", "大漠物流公司"]),
        ({"q": "cus202503002"}, ["近水贸易公司"]),
        ({"q": "%"}, []),
        ({"next_touch_before": "2025-03-05T00:00:00Z"}, ["近水贸易公司"]),
        ({"next_touch_before": "2025-03-04T01:00:00Z"}, []),
    )
    for query, expected in cases:
        assert (query, await names(rig, **query)) == (query, expected)


async def test_what_is_not_there_or_not_understood_is_said_so(rig: RecordsRig) -> None:
    for path in ("", "/contacts", "/purchases"):
        response = await rig.request("GET", f"/v1/customers/{uuid4()}{path}")
        assert (response.status_code, response.json()["code"]) == (404, "unknown-customer")
    response = await rig.request("GET", "/v1/customers", params={"grad": "A"})
    assert response.status_code == 422


async def test_purchases_of_a_customer_are_listed(rig: RecordsRig) -> None:
    await rig.load(
        "purchases",
        """
客户名称,产品或服务,购买时间,购买金额
近水贸易公司,叉车,2025-01-02,8万
远山科技有限公司,甲,2025-01-02,1
""",
    )
    customer_id = (await rig.customer("近水贸易公司")).customer_id
    items = (await rig.ask(f"/v1/customers/{customer_id}/purchases"))["items"]
    assert [(each["product"], each["amount"]["amount"]) for each in items] == [("叉车", "80000.00")]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"},
        {"tag": "\0"},
        {"industry": "\0"},
        {"next_touch_before": "9999-12-31T23:59:59-23:59"},
        {"next_touch_before": "0001-01-01T00:00:00+14:00"},
    ],
)
async def test_a_value_that_cannot_be_stored_is_refused_with_a_problem_document(
    rig: RecordsRig, query: dict[str, str]
) -> None:
    answer = await rig.request("GET", "/v1/customers", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
