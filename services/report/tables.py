"""Draws a result as tables for a terminal of 100 to 140 columns, in Chinese or English."""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text as Drawn

from contracts.text import Severity
from contracts.vocabulary import CustomerGrade
from services.report.missing import missing_roles
from services.report.result import (
    COUNTED,
    Assignee,
    Rejected,
    Result,
    Stalled,
    Task,
    assignee_of,
    name_of,
)
from services.report.words import Words

SHOWN_TASKS = 60
LEAST_PER_PERSON = 2
SHOWN_STALLED = 12
SHOWN_REJECTED = 12
BAR = 30

GRADE_STYLES = {"A": "bold red", "B": "yellow", "C": "cyan"}

_COUNTED = {
    "customers": ("客户", "customers"),
    "contacts": ("联系人", "contacts"),
    "people": ("人员", "people"),
    "purchases": ("购买记录", "purchases"),
    "follow_ups": ("跟进记录", "follow-ups"),
    "opportunities": ("商机", "opportunities"),
}


def draw(result: Result, assignees: Sequence[Assignee], stalled: Stalled, words: Words) -> RenderableType:
    """Return the whole report."""
    parts = [
        _heading(result, words),
        _grades(result, words),
        tasks_by_person(assignees, words),
        _stalled(stalled, words),
        rejected_rows(result.rejected, result.rejected_files, words),
    ]
    return Group(*(part for part in parts if part is not None))


