"""The door to dead letters: of one service, or of several gathered on one port (`?service=`)."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.shared.clock import Clock
from services.shared.errors import RefusedError
from services.shared.http import check_service, problems, service_router
from services.shared.letters.desk import Desk, UnknownLetterError
from services.shared.letters.order import Standing
from services.shared.letters.views import (
    Chosen,
    Groups,
    LetterDetail,
    LetterFilter,
    LetterView,
    Name,
    Outcomes,
    OutcomeView,
    Reason,
    Selection,
    SelectionWithReason,
)
from services.shared.paging import Page
from services.shared.retrying import Outcome, Result

ServiceName = Annotated[Name | None, Query(description="Only the letters of this service.")]
Deed = Callable[[Desk, UUID], Awaitable[Outcome]]


class LetterBusyError(RefusedError):
    """The dead letter {letter_id} is being tried at this moment."""

    slug = "dead-letter-busy"
    zh = "死信 {letter_id} 正在重试。"
    http_status = HTTPStatus.CONFLICT


class LetterDiscardedError(RefusedError):
    """The dead letter {letter_id} was given up."""

    slug = "dead-letter-discarded"
    zh = "死信 {letter_id} 已被放弃。"
    http_status = HTTPStatus.CONFLICT


def dead_letters_router(desks: Sequence[Desk], clock: Clock) -> APIRouter:
    """Return the routes /v1/dead-letters over the desks of the services in this process, at least one."""
    # No route here opens a unit of work of its own: the retriers do, on the letter's database.
    router = service_router(desks[0].database, clock, prefix="/v1/dead-letters", tags=["dead letters"])
    _add_deeds_for_many(router, desks)  # before those whose path has an id in the same place
    _add_reads(router, desks)
    _add_deeds_for_one(router, desks)
    return router


def _add_reads(router: APIRouter, desks: Sequence[Desk]) -> None:
    @router.get("", responses=problems(404))
    async def list_dead_letters(wanted: Annotated[LetterFilter, Query()]) -> Page[LetterView]:
        """Messages that could not be handled, also those that were given up, the oldest first."""
        pages = [await desk.page(wanted) for desk in _asked(desks, wanted.service)]
        found = sorted((letter for page in pages for letter in page), key=_standing)
        shown = found[: wanted.limit]
        return Page(items=shown, next=_standing(shown[-1]).mark if len(found) > len(shown) else None)

    @router.get("/groups", responses=problems(404))
    async def group_dead_letters(wanted: Annotated[Chosen, Query()]) -> Groups:
        """Letters by what failed, where in the code, and on which type; without those that were given up."""
        groups = [group for desk in _asked(desks, wanted.service) for group in await desk.groups(wanted)]
        return Groups(items=sorted(groups, key=lambda group: -group.count))

    @router.get("/{letter_id}", responses=problems(404))
    async def read_dead_letter(letter_id: UUID, service: ServiceName = None) -> LetterDetail:
        """All of a letter, with its headers and its body."""
        for desk in _asked(desks, service):
            if letter := await desk.find(letter_id):
                return letter
        raise UnknownLetterError(letter_id=letter_id)


def _add_deeds_for_many(router: APIRouter, desks: Sequence[Desk]) -> None:
    @router.post("/dry-run", responses=problems(404))
    async def rehearse_dead_letters(wanted: Selection, service: ServiceName = None) -> Outcomes:
        """What would happen to each letter if it were tried now; everything is taken back.

        A letter that ends the process of its consumer does so in a dry run too.
        """
        return await _for_many(_asked(desks, service), wanted, Desk.rehearse)

    @router.post("/replay", responses=problems(404))
    async def replay_dead_letters(wanted: Selection, service: ServiceName = None) -> Outcomes:
        """Try each letter now, in a transaction of its own that applies and removes it, or neither."""
        return await _for_many(_asked(desks, service), wanted, Desk.replay)

    @router.post("/discard", responses=problems(404))
    async def discard_dead_letters(wanted: SelectionWithReason, service: ServiceName = None) -> Outcomes:
        """Give letters up; they stay to be read and are not tried again."""
        return await _for_many(_asked(desks, service), wanted, _discarding(wanted))


def _add_deeds_for_one(router: APIRouter, desks: Sequence[Desk]) -> None:
    @router.post("/{letter_id}/dry-run", responses=problems(404, 409))
    async def rehearse_dead_letter(letter_id: UUID, service: ServiceName = None) -> OutcomeView:
        """What would happen to a letter if it were tried now; everything is taken back."""
        return await _for_one(_asked(desks, service), letter_id, Desk.rehearse)

    @router.post("/{letter_id}/replay", responses=problems(404, 409))
    async def replay_dead_letter(letter_id: UUID, service: ServiceName = None) -> OutcomeView:
        """Try a letter now, in one transaction that applies and removes it, or neither."""
        return await _for_one(_asked(desks, service), letter_id, Desk.replay)

    @router.post("/{letter_id}/discard", responses=problems(404, 409))
    async def discard_dead_letter(
        letter_id: UUID, wanted: Reason, service: ServiceName = None
    ) -> OutcomeView:
        """Give a letter up; it stays to be read and is not tried again. Doing it again changes nothing."""
        return await _for_one(_asked(desks, service), letter_id, _discarding(wanted), is_discarding=True)


def _asked(desks: Sequence[Desk], service: str | None) -> list[Desk]:
    check_service(service, [desk.service for desk in desks])
    return [desk for desk in desks if service in {None, desk.service}]


def _discarding(wanted: Reason) -> Deed:
    async def discard(desk: Desk, key: UUID) -> Outcome:
        return await desk.discard(key, wanted.reason)

    return discard


async def _for_many(desks: Sequence[Desk], wanted: Selection, deed: Deed) -> Outcomes:
    """Do it to each letter that is meant, the oldest first; bounded, the answer says where to go on."""
    found = sorted(
        [(at, desk) for desk in desks for at in await desk.select(wanted)], key=lambda pair: pair[0]
    )
    done = found if wanted.ids else found[: wanted.limit]
    items = [OutcomeView.of(at.id, desk.service, await deed(desk, at.id)) for at, desk in done]
    missing = set(wanted.ids or ()) - {at.id for at, _ in done}
    items += [OutcomeView.of(key, None, Outcome(Result.GONE)) for key in sorted(missing)]
    return Outcomes(items=items, next=done[-1][0].mark if len(found) > len(done) else None)


def _standing(letter: LetterView) -> Standing:
    return Standing(letter.created_at, letter.id)


async def _for_one(
    desks: Sequence[Desk], letter_id: UUID, deed: Deed, *, is_discarding: bool = False
) -> OutcomeView:
    """Do it to the letter, in whichever service it is.

    Raises UnknownLetterError, LetterBusyError, and LetterDiscardedError unless it is to be discarded.
    """
    for desk in desks:
        outcome = await deed(desk, letter_id)
        if outcome.result == Result.GONE:
            continue
        if outcome.result == Result.BUSY:
            raise LetterBusyError(letter_id=letter_id)
        if outcome.result == Result.DISCARDED and not is_discarding:
            raise LetterDiscardedError(letter_id=letter_id)
        return OutcomeView.of(letter_id, desk.service, outcome)
    raise UnknownLetterError(letter_id=letter_id)
