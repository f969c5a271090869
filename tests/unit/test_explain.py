"""Why, why not, and what would end it (R170)."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.rules import Because
from contracts.text import Text
from services.rules.ruleset import reference
from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Clock,
    Decision,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Interval,
    Members,
    Offset,
    Presence,
    Row,
    Rung,
    StartMode,
    StartsAt,
    Tagged,
    Test,
)
from services.rules.ruleset.explain import because, cures, why_not
from services.rules.ruleset.wording import as_written, condition_words, money_text, offset_words, value_words
from services.shared.business_time import Duration
from tests.generators import HERE, calendar, customer_rules

START = datetime(2025, 3, 3, 1, tzinfo=UTC)
"""Monday 3 March, 09:00 in Shanghai."""

DAY = timedelta(days=1)
GRADES = ("A", "B", "C")
AMOUNT = Field("amount", FieldType.MONEY, absent="尚无合作", label=Text(zh="年合作金额", en="Annual amount"))
WORD = Field("lifecycle", FieldType.ENUM, ("customer", "lost"), label=Text(zh="生命周期", en="Lifecycle"))
SEEN = Field("seen_at", FieldType.INSTANT, absent="从未联系", label=Text(zh="最近联系", en="Last contact"))
MET = Field("met_at", FieldType.INSTANT, absent="-")


def _grading() -> Decision:
    grade = Field("value_grade", FieldType.ENUM, GRADES)
    rows = (
        Row(
            "A-amount",
            {"amount": Interval(low=500_000_00)},
            {"value_grade": "A"},
            HERE,
            texts={"amount": ">= 50万"},
        ),
        Row("rest", {}, {"value_grade": "C"}, HERE),
    )
    return Decision("grade_by_value", "customer", {"value_grade": grade}, HitPolicy.FIRST, rows, HERE)


def _grade() -> Decision:
    grade = Field("grade", FieldType.ENUM, GRADES, label=Text(zh="等级", en="Grade"))
    rows = tuple(
        Row(
            f"customer-{each}",
            {"lifecycle": Members(frozenset({"customer"})), "value_grade": Members(frozenset({each}))},
            {"grade": each},
            HERE,
            texts={"lifecycle": "customer", "value_grade": each},
        )
        for each in GRADES
    )
    return Decision("grade", "customer", {"grade": grade}, HitPolicy.UNIQUE, rows, HERE, {"grade": "C"})


def _cadence() -> Decision:
    every = Field("every", FieldType.DURATION)
    rows = tuple(
        Row(each, {"grade": Members(frozenset({each}))}, {"every": length}, HERE, texts={"grade": each})
        for each, length in zip(GRADES, map(Duration.parse, ("1w", "2w", "1mo")), strict=True)
    )
    return Decision("cadence", "customer", {"every": every}, HitPolicy.UNIQUE, rows, HERE)


def _dormancy() -> Decision:
    tests = {"seen_at": Age(AgeKind.OLDER_THAN, Duration.parse("90d"), null=True)}
    rows = (Row("sleeping", tests, {"dormant": True}, HERE, texts={"seen_at": "older than 90d or null"}),)
    dormant = {"dormant": Field("dormant", FieldType.BOOL)}
    return Decision("dormancy", "customer", dormant, HitPolicy.UNIQUE, rows, HERE, {"dormant": False})


FOLLOW_UP = Clock(
    "followup_due",
    "customer",
    StartsAt(StartMode.LATEST_OF, ("seen_at", "met_at")),
    {"lifecycle": Members(frozenset({"customer"})), "dormant": Members(frozenset({False}))},
    (
        Rung("due", Offset(Duration(), "every"), HERE, text="{every}"),
        Rung("overdue", Offset(Duration.parse("3wd"), "every"), HERE, text="{every} + 3wd"),
    ),
    HERE,
    texts={"lifecycle": "not lost", "dormant": "false"},
)
RULES = customer_rules(
    [AMOUNT, WORD, SEEN, MET], decisions=[_grading(), _grade(), _cadence(), _dormancy()], clocks=[FOLLOW_UP]
)
FACTS: dict[str, Fact] = {"amount": 520_000_00, "lifecycle": "customer", "seen_at": START, "met_at": None}


def why(rule: str, now: datetime, **changed: Fact) -> tuple[Because, ...]:
    """Ask why, about the example's customer."""
    facts = {**FACTS, **changed}
    outcome = reference.evaluate(RULES, "customer", facts, {}, now)
    return because(RULES, "customer", facts, {}, outcome, rule=rule, now=now)


