"""Contact data in plain words, for who may see it, and the log of who has (K8, A17)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from pydantic import SecretStr
from sqlalchemy import func, select, text

from services.customers.tables import contact_reveals
from services.shared.database import Database
from services.shared.database import idempotency_keys as kept
from tests.records_rig import NOW, RecordsRig

TOKEN = SecretStr("the-token-of-this-start")
BEARER = f"Bearer {TOKEN.get_secret_value()}"
TEXT = """
客户名称,姓名,职务,电话,邮箱
远山科技有限公司,王小明,采购经理,13800000000,wang@example.com
远山科技有限公司,李工,,,
"""
PLAIN = ("王小明", "13800000000", "wang@example.com")


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """A customer with two contacts, on the machine of `genjin up`."""
    rig = RecordsRig(databases, tmp_path, token=TOKEN)
    await rig.load("customers", "客户名称\n远山科技有限公司\n近水贸易公司")
    await rig.load("contacts", TEXT)
    return rig


async def customer(rig: RecordsRig) -> str:
    """The path of the customer with contacts."""
    return f"/v1/customers/{(await rig.customer('远山科技有限公司')).customer_id}"


async def contact(rig: RecordsRig, *, title: str | None = "采购经理") -> str:
    """The path of a contact."""
    path = f"{await customer(rig)}/contacts"
    (found,) = [each for each in (await rig.ask(path))["items"] if each["title"] == title]
    return f"{path}/{found['contact_id']}"


async def reveal(rig: RecordsRig, path: str, **more: Any) -> Response:  # noqa: ANN401 -- as httpx
    """Ask for a contact in plain words, with the token."""
    headers = {"Authorization": BEARER, **more.pop("headers", {})}
    return await rig.request("POST", f"{path}/reveal", headers=headers, **more)


async def reveals(rig: RecordsRig, **query: object) -> list[dict[str, Any]]:
    """What the log says."""
    answer = await rig.request(
        "GET", "/v1/customers/reveals", params=query, headers={"Authorization": BEARER}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def count(rig: RecordsRig) -> int | None:
    """How many looks were logged."""
    async with rig.databases["customers"].session() as session:
        return await session.scalar(select(func.count()).select_from(contact_reveals))


async def test_a_contact_is_shown_in_plain_words_to_who_may_see_it(rig: RecordsRig) -> None:
    """K8, R181: a name is there to be called by, a number to be called."""
    path = await contact(rig)
    answer = await reveal(rig, path)
    shown = answer.json()

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (shown["name"], shown["phone"], shown["email"]) == PLAIN
    masked = await rig.ask(path)
    assert (masked["name"], masked["phone"], masked["email"]) == ("*明", "电话:*", "邮箱:*")
    assert shown.keys() == masked.keys()


async def test_each_look_is_logged_with_who_when_from_where_and_at_which_fields(rig: RecordsRig) -> None:
    """K8, A17."""
    before = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 -- beside the time of the database
    await reveal(rig, await contact(rig), json={"reason": "回访"})
    await reveal(rig, await contact(rig, title=None))
    first, second = await reveals(rig)

    state = await rig.customer("远山科技有限公司")
    assert (
        first.items()
        >= {
            "revealed_by": "local",
            "address": "127.0.0.1",
            "customer_id": str(state.customer_id),
            "customer_number": state.customer_number,
            "customer_name": state.name,
            "contact_title": "采购经理",
            "fields": ["name", "phone", "email"],
            "reason": "回访",
            "revealed_at": NOW.isoformat().replace("+00:00", "Z"),
        }.items()
    )
    assert datetime.fromisoformat(first["logged_at"]) > before
    assert (second["fields"], second["reason"], second["contact_title"]) == (["name"], None, None)


async def test_the_log_events_and_kept_answers_hold_no_contact_data(rig: RecordsRig) -> None:
    """K8: never in an event; nor is an answer with it kept for a repeated request."""
    for _ in range(2):
        assert (await reveal(rig, await contact(rig), headers={"Idempotency-Key": "k"})).status_code == 200

    assert await count(rig) == 2
    async with rig.databases["customers"].session() as session:
        rows = str((await session.execute(select(contact_reveals))).all())
        answers = (await session.execute(select(kept))).all()
    said = str(await rig.said("customers"))
    assert [word for word in PLAIN if word in rows or word in said] == []
    assert answers == []


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "token-missing"),
        ({"Authorization": "Bearer another"}, "wrong-token"),
        ({"Authorization": BEARER, "Forwarded": "for=10.0.0.1"}, "forwarded-request"),
        ({"Authorization": BEARER, "X-Forwarded-For": "127.0.0.1"}, "forwarded-request"),
        ({"Authorization": BEARER, "Via": "1.1 proxy"}, "forwarded-request"),
    ],
)
async def test_who_may_not_see_it_is_refused_and_nothing_is_logged(
    rig: RecordsRig, headers: dict[str, str], code: str
) -> None:
    """A17."""
    for method, path in (("POST", f"{await contact(rig)}/reveal"), ("GET", "/v1/customers/reveals")):
        answer = await rig.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, code)
        assert not any(word in answer.text for word in PLAIN)
    assert await count(rig) == 0


async def test_a_service_on_its_own_shows_nothing_to_anybody(rig: RecordsRig) -> None:
    """A17: never for `genjin serve`."""
    path = await contact(rig)
    rig.token = None

    assert (await reveal(rig, path)).json()["code"] == "login-needed"


async def test_a_contact_of_another_customer_is_not_there_and_no_look_is_logged(rig: RecordsRig) -> None:
    path = await contact(rig)
    other = (await rig.customer("近水贸易公司")).customer_id
    for wrong in (f"{await customer(rig)}/contacts/{uuid4()}", f"/v1/customers/{other}{path[50:]}"):
        answer = await reveal(rig, wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-contact")
    assert await count(rig) == 0


async def test_what_cannot_be_logged_is_not_shown(rig: RecordsRig) -> None:
    """The row of the log is committed before the answer is given."""
    path = await contact(rig)
    refusing = "alter table customers.contact_reveals add constraint never check (false) not valid"
    async with rig.databases["customers"].session() as session:
        await session.execute(text(refusing))
        await session.commit()
    answer = await reveal(rig, path)

    assert answer.status_code == 500
    assert not any(word in answer.text for word in PLAIN)
    assert await count(rig) == 0


async def test_the_log_is_read_in_pages_and_narrowed(rig: RecordsRig) -> None:
    paths = [await contact(rig), await contact(rig, title=None)]
    for path in paths * 2:
        await reveal(rig, path)
    first = await rig.request(
        "GET", "/v1/customers/reveals", params={"limit": 3}, headers={"Authorization": BEARER}
    )

    assert len(first.json()["items"]) == 3
    assert len(await reveals(rig, after=first.json()["next"])) == 1
    assert len(await reveals(rig, contact=paths[0][-36:])) == 2
    assert len(await reveals(rig, customer=(await customer(rig))[-36:])) == 4
    assert await reveals(rig, customer=str(uuid4())) == []
    assert await reveals(rig, by="somebody") == []


@pytest.mark.parametrize("name", ["远山科技有限公司", " 远山科技有限公司 ", "number", "id"])
async def test_a_customer_is_found_by_its_number_id_or_whole_name(rig: RecordsRig, name: str) -> None:
    state = await rig.customer("远山科技有限公司")
    asked = {"number": state.customer_number, "id": str(state.customer_id)}.get(name, name)

    found = (await rig.ask("/v1/customers", named=asked))["items"]

    assert [each["name"] for each in found] == ["远山科技有限公司"]
    assert (await rig.ask("/v1/customers", named="远山"))["items"] == []
