"""Customers that are likely the same are listed, and named when a list brings one in."""

from pathlib import Path
from typing import Any

import pytest

from contracts.identity import new_id
from services.shared.database import Database
from tests.records_rig import RecordsRig


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Two pairs of likely duplicates, and one customer that is like no other."""
    rig = RecordsRig(databases, tmp_path)
    names = ("远山科技有限公司", "Far Hills Co., Ltd.", "大漠物流有限公司")
    await rig.load("customers", "客户名称\n" + "\n".join(f'"{name}"' for name in names))
    await rig.load("customers", '客户名称\n遠山科技股份有限公司\n"Far Hills Co.,Ltd"')
    return rig


async def duplicates(rig: RecordsRig, **query: object) -> Any:  # noqa: ANN401 -- JSON
    """One page of likely duplicates."""
    return await rig.ask("/v1/customers/duplicates", **query)


async def test_likely_duplicates_are_listed_with_what_their_names_differ_in(rig: RecordsRig) -> None:
    groups = {
        tuple(each["name"] for each in group["customers"]): group["differ_in"]
        for group in (await duplicates(rig))["items"]
    }
    assert groups == {
        ("远山科技有限公司", "遠山科技股份有限公司"): ["script", "legal_form"],
        ("Far Hills Co., Ltd.", "Far Hills Co.,Ltd"): ["legal_form"],
    }


async def test_pages_of_duplicates_follow_each_other(rig: RecordsRig) -> None:
    first = await duplicates(rig, limit=1)
    second = await duplicates(rig, limit=1, after=first["next"])
    names = [page["items"][0]["customers"][0]["name"] for page in (first, second)]
    assert (sorted(names), second["next"]) == (["Far Hills Co., Ltd.", "远山科技有限公司"], None)
    assert (await duplicates(rig, after=str(new_id())))["items"] == []


async def test_a_customer_with_another_name_is_no_duplicate_any_more(rig: RecordsRig) -> None:
    [customer] = (await rig.ask("/v1/customers", q="遠山"))["items"]
    path = f"/v1/customers/{customer['customer_id']}"
    assert (await rig.request("PATCH", path, json={"name": "近水科技有限公司"})).status_code == 200
    [group] = (await duplicates(rig))["items"]
    assert group["differ_in"] == ["legal_form"]


async def test_a_list_that_brings_in_a_likely_duplicate_says_of_whom(rig: RecordsRig) -> None:
    """R220: the row is imported; people decide whether it is the same."""
    report = await rig.load("customers", "客户名称\n大漠物流有限责任公司\n近水科技有限公司")
    [finding] = report.findings.not_understood
    assert (finding.column, finding.value, report.counts.created) == ("客户名称", "大漠物流有限责任公司", 2)
    assert "CUS202503003“大漠物流有限公司”" in finding.reason.zh
    again = await rig.load("customers", "客户名称\n大漠物流有限责任公司\n近水科技有限公司")
    assert (again.findings.not_understood, again.counts.unchanged) == ([], 2)
