"""An edit by which something disappears waits until it is confirmed or put back."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from contracts.rules import RulesetPublished, TaskResolved
from services.rules.handlers.publishing import NothingPendingError, NotPendingError, Outcome
from services.rules.queries import StatusView, ruleset_status
from services.rules.ruleset.loader import digest_of
from services.shared.database import Database
from tests import builders
from tests.builders import NOW
from tests.rules_rig import RULES, RulesRig, files_of

WITHOUT_STALL = files_of(RULES.split("---")[0])
WITHOUT_A_RUNG = files_of(RULES.replace("  - {id: manager, at: 16d, do: {escalate: {to: manager}}}\n", ""))


@pytest.fixture
async def rig(databases: dict[str, Database]) -> RulesRig:
    """The rules in force, with one stalled opportunity."""
    rig = await RulesRig(databases["rules"]).start()
    customer = builders.customer()
    stalled = builders.opportunity(customer.customer_id, progressed_at=NOW - timedelta(days=15))
    await rig.hear(customer, stalled)
    return rig


async def status(rig: RulesRig) -> StatusView:
    """Read what came of the edits."""
    async with rig.database.session() as session:
        return await ruleset_status(session)


async def test_a_rule_that_is_missing_ends_no_task_until_it_is_confirmed(rig: RulesRig) -> None:
    answer = await rig.publisher.publish(WITHOUT_STALL)
    await rig.settle()

    assert answer.outcome is Outcome.PENDING
    assert rig.active.current.version == 1
    assert await rig.said(TaskResolved) == []
    waiting = (await status(rig)).pending
    assert waiting is not None
    assert waiting.digest == digest_of(WITHOUT_STALL)
    assert [(loss.kind, loss.rule) for loss in waiting.losses] == [("rule", "stalled")]
    assert waiting.tasks_ending == 1

    await rig.publisher.confirm(waiting.digest)
    await rig.settle()

    assert rig.active.current.version == 2
    assert len(await rig.said(TaskResolved)) == 1
    assert (await status(rig)).pending is None


async def test_an_edit_that_is_put_back_leaves_no_trace(rig: RulesRig) -> None:
    await rig.publisher.publish(WITHOUT_STALL)

    answer = await rig.publisher.publish(rig.files)
    await rig.settle()

    assert answer.outcome is Outcome.UNCHANGED
    assert (await status(rig)).pending is None
    assert len(await rig.said(RulesetPublished)) == 1
    assert await rig.said(TaskResolved) == []


async def test_later_saves_join_the_edit_that_waits(rig: RulesRig) -> None:
    await rig.publisher.publish(WITHOUT_STALL)
    more = files_of(RULES.split("---")[0].replace("50万", "60万"))

    answer = await rig.publisher.publish(more)

    waiting = (await status(rig)).pending
    assert answer.outcome is Outcome.PENDING
    assert waiting is not None
    assert waiting.digest == digest_of(more)
    with pytest.raises(NotPendingError):
        await rig.publisher.confirm(digest_of(WITHOUT_STALL))
    await rig.publisher.confirm(waiting.digest[:12])
    assert rig.active.current.ruleset.digest == digest_of(more)


async def test_a_broken_save_takes_the_place_of_the_edit_that_waits(rig: RulesRig) -> None:
    await rig.publisher.publish(WITHOUT_STALL)

    await rig.publisher.publish(files_of("decision: [broken"))

    found = await status(rig)
    assert found.pending is None
    assert found.problems
    with pytest.raises(NothingPendingError):
        await rig.publisher.confirm(digest_of(WITHOUT_STALL))


async def test_an_edit_that_waits_survives_a_restart(rig: RulesRig) -> None:
    await rig.publisher.publish(WITHOUT_STALL)

    with capture_logs() as lines:
        again = await RulesRig(rig.database, files=WITHOUT_STALL).start()

    assert again.active.current.version == 1
    assert [line["event"] for line in lines].count("ruleset_pending") == 1
    waiting = (await status(again)).pending
    assert waiting is not None
    await again.publisher.confirm(waiting.digest)
    assert again.active.current.version == 2


async def test_an_edit_made_while_nothing_ran_waits_too(rig: RulesRig) -> None:
    again = await RulesRig(rig.database, files=WITHOUT_STALL).start()

    assert again.active.current.version == 1
    assert (await status(again)).pending is not None


async def test_a_copy_in_another_encoding_does_not_hinder_an_edit_that_waits(rig: RulesRig) -> None:
    answer = await rig.publisher.publish({**WITHOUT_STALL, "rules - 副本.yaml": "\udcd6\x00"})

    assert answer.outcome is Outcome.PENDING
    assert (await status(rig)).pending is not None


async def test_a_rung_that_is_missing_counts_the_tasks_that_are_at_it(rig: RulesRig) -> None:
    rig.clock.advance(days=2)
    await rig.settle()

    await rig.publisher.publish(WITHOUT_A_RUNG)

    waiting = (await status(rig)).pending
    assert waiting is not None
    assert [(loss.kind, loss.rung) for loss in waiting.losses] == [("rung", "manager")]
    assert waiting.tasks_ending == 1


async def test_a_rule_that_is_switched_off_asks_nothing(rig: RulesRig) -> None:
    answer = await rig.publisher.publish(
        files_of(RULES.replace("clock: stalled", "clock: stalled\nenabled: false"))
    )
    await rig.settle()

    assert answer.outcome is Outcome.PUBLISHED
    assert len(await rig.said(TaskResolved)) == 1


async def test_a_save_that_lacks_something_may_be_half_of_one(rig: RulesRig) -> None:
    for files in (WITHOUT_STALL, files_of(""), {"roles.yaml": rig.files["roles.yaml"]}):
        answer = await rig.publisher.publish(files, is_whole=False)
        assert answer.outcome is Outcome.UNFINISHED
    assert (await status(rig)).pending is None
    assert (await status(rig)).problems == ()


async def test_a_directory_without_any_rule_is_refused(rig: RulesRig) -> None:
    answer = await rig.publisher.publish(files_of("# all commented out\n"))

    assert answer.outcome is Outcome.REFUSED
    assert rig.active.current.version == 1


async def test_a_version_is_answered_with_its_rules_and_the_tasks_that_moved(rig: RulesRig) -> None:
    await rig.publisher.publish(
        files_of(
            RULES.replace("at: 14d", "at: 16d").replace("at: 16d, do: {escalate", "at: 18d, do: {escalate")
        )
    )
    assert (await status(rig)).in_force.settled_at is None

    await rig.settle()
    assert await rig.publisher.settle()

    in_force = (await status(rig)).in_force
    assert in_force.changed_rules == ("stalled",)
    assert in_force.settled_at is not None
    assert (in_force.moved.raised, in_force.moved.resolved) == (0, 1)


async def test_an_edit_that_cannot_be_put_in_force_is_refused_with_the_reason(rig: RulesRig) -> None:
    """It passes the check and is too large for the engine: trying again would not mend that."""
    declared = ", ".join(f"o{at}: bool" for at in range(201))
    given = ", ".join(f"o{at}: true" for at in range(201))
    wide = f"""
