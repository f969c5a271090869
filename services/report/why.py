"""Draws why something holds for a customer, an opportunity or a plan, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text as Drawn
from rich.tree import Tree

from contracts.rules import Because, TaskState, TaskStatus
from services.client import Client, Json
from services.followups.queries.tasks import EndingView
from services.report.missing import missing_roles
from services.report.result import Task, task_as_json
from services.report.words import CATCH_ALL, Words
from services.rules.queries import (
    ClockView,
    DecisionView,
    NoticeView,
    SwitchedOffView,
    ValueView,
    WhyView,
)

_STATUS = {
    TaskStatus.OPEN: ("未完成", "open", "bold yellow"),
    TaskStatus.RESOLVED: ("已解除", "resolved", "green"),
    TaskStatus.COMPLETED: ("已完成", "completed", "green"),
    TaskStatus.DISMISSED: ("已搁置", "dismissed", "dim"),
}
BY_PERSON = (TaskStatus.COMPLETED, TaskStatus.DISMISSED)
"""How a person's word ends a task."""


@dataclass(frozen=True)
class Why:
    """What the rules say of a subject, and in their words how people ended its tasks.

    `elsewhere` are the open tasks about the opportunities and plans of a customer.
    """

    view: WhyView
    endings: Mapping[UUID, EndingView]
    elsewhere: Sequence[Task] = ()

    def as_json(self) -> Json:
        """The rules' answer, with the `ending` of each task that a person ended, and the tasks elsewhere."""
        answer = self.view.model_dump(mode="json")
        for task in answer["tasks"]:
            if ending := self.endings.get(UUID(task["task_id"])):
                task["ending"] = ending.model_dump(mode="json")
        return {**answer, "elsewhere": [task_as_json(task) for task in self.elsewhere]}


async def read_why(client: Client, subject: str, *, rule: str | None) -> Why:
    """Ask the rules why, and the followups service what people wrote; the refusals of both."""
    view = WhyView.model_validate(await client.get("/v1/why", subject=subject, rule=rule))
    return Why(view, await _endings(client, view), await _elsewhere(client, view) if rule is None else ())


async def _endings(client: Client, view: WhyView) -> Mapping[UUID, EndingView]:
    ended = {str(task.task_id) for task in view.tasks if task.status in BY_PERSON}
    if not ended:
        return {}
    told = [task async for task in client.items("/v1/tasks", customer=view.customer_id)]
    return {
        UUID(task["task_id"]): EndingView.model_validate(task["ending"])
        for task in told
        if task["task_id"] in ended
    }


async def _elsewhere(client: Client, view: WhyView) -> Sequence[Task]:
    if view.subject.kind != "customer":
        return ()
    listed = client.items("/v1/tasks", customer=view.customer_id, status=TaskStatus.OPEN)
    tasks = [Task.model_validate(task) async for task in listed]
    return [task for task in tasks if task.subject != view.subject]


def draw_why(why: Why, words: Words) -> RenderableType:
    """Return the whole explanation: what was decided, which clocks run, which tasks and notices there are."""
    view = why.view
    tree = Tree("", hide_root=True, guide_style="dim")
    for decision in view.decisions:
        _add_decision(tree, decision, words)
    for clock in view.clocks:
        _add_clock(tree, clock, words)
    for rule in view.switched_off:
        _add_switched_off(tree, rule, words)
    for task in view.tasks:
        _add_task(tree, task, why.endings.get(task.task_id), words)
    for task in why.elsewhere:
        _add_task(tree, task, None, words)
    for notice in view.notices:
        _add_notice(tree, notice, words)
    return Group(heading(view, words), Padding(tree, (0, 0, 1, 0)))


def heading(view: WhyView, words: Words) -> RenderableType:
    """Return who it is about, by which rules, and when to look again."""
    names = view.subject_name
    if view.customer_name != view.subject_name:
        names = f"{view.subject_name}  ·  {view.customer_name}"
    parts = [
        words.pick(zh=f"截至 {words.minute(view.as_of)}", en=f"as of {words.minute(view.as_of)}"),
        words.pick(zh=f"规则版本 {view.ruleset_version}", en=f"ruleset version {view.ruleset_version}"),
    ]
    if view.next_touch_at:
        touch = words.minute(view.next_touch_at)
        parts.append(words.pick(zh=f"下次跟进 {touch}", en=f"next touch {touch}"))
    if view.next_check_at:
        check = words.minute(view.next_check_at)
        parts.append(words.pick(zh=f"结论最早可能变化于 {check}", en=f"could change at {check}"))
    return Panel(
        Drawn.assemble((names, "bold"), "\n", ("  ·  ".join(parts), "dim")),
        border_style="cyan",
        title=str(view.subject.id),
        title_align="left",
    )


def _add_decision(tree: Tree, decision: DecisionView, words: Words) -> None:
    since = f"  {words.pick(zh='自', en='since')} {words.minute(decision.since)}" if decision.since else ""
    why = f"  {words.text(decision.row_title)}" if decision.row_title else ""
    row = f"  [{decision.rule}/{decision.row}]"
    line = Drawn.assemble(
        ("● ", "cyan"),
        (titled(decision, words), "bold"),
        words.pick(zh="：", en=": "),
        (words.pick(zh="、", en=", ").join(shown(decision.shown, words)), "bold green"),
        (why + since + row, "dim"),
    )
    _add_reasons(tree.add(line), decision.because, words)


