"""Commands of other systems: taken from a service's command queue, carried out, and answered.

A command is carried out in one unit of work, in the order of the queue, and acknowledged after the commit.
One that is refused becomes a dead letter too, so that an operator sees it and can replay it. Commands name
their record by the sender's own id, so that one that comes twice does the same as one that comes once. One
that names what is not known here waits a little before it is refused, as what it names may be on its way.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from faststream.rabbit import RabbitMessage
from pydantic_core import from_json, to_json

from services.shared import dead_letters
from services.shared.clock import Clock
from services.shared.cloud_events import PREFIXES, STRUCTURED
from services.shared.commands import Commands, apply_command, record_of
from services.shared.database import Database
from services.shared.dead_letters import DeadLetter
from services.shared.errors import Locale, TransientError
from services.shared.failures import Failure, failure_of, storable, storable_json
from services.shared.messaging.names import command_consumer_of, command_queue_of
from services.shared.messaging.preflight import preflight
from services.shared.messaging.receiving import WATCH_SECONDS, Receiver, Source
from services.shared.messaging.replies import Asked, Replies
from services.shared.messaging.topology import ConsumerTopology
from services.shared.patience import SharedPatience, patiently
from services.shared.readiness import Pause
from services.shared.telemetry import commanded
from services.shared.unit_of_work import unit_of_work
from services.shared.watching.handled import tell_command

T = TypeVar("T")


@dataclass(frozen=True)
class Deployment:
    """Where the broker is, whether we may declare on it, and the language of answers without a wish.

    `patience`: for how many seconds a command may wait for a record that it names.
    """

    url: str
    declare: bool = True
    locale: Locale = "zh"
    patience: float = 0
    watch_seconds: float = WATCH_SECONDS


@dataclass(frozen=True)
class Received:
    """A command as it came: its type, where it names one, the JSON of its data, and its headers."""

    type: str | None
    body: bytes
    headers: Mapping[str, object]

    @property
    def letter(self) -> DeadLetter:
        """As it is kept when it is not carried out."""
        return DeadLetter(None, self.body, type=self.type, headers=self.headers, record=record_of(self.body))

    @property
    def traceparent(self) -> str | None:
        """The trace in which it was sent."""
        told = (self.headers.get(f"{prefix}traceparent") for prefix in (*PREFIXES, ""))
        return next((str(each) for each in told if each), None)


class CommandConsumer:
    """Carries out the commands that come to one service, whose database this is."""

    def __init__(
        self, deployment: Deployment, commands: Commands, *, database: Database, clock: Clock
    ) -> None:
        self._deployment = deployment
        self._commands = commands
        self._database = database
        self._clock = clock
        self._name = command_consumer_of(database.name)
        self._patience = SharedPatience(deployment.patience)
        self._replies = Replies(deployment.url, service=database.name, locale=deployment.locale)
        self._receiver = Receiver(
            deployment.url,
            Source(command_queue_of(database.name), self._name, is_exclusive=True, batch=1),
            self._take,
            prepare=self._prepare,
            watch_seconds=deployment.watch_seconds,
        )

    async def run(self) -> None:
        """Carry out commands until cancelled; outages are waited out.

        Raises a RefusedError when the broker is not as it has to be.
        """
        try:
            await self._receiver.run()
        finally:
            await self._replies.close()

    def paused(self) -> Pause | None:
        """Return for how long no command could be taken, and why; None when all is well."""
        return self._receiver.paused()

    async def _prepare(self) -> None:
        wanted = ConsumerTopology(self._database.name, None, frozenset(self._commands.by_type))
        await preflight(self._deployment.url, [wanted], declare=self._deployment.declare)

    async def _take(self, batch: Sequence[RabbitMessage]) -> None:
        for message in batch:
            await self._carry_out(read_command(message), Asked.by(message))

    async def _carry_out(self, received: Received, asked: Asked) -> None:
        started = perf_counter()
        try:
            record = await self._patience.until_known(lambda: self._patiently(lambda: self._apply(received)))
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 -- the one place where a command's failure ends
            failure = failure_of(error)
            await self._patiently(lambda: self._bury(received, failure))
            code = self._replies.refuse(asked, error)
            outcome = "refused" if failure.lasting else "dead"
            self._tell(received, outcome, perf_counter() - started, code=code)
        else:
            self._replies.confirm(asked, record)
            self._tell(received, "applied", perf_counter() - started, record_id=record)

    async def _apply(self, received: Received) -> UUID:
        with commanded(self._database.name, self._label(received), received.traceparent):
            async with unit_of_work(self._database, now=self._clock.now()) as unit:
                # Before the record is touched, as those do who try a letter: so nobody waits in a circle.
                record = record_of(received.body)
                await dead_letters.supersede(unit.session, self._name, received.type, record)
                return await apply_command(self._commands, received.type, received.body, unit)

    async def _bury(self, received: Received, failure: Failure) -> None:
        letter = received.letter
        async with self._database.session() as session:
            await dead_letters.bury(session, self._name, letter, failure)
            await session.commit()

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        return await patiently(work, service=self._database.name, consumer=self._name)

    def _tell(self, received: Received, outcome: str, seconds: float, **more: str | UUID) -> None:
        label = self._label(received)
        tell_command(self._database.name, label, outcome=outcome, seconds=seconds, **more)

    def _label(self, received: Received) -> str:
        # What others make up must not make up our labels.
        return received.type if received.type in self._commands.by_type else "other"


def read_command(message: RabbitMessage) -> Received:
    """Return the command in a message: its type is told by the message, CloudEvents, or the routing key."""
    raw = message.raw_message
    headers = storable_json(message.headers)
    told = [raw.type, *(headers.get(f"{prefix}type") for prefix in PREFIXES), raw.routing_key]
    command_type = next((str(each) for each in told if each), None)
    body = raw.body
    if (raw.content_type or "").startswith(STRUCTURED):
        # One that cannot be read is refused as it came.
        with suppress(ValueError, RecursionError):
            content = from_json(body, allow_inf_nan=False)
            if isinstance(content, dict) and "data" in content:
                command_type, body = str(content.get("type")), to_json(content["data"])
    return Received(storable(command_type) if command_type else None, body, headers)
