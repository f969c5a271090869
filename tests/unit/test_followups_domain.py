"""How tasks end, and what a follow-up record shows."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identity import new_id
from contracts.vocabulary import Objection
from services.followups.domain.follow_ups import FollowUpRecord, classify_objection
from services.followups.domain.people import Person, in_circles
from services.followups.domain.tasks import (
    CURES,
    AnswersMissingError,
    DismissReasonMissingError,
    EndedAs,
    Ending,
    FollowUpTask,
    TaskEndedOtherwiseError,
    TaskNeedsFactsError,
)
from services.hosting.shipped import RULES
from services.rules.domain.checking import check
from services.rules.ruleset.explain import cures
from services.rules.ruleset.loader.directory import read_directory

NOW = datetime(2025, 3, 3, 1, tzinfo=UTC)
ANNA = UUID(int=1)


def a_task(
    *, completes: str = "person", obligation: str = "open", ending: Ending | None = None
) -> FollowUpTask:
    """A task that asks for cause and remedy."""
    return FollowUpTask(
        task_id=new_id(),
        obligation=obligation,
        completes=completes,
        cures=("last_contact_at", "some_fact", "other"),
        labels={"some_fact": {"zh": "某事", "en": "something"}},
        asks=("cause", "remedy"),
        ending=ending,
    )


def a_record(**values: object) -> FollowUpRecord:
    """A record of a contact at NOW."""
    record = FollowUpRecord(
        follow_up_id=new_id(), customer_id=new_id(), occurred_at=NOW, recorded_at=NOW, updated_at=NOW
    )
    record.update(values, now=NOW)
    return record


def test_done_is_refused_while_only_facts_can_end_the_task() -> None:
    """Obligation 4: the refusal names the facts, in words where it has some."""
    with pytest.raises(TaskNeedsFactsError) as refused:
        a_task(completes="fact").complete(person_id=ANNA, answers={}, now=NOW)
    assert refused.value.slug == "task-needs-facts"
    assert "a recorded contact with the customer; something; other" in refused.value.message("en")
    assert "与客户的一次跟进记录；某事；other" in refused.value.message("zh")


def test_what_ends_a_task_about_a_plan_is_said_of_the_plan() -> None:
    """Obligation 4: the same fact is another one of an opportunity."""
    task = FollowUpTask(
        task_id=new_id(), obligation="open", completes="fact", kind="plan", cures=("status", "due_at")
    )
    with pytest.raises(TaskNeedsFactsError) as refused:
        task.complete(person_id=ANNA, answers={}, now=NOW)
    assert "跟进计划改为已完成；跟进计划改期。" in refused.value.message("zh")


def test_words_say_what_ends_each_task_of_the_shipped_rules() -> None:
    """Obligation 4: the label of a fact does not say what a person can do."""
    ruleset = check(read_directory(RULES), timezone="Asia/Shanghai").ruleset
    assert ruleset
    named = {
        (kind, cure)
        for kind, clocks in ruleset.clocks_of.items()
        for clock in clocks
        if clock.completes == "fact"
        for cure in cures(clock)
    }
    assert sorted((kind, cure) for kind, cure in named if not {cure, f"{kind}/{cure}"} & CURES.keys()) == []


@pytest.mark.parametrize("completes", ["fact", "person"])
@pytest.mark.parametrize("status", ["resolved", "completed"])
def test_done_on_a_task_that_has_ended_is_accepted_and_changes_nothing(completes: str, status: str) -> None:
    """Obligation 4."""
    task = a_task(completes=completes, obligation=status)
    assert task.complete(person_id=ANNA, answers={}, now=NOW) is None
    assert (status, 0) == (task.status, task.own_sequence)


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({}, "cause, remedy"),
        ({"cause": "预算延迟"}, "remedy"),
        ({"cause": "预算延迟", "remedy": "  "}, "remedy"),
    ],
)
def test_a_form_with_empty_fields_is_refused_naming_them(answers: dict[str, str], missing: str) -> None:
    with pytest.raises(AnswersMissingError) as refused:
        a_task().complete(person_id=ANNA, answers=answers, now=NOW)
    assert missing == refused.value.missing


def test_a_filled_form_completes_the_task() -> None:
    """R134: the cause of a stall and its remedy."""
    task = a_task()
    ending = task.complete(
        person_id=ANNA, answers={"cause": " 预算延迟 ", "remedy": "高层沟通", "mood": "good"}, now=NOW
    )
    assert Ending(EndedAs.COMPLETED, NOW, ANNA, {"cause": "预算延迟", "remedy": "高层沟通"}) == ending
    assert (task.status, task.own_sequence) == ("completed", 1)
    assert ending.answered == ("cause", "remedy")


def test_dismissing_needs_a_reason() -> None:
    with pytest.raises(DismissReasonMissingError):
        a_task().dismiss(person_id=ANNA, reason=" ", now=NOW)


@pytest.mark.parametrize("completes", ["fact", "person"])
def test_a_task_is_dismissed_with_its_reason(completes: str) -> None:
    task = a_task(completes=completes)
    ending = task.dismiss(person_id=ANNA, reason="客户已倒闭", now=NOW)
    assert Ending(EndedAs.DISMISSED, NOW, ANNA, reason="客户已倒闭") == ending
    assert task.status == "dismissed"


def test_dismissing_again_changes_nothing() -> None:
    task = a_task(ending=Ending(EndedAs.DISMISSED, NOW, ANNA, reason="客户已倒闭"))
    assert task.dismiss(person_id=ANNA, reason="又一次", now=NOW) is None


def test_what_was_dismissed_cannot_be_completed_and_the_other_way_round() -> None:
    with pytest.raises(TaskEndedOtherwiseError):
        a_task(obligation="dismissed").complete(person_id=ANNA, answers={}, now=NOW)
    with pytest.raises(TaskEndedOtherwiseError):
        a_task(obligation="completed").dismiss(person_id=ANNA, reason="客户已倒闭", now=NOW)


@pytest.mark.parametrize("obligation", ["open", "resolved", "completed"])
def test_a_persons_ending_outranks_what_the_rules_say_later(obligation: str) -> None:
    task = a_task(obligation=obligation, ending=Ending(EndedAs.DISMISSED, NOW, reason="客户已倒闭"))
    assert task.status == "dismissed"


@pytest.mark.parametrize("values", [{"feedback": "需对比3家"}, {"need_raised": True}, {"responded": True}])
def test_feedback_and_needs_are_responses(values: dict[str, object]) -> None:
    assert a_record(**values).has_response


@pytest.mark.parametrize("feedback", [None, "", "无", " 未回复 ", "None"])
def test_without_feedback_or_need_there_was_no_response(feedback: str | None) -> None:
    assert not a_record(summary="电话未接通", feedback=feedback).has_response


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (None, None),
        ("无", None),
        ("价格", Objection.PRICE),
        ("认为价格偏高", Objection.PRICE),
        ("倾向竞争对手的方案", Objection.COMPETITOR),
        ("交期太长", Objection.OTHER),
    ],
)
def test_objections_are_sorted_by_their_words(words: str | None, expected: Objection | None) -> None:
    assert expected == classify_objection(words)
    assert expected == a_record(objection=words).objection_kind


def test_a_person_counts_changes_and_the_same_values_are_none() -> None:
    person = Person(person_id=ANNA, name="张三", natural_key="张三", created_at=NOW, updated_at=NOW)
    assert person.update({"title": "销售代表"}, now=NOW) == ("title",)
    assert person.update({"title": "销售代表"}, now=NOW) == ()
    assert person.sequence == 2


def is_above_oneself(person: str, above: dict[str, str]) -> bool:
    """Walk up as long as there are people, and see whether the person is met again."""
    at = person
    for _ in above:
        at = above.get(at, "")
        if at == person:
            return True
    return False


@given(st.dictionaries(st.sampled_from("甲乙丙丁戊己"), st.sampled_from("甲乙丙丁戊己庚")))
def test_those_in_circles_are_those_above_themselves(above: dict[str, str]) -> None:
    """Who only reports to somebody in a circle is not in it."""
    assert in_circles(above) == {person for person in above if is_above_oneself(person, above)}
