"""Publishing is the only door: what was cut short is finished, what cannot work is refused."""

from datetime import timedelta

import pytest

from services.rules.repository import versions
from services.rules.ruleset.loader import digest_of
from services.shared.database import Database
from services.shared.unit_of_work import unit_of_work
from tests import builders
from tests.builders import NOW
from tests.rules_rig import RULES, RulesRig, files_of

SOONER = files_of(RULES.replace("at: 14d", "at: 7d"))
LATER = files_of(RULES.replace("at: 14d", "at: 8d"))


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    return await RulesRig(databases["rules"]).start()


@pytest.mark.parametrize("files", [SOONER, LATER], ids=["the same edit", "the next edit"])
async def test_publishing_marks_whom_a_version_concerned_that_was_stored_and_no_more(
    rig: RulesRig, files: dict[str, str]
) -> None:
    """What a lost connection leaves after the version was stored."""
    customer = builders.customer()
    await rig.hear(
        customer, builders.opportunity(customer.customer_id, progressed_at=NOW - timedelta(days=10))
    )
    async with unit_of_work(rig.database, now=NOW) as unit:
        await versions.store(unit.session, version=2, digest=digest_of(SOONER), files=SOONER)

    await rig.publisher.publish(files)
    await rig.settle()

    assert len(await rig.open_tasks()) == 1
    async with rig.database.session() as session:
        stored = await versions.latest(session)
    assert stored is not None
    assert (stored.version, stored.is_settled) == (rig.active.current.version, True)


async def test_the_problems_that_are_shown_are_those_of_the_newest_edit(rig: RulesRig) -> None:
    misspelt = files_of(RULES.replace("annual_amount", "anual_amount"))
    await rig.publisher.publish(misspelt)
    await rig.publisher.publish(files_of("decision: [broken"))

    problems = await rig.publisher.publish(misspelt)

    async with rig.database.session() as session:
        assert await versions.last_rejection(session) == list(problems)


async def test_a_grade_that_no_service_knows_is_refused(rig: RulesRig) -> None:
    unknown = RULES.replace("[A, B]", "[S, B]").replace("{grade: A}", "{grade: S}")

    (problem,) = await rig.publisher.publish(files_of(unknown))

    assert (problem.rule, problem.line) == ("grade", 2)
    assert "A, B, C" in problem.message.en
