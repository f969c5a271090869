"""Data that is there already when a migration comes is carried over."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from contracts.identity import new_id
from contracts.rules import RungReached
from contracts.text import Severity
from services.shared.database import Database
from services.shared.migrations import migrate
from tests.integration.test_followups_tasks import a_task, hear
from tests.records_rig import NOW, RecordsRig

DAY = timedelta(days=1)


async def downgrade_before(database: Database, name: str) -> None:
    """Take back the migration of this name, and those after it."""
    config = Config()
    config.set_main_option("script_location", f"services.{database.name}:migrations")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    before = next(each.down_revision for each in scripts if each.path.endswith(f"{name}.py"))

    def run(connection: Connection) -> None:
        """Do it on this connection."""
        config.attributes["connection"] = connection
        command.downgrade(config, str(before))

    async with database.engine.begin() as connection:
        await connection.run_sync(run)


def steps(*days: int) -> tuple[RungReached, ...]:
    """Rungs that were reached so many days ago."""
    return tuple(
        RungReached(rung=f"r{number}", rung_at=NOW - each * DAY, raised_at=NOW)
        for number, each in enumerate(days)
    )


async def test_open_tasks_get_the_instant_from_which_they_are_overdue_and_their_place(
    databases: dict[str, Database], tmp_path: Path
) -> None:
    rig = RecordsRig(databases, tmp_path)
    later = {"due_at": NOW + DAY}
    tasks: dict[str, tuple[dict[str, Any], datetime | None]] = {
        "breach": ({**later, "severity": Severity.BREACH, "rung_at": NOW - 2 * DAY}, NOW - 2 * DAY),
        "second rung": ({**later, "history": steps(9, 5, 1), "grade": "A"}, NOW - 5 * DAY),
        "no deadline": ({"due_at": None, "rung_at": NOW - 3 * DAY}, NOW - 3 * DAY),
        "deadline": ({"due_at": NOW - DAY, "severity": Severity.NORMAL}, NOW - DAY),
        "not yet": ({**later, "severity": Severity.NORMAL}, None),
    }
    added: dict[str, str] = {}
    for name, (fields, _) in tasks.items():
        task = a_task(task_id=new_id(), **fields)
        await hear(rig, task, sequence=1)
        added[str(task.task_id)] = name

    await downgrade_before(databases["followups"], "tasks_by_priority")
    await migrate(databases["followups"])

    items = (await rig.ask("/v1/tasks", order="urgency", status="open"))["items"]
    assert [added[each["task_id"]] for each in items] == list(tasks)
    since = {added[each["task_id"]]: each["overdue_since"] for each in items}
    assert {name: at and datetime.fromisoformat(at) for name, at in since.items()} == {
        name: expected for name, (_, expected) in tasks.items()
    }
