"""Keeps a local table of the open tasks of each person, from Genjin's stream of events; prints each change.

    python open_tasks.py amqp://user:password@host:5672/genjin tasks.db

It first reads all that the stream still has, then what comes. The offset is stored in the same transaction as
what a message changed, so the program can be killed at any time and started again.
"""

import asyncio
import json
import sqlite3
import sys
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

STREAM = "genjin.log"
QUIET_SECONDS = 60
STATES = "rules.task_"
"""What the rules say of a task (raised, escalated, reassigned, resolved) carries its whole state."""
ENDINGS = ("followups.task_completed.v1", "followups.task_dismissed.v1")
"""What a person did with it. That is final, whichever of the two services is heard first."""

TABLES = """
create table if not exists reader (only_row integer primary key check (only_row = 1), next_offset integer);
create table if not exists seen (source, shard, position, primary key (source, shard, position));
create table if not exists task (
    id text primary key, sequence integer default 0, is_open integer default 0, has_ended integer default 0,
    assignee text, title text);
create view if not exists open_task as select * from task where is_open and not has_ended;
"""


def main() -> None:
    """Read for as long as we are let."""
    url, file = sys.argv[1:]
    table = sqlite3.connect(file, isolation_level=None)  # transactions begin where we say so
    table.executescript(TABLES)
    asyncio.run(follow(url, table))


async def follow(url: str, table: sqlite3.Connection) -> None:
    """Connect, and connect again after an outage.

    Not with `connect_robust`: that asks again for the offset it was first given, and all since then comes
    again. We ask for the offset that is stored.
    """
    while True:
        try:
            async with await aio_pika.connect(url) as connection:
                await read(connection, table)
        except (aio_pika.exceptions.AMQPError, OSError) as error:
            print(f"connecting anew: {error!r}", file=sys.stderr)
        await asyncio.sleep(1)


async def read(connection: AbstractConnection, table: sqlite3.Connection) -> None:
    """Read on from the stored offset; raises when the connection ends, or all is quiet, to look anew."""
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)  # a stream wants one, and acknowledgements
    stream = await channel.get_queue(STREAM)
    stored = table.execute("select next_offset from reader").fetchone()
    wanted = stored[0] if stored else "first"
    async with stream.iterator(arguments={"x-stream-offset": wanted}, timeout=QUIET_SECONDS) as messages:
        async for message in messages:
            offset: Any = message.headers["x-stream-offset"]
            if stored and offset > wanted:
                print(f"the stream no longer has {wanted} to {offset - 1}: read the feed", file=sys.stderr)
            stored = None  # only the first message shows that
            for line in keep(message, table):
                print(line, flush=True)
            await message.ack()


def keep(message: AbstractIncomingMessage, table: sqlite3.Connection) -> list[str]:
    """Store what a message changes, and that it was read, in one transaction; returns what to print."""
    headers: Any = message.headers
    lines: list[str] = []
    with table:
        table.execute("begin immediate")
        # It may come twice: Genjin publishes again what it does not know to have arrived.
        place = headers.get("cloudEvents_source"), headers.get("shard"), headers.get("position")
        if table.execute("insert or ignore into seen values (?, ?, ?)", place).rowcount:
            lines = change(message.type or "", headers, message.body, table)
        table.execute("insert or replace into reader values (1, ?)", (headers["x-stream-offset"] + 1,))
    return lines


def change(kind: str, headers: Any, body: bytes, table: sqlite3.Connection) -> list[str]:  # noqa: ANN401
    """Apply an event to the table. Types and fields that we do not know are none of our business."""
    if not kind.startswith(STATES) and kind not in ENDINGS:
        return []
    data = json.loads(body)
    task_id = data["task_id"]
    before = shown(task_id, table)
    table.execute("insert or ignore into task (id) values (?)", (task_id,))
    if kind in ENDINGS:
        table.execute("update task set has_ended = 1 where id = ?", (task_id,))
    else:
        # Events may overtake each other; `sequence` is the version of the task that this one shows.
        sequence, assignee = headers["cloudEvents_sequence"], data["assignee"]
        who = assignee.get("name") or assignee.get("queue")
        table.execute(
            "update task set sequence = ?1, is_open = ?2, assignee = ?3, title = ?4"
            " where id = ?5 and sequence < ?1",
            (sequence, data["status"] == "open", who, data["title"]["zh"], task_id),
        )
    after = shown(task_id, table)
    return [f"{sign} {line}" for sign, line in (("-", before), ("+", after)) if line and before != after]


def shown(task_id: str, table: sqlite3.Connection) -> str | None:
    """One line for a task while it is open."""
    row = table.execute("select assignee, title, id from open_task where id = ?", (task_id,)).fetchone()
    return "  ".join(map(str, row)) if row else None


if __name__ == "__main__":
    main()
