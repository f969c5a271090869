"""Draws a result as tables for a terminal of 100 to 140 columns, in Chinese or English."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Drawn

from contracts.rules import Severity
from contracts.vocabulary import CustomerGrade
from services.report.missing import missing_roles
from services.report.result import (
    COUNTED,
    Rejected,
    Result,
    Task,
    assignee_of,
    by_assignee,
    name_of,
    stalled,
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


def draw(result: Result, words: Words) -> RenderableType:
    """Return the whole report."""
    parts = [
        _heading(result, words),
        _grades(result, words),
        tasks_by_person(result.tasks, words),
        _stalled(stalled(result.tasks), words),
        rejected_rows(result.rejected, result.rejected_files, words),
    ]
    return Group(*(part for part in parts if part is not None))


def tasks_by_person(tasks: Sequence[Task], words: Words, *, most: int = SHOWN_TASKS) -> RenderableType:
    """Open tasks, person by person, each with its reason; at most about so many, the most urgent of each."""
    groups = by_assignee(tasks)
    overdue = sum(task.is_overdue for task in tasks)
    title = words.pick(
        zh=f"未完成任务 {len(tasks)} 项,其中逾期 {overdue} 项",
        en=f"{len(tasks)} open tasks, {overdue} of them overdue",
    )
    table = _table(title)
    table.add_column(words.pick(zh="期限", en="Due"), no_wrap=True, min_width=9)
    table.add_column(words.pick(zh="任务", en="Task"), ratio=5, overflow="fold")
    table.add_column(words.pick(zh="原因", en="Reason"), ratio=6, overflow="fold", style="dim")
    share = max(LEAST_PER_PERSON, most // max(len(groups), 1))
    for person, group in groups.items():
        _add_row(table, "", _person(person, group, words), "")
        for task in group[:share]:
            _add_row(table, _due(task, words), _title(task, words), _reason(task, words))
        if len(group) > share:
            _add_row(table, "", _more(len(group) - share, f"genjin tasks --assignee {person}", words), "")
        table.add_section()
    return table


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


def _stalled(tasks: Sequence[Task], words: Words) -> RenderableType | None:
    if not tasks:
        return None
    table = _table(words.pick(zh=f"停滞预警 {len(tasks)} 个商机", en=f"{len(tasks)} stalled opportunities"))
    table.add_column(words.pick(zh="商机", en="Opportunity"), ratio=4, overflow="fold")
    table.add_column(words.pick(zh="客户", en="Customer"), ratio=5, overflow="fold")
    table.add_column(words.pick(zh="无进展", en="No progress"), justify="right", no_wrap=True)
    table.add_column(words.pick(zh="负责人", en="Owner"), ratio=2, overflow="fold")
    table.add_column(words.pick(zh="已告知", en="Told"), ratio=3, overflow="fold")
    for task in tasks[:SHOWN_STALLED]:
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
    _note_the_rest(table, len(tasks) - SHOWN_STALLED, "genjin tasks --json", words)
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


def _table(title: str, *, expand: bool = True) -> Table:
    return Table(
        title=Drawn(title, style="bold"),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="bold cyan",
        expand=expand,
        pad_edge=False,
    )


def _person(person: str, tasks: Sequence[Task], words: Words) -> Drawn:
    overdue = sum(task.is_overdue for task in tasks)
    count = words.pick(zh=f"  {len(tasks)} 项", en=f"  {len(tasks)}")
    late = words.pick(zh=f",逾期 {overdue} 项", en=f", {overdue} overdue") if overdue else ""
    return Drawn.assemble((words.person(person), "bold"), (count, "dim"), (late, "red"))


def _due(task: Task, words: Words) -> Drawn:
    return Drawn(
        words.due(task.due_at) if task.due_at else "", style="bold red" if task.is_overdue else "green"
    )


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
        words.pick(zh=f"… 还有 {count} 项:{where}", en=f"… {count} more: {where}"), style="dim italic"
    )