def not_why(rule: str, now: datetime, **changed: Fact) -> tuple[Because, ...]:
    """Ask why not, about the example's customer."""
    facts = {**FACTS, **changed}
    outcome = reference.evaluate(RULES, "customer", facts, {}, now)
    return why_not(RULES, "customer", facts, {}, outcome, rule=rule, now=now)


def brief(lines: tuple[Because, ...]) -> list[str]:
    """Return each line as rule/row: fact value against threshold."""
    return [f"{each.rule}/{each.row}: {each.fact} {each.value} | {each.threshold}" for each in lines]


def test_a_decision_is_explained_down_to_the_facts() -> None:
    assert brief(why("grade", START)) == [
        "grade/customer-A: lifecycle customer | customer",
        "grade/customer-A: value_grade A | A",
        "grade_by_value/A-amount: amount 52万 | >= 50万",
    ]


def test_a_task_is_explained_by_its_rung_its_condition_and_all_decisions_below() -> None:
    """R170: the contents of a task say which rule, which grade, and why this grade."""
    assert brief(why("followup_due", START + 7 * DAY)) == [
        "followup_due/due: seen_at 2025-03-03 09:00 | {every}",
        "followup_due/None: lifecycle customer | not lost",
        "followup_due/None: dormant false | false",
        "dormancy/otherwise: dormant false | otherwise",
        "cadence/A: grade A | A",
        "grade/customer-A: lifecycle customer | customer",
        "grade/customer-A: value_grade A | A",
        "grade_by_value/A-amount: amount 52万 | >= 50万",
    ]


def test_a_rung_shows_its_anchor_its_instant_and_the_working_time_between() -> None:
    line = why("followup_due", START + 30 * DAY)[0]
    assert (line.row, line.threshold) == ("overdue", "{every} + 3wd")
    assert (line.anchor, line.reached_at) == (START, datetime(2025, 3, 13, 10, tzinfo=UTC))
    assert line.label == SEEN.label
    assert line.arithmetic is not None
    assert "+ 1 week + 3 working days →" in line.arithmetic.en
    assert "2025-03-13 18:00" in line.arithmetic.zh


def test_labels_are_those_of_the_vocabulary_or_the_name() -> None:
    labels = [line.label for line in why("grade", START)]
    assert labels == [WORD.label, Text(zh="value_grade", en="value_grade"), AMOUNT.label]


def test_a_test_of_age_shows_since_when_it_holds() -> None:
    (line,) = why("dormancy", START + 90 * DAY)
    assert (line.anchor, line.reached_at) == (START, START + 90 * DAY)
    assert line.arithmetic is not None
    assert "+ 90 days →" in line.arithmetic.en


def test_null_is_shown_as_null() -> None:
    (line,) = why("dormancy", START, seen_at=None)
    assert (line.value, line.threshold, line.anchor) == (None, "older than 90d or null", None)


def test_a_row_that_asks_for_nothing_shows_what_it_concludes() -> None:
    assert brief(why("grade_by_value", START, amount=None)) == [
        "grade_by_value/rest: value_grade C | otherwise"
    ]


def test_a_clock_that_is_not_active_has_no_reason() -> None:
    assert why("followup_due", START, lifecycle="lost") == ()
    assert why("unknown", START) == ()


def test_a_clock_whose_first_rung_is_not_reached_shows_its_condition_only() -> None:
    assert brief(why("followup_due", START))[0] == "followup_due/None: lifecycle customer | not lost"


def test_why_not_names_the_tests_that_fail_and_the_decisions_behind_them() -> None:
    assert brief(not_why("followup_due", START, lifecycle="lost")) == [
        "followup_due/None: lifecycle lost | not lost"
    ]
    assert brief(not_why("followup_due", START + 90 * DAY)) == [
        "followup_due/None: dormant true | false",
        "dormancy/sleeping: seen_at 2025-03-03 09:00 | older than 90d or null",
    ]


