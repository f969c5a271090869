"""Documents and files: what is read, what is refused, and that nothing is lost on the way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.text import Severity, TaskKind, Text
from services.rules.ruleset.definition import (
    EscalateAction,
    HitPolicy,
    NotifyAction,
    Offset,
    Role,
    StartMode,
    StartsAt,
    TaskAction,
)
from services.rules.ruleset.loader import digest_of
from services.shared.business_time import Duration
from tests.rule_files import load_files

VOCABULARY = """
vocabulary: v1
entities:
  customer:
    fields:
      lifecycle: {type: enum, values: [prospect, customer]}
      contact_at: {type: instant, absent: never, past: true}
      assigned_at: {type: instant, absent: never}
  opportunity:
    belongs_to: customer
    fields:
      moved_at: {type: instant}
"""
CADENCE = """
decision: cadence
title: 频率
source: [R080, R083]
subject: customer
shadow: true
returns: {every: duration, channel: [visit, mail], limit: money, often: bool}
hit: first
rows:
  - id: often
    title: {zh: 常, en: often}
    source: R080
    if: {lifecycle: customer}
    then: {every: 1w, channel: visit, limit: 1.5万, often: true}
otherwise: {every: 14d + 3wd, channel: mail, limit: 0, often: false}
"""
DUE = """
clock: due
subject: customer
starts_at: {latest_of: [contact_at, assigned_at]}
while: {lifecycle: customer}
ladder:
  - {id: before, at: -1d, do: {notify: {to: manager, title: "{owner.name}", channel: mail}}}
  - id: due
    at: "{every}"
    publishes: next_touch_at
    do:
      task:
        to: owner
        title: {zh: "跟进{customer.name}", en: "Call {customer.name}"}
        channel: "{channel}"
        due: 1wd
        severity: warning
        kind: care
  - {id: late, at: "{every} + 3wd", do: {escalate: {to: manager}}}
completes: person
asks: [cause]
catch_up: all
"""
ROLES = """
roles:
  manager: {path: [manager], title: {zh: 经理, en: manager}}
  department.product: {department: 产品部}
