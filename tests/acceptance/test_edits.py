"""An edit of the rules directory takes effect while everything runs; a broken one changes nothing (A8, A13)."""

# ruff: noqa: E501 -- rules stand here as people write them

from tests.acceptance.story import PEOPLE, Story, Telling
from tests.plumbing import until

STALLED = """
clock: stalled
title: {zh: 停滞, en: stalled}
subject: opportunity
starts_at: progressed_at
while: {status: open}
ladder:
  - {id: warn, at: 14d, do: {task: {to: owner, severity: warning, title: {zh: "{opportunity.name}停滞", en: "{opportunity.name} stalls"}}}}
"""
FILES = {
    "people": PEOPLE,
    "customers": "name,owner\n甲公司,王海涛",
    "opportunities": "customer,name,owner,stage,stage_entered_at\n"
    "甲公司,商机甲,王海涛,proposal,2025-02-10\n甲公司,商机乙,王海涛,proposal,2025-01-10",
}


async def test_a_saved_edit_takes_effect_on_those_whom_it_concerns(story: Telling) -> None:
    async with story(STALLED, at="2025-03-03T10:00") as told:
        await told.load(**FILES)
        assert len(await told.tasks()) == 2

        _edit(told, "14d", "30d")
        await until(lambda: _is_in_force(told, 2))
        await told.settle()

        assert [task["subject_name"] for task in await told.tasks()] == ["商机乙"]


async def test_a_broken_edit_changes_nothing_and_says_what_is_wrong_where(story: Telling) -> None:
    async with story(STALLED, at="2025-03-03T10:00") as told:
        await told.load(**FILES)
        before = await told.tasks()

        _edit(told, "progressed_at", "progresed_at")
        await until(lambda: _has_problems(told))

        active = await told.client.get("/v1/rulesets/active")
        assert active["version"] == 1
        assert [(each["file"], each["rule"]) for each in active["problems"]] == [("rules.yaml", "stalled")]
        await told.settle()
        assert await told.tasks() == before


def _edit(told: Story, old: str, new: str) -> None:
    path = told.place.rules_dir / "rules.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


async def _is_in_force(told: Story, version: int) -> bool:
    return bool((await told.client.get("/v1/rulesets/active"))["version"] == version)


async def _has_problems(told: Story) -> bool:
    return bool((await told.client.get("/v1/rulesets/active"))["problems"])