def test_why_not_says_when_an_active_clock_will_be_reached() -> None:
    (line,) = not_why("followup_due", START)
    assert (line.row, line.anchor, line.reached_at) == ("due", START, START + 7 * DAY)
    (line,) = not_why("followup_due", START + 7 * DAY)
    assert line.row == "overdue"
    assert not_why("followup_due", START + 60 * DAY) == ()


def test_why_not_names_the_anchors_that_a_clock_lacks() -> None:
    lines = not_why("followup_due", START, seen_at=None, lifecycle="lost")
    assert [(line.fact, line.value) for line in lines if line.threshold == "not null"] == [
        ("seen_at", None),
        ("met_at", None),
    ]


def test_why_not_of_a_decision_asks_every_row_or_one() -> None:
    assert brief(not_why("grade/customer-B", START)) == [
        "grade/customer-B: value_grade A | B",
        "grade_by_value/A-amount: amount 52万 | >= 50万",
    ]
    assert {line.row for line in not_why("grade", START) if line.rule == "grade"} == {
        "customer-B",
        "customer-C",
    }
    assert not_why("nothing", START) == ()


def test_what_ends_a_clock_are_its_condition_and_its_anchor() -> None:
    assert cures(FOLLOW_UP) == ("lifecycle", "dormant", "seen_at", "met_at")


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (0, "0"),
        (1, "0.01"),
        (1234_50, "1234.5"),
        (9999_99, "9999.99"),
        (10_000_00, "1万"),
        (520_000_00, "52万"),
        (12_345_00, "12345"),
        (12_300_00, "1.23万"),
        (-520_000_00, "-52万"),
        (125_000_000_00, "1.25亿"),
        (123_456_789_00, "123456789"),
        (100_000_000_000_00, "1000亿"),
    ],
)
def test_amounts_are_written_as_people_write_them_and_never_rounded(minor: int, text: str) -> None:
    assert money_text(minor) == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, FieldType.MONEY, None),
        (True, FieldType.BOOL, "true"),
        (7, FieldType.NUMBER, "7"),
        (START, FieldType.INSTANT, "2025-03-03 09:00"),
        (frozenset({"b", "a"}), FieldType.TAGS, "a, b"),
        (Duration.parse("2w"), FieldType.DURATION, "2w"),
        ("high", FieldType.ENUM, "high"),
    ],
)
def test_values_are_written_as_rules_write_them(value: Fact, kind: FieldType, text: str | None) -> None:
    assert as_written(value, kind, calendar().zone) == text


LABELLED = Field(
    "channel",
    FieldType.ENUM,
    ("visit", "mail", "news"),
    labels={"visit": Text(zh="拜访", en="Visit"), "mail": Text(zh="邮件", en="E-mail")},
)
FLAG = Field("dormant", FieldType.BOOL)
EVERY = Field("every", FieldType.DURATION, label=Text(zh="跟进间隔", en="follow-up gap"))
LIMIT = Field("limit", FieldType.DURATION)
COUNT = Field("open_opportunities", FieldType.NUMBER)
TAGS = Field("tags", FieldType.TAGS)


@pytest.mark.parametrize(
    ("value", "field", "zh", "en"),
    [
        (520_000_00, AMOUNT, "52万", "520,000"),
        (1234_50, AMOUNT, "1234.5", "1,234.5"),
        (True, FLAG, "是", "yes"),
        (False, FLAG, "否", "no"),
        (7, COUNT, "7", "7"),
        (START, SEEN, "2025-03-03 09:00", "2025-03-03 09:00"),
        (frozenset({"b", "a"}), TAGS, "a、b", "a, b"),
        (Duration.parse("2w"), EVERY, "每两周一次", "every two weeks"),
        (Duration.parse("2w"), LIMIT, "2周", "2 weeks"),
        ("visit", LABELLED, "拜访", "Visit"),
        ("news", LABELLED, "news", "news"),
    ],
)
def test_values_are_read_by_their_labels(value: Fact, field: Field, zh: str, en: str) -> None:
    assert value_words(value, field, calendar().zone) == Text(zh=zh, en=en)