def _add_clock(tree: Tree, clock: ClockView, words: Words) -> None:
    line = Drawn.assemble(("◷ ", "cyan"), (titled(clock, words), "bold"), (f"  [{clock.rule}]", "dim"))
    if not clock.is_active:
        line.append(words.pick(zh="：未启动", en=": not running"), style="dim")
    elif clock.anchor:
        line.append(words.pick(zh="：起点 ", en=": from ") + words.minute(clock.anchor))
    node = tree.add(line)
    for rung in clock.rungs:
        mark, style = ("✔", "yellow") if rung.is_reached else ("○", "dim")
        title = words.text(rung.title) if rung.title else rung.rung
        node.add(Drawn(f"{mark} {title}  {words.minute(rung.at)}", style=style))
    _add_reasons(node, clock.because, words)
    if clock.switched_off:
        node.add(Drawn(_without(clock.switched_off, words), style="dim"))
    if clock.why_not:
        not_yet = node.add(Drawn(words.pick(zh="为何没有触发", en="why not"), style="dim italic"))
        _add_reasons(not_yet, clock.why_not, words)


def _without(decisions: Sequence[str], words: Words) -> str:
    """The switched-off decisions whose values a clock reads."""
    names = words.pick(zh="、", en=", ").join(decisions)
    return words.pick(zh=f"所用规则已停用：{names}", en=f"reads what is switched off: {names}")


def _add_switched_off(tree: Tree, rule: SwitchedOffView, words: Words) -> None:
    tree.add(
        Drawn.assemble(
            ("○ ", "dim"),
            (titled(rule, words), "bold dim"),
            (words.pick(zh="：已停用", en=": switched off"), "dim"),
            (f"  [{rule.rule}]", "dim"),
        )
    )


def _add_task(tree: Tree, task: TaskState, ending: EndingView | None, words: Words) -> None:
    zh, en, style = _STATUS[task.status]
    assignee = words.person(task.assignee.name or task.assignee.queue or task.assignee.role)
    due = words.pick(zh="，期限 ", en=", due ") + words.minute(task.due_at) if task.due_at else ""
    line = Drawn.assemble(
        ("■ ", "yellow"),
        (words.text(task.title), "bold"),
        (f"  {words.pick(zh=zh, en=en)}", style),
        f"  {assignee}{due}",
        (f"  [{task.rule}/{task.rung}]  {task.task_id}", "dim"),
    )
    node = tree.add(line)
    for missing in missing_roles(task, words):
        node.add(Drawn(missing, style="yellow"))
    if task.resolution:
        node.add(Drawn(words.text(task.resolution), style="green"))
    for words_of_person in _ending(ending) if ending else ():
        node.add(Drawn(words_of_person))


def _ending(ending: EndingView) -> Iterable[str]:
    """What a person wrote: the reason, or the answers by the names of their questions."""
    if ending.reason:
        yield ending.reason
    for name, answer in (ending.answers or {}).items():
        yield f"{name}: {answer}"


def _add_notice(tree: Tree, notice: NoticeView, words: Words) -> None:
    title = words.text(notice.title) if notice.title else notice.rule
    to = words.text(notice.to_title) if notice.to_title else ""
    given = words.pick(
        zh=f"  已于 {words.minute(notice.given_at)} 通知{to}",
        en=f"  notified {to} at {words.minute(notice.given_at)}",
    )
    tree.add(
        Drawn.assemble(("✉ ", "cyan"), (title, "bold"), (f"{given}  [{notice.rule}/{notice.rung}]", "dim"))
    )


def _add_reasons(node: Tree, reasons: Sequence[Because], words: Words) -> None:
    # Several rules may ask the same of the same fact; once is enough for a reader.
    for line in dict.fromkeys(_reason(reason, words) for reason in reasons):
        node.add(Drawn(line))


def _reason(reason: Because, words: Words) -> str:
    """A test with its value, and for a deadline the whole working-time arithmetic."""
    label, threshold = words.text(reason.label), words.threshold(reason)
    if reason.arithmetic:
        arithmetic = words.text(reason.arithmetic)
        return words.pick(
            zh=f"{label}：{arithmetic}；条件：{threshold}", en=f"{label}: {arithmetic}; asked: {threshold}"
        )
    value = words.value(reason)
    if reason.threshold == CATCH_ALL:
        return words.pick(zh=f"{label}：{value}（{threshold}）", en=f"{label}: {value} ({threshold})")
    return words.pick(
        zh=f"{label}：{value}（条件：{threshold}）", en=f"{label}: {value} (asked: {threshold})"
    )


def titled(rule: DecisionView | ClockView | SwitchedOffView, words: Words) -> str:
    """What people call a rule."""
    return words.text(rule.title) if rule.title else rule.rule


def shown(values: Sequence[ValueView], words: Words) -> Iterable[str]:
    """The values of a decision in words, each with its label where there are several."""
    for value in values:
        text = words.text(value.text) if value.text else words.nothing
        yield text if len(values) == 1 else f"{words.text(value.label)} {text}"