def shown_of_each(assignees: Sequence[Assignee]) -> int:
    """How many tasks of each are shown: about so many in all, but some of everyone."""
    return max(LEAST_PER_PERSON, SHOWN_TASKS // max(len(assignees), 1))


def tasks_by_person(assignees: Sequence[Assignee], words: Words) -> RenderableType:
    """Open tasks, person by person, each with its reason, and how many more each has."""
    table = _tasks(assignees, words)
    for person in assignees:
        _add_row(table, "", _person(person, words), "")
        _add_tasks(table, person.tasks, words)
        more = person.total - len(person.tasks)
        if more > 0:
            _add_row(table, "", _more(more, f"genjin tasks --assignee {person.name}", words), "")
        table.add_section()
    return table


TasksOf = Callable[[str], AsyncIterable[Sequence[Task]]]
"""Reads the tasks of a person or queue, some at a time."""


async def all_tasks_by_person(
    assignees: Sequence[Assignee], tasks_of: TasksOf, words: Words
) -> AsyncIterator[RenderableType]:
    """All open tasks as one table, drawn in parts: however many there are, few are in memory.

    The task that each has here is the most urgent one, so that the parts are as wide as the whole would be.
    """
    yield Lines(_tasks(assignees, words), without_last=bool(assignees))
    for number, person in enumerate(assignees):
        part = _tasks(assignees, words, is_first=False)
        _add_row(part, "", _person(person, words), "")
        yield Lines(part, without_first=number == 0, without_last=True)
        async for some in tasks_of(person.name):
            part = _tasks(assignees, words, is_first=False)
            _add_tasks(part, some, words)
            yield Lines(part, without_first=True, without_last=True)
    if assignees:
        yield ""


@dataclass(frozen=True)
class Lines:
    """A table without its first line or its last, which are blank, where it goes on."""

    table: Table
    without_first: bool = False
    without_last: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines that are left."""
        lines = console.render_lines(self.table, options, pad=False)
        for line in lines[self.without_first : len(lines) - self.without_last]:
            yield from line
            yield Segment.line()


def _tasks(assignees: Sequence[Assignee], words: Words, *, is_first: bool = True) -> Table:
    total, overdue = sum(each.total for each in assignees), sum(each.overdue for each in assignees)
    title = words.pick(
        zh=f"未完成任务 {total} 项，其中逾期 {overdue} 项",
        en=f"{total} open tasks, {overdue} of them overdue",
    )
    table = _table(title if is_first else None)
    table.show_header = is_first
    due = [_due(task, words).cell_len for each in assignees for task in each.tasks]
    table.add_column(words.pick(zh="期限", en="Due"), no_wrap=True, min_width=max(9, *due, 0))
    table.add_column(words.pick(zh="任务", en="Task"), ratio=5, overflow="fold")
    table.add_column(words.pick(zh="原因", en="Reason"), ratio=6, overflow="fold", style="dim")
    return table


def _add_tasks(table: Table, tasks: Iterable[Task], words: Words) -> None:
    for task in tasks:
        _add_row(table, _due(task, words), _title(task, words), _reason(task, words))


def _heading(result: Result, words: Words) -> RenderableType:
    counted = "  ·  ".join(
        f"{words.pick(zh=zh, en=en)} {result.counts[name]}" for name, (zh, en) in _counted()
    )
    moment = words.pick(
        zh=f"截至 {words.minute(result.as_of)}  ·  规则版本 {result.ruleset_version}",
        en=f"As of {words.minute(result.as_of)}  ·  ruleset version {result.ruleset_version}",
    )
    return Panel(
        Drawn.assemble(counted, "\n", (moment, "dim")),
        title=Drawn(words.pick(zh="跟进 Genjin", en="Genjin 跟进"), style="bold"),
        title_align="left",
        box=box.ROUNDED,
        border_style="cyan",
    )


def _counted() -> Iterable[tuple[str, tuple[str, str]]]:
    return ((name, _COUNTED[name]) for name in COUNTED)


def _grades(result: Result, words: Words) -> RenderableType:
    table = _table(words.pick(zh="客户分级", en="Customers by grade"), expand=False)
    table.add_column(words.pick(zh="等级", en="Grade"))
    table.add_column(words.pick(zh="客户数", en="Customers"), justify="right")
    table.add_column("", min_width=BAR)
    most = max(result.customers_by_grade.values(), default=0)
    for grade in CustomerGrade:
        count = result.customers_by_grade[grade.value]
        style = GRADE_STYLES[grade.value]
        bar = "█" * (-(-count * BAR // most) if most else 0)
        label = f"{grade.value} {grade.aliases[0]}" if words.locale == "zh" else grade.value
        _add_row(table, Drawn(label, style=style), str(count), Drawn(bar, style=style))
    return table


def _stalled(stalled: Stalled, words: Words) -> RenderableType | None:
    if not stalled.total:
        return None
    table = _table(
        words.pick(zh=f"停滞预警 {stalled.total} 个商机", en=f"{stalled.total} stalled opportunities")
    )
    table.add_column(words.pick(zh="商机", en="Opportunity"), ratio=4, overflow="fold")
    table.add_column(words.pick(zh="客户", en="Customer"), ratio=5, overflow="fold")
    table.add_column(words.pick(zh="无进展", en="No progress"), justify="right", no_wrap=True)
    table.add_column(words.pick(zh="负责人", en="Owner"), ratio=2, overflow="fold")
    table.add_column(words.pick(zh="已告知", en="Told"), ratio=3, overflow="fold")
    for task in stalled.first:
        days = words.pick(zh=f"{words.age(task.anchor)}天", en=f"{words.age(task.anchor)} d")
        told = words.pick(zh="、", en=", ").join(words.person(name_of(watcher)) for watcher in task.watchers)
        _add_row(
            table,
            task.subject_name,
            _customer(task),
            Drawn(days, style=_style(task)),
            words.person(assignee_of(task)),
            told or "—",
        )
    _note_the_rest(table, stalled.total - len(stalled.first), "genjin tasks --json", words)
    return table


def rejected_rows(rows: Sequence[Rejected], files: Sequence[str], words: Words) -> RenderableType | None:
    """Some of the rows that were not imported, and the `files` that list all; None when there are none."""
    if not rows:
        return None
    table = _table(words.pick(zh=f"未导入的行 {len(rows)} 处", en=f"{len(rows)} rejected rows"))
    table.add_column(words.pick(zh="文件", en="File"), max_width=30, overflow="fold")
    table.add_column(words.pick(zh="行", en="Row"), justify="right", no_wrap=True)
    table.add_column(words.pick(zh="列", en="Column"), min_width=12)
    table.add_column(words.pick(zh="内容", en="Value"), ratio=3, overflow="fold")
    table.add_column(words.pick(zh="原因", en="Reason"), ratio=6, overflow="fold")
    shown = _spread(rows, SHOWN_REJECTED)
    for row in shown:
        place = "" if row.row is None else str(row.row)
        _add_row(table, row.file, place, row.column or "", row.value or "", row.reason)
    _note_the_rest(table, len(rows) - len(shown), ", ".join(files), words)
    return table


def _spread(rows: Sequence[Rejected], most: int) -> list[Rejected]:
    """Some rows of every file, so that one bad file does not hide the others; all when they are few."""
    seen: Counter[str] = Counter()
    turns = []
    for place, row in enumerate(rows):
        turns.append((seen[row.file], place))
        seen[row.file] += 1
    # The first row of each file, then the second of each, and so on; shown in the order of the files.
    return [rows[place] for place in sorted(place for _, place in sorted(turns)[:most])]


def _table(title: str | None, *, expand: bool = True) -> Table:
    return Table(
        title=Drawn(title, style="bold") if title else None,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="bold cyan",
        expand=expand,
        pad_edge=False,
    )


def _person(person: Assignee, words: Words) -> Drawn:
    count = words.pick(zh=f"  {person.total} 项", en=f"  {person.total}")
    late = words.pick(zh=f"，逾期 {person.overdue} 项", en=f", {person.overdue} overdue")
    return Drawn.assemble(
        (words.person(person.name), "bold"), (count, "dim"), (late if person.overdue else "", "red")
    )


def _due(task: Task, words: Words) -> Drawn:
    at = task.overdue_since or task.due_at
    return Drawn(words.due(at) if at else "", style="bold red" if task.is_overdue else "green")


def _title(task: Task, words: Words) -> Drawn:
    title = Drawn(words.text(task.title), style=_style(task))
    if task.customer_name in title.plain:
        return title
    return Drawn.assemble(title, "\n", _customer(task))


def _reason(task: Task, words: Words) -> str:
    return "\n".join([words.reason(task), *missing_roles(task, words)])


def _customer(task: Task) -> Drawn:
    if task.grade is None:
        return Drawn(task.customer_name)
    return Drawn.assemble((task.grade.value, GRADE_STYLES[task.grade.value]), " ", task.customer_name)


def _style(task: Task) -> str:
    return {Severity.NORMAL: "", Severity.WARNING: "yellow", Severity.BREACH: "bold red"}[task.severity]


def _add_row(table: Table, *cells: str | Drawn) -> None:
    # As text: square brackets in what people wrote must not be taken for markup.
    table.add_row(*(Drawn(cell) if isinstance(cell, str) else cell for cell in cells))


def _note_the_rest(table: Table, count: int, where: str, words: Words) -> None:
    if count > 0:
        table.caption = _more(count, where, words)


def _more(count: int, where: str, words: Words) -> Drawn:
    return Drawn(
        words.pick(zh=f"… 还有 {count} 项：{where}", en=f"… {count} more: {where}"), style="dim italic"
    )
