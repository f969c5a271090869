"""The example subscribers keep their table of open tasks, whatever is killed: nothing twice, nothing missing."""

# ruff: noqa: E501 -- rules stand here as people write them

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import aio_pika
import pytest

from contracts.envelope import SHARDS
from services.shared import event_log
from services.shared.cloud_events import to_amqp
from services.shared.database import Database
from services.shared.messaging import EVENTS, LOG_STREAM
from tests.acceptance.story import PEOPLE, Stage, Story, distributed
from tests.nodejs import installed, program
from tests.plumbing import until
from tests.postgres import Template
from tests.rabbitmq import PrivateNode

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STALLED = """
clock: stalled
title: {zh: 停滞, en: stalled}
subject: opportunity
starts_at: progressed_at
while: {status: open}
ladder:
  - {id: warn, at: 14d, do: {task: {to: owner, title: {zh: "{opportunity.name}停滞", en: "{opportunity.name} stalls"}}}}
"""


class Example:
    """An example, which is told where the broker is and where its table is; what it prints is kept."""

    def __init__(self, command: Sequence[str], directory: Path) -> None:
        self.file = directory / "tasks"
        self._command = command
        self._printed = directory / "printed"
        self._printed.touch()
        self._expected: list[str] = []

    @property
    def lines(self) -> list[str]:
        """What it has printed in all its lives, without the ids of tasks."""
        printed = self._printed.read_text("utf-8").splitlines()
        return sorted(line.rpartition("  ")[0] for line in printed)

    @contextmanager
    def running(self, amqp_url: str) -> Iterator[None]:
        """Run it until it is killed with SIGKILL."""
        command = [*self._command, amqp_url, str(self.file)]
        with (
            self._printed.open("ab") as output,
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output) as process,  # noqa: S603
        ):
            try:
                yield
                assert process.poll() is None
            finally:
                process.kill()

    async def prints(self, *lines: str) -> None:
        """Wait until it has printed these lines beside those before; it may have printed nothing else."""
        self._expected += lines

        async def has_printed_enough() -> bool:
            return len(self.lines) >= len(self._expected)

        await until(has_printed_enough, seconds=60)
        assert self.lines == sorted(self._expected)


@pytest.fixture
def stage(migrated_template: Template, private_rabbitmq: PrivateNode) -> Stage:
    """Databases and the broker: the examples hear from nothing else."""
    return Stage(migrated_template, private_rabbitmq)


async def test_the_subscribers_in_python_and_node_keep_the_open_tasks(
    stage: Stage, private_rabbitmq: PrivateNode, tmp_path: Path
) -> None:
    """What was said before, while and after they run, once each, and through a restart of the broker."""
    examples = await asyncio.to_thread(_examples, tmp_path)
    async with _opened(stage) as story:
        await _stall(story, "一期", "二期")
        async with _running(examples, story):
            await _print(examples, "+ 王海涛  一期停滞", "+ 王海涛  二期停滞")
            await _stall(story, "三期")
            await _print(examples, "+ 王海涛  三期停滞")
            await _dismiss(story, "一期")
            await _print(examples, "- 王海涛  一期停滞")

        await _stall(story, "四期")
        await _say_again(story)
        with examples[1].file.open("ab") as journal:
            journal.write(b'{"offset": 1')  # as if it had been killed in the middle of a line
        async with _running(examples, story):
            await _print(examples, "+ 王海涛  四期停滞")
            await asyncio.to_thread(private_rabbitmq.restart)
            await _stall(story, "五期")
            await _print(examples, "+ 王海涛  五期停滞")

        titles = sorted(f"{task['subject_name']}停滞" for task in await story.tasks())
        assert _kept_by_python(examples[0].file) == titles
        assert _kept_by_node(examples[1].file) == titles


def _examples(directory: Path) -> list[Example]:
    """The one in Python and the one in Node, each with a directory of its own."""
    script = EXAMPLES / "subscriber-python" / "open_tasks.py"
    project = installed(EXAMPLES / "subscriber-node", directory / "example")
    commands = [[sys.executable, str(script)], [program("node"), str(project / "open-tasks.mjs")]]
    places = [directory / name for name in ("python", "node")]
    for place in places:
        place.mkdir()
    return [Example(command, place) for command, place in zip(commands, places, strict=True)]


@asynccontextmanager
async def _running(examples: Iterable[Example], story: Story) -> AsyncIterator[None]:
    with ExitStack() as processes:
        for example in examples:
            processes.enter_context(example.running(_url(story)))
        yield


async def _print(examples: Iterable[Example], *lines: str) -> None:
    for example in examples:
        await example.prints(*lines)


@asynccontextmanager
async def _opened(stage: Stage) -> AsyncIterator[Story]:
    """Open a story whose stream has nothing of other stories."""
    assert stage.broker
    with stage.broker.apart() as url:  # the next one to ask is given the same
        async with await aio_pika.connect(url) as connection:
            await (await connection.channel()).queue_delete(LOG_STREAM)
    async with (
        stage.place(STALLED, at="2025-03-17T10:00") as place,
        distributed(place, stage.broker) as story,
    ):
        await story.load(people=PEOPLE, customers="name,owner\n甲公司,王海涛\n")
        yield story


def _url(story: Story) -> str:
    assert story.deployment
    return story.deployment.settings["GENJIN_AMQP_URL"]


async def _stall(story: Story, *names: str) -> None:
    """Enter opportunities that have stood still for too long."""
    rows = [f"甲公司,{name},王海涛,proposal,2025-03-03 10:00" for name in names]
    await story.load(opportunities="\n".join(["customer,name,owner,stage,stage_entered_at", *rows]))


async def _dismiss(story: Story, name: str) -> None:
    task = next(task for task in await story.tasks() if task["subject_name"] == name)
    answer = await story.http.post(f"/v1/tasks/{task['task_id']}/dismiss", json={"reason": "客户已暂停"})
    assert answer.is_success, answer.text
    await story.settle()


async def _say_again(story: Story) -> None:
    """Publish all that the rules have said, last things first."""
    database = Database.connect(story.database_url, schema="rules")
    async with database.session() as session:
        said = await event_log.read_shards(session, dict.fromkeys(range(SHARDS), 0), limit=1000)
    await database.dispose()
    async with await aio_pika.connect(_url(story)) as connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS)
        for event in reversed(said):
            headers, body = to_amqp(event)
            message = aio_pika.Message(
                body, headers=headers, content_type="application/json", type=event.envelope.type
            )
            await exchange.publish(message, routing_key=event.envelope.routing_key)


def _kept_by_python(file: Path) -> list[str]:
    with sqlite3.connect(file) as table:
        rows = table.execute("select title from open_task order by title").fetchall()
    table.close()
    return [title for (title,) in rows]


def _kept_by_node(file: Path) -> list[str]:
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    ended = {entry["id"] for entry in entries if entry.get("ended")}
    return sorted({entry["title"] for entry in entries if entry.get("open") and entry["id"] not in ended})