decision: wide
subject: customer
returns: {{{declared}}}
hit: first
rows:
  - {{id: a, if: {{}}, then: {{{given}}}}}
---
decision: all_of_them
subject: customer
returns: {{all_of_them: {{type: bool, shown: true}}}}
hit: first
rows:
  - {{id: a, if: {{{given}}}, then: {{all_of_them: true}}}}
otherwise: {{all_of_them: false}}
"""

    answer = await rig.publisher.publish(files_of(f"{RULES}---\n{wide}"))

    assert answer.outcome is Outcome.REFUSED
    assert "too many facts" in answer.problems[0].message.en
    assert (await status(rig)).problems == answer.problems
    assert rig.active.current.version == 1


async def test_a_version_that_an_earlier_release_accepted_stays_in_force_with_its_findings(
    databases: dict[str, Database],
) -> None:
    """A13: a stricter check stops no start; the next edit has to mend or accept what it finds."""
    holey = (
        RULES.replace('">= 50万"', '">= 60万 or null"')
        .replace(
            '"< 50万 or null"}, then: {grade: B}}',
            '"< 50万"}, then: {grade: B}}\n  - {id: any, if: {intent: null}, then: {grade: B}}',
        )
        .replace("hit: unique", "hit: priority")
        .replace("- {id: any, if: {intent: null}", "- {id: any, if: {}")
    )
    first = await RulesRig(databases["rules"]).start()
    async with first.database.session() as session:
        await session.execute(
            text(
                "update rulesets set files = jsonb_set(files, '{rules.yaml}', to_jsonb(cast(:rules as text)))"
            ),
            {"rules": holey},
        )
        await session.commit()

    again = await RulesRig(databases["rules"], files=files_of(holey)).start()

    assert again.active.current.version == 1
    answer = await again.publisher.publish(files_of(holey.replace("14d", "15d")))
    assert [problem.finding for problem in answer.problems] == ["hole"]


async def test_another_zone_of_the_calendar_than_the_setting_is_warned_of_at_each_start(
    rig: RulesRig,
) -> None:
    tokyo = {**rig.files, "calendar.yaml": "calendar: ours\ntimezone: Asia/Tokyo\n"}
    await rig.edit(tokyo)
    warnings = (await status(rig)).in_force.warnings

    with capture_logs() as lines:
        await RulesRig(rig.database, files=tokyo).start()

    assert ("calendar.yaml", 2) in [(warning.file, warning.line) for warning in warnings]
    (line,) = (line for line in lines if line["event"] == "time_zones_differ")
    assert (line["calendar"], line["setting"]) == ("Asia/Tokyo", "Asia/Shanghai")
