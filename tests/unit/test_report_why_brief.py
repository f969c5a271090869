"""What holds for a subject, on one screen: in words, with each reason once, and what comes next."""

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from contracts.rules import Because, TaskState, TaskStatus
from contracts.text import Severity, Text
from services.report.result import Task
from services.report.why import Why
from services.report.why_brief import MOST, draw_why_briefly
from services.rules.queries import ClockView, DecisionView, ValueView, WhyView
from services.rules.queries.views import RungView
from services.shared.errors import Locale
from tests.unit.report_samples import FOLLOW_UP_BECAUSE, NOW, follow_up_task, words
from tests.unit.test_report_why import VIEW

DAY = timedelta(days=1)
SCREEN = 45
AMOUNT = FOLLOW_UP_BECAUSE[1]


def a_decision(
    rule: str, zh: str, en: str, value: str, because: Sequence[Because] = (AMOUNT,)
) -> DecisionView:
    """A decision with one value."""
    title = Text(zh=zh, en=en)
    return DecisionView(
        rule=rule,
        title=title,
        row="x",
        row_title=None,
        values={rule: value},
        shown=(ValueView(name=rule, label=title, text=Text(zh=value, en=value)),),
        since=None,
        ruleset_version=3,
        because=tuple(because),
    )


def a_clock(number: int, *, reached: bool = False) -> ClockView:
    """A clock whose one rung comes in so many days."""
    at = NOW + (-1 if reached else 1) * (number + 1) * DAY
    rung = RungView(
        rung="due", title=Text(zh=f"第{number}步", en=f"Step {number}"), at=at, is_reached=reached
    )
    return ClockView(
        rule=f"clock-{number}",
        title=Text(zh=f"时钟{number}", en=f"Clock {number}"),
        is_active=True,
        anchor=NOW,
        rungs=(rung,),
        because=(),
        why_not=(),
    )


def a_task(number: int = 0, **changes: object) -> TaskState:
    """An open task of its own."""
    shown = follow_up_task(
        task_id=UUID(int=number), status="open", because=(FOLLOW_UP_BECAUSE[0],), **changes
    )
    fields = TaskState.model_fields
    return TaskState.model_validate({name: getattr(shown, name) for name in fields})


GRADE = a_decision("grade", "客户等级", "Customer grade", "B")
SCHEME = a_decision("grade_by_value", "按年合作金额分级", "Grade by annual amount", "B")


def drawn(locale: Locale = "zh", *, elsewhere: Sequence[Task] = (), **changes: object) -> str:
    """What a terminal of 100 columns shows."""
    view = WhyView.model_validate({**dict(VIEW), **changes})
    console = Console(file=StringIO(), width=100, highlight=False)
    console.print(draw_why_briefly(Why(view, {}, elsewhere), words(locale)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_it_says_what_holds_and_what_decided_it() -> None:
    text = drawn(decisions=(GRADE, *VIEW.decisions))

    assert "客户等级" in text
    assert "年合作金额 12万，达到10万且不足50万" in text
    assert "跟进间隔 每两周一次" in text
    assert "B级：每两周一次" in text


def test_a_reason_that_several_decisions_share_is_given_once() -> None:
    text = drawn(decisions=(GRADE, a_decision("risk", "风险", "Risk", "低"), *VIEW.decisions))

    assert text.count("年合作金额 12万") == 1


def test_what_is_open_about_an_opportunity_of_the_customer_is_shown_too() -> None:
    title = {"zh": "商机停滞14天：扩产", "en": "Stalled for 14 days: expansion"}
    stalled = Task.model_validate({**a_task(2).model_dump(), "title": title})

    text = drawn(tasks=(a_task(1),), elsewhere=(stalled,))

    assert "未完成任务 2 项" in text
    assert "商机停滞14天：扩产" in text


def test_the_schemes_of_grading_share_a_line() -> None:
    assert "按年合作金额分级为B" in drawn(decisions=(GRADE, SCHEME))
    assert "Grade by annual amount: B" in drawn("en", decisions=(GRADE, SCHEME))


def test_open_tasks_come_with_their_reason_the_worst_first() -> None:
    late = a_task(
        1,
        severity=Severity.WARNING,
        title=Text(zh="跟进逾期", en="Follow-up overdue"),
        overdue_at=NOW - 5 * DAY,
    )
    text = drawn(tasks=(a_task(2), late))

    assert "未完成任务 2 项" in text
    assert text.index("跟进逾期") < text.index("跟进华东远景")
    assert "逾期5天" in text
    assert text.count("最近联系 2025-05-01，满2周为 2025-05-15") == 1


def test_tasks_that_have_ended_are_only_counted() -> None:
    ended = a_task(1, title=Text(zh="旧任务", en="old task")).model_copy(
        update={"status": TaskStatus.COMPLETED}
    )
    text = drawn(tasks=(ended,))

    assert "旧任务" not in text
    assert "已结束的任务 1 项、通知 1 条" in text
    assert "--all" in text


def test_what_comes_next_is_in_order_of_time_and_leaves_out_what_was_reached() -> None:
    text = drawn(clocks=(a_clock(2), a_clock(0), a_clock(7, reached=True)))

    assert text.index("2025-05-21 18:00  时钟0：第0步") < text.index("2025-05-23 18:00  时钟2：第2步")
    assert "时钟7" not in text


def test_an_episode_that_a_person_has_ended_brings_nothing_more() -> None:
    ended = a_task(1, rule="clock-0", anchor=NOW).model_copy(update={"status": TaskStatus.DISMISSED})

    assert "时钟0" not in drawn(clocks=(a_clock(0),), tasks=(ended,))


@pytest.mark.parametrize(
    "words_of_screen",
    ["What holds", "1 open tasks", "What comes next", "Clock 0: Step 0", "Last contact 2025"],
)
def test_it_reads_in_english(words_of_screen: str) -> None:
    text = drawn("en", tasks=(a_task(),), clocks=(a_clock(0),))

    assert words_of_screen in text
    assert "接下来" not in text


def test_a_subject_of_which_nothing_is_said_is_drawn_too() -> None:
    assert drawn(decisions=(), tasks=(), clocks=(), notices=()).count("  无") == 3


@given(decisions=st.integers(0, 6), tasks=st.integers(0, 40), clocks=st.integers(0, 40))
def test_however_much_there_is_it_fits_one_screen_and_what_is_left_out_is_counted(
    decisions: int, tasks: int, clocks: int
) -> None:
    text = drawn(
        decisions=tuple(a_decision(f"d{n}", f"结论{n}", f"Value {n}", "是") for n in range(decisions)),
        tasks=tuple(a_task(number) for number in range(tasks)),
        clocks=tuple(a_clock(number) for number in range(clocks)),
    )

    lines = text.splitlines()
    assert len(lines) <= SCREEN
    assert max(map(cell_len, lines)) <= 100
    for count in (tasks, clocks):
        assert count <= MOST or f"还有 {count - MOST} 项" in text
