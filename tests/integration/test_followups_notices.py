"""Notices: handled from the rules, listed per person, marked as read; on a real database."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.identity import new_id
from contracts.rules import NoticeGiven, Recipient, Subject
from contracts.text import Text
from services.shared.database import Database
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import NOW, RecordsRig

CUSTOMER, SELLER = UUID(int=1), UUID(int=9)
PERSON = Recipient(role="owner", person_id=SELLER, name="张三", resolved_from="owner")
QUEUE = Recipient(role="owner", queue="unassigned", resolved_from="fallback")


@pytest.fixture
def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Nobody and nothing yet."""
    return RecordsRig(databases, tmp_path)


def a_notice(notice_id: UUID, **fields: Any) -> NoticeGiven:  # noqa: ANN401 -- any field
    """A reminder to write a contact down."""
    told = {
        "notice_id": notice_id,
        "rule": "record_contact",
        "rung": "nudge",
        "ruleset_version": 1,
        "subject": Subject(kind="customer", id=CUSTOMER),
        "customer_id": CUSTOMER,
        "customer_name": "远山科技有限公司",
        "title": Text(zh="请填写跟进记录", en="Write down the contact"),
        "recipient": PERSON,
        "rung_at": NOW,
        "given_at": NOW,
    }
    return NoticeGiven.model_validate({**told, **fields})


async def give(rig: RecordsRig, *notices: NoticeGiven) -> None:
    """Have the rules give notices."""
    async with unit_of_work(rig.databases["rules"], now=rig.now) as unit:
        for notice in notices:
            unit.emit(notice, record_id=notice.notice_id, sequence=1, subject=CUSTOMER, customer_id=CUSTOMER)
    await rig.deliver()


async def ids(rig: RecordsRig, **query: Any) -> list[str]:  # noqa: ANN401 -- as a query
    """The ids of the notices that a list shows."""
    return [each["notice_id"] for each in (await rig.ask("/v1/notices", **query))["items"]]


def texts(keys: Iterable[UUID]) -> list[str]:
    """Ids as JSON has them."""
    return [str(key) for key in keys]


async def test_a_notice_is_listed_under_the_person_or_the_queue_that_it_is_for(rig: RecordsRig) -> None:
    """R111: a reminder that is no task reaches whom it is for."""
    mine, unowned = new_id(), new_id()
    await give(rig, a_notice(mine), a_notice(unowned, recipient=QUEUE, rule="weekly_update"))
    assert await ids(rig, person="张三") == texts([mine])
    assert await ids(rig, person=str(SELLER)) == texts([mine])
    assert await ids(rig, person="unassigned") == texts([unowned])
    assert await ids(rig, person="李四") == []
    assert await ids(rig, rule="weekly_update", customer=str(CUSTOMER)) == texts([unowned])
    shown = await rig.ask(f"/v1/notices/{mine}")
    assert shown["title"] == {"zh": "请填写跟进记录", "en": "Write down the contact"}
    assert (shown["recipient"]["name"], shown["read_at"], shown["version"]) == ("张三", None, 1)


async def test_the_first_reading_of_a_notice_stays(rig: RecordsRig) -> None:
    """The same in any number of readings, also after the notice is delivered again."""
    person = (await rig.request("POST", "/v1/people", json={"name": "张三"})).json()["person_id"]
    key = new_id()
    await give(rig, a_notice(key))
    path = f"/v1/notices/{key}/read"
    first = await rig.request("POST", path, json={"person": person}, headers={"If-Match": '"1"'})
    assert first.status_code == 200, first.text
    assert (first.json()["read_by"], first.headers["etag"]) == (person, '"2"')
    rig.now += timedelta(hours=1)
    again = await rig.request("POST", path, json={})
    await give(rig, a_notice(key))
    assert again.json() == first.json() == await rig.ask(f"/v1/notices/{key}")
    assert (await ids(rig, read=True), await ids(rig, read=False)) == (texts([key]), [])
    stale = await rig.request("POST", path, json={}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_a_notice_can_be_marked_as_read_without_saying_by_whom(rig: RecordsRig) -> None:
    key = new_id()
    await give(rig, a_notice(key))
    answer = await rig.request("POST", f"/v1/notices/{key}/read")
    assert answer.status_code == 200, answer.text
    assert answer.json()["read_by"] is None
    assert await ids(rig, read=True) == texts([key])


async def test_what_is_not_there_is_named(rig: RecordsRig) -> None:
    key = new_id()
    await give(rig, a_notice(key))
    for path, body, refusal in (
        (f"/v1/notices/{uuid4()}/read", {}, (404, "unknown-notice")),
        (f"/v1/notices/{key}/read", {"person": str(uuid4())}, (422, "unknown-person")),
    ):
        answer = await rig.request("POST", path, json=body)
        assert (answer.status_code, answer.json()["code"]) == refusal
    assert (await rig.request("GET", f"/v1/notices/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_show_every_notice_once_and_the_newest_first(rig: RecordsRig, limit: int) -> None:
    given = [NOW + timedelta(minutes=minutes) for minutes in (0, 2, 1, 1, 2, 0)]
    await give(rig, *(a_notice(new_id(), given_at=at) for at in given))
    found: list[Any] = []
    page: Any = {"next": None}
    while not found or page["next"]:
        after = {"after": page["next"]} if page["next"] else {}
        page = await rig.ask("/v1/notices", limit=limit, **after)
        found += page["items"]
    assert len({each["notice_id"] for each in found}) == len(found) == len(given)
    assert [datetime.fromisoformat(each["given_at"]) for each in found] == sorted(given, reverse=True)
