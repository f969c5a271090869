"""Dead letters tried again: when their time has come, and when an operator asks for it.

An attempt is committed before it is made, so that a letter which ends its process is tried a bounded number
of times. The attempt itself is one transaction: the letter is locked, applied and removed, or nothing is. An
outage gives the attempt back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import text

from contracts.envelope import Envelope
from services.shared import dead_letters
from services.shared.clock import Clock
from services.shared.commands import Commands, apply_command
from services.shared.database import Database, is_transient
from services.shared.dead_letters import Claimed
from services.shared.delivery import Subscriptions, apply
from services.shared.errors import TransientError
from services.shared.failures import Failure, failure_of
from services.shared.patience import patiently
from services.shared.unit_of_work import UnitOfWork, unit_of_work

ApplyLetter = Callable[[Claimed, UnitOfWork], Awaitable[object]]
"""Does what a letter asks for; any exception says that it cannot be done."""

LOOK_SECONDS = 5.0
"""How often letters whose next try has come are looked for."""

T = TypeVar("T")
log = structlog.stdlib.get_logger()


class Result(StrEnum):
    """What became of a letter that was to be tried, or given up."""

    APPLIED = "applied"
    FAILED = "failed"
    BUSY = "busy"
    """Somebody is trying it at this moment: left alone."""
    GONE = "gone"
    """It is not there any more: somebody has applied it."""
    DISCARDED = "discarded"


@dataclass(frozen=True)
class Outcome:
    """What became of a letter, why it failed, and what was or would be said."""

    result: Result
    failure: Failure | None = None
    said: tuple[Envelope, ...] = ()


def events_for(subscriptions: Subscriptions) -> ApplyLetter:
    """Return how the letters of a consumer of events are applied: as its batcher does."""

    async def apply_event(letter: Claimed, unit: UnitOfWork) -> object:
        """Apply an event as its consumer does."""
        return await apply(subscriptions, [Envelope.model_validate_json(letter.body)], unit)

    return apply_event


def orders_for(commands: Commands) -> ApplyLetter:
    """Return how the letters of a command queue are applied; their bodies are the data of a command."""

    async def apply_order(letter: Claimed, unit: UnitOfWork) -> object:
        """Carry out a command; what came before it about the same record is overtaken."""
        await dead_letters.supersede_before(unit.session, letter.id)
        return await apply_command(commands, letter.type, letter.body, unit)

    return apply_order


class Retrier:
    """Tries the dead letters of one consumer again, one by one."""

    def __init__(self, database: Database, *, consumer: str, apply_letter: ApplyLetter, clock: Clock) -> None:
        self.database = database
        self.consumer = consumer
        self._apply_letter = apply_letter
        self._clock = clock
        self._owed: dict[UUID, Claimed] = {}
        self._woken = asyncio.Event()

    async def run(self) -> NoReturn:
        """Try what is due, now and again, until cancelled; outages are waited out."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self.retry_due()
            except TransientError as error:
                log.warning("dead_letters_paused", consumer=self.consumer, reason=str(error))

    def wake(self) -> None:
        """Have `run` look at once."""
        self._woken.set()

    async def retry_due(self) -> int:
        """Try the letters whose time has come and return how many were tried; DatabaseAwayError."""
        tried = 0
        while (claimed := await self._claim()) is not None:
            await self._attempt(claimed)
            tried += 1
        return tried

    async def retry(self, key: UUID) -> Outcome:
        """Try a letter now, whenever its time would come; DatabaseAwayError."""
        claimed = await self._claim(key)
        if claimed is None:
            return Outcome(await self._patiently(lambda: self._why_not(key)))
        return await self._attempt(claimed)

    async def rehearse(self, key: UUID) -> Outcome:
        """Apply a letter and take everything back: what would happen if it were tried now; DatabaseAwayError.

        A letter that ends its process does so here too.
        """
        return await self._patiently(lambda: self._rehearse(key))

    async def _rehearse(self, key: UUID) -> Outcome:
        async with self.database.session() as session:  # never committed
            letter = await dead_letters.claim(session, key)
            if letter is None:
                return Outcome(await self._why_not(key))
            unit = UnitOfWork(session, service=self.database.name, now=self._clock.now())
            try:
                await self._apply_letter(letter, unit)
                await session.flush()
                await session.execute(text("set constraints all immediate"))
            except Exception as error:
                if is_transient(error):
                    raise
                return Outcome(Result.FAILED, failure_of(error))
            finally:
                unit.spans.end()
        return Outcome(Result.APPLIED, said=tuple(unit.emitted))

    async def _claim(self, key: UUID | None = None) -> Claimed | None:
        async def commit_the_attempt() -> Claimed | None:
            async with self.database.session() as session:
                if key is None:
                    claimed = await dead_letters.claim_due(session, self.consumer)
                else:
                    claimed = await dead_letters.claim(session, key)
                await session.commit()
                return claimed

        if self._owed:
            await self._patiently(self._give_back)
        return await self._patiently(commit_the_attempt)

    async def _attempt(self, claimed: Claimed) -> Outcome:
        try:
            outcome = await self._patiently(lambda: self._apply_and_remove(claimed))
        except (TransientError, asyncio.CancelledError):
            self._owed[claimed.id] = claimed
            with suppress(TransientError):  # then it is given back when the database is there again
                await self._patiently(self._give_back)
            raise
        except Exception as error:  # noqa: BLE001 -- the one place where a letter's failure ends
            failure = failure_of(error)
            await self._patiently(lambda: self._note(claimed, failure))
            outcome = Outcome(Result.FAILED, failure)
        self._log(claimed, outcome)
        return outcome

    async def _apply_and_remove(self, claimed: Claimed) -> Outcome:
        async with unit_of_work(self.database, now=self._clock.now()) as unit:
            if not await dead_letters.is_locked_here(unit.session, claimed.id):
                return Outcome(await self._why_not(claimed.id))
            await self._apply_letter(claimed, unit)
            await dead_letters.revive(unit.session, claimed.id)
        return Outcome(Result.APPLIED, said=tuple(unit.emitted))

    async def _note(self, claimed: Claimed, failure: Failure) -> None:
        async with self.database.session() as session:
            await dead_letters.failed_again(session, claimed, failure)
            await session.commit()

    async def _give_back(self) -> None:
        owed = list(self._owed.values())
        async with self.database.session() as session:
            for claimed in owed:
                await dead_letters.give_back(session, claimed)
            await session.commit()
        for claimed in owed:
            self._owed.pop(claimed.id, None)

    async def _why_not(self, key: UUID) -> Result:
        async with self.database.session() as session:
            found = await dead_letters.find(session, key)
        if found is None:
            return Result.GONE
        return Result.BUSY if found["discarded_at"] is None else Result.DISCARDED

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        return await patiently(work, service=self.database.name, consumer=self.consumer)

    def _log(self, claimed: Claimed, outcome: Outcome) -> None:
        log.info(
            "dead_letter_tried",
            consumer=self.consumer,
            type=claimed.type,
            attempts=claimed.attempts,
            result=outcome.result.value,
            reason=outcome.failure.reason if outcome.failure else None,
        )
