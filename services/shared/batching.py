"""Many messages in one transaction; one at a time when one of them fails.

Per message: applied exactly once, or kept as a dead letter; either way its position counts as handled.
An outage of the database burns no attempt: it comes out as a TransientError, and nothing was done.
"""

from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import TypeVar

import structlog

from contracts.envelope import Envelope
from services.shared import dead_letters, inbox
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.dead_letters import DeadLetter
from services.shared.delivery import Delivered, Subscriptions, Unreadable, apply
from services.shared.errors import TransientError
from services.shared.failures import Failure, failure_of, unreadable
from services.shared.patience import patiently
from services.shared.unit_of_work import UnitOfWork, unit_of_work
from services.shared.watching.handled import Batch, tell_batch, tell_dead

T = TypeVar("T")
log = structlog.stdlib.get_logger()


class Batcher:
    """Hands messages to the subscriptions of one consumer, whose database is `database`."""

    def __init__(
        self, *, database: Database, clock: Clock, subscriptions: Subscriptions, size: int = 200
    ) -> None:
        self.database = database
        self.subscriptions = subscriptions
        self.size = size
        self._clock = clock

    async def handle(self, messages: Sequence[Delivered]) -> None:
        """Return when every message is applied or dead; TransientError: not all are, ask again later."""
        for start in range(0, len(messages), self.size):
            await self._handle_batch(messages[start : start + self.size])

    async def bury(self, message: Unreadable) -> None:
        """Keep a message that is no envelope and names no place in any log."""
        await self._patiently(lambda: self._bury(DeadLetter(None, message.body), unreadable(message.reason)))

    async def _handle_batch(self, messages: Sequence[Delivered]) -> None:
        started = perf_counter()
        try:
            await self._patiently(lambda: self._apply(messages))
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 -- the one place where a message's failure ends
            if len(messages) > 1:
                for message in messages:
                    await self._handle_batch([message])
                return
            letter = letter_of(messages[0])
            failure = failure_of(error)
            if await self._patiently(lambda: self._bury(letter, failure)):
                tell_dead(self.subscriptions.consumer, messages[0], seconds=perf_counter() - started)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        return await patiently(work, service=self.database.name, consumer=self.subscriptions.consumer)

    async def _apply(self, messages: Sequence[Delivered]) -> None:
        started = perf_counter()
        consumer = self.subscriptions.consumer
        async with unit_of_work(self.database, now=self._clock.now()) as unit:
            fresh = await inbox.claim(unit.session, consumer, [message.place for message in messages])
            # A message that came twice in the batch is taken once; the last copy is as good as the first.
            new = {message.place: message for message in messages if message.place in fresh}
            heard = await apply(self.subscriptions, await self._readable(list(new.values()), unit), unit)
            await inbox.mark(unit.session, consumer, fresh)
        seconds = perf_counter() - started
        types = self.subscriptions.by_type.keys()
        tell_batch(Batch(consumer, messages, new, types, unit.emitted, seconds))
        log.debug("batch_handled", consumer=consumer, messages=len(messages), heard=heard)

    async def _readable(self, messages: Sequence[Delivered], unit: UnitOfWork) -> list[Envelope]:
        """Bury what cannot be read, and return the envelopes of the rest."""
        envelopes = []
        for message in messages:
            if isinstance(message.envelope, Unreadable):
                failure = unreadable(message.envelope.reason)
                await dead_letters.bury(
                    unit.session, self.subscriptions.consumer, letter_of(message), failure
                )
            else:
                envelopes.append(message.envelope)
        return envelopes

    async def _bury(self, letter: DeadLetter, failure: Failure) -> bool:
        """Keep a message as a dead letter; False when a replica has handled it meanwhile."""
        consumer = self.subscriptions.consumer
        places = [letter.place] if letter.place else []
        async with unit_of_work(self.database, now=self._clock.now()) as unit:
            if places and not await inbox.claim(unit.session, consumer, places):
                return False
            await dead_letters.bury(unit.session, consumer, letter, failure)
            await inbox.mark(unit.session, consumer, places)
        log.warning(
            "message_died",
            consumer=consumer,
            place=letter.place,
            type=letter.envelope.type if letter.envelope else None,
            error_class=failure.error_class,
            reason=failure.reason,
        )
        return True


def letter_of(message: Delivered) -> DeadLetter:
    """Return a message as it is kept when it cannot be handled."""
    if isinstance(message.envelope, Unreadable):
        return DeadLetter(message.place, message.envelope.body)
    return DeadLetter(message.place, message.envelope.model_dump_json().encode(), message.envelope)