fallback: {person: 张三}
"""
FILES = {"vocabulary.yaml": VOCABULARY, "cadence.yaml": CADENCE, "due.yaml": DUE, "roles.yaml": ROLES}


def test_a_decision_is_read_with_everything_it_says() -> None:
    ruleset = load_files(FILES).ruleset
    assert ruleset is not None
    decision = ruleset.decisions[0]
    assert (decision.id, decision.subject, decision.hit) == ("cadence", "customer", HitPolicy.FIRST)
    assert (decision.title, decision.source) == (Text(zh="频率", en="频率"), "R080, R083")
    assert decision.shadow
    assert decision.returns["channel"].values == ("visit", "mail")
    assert not decision.returns["channel"].nullable
    assert (decision.where.file, decision.where.line, decision.where.column) == ("cadence.yaml", 2, 1)
    row = decision.rows[0]
    assert (row.title, row.source) == (Text(zh="常", en="often"), "R080")
    assert (row.where.line, row.where.column) == (10, 5)
    assert row.values == {
        "every": Duration.parse("1w"),
        "channel": "visit",
        "limit": 1_500_000,
        "often": True,
    }


def test_a_duration_that_a_decision_returns_has_its_literals_as_domain() -> None:
    ruleset = load_files(FILES).ruleset
    assert ruleset is not None
    domain = (Duration.parse("1w"), Duration.parse("14d + 3wd"))
    assert ruleset.decisions[0].returns["every"].durations == domain
    assert ruleset.fields_of["opportunity"]["every"].durations == domain


def test_a_clock_is_read_with_everything_it_says() -> None:
    ruleset = load_files(FILES).ruleset
    assert ruleset is not None
    clock = ruleset.clocks[0]
    assert clock.starts_at == StartsAt(StartMode.LATEST_OF, ("contact_at", "assigned_at"))
    assert (clock.completes, clock.asks, clock.catch_up) == ("person", ("cause",), "all")
    assert clock.texts == {"lifecycle": "customer"}
    before, due, late = clock.ladder
    words = Text(zh="{owner.name}", en="{owner.name}")
    assert before.notify == NotifyAction("manager", words, "mail")
    assert due.task == TaskAction(
        to="owner",
        title=Text(zh="跟进{customer.name}", en="Call {customer.name}"),
        severity=Severity.WARNING,
        kind=TaskKind.CARE,
        channel="{channel}",
        due=Duration.parse("1wd"),
    )
    assert due.publishes == "next_touch_at"
    assert late.escalate == EscalateAction("manager")
    assert [rung.at for rung in clock.ladder] == [
        Offset(Duration.parse("-1d")),
        Offset(Duration(), "every"),
        Offset(Duration.parse("3wd"), "every"),
    ]
    assert late.text == "{every} + 3wd"


def test_roles_are_read_and_owner_and_assignee_are_built_in() -> None:
    ruleset = load_files(FILES).ruleset
    assert ruleset is not None
    assert ruleset.roles.roles == {
        "owner": Role("owner"),
        "assignee": Role("assignee"),
        "manager": Role("manager", path=("manager",), title=Text(zh="经理", en="manager")),
        "department.product": Role("department.product", department="产品部"),
    }
    assert ruleset.roles.fallback_person == "张三"


def test_without_roles_there_is_the_owner_and_the_queue_unassigned() -> None:
    alone = {name: text for name, text in FILES.items() if name in ("vocabulary.yaml", "cadence.yaml")}
    ruleset = load_files(alone).ruleset
    assert ruleset is not None
    assert list(ruleset.roles.roles) == ["owner", "assignee"]
    assert (ruleset.roles.fallback_person, ruleset.roles.fallback_queue) == (None, "unassigned")


def test_the_time_zone_given_counts_where_the_calendar_names_none() -> None:
    for calendar, zone in (("calendar: ours\n", "Asia/Tokyo"), ("timezone: Asia/Urumqi\n", "Asia/Urumqi")):
        ruleset = load_files({**FILES, "calendar.yaml": calendar}, timezone="Asia/Tokyo").ruleset
        assert ruleset is not None
        assert ruleset.calendar.definition.timezone == zone


def test_a_calendar_in_another_zone_than_the_setting_is_a_warning_at_its_place() -> None:
    files = {**FILES, "calendar.yaml": "calendar: ours\ntimezone: Asia/Urumqi\n"}
    (warning,) = load_files(files, timezone="Asia/Tokyo").warnings
    assert (warning.file, warning.line) == ("calendar.yaml", 2)
    assert "Asia/Urumqi" in warning.message.zh
    assert "GENJIN_TIMEZONE Asia/Tokyo" in warning.message.en
    assert load_files(files, timezone="Asia/Urumqi").warnings == ()


def test_a_directory_without_any_rule_is_refused() -> None:
    problems = load_files({name: FILES[name] for name in ("vocabulary.yaml", "roles.yaml")}).problems
    assert [problem.message.en for problem in problems] == [
        "The rules directory has no decision and no clock."
    ]


def test_a_vocabulary_in_a_rule_file_is_one_problem_at_its_own_place() -> None:
    more = f"{DUE.replace('clock: due', 'clock: more')}---{VOCABULARY}"
    problems = load_files({**FILES, "more.yaml": more}).problems
    assert [(problem.file, problem.line) for problem in problems] == [("more.yaml", 24)]
    assert problems[0].message.en.startswith("The vocabulary is built in")


def test_roles_that_rules_address_without_a_file_of_roles_are_one_problem() -> None:
    problems = load_files({name: text for name, text in FILES.items() if name != "roles.yaml"}).problems
    assert [(problem.file, problem.message.en) for problem in problems] == [
        ("roles.yaml", "There is no roles.yaml, but rules address the roles manager.")
    ]


def test_names_that_a_broken_file_may_declare_are_not_reported_as_unknown() -> None:
    problems = load_files({**FILES, "cadence.yaml": CADENCE.replace("[visit", "[[visit")}).problems
    assert {problem.file for problem in problems} == {"cadence.yaml"}
    assert len(problems) == 1


def test_a_misspelt_hit_policy_does_not_hide_what_is_wrong_in_the_rows() -> None:
    broken = CADENCE.replace("hit: first", "hit: frist").replace("lifecycle: customer", "lifecicle: customer")
    problems = load_files({**FILES, "cadence.yaml": broken}).problems
    assert [problem.line for problem in problems] == [8, 13]


def test_an_output_with_a_broken_type_is_reported_once_and_not_wherever_it_is_used() -> None:
    problems = load_files(
        {**FILES, "cadence.yaml": CADENCE.replace("every: duration", "every: time")}
    ).problems
    assert [problem.file for problem in problems] == ["cadence.yaml"]


def test_a_rule_without_an_id_is_still_read_to_the_end() -> None:
    files = {**FILES, "more.yaml": "decision:\nsubject: custmer\nhit: some\nreturns: {}\nrows: x\n"}
    problems = load_files(files).problems
    assert [(problem.line, problem.column) for problem in problems] == [
        (1, 1),
        (2, 10),
        (3, 6),
        (4, 10),
        (5, 7),
    ]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "---\n---\n", "{}\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    loaded = load_files({**FILES, "empty.yaml": text})
    assert loaded.problems == ()


def test_plain_words_are_text_as_yaml_1_2_has_it() -> None:
    """Trap 15: `no`, `on` and `010` are no truths and no octal numbers."""
    vocabulary = VOCABULARY.replace("[prospect, customer]", "[prospect, customer, 'no', 'on', y]")
    table = CADENCE.replace("lifecycle: customer", "lifecycle: [no, on, y]").replace("limit: 0", "limit: 010")
    ruleset = load_files({**FILES, "vocabulary.yaml": vocabulary, "cadence.yaml": table}).ruleset
    assert ruleset is not None
    assert ruleset.decisions[0].otherwise is not None
    assert ruleset.decisions[0].otherwise["limit"] == 1_000


def test_a_file_over_256_kilobytes_is_not_read() -> None:
    problems = load_files({**FILES, "big.yaml": "#" * 256 * 1024 + "\n"}).problems
    assert [(problem.file, problem.message.en) for problem in problems] == [
        ("big.yaml", "The file is larger than 256 KB; split it.")
    ]


def test_a_bomb_of_aliases_is_refused_at_its_first_alias() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    problems = load_files({**FILES, "bomb.yaml": bomb}).problems
    assert {(problem.line, problem.column) for problem in problems} == {(1, 4), (2, 4), (2, 8)}


def test_the_digest_names_the_files_and_their_texts() -> None:
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})
    others = [{"a": "1"}, {"a": "2", "b": "1"}, {"a": "1b2"}, {"ab": "12"}, {"a": "12", "b": ""}]
    assert len({digest_of(files) for files in [*others, {"a": "1", "b": "2"}]}) == len(others) + 1
    loaded = load_files(FILES)
    assert loaded.ruleset is not None
    assert loaded.ruleset.digest == digest_of(FILES)


def test_the_digest_does_not_know_of_copies_editors_and_the_generated_vocabulary() -> None:
    beside = dict.fromkeys(["vocabulary.yaml", "a - 副本.yaml", ".a.yaml.swp", "a.yaml~", "~$a.yaml"], "x")
    assert digest_of({"a.yaml": "1", **beside}) == digest_of({"a.yaml": "1"})
    assert digest_of({"a.yaml": "1", "b.yml": "1"}) != digest_of({"a.yaml": "1"})


def test_a_ruleset_comes_with_its_warnings() -> None:
    unused = CADENCE.replace("{lifecycle: customer}", "{}")
    loaded = load_files({**FILES, "cadence.yaml": unused})
    assert loaded.ruleset is not None
    assert [problem.message.en for problem in loaded.warnings] == [
        "The rows decide every case; `otherwise` is never used."
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_no_text_makes_the_loader_fail(text: str) -> None:
    loaded = load_files({**FILES, "any.yaml": text})
    assert (loaded.ruleset is None) == bool(loaded.problems)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES.keys() - {"vocabulary.yaml"})), st.data())
def test_no_edit_makes_the_loader_fail_and_problems_lie_within_the_files(
    name: str, data: st.DataObject
) -> None:
    text = FILES[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    pieces = st.sampled_from(["", "{", "}", "[", "null", ": ", "- ", "\n", '"', "high", "不", "&a ", "1w"])
    edited = text[:start] + data.draw(pieces) + text[end:]
    loaded = load_files({**FILES, name: edited})
    assert (loaded.ruleset is None) == bool(loaded.problems)
    for problem in loaded.problems:
        lines = {**FILES, name: edited}[problem.file].split("\n")
        assert 1 <= problem.line <= len(lines) + 1
        assert problem.column >= 1
