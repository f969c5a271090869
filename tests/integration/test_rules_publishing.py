"""Publishing is the only door: what passes it is in force everywhere, what cannot work is refused."""

import asyncio
from datetime import timedelta

import pytest

from contracts.rules import RulesetPublished
from services.rules.repository import versions
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.plumbing import until
from tests.rules_rig import RULES, RulesRig, files_of

SOONER = files_of(RULES.replace("at: 14d", "at: 7d"))
LATER = files_of(RULES.replace("at: 14d", "at: 8d"))


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    return await RulesRig(databases["rules"]).start()


async def test_a_version_that_another_process_published_is_in_force_at_once(rig: RulesRig) -> None:
    """A8: nobody evaluates by an outdated version, whoever published the new one."""
    other = await RulesRig(rig.database).start()
    await other.edit(SOONER)

    customer = builders.customer()
    await rig.hear(
        customer, builders.opportunity(customer.customer_id, progressed_at=NOW - timedelta(days=10))
    )

    assert [task.ruleset_version for task in await rig.open_tasks()] == [2]
    assert rig.active.current.version == 2


async def test_publishing_takes_the_version_of_another_process_as_the_one_before(rig: RulesRig) -> None:
    customer = builders.customer()
    await rig.hear(
        customer, builders.opportunity(customer.customer_id, progressed_at=NOW - timedelta(days=10))
    )
    other = await RulesRig(rig.database).start()
    await other.edit(SOONER)
    await other.settle()

    await rig.edit(LATER)
    await rig.settle()

    published = [event for event in await rig.said(RulesetPublished) if isinstance(event, RulesetPublished)]
    assert [event.version for event in published] == [1, 2, 3]
    assert published[-1].changed_rules == ("stalled",)
    assert len(await rig.open_tasks()) == 1


async def test_an_idle_process_comes_to_know_the_version_of_another(rig: RulesRig) -> None:
    following = asyncio.create_task(rig.standing.follow(rig.database))
    await (await RulesRig(rig.database).start()).edit(SOONER)

    async def knows() -> bool:
        return rig.active.current.version == 2

    await until(knows)
    following.cancel()


@pytest.mark.parametrize(("is_alone", "version"), [(False, 2), (True, 3)], ids=["of several", "alone"])
async def test_a_directory_of_before_the_last_edit_is_an_old_copy_unless_it_is_the_only_one(
    rig: RulesRig, *, is_alone: bool, version: int
) -> None:
    """A13: a process that starts with an old copy of the directory does not publish an old edit back."""
    first = rig.files
    await rig.edit(SOONER)
    again = RulesRig(rig.database, files=first)

    await again.start(is_alone=is_alone)

    assert again.active.current.version == version
    async with rig.database.session() as session:
        told = await versions.last_rejection(session)
    assert ["earlier version" in problem.message.en for problem in told] == ([] if is_alone else [True])


async def test_the_directory_in_force_is_in_order_again_after_a_refused_edit_was_taken_back(
    rig: RulesRig,
) -> None:
    await rig.edit(files_of("decision: [broken"))

    again = await RulesRig(rig.database, files=rig.files).start(is_alone=False)

    assert again.active.current.version == 1
    async with rig.database.session() as session:
        assert await versions.last_rejection(session) == []


async def test_an_old_copy_does_not_hide_what_is_wrong_with_an_edit(rig: RulesRig) -> None:
    await rig.edit(SOONER)
    problems = await rig.edit(files_of("decision: [broken"))

    await RulesRig(rig.database, files=rig.files).start(is_alone=False)

    async with rig.database.session() as session:
        assert await versions.last_rejection(session) == list(problems)


async def test_a_start_with_an_edited_directory_publishes_it(rig: RulesRig) -> None:
    again = await RulesRig(rig.database, files=SOONER).start(is_alone=False)

    assert again.active.current.version == 2


async def test_the_problems_that_are_shown_are_those_of_the_newest_edit(rig: RulesRig) -> None:
    misspelt = files_of(RULES.replace("annual_amount", "anual_amount"))
    await rig.edit(misspelt)
    await rig.edit(files_of("decision: [broken"))

    problems = await rig.edit(misspelt)

    async with rig.database.session() as session:
        assert await versions.last_rejection(session) == list(problems)


async def test_a_grade_that_no_service_knows_is_refused(rig: RulesRig) -> None:
    unknown = RULES.replace("[A, B]", "[S, B]").replace("{grade: A}", "{grade: S}")

    (problem,) = await rig.edit(files_of(unknown))

    assert (problem.rule, problem.line) == ("grade", 2)
    assert "A, B, C" in problem.message.en
