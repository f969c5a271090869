"""What an edit takes away is found, and nothing else."""

import pytest

from services.rules.domain.checking import check
from services.rules.domain.losses import ending, losses
from services.rules.ruleset.definition import Ruleset

RULES = """
decision: size
subject: customer
returns: {size: [big, small]}
hit: unique
rows:
  - {id: big, if: {annual_amount: ">= 50万"}, then: {size: big}}
otherwise: {size: small}
---
clock: stalled
subject: opportunity
starts_at: {latest_of: [progressed_at, held_until]}
while: {status: open}
ladder:
  - {id: warn, at: 14d, do: {task: {to: owner, title: 停滞}}}
  - id: tell
    at: 20d
    publishes: next_touch_at
    do: {notify: {to: owner, title: 停滞}, escalate: {to: manager}}
completes: person
asks: [cause, remedy]
"""
SMALL = "  - {id: s, if: {annual_amount: '< 50万 or null'}, then: {size: small}}"
ROLES = "roles:\n  manager: {path: [manager]}\n  lead: {path: [lead]}\n"
CALENDAR = "extra_holidays: [2027-03-01, 2027-03-02]\nextra_working_days: [2027-03-06]\n"
FILES = {"rules.yaml": RULES, "roles.yaml": ROLES, "calendar.yaml": CALENDAR}


def ruleset(files: dict[str, str]) -> Ruleset:
    """Load files that have no problem."""
    loaded = check(files)
    assert loaded.ruleset is not None, loaded.problems
    return loaded.ruleset


def lost(files: dict[str, str]) -> list[str]:
    """Say what files have lost, beside the ones in force."""
    return [loss.what.en for loss in losses(ruleset(FILES), ruleset(files))]


def edited(old: str, new: str) -> dict[str, str]:
    """Edit the rules."""
    assert old in RULES
    return {**FILES, "rules.yaml": RULES.replace(old, new)}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("otherwise: {size: small}", SMALL, "`otherwise` in the rule “size”"),
        ("[cause, remedy]", "[cause]", "the question “remedy” in the rule “stalled”"),
        (
            "{notify: {to: owner, title: 停滞}, escalate: {to: manager}}",
            "{escalate: {to: manager}}",
            "`notify` of the rung “tell” in the rule “stalled”",
        ),
        ("    publishes: next_touch_at\n", "", "`publishes` of the rung “tell” in the rule “stalled”"),
        (
            "[progressed_at, held_until]",
            "[progressed_at]",
            "“held_until” among what it starts at in the rule “stalled”",
        ),
        (
            "id: tell",
            "id: say",
            "the rung “tell” (if it is now “say”, write was: tell there) in the rule “stalled”",
        ),
        (
            "clock: stalled",
            "clock: stall",
            "the rule “stalled” (if it is now “stall”, write was: stalled there)",
        ),
    ],
)
def test_what_goes_is_named(old: str, new: str, what: str) -> None:
    assert lost(edited(old, new)) == [what]


def test_completion_by_a_person_and_its_questions_go_together() -> None:
    found = lost(edited("completes: person\nasks: [cause, remedy]\n", ""))
    assert found == [
        "`completes: person` in the rule “stalled”",
        "the question “cause” in the rule “stalled”",
        "the question “remedy” in the rule “stalled”",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("14d", "15d"),
        ("status: open", "status: [open, won]"),
        ("clock: stalled", "clock: stall\nwas: stalled"),
        ("id: tell", "id: say\n    was: tell"),
        ("{id: big", "{id: large, was: big"),
        ("clock: stalled", "clock: stalled\nenabled: false"),
        ("decision: size", "decision: size\nenabled: false"),
        ("asks: [cause, remedy]", "asks: [remedy, cause, amount]"),
    ],
)
def test_a_change_a_rename_with_was_and_a_switch_lose_nothing(old: str, new: str) -> None:
    assert lost(edited(old, new)) == []


def test_a_former_id_of_a_rung_that_is_dropped_is_lost_since_its_notices_are_known_by_it() -> None:
    before = ruleset(edited("id: tell", "id: say\n    was: tell"))
    (found,) = losses(before, ruleset(edited("id: tell", "id: say")))
    assert (found.kind, found.rung) == ("rung", "say")
    assert "write was: tell" in found.what.en


def test_a_clock_that_starts_at_something_else_may_end_all_its_tasks() -> None:
    found = losses(ruleset(FILES), ruleset(edited("[progressed_at, held_until]", "[progressed_at]")))
    assert ending(found) == [("stalled", None)]


def test_rules_that_move_to_another_file_are_not_lost() -> None:
    decision, clock = RULES.split("---")
    assert lost({**FILES, "rules.yaml": decision, "stall.yaml": clock}) == []
    moved = {name: text for name, text in FILES.items() if name != "rules.yaml"}
    assert lost({**moved, "other.yaml": RULES}) == []


def test_a_file_that_is_emptied_is_lost_with_its_rules() -> None:
    decision, clock = RULES.split("---")
    before = ruleset({**FILES, "rules.yaml": decision, "stall.yaml": clock})
    after = ruleset({**FILES, "rules.yaml": decision, "stall.yaml": "# clock: stalled\n"})
    found = losses(before, after)
    assert [(loss.kind, loss.rule) for loss in found] == [("file", None), ("rule", "stalled")]
    assert ending(found) == [("stalled", None)]


def test_a_role_is_lost() -> None:
    assert lost({**FILES, "roles.yaml": ROLES.replace("  lead: {path: [lead]}\n", "")}) == ["the role “lead”"]


def test_own_holidays_and_make_up_days_are_lost_with_their_file_too() -> None:
    days = ["days off: 2027-03-01, 2027-03-02", "make-up working days: 2027-03-06"]
    assert lost({**FILES, "calendar.yaml": "extra_holidays: []\n"}) == days
    without = {name: text for name, text in FILES.items() if name != "calendar.yaml"}
    assert lost(without) == ["the file calendar.yaml", *days]


def test_a_built_in_year_that_is_replaced_by_fewer_days_loses_holidays() -> None:
    (found,) = lost({**FILES, "calendar.yaml": CALENDAR + "years: {2026: {holidays: [2026-01-01]}}\n"})[:1]
    assert found.startswith("days off: 2026-01-02, 2026-02-16, 2026-02-17 and others")


def test_a_working_weekday_is_lost_as_a_whole() -> None:
    calendar = CALENDAR + "working_weekdays: [mon, tue, wed, thu]\n"
    assert lost({**FILES, "calendar.yaml": calendar}) == ["working weekdays: fri"]


def test_new_holidays_lose_nothing() -> None:
    calendar = CALENDAR.replace("2027-03-02]", "2027-03-02, 2027-05-04]")
    assert lost({**FILES, "calendar.yaml": calendar}) == []
