"""Ways in which durable-rules must not be used and that it does not refuse, and that we do not use it so.

The traps are listed in the architecture, "What was measured".
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Fact,
    Field,
    FieldType,
    Interval,
    Members,
    Presence,
    Tagged,
    Test,
)
from services.rules.ruleset.engine import Engine, EngineFailedError, RuleNetwork
from services.rules.ruleset.fact_checks import WrongFactError
from services.rules.ruleset.lowering import Rule, RuleTooLargeError
from services.rules.ruleset.properties import PropertyCollisionError, property_hash, refuse_collisions
from services.shared.business_time import Duration
from tests.conformance.agreement import AMOUNT, FLAG, WORD, assert_agreement, table
from tests.generators import BIG, NOON


def words(count: int) -> Field:
    """Return an enumeration of many words."""
    return Field("word", FieldType.ENUM, tuple(f"w{n}" for n in range(count)), absent="none")


def crash(code: str) -> int:
    """Run code in another process; return how it ended, negative for a signal."""
    rules = "{'a': {'all': [{'m': {'k': 1}}], 'run': lambda c: None}}"
    head = f"import durable.engine as d\nr = d.Ruleset('x', None, {rules})\n"
    command = [sys.executable, "-c", head + code]
    return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode  # noqa: S603


def test_deleting_a_context_in_which_nothing_was_accepted_kills_the_process() -> None:
    code = "try:\n    r.assert_fact({'sid': '1', 'k': 2})\nexcept d.MessageNotHandledException:\n    pass\n"
    assert crash(code) == 0
    assert crash(code + "r.delete_state('1')") != 0


def test_a_subject_that_nothing_matches_is_survived() -> None:
    ruleset = table([{"amount": Interval(low=10)}], AMOUNT)
    assert_agreement(ruleset, [{"amount": n % 20} for n in range(500)])
    assert_agreement(ruleset, [{"amount": 1}] * 500)


def test_more_subjects_than_the_engine_has_contexts_are_evaluated() -> None:
    """1,024 live contexts are the most there can be; each is deleted before the next."""
    ruleset = table([{"amount": Interval(low=10)}], AMOUNT)
    assert_agreement(ruleset, [{"amount": 5 + n % 10} for n in range(3000)])


def test_a_subject_is_not_confused_with_the_one_before() -> None:
    """The same facts a second time are not taken for a message that was already observed."""
    ruleset = table([{"word": Members(frozenset("a")), "flag": Members(frozenset({True}))}], WORD, FLAG)
    half: list[dict[str, Fact]] = [
        {"word": "a"},
        {"flag": True},
        {"word": "a", "flag": True},
        {"word": "b", "flag": True},
    ]
    assert_agreement(ruleset, half * 3)


def test_facts_that_match_no_rule_of_one_ruleset_still_match_another() -> None:
    """Facts are asserted one at a time and the unhandled ones are caught, per ruleset."""
    rows = [{"amount": Interval(low=n * 10, high=n * 10 + 5)} for n in range(200)]
    assert_agreement(table(rows, AMOUNT), [{"amount": n} for n in range(-1, 2005, 7)])


@pytest.mark.parametrize("count", [59, 60, 61, 64, 65, 66, 300])
def test_more_range_tests_than_the_engine_has_room_for_are_split(count: int) -> None:
    rules = table([{"amount": Interval(low=n)} for n in reversed(range(count))], AMOUNT)
    assert_agreement(rules, [{"amount": n} for n in (-1, 0, 1, count // 2, count - 1, count, 10**9)])


def test_sixty_five_tests_side_by_side_are_an_error_that_is_reported_and_survived() -> None:
    rules = [Rule(n, {"$and": [{"k": 1}, {"$gte": {"f0": n}}]}, 2) for n in range(65)]
    with closing(RuleNetwork("wide", rules)) as network:
        with pytest.raises(EngineFailedError, match=r"wide"):
            network.matching({"f0": 100})
        assert network.matching({"f0": 3}) == frozenset(range(4))


def test_more_equality_values_than_hang_the_engine_are_split() -> None:
    word = words(600)
    rows = [{"word": Members(frozenset({each}))} for each in word.values]
    assert_agreement(table(rows, word), [{"word": f"w{n}"} for n in range(0, 600, 11)])


def test_a_long_list_of_values_in_one_row_is_answered_by_the_host() -> None:
    word = words(1200)
    every_other = Members(frozenset(word.values[::2]), null=True)
    assert_agreement(
        table([{"word": every_other}], word), [{}, *({"word": each} for each in word.values[:9])]
    )


def test_hundreds_of_thresholds_are_cells() -> None:
    rows = [{"amount": Interval(n * 100, n * 100 + 50, null=n == 7)} for n in range(700)]
    assert_agreement(table(rows, AMOUNT), [{}, *({"amount": n} for n in range(-1, 70_100, 997))])


def test_more_lists_in_one_row_than_the_engine_has_brackets_for() -> None:
    names = [f"x{n}" for n in range(30)]
    fields = [Field(name, FieldType.ENUM, ("a", "b", "c", "d", "e"), absent="-") for name in names]
    row = {name: Members(frozenset("ace"), null=True) for name in names}
    good: dict[str, Fact] = dict.fromkeys(names, "c")
    wrong = [{**good, name: "b"} for name in names]
    assert_agreement(table([row], *fields), [good, {}, {**good, "x29": None}, *wrong])


def test_a_row_that_asks_for_absence_in_every_way_with_too_many_brackets() -> None:
    ages = [Field(f"t{n}", FieldType.INSTANT, absent="-") for n in range(20)]
    amounts = [Field(f"m{n}", FieldType.MONEY, absent="-") for n in range(20)]
    week = Duration.parse("7d")
    row: dict[str, Test] = {each.name: Age(AgeKind.OLDER_THAN, week, null=True) for each in ages}
    row |= {each.name: Interval(10, 20, null=True) for each in amounts}
    good: dict[str, Fact] = {each.name: NOON - timedelta(days=7) for each in ages}
    good |= {each.name: 15 for each in amounts}
    wrong: list[dict[str, Fact]] = [{**good, each.name: NOON} for each in ages]
    wrong += [{**good, each.name: 20} for each in amounts]
    assert_agreement(table([row], *ages, *amounts), [good, {}, *wrong])


def test_a_wide_row_of_plain_tests_is_one_rule() -> None:
    fields = [Field(f"b{n}", FieldType.BOOL) for n in range(150)]
    row = {each.name: Members(frozenset({True})) for each in fields}
    good: dict[str, Fact] = dict.fromkeys(row, True)
    assert_agreement(table([row], *fields), [good, {**good, "b149": False}, {**good, "b0": False}])


def test_a_rule_that_cannot_be_split_small_enough_is_refused() -> None:
    fields = [Field(f"b{n}", FieldType.BOOL) for n in range(201)]
    row = {each.name: Members(frozenset({True})) for each in fields}
    with pytest.raises(RuleTooLargeError, match=r"pick.*201.*200"):
        Engine(table([row], *fields))


def test_a_rule_of_absences_alone_does_not_match_the_engines_own_state_for_ever() -> None:
    """After an action the engine asserts its state, which has none of our properties."""
    rows: list[Mapping[str, Test]] = [
        {"amount": Presence(present=False), "word": Members(frozenset(), null=True)},
        {"amount": Presence(present=False)},
    ]
    assert_agreement(table(rows, AMOUNT, WORD), [{}, {"word": "a"}, {"amount": 3}])


@pytest.mark.parametrize("edge", [0, *BIG, 2**63 - 1, 2**63, 2**80])
def test_amounts_of_any_size_are_compared_exactly(edge: int) -> None:
    """2**53 + 1 would be 2**53 as a double, and 2**63 does not fit the engine's integers."""
    rows: list[Mapping[str, Test]] = [
        {"amount": Interval(low=edge, low_closed=False)},
        {"amount": Interval(low=edge)},
        {"amount": Interval(high=edge)},
    ]
    beside = [{"amount": sign * edge + step} for sign in (1, -1) for step in (-1, 0, 1)]
    assert_agreement(table(rows, AMOUNT), beside)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("amount", "abc"),
        ("amount", 5.0),
        ("amount", True),
        ("word", "d"),
        ("word", 1),
        ("flag", 1),
        ("flag", "true"),
        ("tags", "vip"),
        ("at", "2025-09-30"),
        ("at", datetime(2025, 9, 30)),  # noqa: DTZ001 - naive on purpose
        ("owner", 7),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(fact: str, value: Fact) -> None:
    """To the engine `'abc' >= 5` is true."""
    row: dict[str, Test] = {
        "amount": Interval(low=5),
        "word": Members(frozenset("a")),
        "flag": Members(frozenset({True})),
        "tags": Tagged("vip"),
        "at": Age(AgeKind.OLDER_THAN, Duration.parse("1d")),
        "owner": Presence(present=True),
    }
    fields = [Field("tags", FieldType.TAGS), Field("at", FieldType.INSTANT), Field("owner", FieldType.ID)]
    engine = Engine(table([row], AMOUNT, WORD, FLAG, *fields))
    with pytest.raises(WrongFactError) as refused:
        engine.evaluate("customer", {fact: value}, {}, NOON)
    assert fact in str(refused.value)
    shown = f"“{value}”" if isinstance(value, str) else str(value)
    assert shown.casefold() in str(refused.value).casefold()


