"""Every POST that makes a record answers where the record is to be found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig

AT = NOW.isoformat()
AMOUNT = {"amount": "100000.00", "currency": "CNY"}

BODIES: Mapping[str, Mapping[str, Any]] = {
    "/v1/customers": {
        "name": "近水有限公司",
        "industry": "机械制造",
        "employee_range": "100-500人",
        "source": "行业展会",
        "first_contact_at": AT,
        "contact": {"name": "刘七", "title": "采购经理", "phone": "021-55556666"},
    },
    "/v1/customers/{customer_id}/contacts": {"name": "王八", "title": "工程师"},
    "/v1/customers/{customer_id}/purchases": {"product": "机床", "purchased_at": AT, "amount": AMOUNT},
    "/v1/opportunities": {"customer_id": "{customer_id}", "name": "产线改造"},
    "/v1/people": {"name": "张三"},
    "/v1/plans": {"customer_id": "{customer_id}", "expected_outcome": "签约", "due_at": AT},
    "/v1/contacts-held": {"customer_id": "{customer_id}", "held_at": AT},
    "/v1/follow-ups": {"customer_id": "{customer_id}", "occurred_at": AT},
}
"""What makes a record, by the path of the route."""


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """One customer."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("customers", "客户名称\n远山科技有限公司")
    return rig


async def test_the_routes_that_make_records_are_those_that_are_tried_here(rig: RecordsRig) -> None:
    paths = rig.app().openapi()["paths"]
    making = {path for path, ways in paths.items() if "201" in ways.get("post", {}).get("responses", {})}
    assert making == BODIES.keys()


@pytest.mark.parametrize("path", BODIES)
async def test_the_location_of_what_was_made_answers_with_it(rig: RecordsRig, path: str) -> None:
    ids = {"customer_id": str((await rig.customer("远山科技有限公司")).customer_id)}
    body = {
        name: value.format(**ids) if isinstance(value, str) else value for name, value in BODIES[path].items()
    }
    made = await rig.request("POST", path.format(**ids), json=body)
    assert made.status_code == 201, made.text
    read = await rig.request("GET", made.headers["location"])
    assert read.status_code == 200, (made.headers["location"], read.text)
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