def test_there_are_no_words_for_null() -> None:
    assert value_words(None, AMOUNT, calendar().zone) is None


@pytest.mark.parametrize(
    ("test", "field", "zh", "en"),
    [
        (Members(frozenset({"visit"})), LABELLED, "拜访", "Visit"),
        (Members(frozenset({"visit", "news"})), LABELLED, "不是邮件", "not E-mail"),
        (
            Members(frozenset({"visit", "mail"}), null=True),
            LABELLED,
            "拜访、邮件或为空",
            "Visit, E-mail or not set",
        ),
        (Members(frozenset({False})), FLAG, "否", "no"),
        (Interval(low=500_000_00), AMOUNT, "达到50万", "at least 500,000"),
        (Interval(low=500_000_00, low_closed=False), AMOUNT, "超过50万", "above 500,000"),
        (Interval(high=100_000_00, null=True), AMOUNT, "不足10万或为空", "below 100,000 or not set"),
        (
            Interval(low=100_000_00, high=500_000_00),
            AMOUNT,
            "达到10万且不足50万",
            "at least 100,000 and below 500,000",
        ),
        (Interval(high=3, high_closed=True), COUNT, "不超过3", "at most 3"),
        (Interval(low=3, high=3, high_closed=True), COUNT, "3", "3"),
        (Presence(present=True), SEEN, "不为空", "set"),
        (Presence(present=False), SEEN, "为空", "not set"),
        (Age(AgeKind.OLDER_THAN, Duration.parse("90d")), SEEN, "距今已满90天", "at least 90 days ago"),
        (
            Age(AgeKind.OLDER_THAN, Duration.parse("3mo"), null=True),
            SEEN,
            "距今已满3个月或为空",
            "at least 3 months ago or not set",
        ),
        (Age(AgeKind.WITHIN_LAST, Duration.parse("7d")), SEEN, "近7天内", "within the last 7 days"),
        (Age(AgeKind.WITHIN_NEXT, Duration.parse("30d")), SEEN, "未来30天内", "within the next 30 days"),
        (Tagged("重点"), TAGS, "有标签“重点”", "has the tag “重点”"),
        (Tagged("重点", present=False), TAGS, "没有标签“重点”", "lacks the tag “重点”"),
    ],
)
def test_what_a_test_asks_is_read_as_a_sentence(test: Test, field: Field, zh: str, en: str) -> None:
    assert condition_words(test, field) == Text(zh=zh, en=en)


@pytest.mark.parametrize(
    ("plus", "zh", "en"),
    [
        ("0", "跟进间隔（每两周一次）", "follow-up gap (every two weeks)"),
        ("3wd", "跟进间隔（每两周一次）再加3个工作日", "follow-up gap (every two weeks) and 3 working days"),
        ("-2d", "跟进间隔（每两周一次）再减2天", "follow-up gap (every two weeks) less 2 days"),
    ],
)
def test_an_offset_names_the_duration_that_a_decision_returns(plus: str, zh: str, en: str) -> None:
    offset = Offset(Duration.parse(plus), "every")
    assert offset_words(offset, EVERY, Duration.parse("2w"), calendar().zone) == Text(zh=zh, en=en)


def test_an_explanation_has_its_words_beside_what_rules_write() -> None:
    line = why("followup_due", START + 30 * DAY)[0]
    assert line.threshold_text == Text(
        zh="every（每周一次）再加3个工作日", en="every (once a week) and 3 working days"
    )
    (amount,) = why("grade_by_value", START)
    assert amount.value_text == Text(zh="52万", en="520,000")
    assert amount.threshold_text == Text(zh="达到50万", en="at least 500,000")


def test_a_row_that_asks_for_nothing_says_that_nothing_else_applies() -> None:
    (line,) = why("grade_by_value", START, amount=None)
    assert line.threshold_text == Text(zh="其余条件均不成立", en="nothing else applies")


def test_an_anchor_that_is_missing_has_to_be_set() -> None:
    lines = not_why("followup_due", START, seen_at=None, lifecycle="lost")
    assert [line.threshold_text for line in lines if line.fact == "met_at"] == [Text(zh="不为空", en="set")]
