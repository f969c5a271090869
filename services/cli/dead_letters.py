"""`genjin dead-letters …`: messages that could not be handled, and what an operator does with them."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import typer

from services.cli.connection import connect
from services.cli.console import say_json
from services.cli.environment import settings
from services.cli.letter_tables import show_groups, show_letter, show_letters, show_outcomes
from services.cli.options import AsJson, DataDir
from services.cli.running import run
from services.client import PAGE, AnswerNotFoundError, Client, Json
from services.shared.settings import SERVICES, Settings

PATH = "/v1/dead-letters"
REFUSED = 1

OfService = Annotated[
    str | None, typer.Option("--service", metavar="S", help=f"Only of this service: {' | '.join(SERVICES)}.")
]
OfGroup = Annotated[
    str | None, typer.Option("--group", metavar="F", help="Those with this fingerprint; see groups.")
]
Ids = Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...", help="Which letters.")]
All = Annotated[bool, typer.Option("--all", help="All that were not given up.")]


def list_letters(
    *,
    service: OfService = None,
    group: OfGroup = None,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="Only these: waiting | dead | discarded.")
    ] = None,
    message_type: Annotated[
        str | None, typer.Option("--type", metavar="T", help="Only messages of this type.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the messages that could not be handled, the oldest first."""
    configured, services = settings(data_dir), _services(service)
    wanted = {"fingerprint": group, "state": state, "type": message_type}
    letters = run(_list(configured, services, wanted))
    if as_json:
        say_json(letters)
    else:
        show_letters(letters, configured.zone)


def list_groups(*, service: OfService = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Group them by what failed, where in the code, and on which type of message."""
    configured, services = settings(data_dir), _services(service)
    groups = run(_groups(configured, services))
    if as_json:
        say_json(groups)
    else:
        show_groups(groups, configured.zone)


def show(
    letter_id: Annotated[UUID, typer.Argument(metavar="ID", help="Which letter.")],
    *,
    service: OfService = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show all of one message: why it failed, where it stands, its headers and its body."""
    configured, services = settings(data_dir), _services(service)
    letter = run(_read(configured, services, letter_id))
    if as_json:
        say_json(letter)
    else:
        show_letter(letter, configured.zone)


def rehearse(
    ids: Ids = None,
    *,
    group: OfGroup = None,
    everything: All = False,
    service: OfService = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what would happen if messages were tried now, and change nothing."""
    selection = _selection(ids, group, everything=everything)
    _do("dry-run", selection, service=service, configured=settings(data_dir), as_json=as_json)


def replay(
    ids: Ids = None,
    *,
    group: OfGroup = None,
    everything: All = False,
    service: OfService = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Try messages now; each is applied and removed, or stays with the reason."""
    selection = _selection(ids, group, everything=everything)
    _do("replay", selection, service=service, configured=settings(data_dir), as_json=as_json)


def discard(  # noqa: PLR0913 -- each is an option of the command
    ids: Ids = None,
    *,
    because: Annotated[str, typer.Option(metavar="WHY", help="The reason, kept for the record.")],
    group: OfGroup = None,
    everything: All = False,
    service: OfService = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give messages up; they stay to be read and are not tried again."""
    selection = {**_selection(ids, group, everything=everything), "reason": because}
    _do("discard", selection, service=service, configured=settings(data_dir), as_json=as_json)


def _do(deed: str, selection: Json, *, service: str | None, configured: Settings, as_json: bool) -> None:
    outcomes = run(_deed(configured, _services(service), deed, selection))
    if as_json:
        say_json(outcomes)
    else:
        show_outcomes(outcomes, is_rehearsal=deed == "dry-run")
    if any(outcome["result"] not in {"applied", "discarded"} for outcome in outcomes):
        raise typer.Exit(REFUSED)


def _services(named: str | None) -> tuple[str, ...]:
    if named is None:
        return SERVICES
    if named not in SERVICES:
        message = f"--service: {' | '.join(SERVICES)}"
        raise typer.BadParameter(message)
    return (named,)


def _selection(ids: list[UUID] | None, group: str | None, *, everything: bool) -> Json:
    asked: list[Json] = [
        *([{"ids": [str(each) for each in ids]}] if ids else []),
        *([{"fingerprint": group}] if group else []),
        *([{"all": True}] if everything else []),
    ]
    if len(asked) != 1:
        message = "give ids, or --group, or --all"
        raise typer.BadParameter(message)
    return asked[0]


async def _list(configured: Settings, services: tuple[str, ...], wanted: Json) -> list[Json]:
    async with connect(configured, is_working=False) as client:
        letters = [letter for name in services async for letter in _pages(client, name, wanted)]
    return sorted(letters, key=lambda letter: (letter["created_at"], letter["id"]))


async def _pages(client: Client, service: str, wanted: Json) -> AsyncIterator[Json]:
    after: str | None = None
    while True:
        asked = {**wanted, "service": service, "limit": PAGE, "after": after}
        page = await client.get(PATH, at=service, **asked)
        for letter in page["items"]:
            yield letter
        after = page["next"]
        if after is None:
            return


async def _groups(configured: Settings, services: tuple[str, ...]) -> list[Json]:
    async with connect(configured, is_working=False) as client:
        answers = [await client.get(f"{PATH}/groups", at=name, service=name) for name in services]
    groups: list[Json] = [group for answer in answers for group in answer["items"]]
    return sorted(groups, key=lambda group: -int(group["count"]))


async def _read(configured: Settings, services: tuple[str, ...], letter_id: UUID) -> Json:
    async with connect(configured, is_working=False) as client:
        for name in services[:-1]:
            try:
                return await client.get(f"{PATH}/{letter_id}", at=name, service=name)
            except AnswerNotFoundError:
                continue
        return await client.get(f"{PATH}/{letter_id}", at=services[-1], service=services[-1])


async def _deed(configured: Settings, services: tuple[str, ...], deed: str, selection: Json) -> list[Json]:
    # Replayed messages have consequences, which an instance that is opened here begins to deliver.
    async with connect(configured, is_working=deed == "replay") as client:
        outcomes = [each for name in services async for each in _outcomes(client, name, deed, selection)]
    known = [outcome for outcome in outcomes if outcome["service"]]
    found = {outcome["id"] for outcome in known}
    nowhere = {outcome["id"]: outcome for outcome in outcomes if outcome["id"] not in found}
    return [*known, *nowhere.values()]


async def _outcomes(client: Client, service: str, deed: str, selection: Json) -> AsyncIterator[Json]:
    after: str | None = None
    while True:
        asked = {**selection, "after": after}
        answer = await client.post(f"{PATH}/{deed}?service={service}", at=service, body=asked)
        for outcome in answer["items"]:
            yield outcome
        after = answer["next"]
        if after is None:
            return