def test_properties_that_the_engine_cannot_tell_apart_are_refused() -> None:
    """It compares 32-bit hashes only; these two words are a known pair."""
    assert property_hash("sid") == 3593476751
    assert property_hash("costarring") == property_hash("liquid")
    refuse_collisions(f"f{n}" for n in range(1000))
    with pytest.raises(PropertyCollisionError, match=r"costarring.*liquid"):
        refuse_collisions(["f0", "costarring", "liquid"])


def test_facts_called_like_the_engines_own_words_are_facts_like_others() -> None:
    names = ("sid", "id", "k", "f0", "f1", "$s", "$and", "t1", "年合作金额")
    fields = [Field(name, FieldType.BOOL, absent="-") for name in names]
    rows = [{name: Members(frozenset({True}))} for name in names]
    assert_agreement(table(rows, *fields), [{}, *({name: True} for name in names)])


def test_all_matching_rows_are_found_because_a_fact_is_not_consumed() -> None:
    rules = [Rule(n, {"$and": [{"k": 1}, {"$gte": {"f0": n}}]}, 2) for n in range(5)]
    with closing(RuleNetwork("five", rules)) as network:
        assert network.matching({"f0": 3}) == {0, 1, 2, 3}
        assert network.matching({"f0": -1}) == frozenset()
        assert network.matching({"f0": 9}) == {0, 1, 2, 3, 4}


class _Failing(RuleNetwork):
    def _collect(self, row: int) -> Callable[[object], None]:
        def fail(_: object) -> None:
            reason = f"row {row} is on fire"
            raise ValueError(reason)

        return fail


def test_what_an_action_raises_is_read_from_the_state_and_reported() -> None:
    """durable-rules swallows it."""
    with closing(_Failing("loud", [Rule(0, {"$and": [{"k": 1}]}, 1)])) as network:
        for _ in range(3):
            with pytest.raises(EngineFailedError, match=r"loud: .*row 0 is on fire"):
                network.matching({})
