"""Draws on one screen what holds for a subject, what is open, and what comes next; each reason once."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Drawn

from contracts.rules import Because, TaskState, TaskStatus
from contracts.text import Severity
from services.report.missing import missing_roles
from services.report.why import BY_PERSON, Why, heading, shown, titled
from services.report.words import CATCH_ALL, GRADING, Words
from services.rules.queries import ClockView, DecisionView, WhyView
from services.rules.queries.views import RungView

MOST = 5
"""How many open tasks, and how many next steps, are shown; the others are counted."""

_STYLES = {Severity.BREACH: "bold red", Severity.WARNING: "yellow", Severity.NORMAL: ""}
_INDENT = (0, 0, 0, 2)


def draw_why_briefly(why: Why, words: Words) -> RenderableType:
    """Return what holds with what decided it, the open tasks with their reasons, and what comes next."""
    view = why.view
    reasons = _Reasons(view, words)
    own = [task for task in view.tasks if task.status is TaskStatus.OPEN]
    tasks = sorted((*own, *why.elsewhere), key=_place)
    coming = sorted(_coming(view), key=lambda step: step[1].at)
    return Group(
        heading(view, words),
        _title(words.pick(zh="现状", en="What holds")),
        Padding(_decisions(view.decisions, reasons, words) if view.decisions else _nothing(words), _INDENT),
        _title(words.pick(zh=f"未完成任务 {len(tasks)} 项", en=f"{len(tasks)} open tasks")),
        Padding(Group(*_tasks(tasks[:MOST], reasons, words), *_more(tasks, words)), _INDENT),
        _title(words.pick(zh="接下来", en="What comes next")),
        Padding(Group(*_steps(coming[:MOST], words), *_more(coming, words)), _INDENT),
        _rest(view, words),
    )


class _Reasons:
    """Words for the facts behind decisions and tasks, each given once."""

    def __init__(self, view: WhyView, words: Words) -> None:
        self._words = words
        self._decided = {value.name for decision in view.decisions for value in decision.shown}
        self._given: set[str] = set()

    def new(self, entries: Iterable[Because]) -> str:
        """Return what was not given before, of plain facts only: what was decided has a line of its own."""
        facts = (each for each in entries if each.threshold != CATCH_ALL and each.fact not in self._decided)
        lines = dict.fromkeys(self._words.because(each) for each in facts)
        new = [line for line in lines if line not in self._given]
        self._given.update(new)
        return self._words.pick(zh="；", en="; ").join(new)


def _decisions(decisions: Sequence[DecisionView], reasons: _Reasons, words: Words) -> RenderableType:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(max_width=24, overflow="fold")
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold", style="dim")
    schemes = [each for each in decisions if each.rule.startswith(GRADING)]
    for decision in (each for each in decisions if each not in schemes):
        why = [words.text(decision.row_title)] if decision.row_title else []
        facts = reasons.new(decision.because)
        reason = words.pick(zh="：", en=": ").join(filter(None, (*why, facts)))
        table.add_row(Drawn(titled(decision, words), style="bold"), _values(decision, words), Drawn(reason))
    if schemes:
        name = words.pick(zh="各分级方案", en="Schemes")
        results = (_scheme(each, words) for each in schemes)
        table.add_row(Drawn(name), "", Drawn(words.pick(zh="，", en=", ").join(results)))
    return table


def _scheme(decision: DecisionView, words: Words) -> str:
    title, values = titled(decision, words), _values(decision, words).plain
    return words.pick(zh=f"{title}为{values}", en=f"{title}: {values}")


def _values(decision: DecisionView, words: Words) -> Drawn:
    return Drawn(words.pick(zh="、", en=", ").join(shown(decision.shown, words)), style="bold green")


def _place(task: TaskState) -> tuple[int, float]:
    at = task.overdue_at or task.due_at or task.rung_at
    return -list(Severity).index(task.severity), at.timestamp()


def _tasks(tasks: Sequence[TaskState], reasons: _Reasons, words: Words) -> Iterator[RenderableType]:
    if not tasks:
        yield _nothing(words)
    for task in tasks:
        at = task.overdue_at or task.due_at
        yield Drawn.assemble(
            ("■ ", "yellow"),
            (words.text(task.title), _STYLES[task.severity]),
            f"  {words.person(task.assignee.name or task.assignee.queue or task.assignee.role)}",
            (f"  {words.due(at)}" if at else "", "bold red" if at and at <= words.now else "green"),
        )
        own = [entry for entry in task.because if entry.rule == task.rule]
        deadlines = [entry for entry in own if entry.anchor is not None]
        for line in (reasons.new(deadlines or own), *missing_roles(task, words)):
            if line:
                yield Padding(Drawn(line, style="dim"), _INDENT)


def _coming(view: WhyView) -> Iterator[tuple[ClockView, RungView]]:
    """The next rung of every clock that runs, unless a person has ended its episode."""
    ended = {(task.rule, task.anchor) for task in view.tasks if task.status in BY_PERSON}
    for clock in view.clocks:
        rung = next((each for each in clock.rungs if not each.is_reached), None)
        if rung and (clock.rule, clock.anchor) not in ended:
            yield clock, rung


def _steps(steps: Sequence[tuple[ClockView, RungView]], words: Words) -> Iterator[RenderableType]:
    if not steps:
        yield _nothing(words)
    for clock, rung in steps:
        step = words.text(rung.title) if rung.title else rung.rung
        what = words.pick(zh=f"{titled(clock, words)}：{step}", en=f"{titled(clock, words)}: {step}")
        yield Drawn.assemble((words.minute(rung.at), "cyan"), f"  {what}")


def _more(items: Sequence[object], words: Words) -> Iterator[RenderableType]:
    more = len(items) - MOST
    if more > 0:
        yield Drawn(words.pick(zh=f"… 还有 {more} 项", en=f"… {more} more"), style="dim italic")


def _rest(view: WhyView, words: Words) -> RenderableType:
    """What `--all` shows besides."""
    ended = sum(task.status is not TaskStatus.OPEN for task in view.tasks)
    notices = len(view.notices)
    line = words.pick(
        zh=f"另有已结束的任务 {ended} 项、通知 {notices} 条；加 --all 可查看全部规则、条件与历史。",
        en=f"Besides: {ended} ended tasks, {notices} notices. --all shows all rules, conditions, past tasks.",
    )
    return Padding(Drawn(line, style="dim"), (1, 0, 0, 0))


def _nothing(words: Words) -> RenderableType:
    return Drawn(words.nothing, style="dim")


def _title(words: str) -> RenderableType:
    return Padding(Drawn(words, style="bold cyan"), (1, 0, 0, 0))
