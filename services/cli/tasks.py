"""`genjin tasks` and `genjin why`: who has to do what, and why."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import typer

from services.cli.connection import connect
from services.cli.console import say_json, say_long_json
from services.cli.environment import settings
from services.cli.options import AsJson, DataDir
from services.cli.running import run
from services.cli.terminal import output
from services.client import in_pages
from services.report.result import Task, assignees, open_tasks, task_as_json
from services.report.tables import all_tasks_by_person
from services.report.why import draw_why, read_why
from services.report.why_brief import draw_why_briefly
from services.report.words import Words
from services.shared.settings import Settings


def list_tasks(
    *,
    assignee: Annotated[
        str | None, typer.Option(metavar="P", help="Only what this person or queue has: a name or an id.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List open tasks by person, the worst and the longest overdue first, each with its reason."""
    run(_list_tasks(settings(data_dir), assignee, overdue=overdue, as_json=as_json))


def explain(
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="A customer number, an id, or an exact name.")
    ],
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only this rule.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every rule, condition and past task.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what holds for a customer or an opportunity, why, what is open, and what comes next."""
    run(_explain(settings(data_dir), subject, rule, every=every, as_json=as_json))


async def _list_tasks(configured: Settings, assignee: str | None, *, overdue: bool, as_json: bool) -> None:
    async with connect(configured, is_working=False) as client:
        only_overdue = True if overdue else None
        if as_json:
            tasks = open_tasks(client, assignee=assignee, overdue=only_overdue)
            await say_long_json(task_as_json(task) async for task in tasks)
            return

        def tasks_of(name: str) -> AsyncIterator[Sequence[Task]]:
            """Read the tasks of a person, a page at a time."""
            return in_pages(open_tasks(client, assignee=assignee or name, overdue=only_overdue))

        words = Words(configured.locale, configured.zone, await client.business_now())
        everyone = await assignees(client, most=1, assignee=assignee, overdue=only_overdue)
        async for part in all_tasks_by_person(everyone, tasks_of, words):
            output().print(part)


async def _explain(
    configured: Settings, subject: str, rule: str | None, *, every: bool, as_json: bool
) -> None:
    async with connect(configured, is_working=False) as client:
        why = await read_why(client, subject, rule=rule)
    if as_json:
        say_json(why.as_json())
        return
    words = Words(configured.locale, configured.zone, why.view.as_of)
    whole = every or rule is not None
    output().print(draw_why(why, words) if whole else draw_why_briefly(why, words))
