"""What `genjin why` and `genjin tasks` say of rules that are switched off and of roles that are missing."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from contracts.identity import new_id
from contracts.rules import MissingRole, Subject, TaskState
from contracts.text import Text
from services.report.missing import missing_roles
from services.report.result import task_as_json
from services.report.why import Why, draw_why
from services.rules.queries import ClockView, SwitchedOffView, WhyView
from services.shared.errors import Locale
from tests.unit.report_samples import stall_task, words

MISSING = MissingRole(
    role="director",
    title=Text(zh="销售总监", en="sales director"),
    reason=Text(zh="赵文博没有经理", en="赵文博 has no manager"),
)


def _drawn(locale: Locale, *, clock: ClockView | None = None, tasks: tuple[TaskState, ...] = ()) -> str:
    off = SwitchedOffView(rule="stalled", title=Text(zh="商机停滞", en="stall"), kind="clock")
    view = WhyView(
        subject=Subject(kind="opportunity", id=new_id()),
        subject_name="产线",
        customer_id=new_id(),
        customer_name="甲公司",
        as_of=datetime(2025, 5, 20, 10, tzinfo=UTC),
        ruleset_version=3,
        next_check_at=None,
        next_touch_at=None,
        decisions=(),
        clocks=(clock,) if clock else (),
        tasks=tasks,
        notices=(),
        switched_off=(off,),
    )
    console = Console(file=StringIO(), width=160, highlight=False)
    console.print(draw_why(Why(view, {}), words(locale)))
    output = console.file
    assert isinstance(output, StringIO)
    return output.getvalue()


@pytest.mark.parametrize(
    ("locale", "line"),
    [("zh", "商机停滞：已停用  [stalled]"), ("en", "stall: switched off  [stalled]")],
)
def test_a_rule_that_is_switched_off_is_listed_as_such(locale: Locale, line: str) -> None:
    assert line in _drawn(locale)


@pytest.mark.parametrize(
    ("locale", "line"), [("zh", "所用规则已停用：grade"), ("en", "reads what is switched off: grade")]
)
def test_a_clock_names_the_decisions_that_it_reads_and_that_are_switched_off(
    locale: Locale, line: str
) -> None:
    clock = ClockView(
        rule="due",
        title=None,
        is_active=False,
        anchor=None,
        rungs=(),
        because=(),
        why_not=(),
        switched_off=("grade",),
    )

    assert line in _drawn(locale, clock=clock)


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("zh", "未找到销售总监：赵文博没有经理"),
        ("en", "sales director not found: 赵文博 has no manager"),
    ],
)
def test_a_task_names_the_role_that_is_missing_and_the_reason(locale: Locale, line: str) -> None:
    task = stall_task(missing_roles=(MISSING,))

    assert line in _drawn(locale, tasks=(task,))
    assert list(missing_roles(task, words(locale))) == [line]


def test_a_role_without_a_title_is_named_by_its_id() -> None:
    task = stall_task(missing_roles=(MISSING.model_copy(update={"title": None}),))

    assert list(missing_roles(task, words("zh"))) == ["未找到director：赵文博没有经理"]


def test_a_task_for_programs_has_its_missing_roles() -> None:
    (missing,) = task_as_json(stall_task(missing_roles=(MISSING,)))["missing_roles"]

    assert (missing["role"], missing["reason"]["zh"]) == ("director", "赵文博没有经理")
