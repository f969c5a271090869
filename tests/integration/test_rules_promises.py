"""A next step that a follow-up record promises is a deadline of its customer (R118, R120, R203)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.customers import CustomerState
from contracts.rules import NoticeGiven, ProfileDecided
from contracts.vocabulary import PlanStatus
from services.rules.ruleset.loader.directory import read_directory
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.rules_rig import RulesRig

RULES = Path(__file__).parents[2] / "rules"
DAY = timedelta(days=1)
DUE = NOW + 2 * DAY


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    """The shipped rules."""
    return await RulesRig(databases["rules"], files=read_directory(RULES)).start()


@pytest.fixture
async def customer(rig: RulesRig) -> CustomerState:
    """A small customer, with an owner who has a manager."""
    manager = builders.person("王五")
    owner = builders.person("张三", manager_id=manager.person_id)
    customer = builders.customer(owner_id=owner.person_id, assigned_at=NOW - 20 * DAY)
    await rig.hear(manager, owner, customer)
    return customer


async def next_touch(rig: RulesRig) -> datetime | None:
    """When the customer is to be contacted next, as it was published last."""
    profiles = [event for event in await rig.said(ProfileDecided) if isinstance(event, ProfileDecided)]
    return profiles[-1].next_touch_at


async def raised(rig: RulesRig) -> list[tuple[str | None, list[str | None]]]:
    """The rungs of open tasks about promises, and who else is told of each."""
    return [
        (task.rung, [recipient.name for recipient in task.watchers])
        for task in await rig.open_tasks()
        if task.rule == "promise_due"
    ]


async def at(rig: RulesRig, instant: datetime) -> None:
    """Let all happen that time alone brings until an instant."""
    rig.clock.instant = instant
    await rig.settle()


async def test_a_promise_is_the_next_touch_and_rises_until_a_contact_keeps_it(
    rig: RulesRig, customer: CustomerState
) -> None:
    before = await next_touch(rig)
    promise = builders.follow_up(customer.customer_id, NOW, next_step_due=DUE)
    await rig.hear(promise)
    assert before != DUE == await next_touch(rig)
    await at(rig, DUE - DAY)
    [notice] = [event for event in await rig.said(NoticeGiven) if isinstance(event, NoticeGiven)]
    assert (notice.rule, notice.rung, await raised(rig)) == ("promise_due", "ahead", [])
    await at(rig, DUE)
    assert await raised(rig) == [("due", [])]
    await at(rig, DUE + 3 * DAY)
    assert await raised(rig) == [("tell", ["王五"])]
    await rig.hear(builders.follow_up(customer.customer_id, rig.clock.now()))
    assert await raised(rig) == []
    assert await next_touch(rig) not in {before, DUE}


async def test_only_a_record_that_is_done_ends_its_promise_by_its_status(
    rig: RulesRig, customer: CustomerState
) -> None:
    promise = builders.follow_up(customer.customer_id, NOW - 3 * DAY, next_step_due=NOW - DAY)
    await rig.hear(promise)
    await rig.hear(promise.model_copy(update={"status": PlanStatus.WAITING_CUSTOMER}), sequence=2)
    assert [rung for rung, _ in await raised(rig)] == ["overdue"]
    await rig.hear(promise.model_copy(update={"status": PlanStatus.DONE}), sequence=3)
    assert await raised(rig) == []
