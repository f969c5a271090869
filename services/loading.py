"""Loads files in order through the API, and waits until everything that follows from them is settled.

Between the steps all consumers have to be at the heads of the logs, so that references of the next file are
found; what the load touched is evaluated once, when it ends (A12).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NoReturn, Protocol

from services.audit import audit
from services.client import Client, Json, ServiceAwayError
from services.shared.errors import Locale, RefusedError, TransientError
from services.shared.imports.errors import UnknownTargetError
from services.shared.imports.requests import ImportRequest

POLL_SECONDS = 0.1
MOST_POLL_SECONDS = 2.0
RENEW_SECONDS = 10.0

_INTERRUPTED = {"zh": "已中断;可以重新导入。", "en": "it was interrupted; import it again."}

_END_TRIES = 15
_END_PAUSE_SECONDS = 1.0

PATIENCE_SECONDS = 60.0
"""How long nothing at all may move before waiting is given up."""


class ImportFailedError(RefusedError):
    """The import of {file} did not come to its end: {problem}"""  # noqa: D415 -- the problem has its own full stop

    slug = "import-failed"
    zh = "文件 {file} 的导入未能完成:{problem}"
    problem: dict[str, str]

    def message(self, locale: Locale) -> str:
        """Say it with the problem in the same language."""
        return self.template(locale).format(**self.facts | {"problem": self.problem[locale]})


class NothingMovesError(TransientError):
    """Nothing has moved for {seconds:.0f} seconds: {missing} events are unheard, {due} subjects are due."""

    slug = "nothing-moves"
    zh = "已有 {seconds:.0f} 秒没有任何进展:{missing} 个事件待处理,{due} 个对象待评估。"


class Progress(Protocol):
    """Hears how far a load is."""

    def importing(self, request: ImportRequest, report: Json) -> None:
        """So many rows of a file are done: `report` is the import as it stands."""

    def settling(self, *, missing: int, due: int) -> None:
        """So many events wait to be heard, and so many subjects to be evaluated."""


@dataclass(frozen=True)
class Imported:
    """What became of one file: the import's report, as the API shows it."""

    request: ImportRequest
    report: Json


async def load(client: Client, requests: Sequence[ImportRequest], progress: Progress) -> list[Imported]:
    """Import files in order, evaluate what they touched, and return when all is settled.

    Before the first row is written every file has been read, so that a bad one refuses the whole load. A
    table that holds other kinds of records too is imported as those right after.
    Raises the refusal of a file, ImportFailedError, NothingMovesError, ServiceAwayError.
    """
    steps = [(request, *await _continued(client, request)) for request in requests]
    begun = await client.post("/v1/loads")
    imported: list[Imported] = []
    path = f"/v1/loads/{begun['id']}"
    try:
        async with _renewing(client, path):
            for request in chain.from_iterable(steps):
                imported.append(await import_file(client, request, progress))
                await heard(client, progress)
    finally:
        # Also after a failure: what is held back must not stay so.
        await _end(client, path)
    await settled(client, progress)
    return imported


@asynccontextmanager
async def _renewing(client: Client, path: str) -> AsyncIterator[None]:
    """Say again and again that the load goes on; one that falls silent holds nothing back."""

    async def renew() -> NoReturn:
        """Renew for ever."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await client.post(f"{path}/renew")

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        # That it could not be renewed shows when the load goes on; here it is over.
        await asyncio.gather(renewing, return_exceptions=True)


async def _end(client: Client, path: str) -> None:
    """End a load, also when the rules service is just being started anew."""
    for _ in range(_END_TRIES):
        with suppress(ServiceAwayError):
            await client.post(f"{path}/end")
            return
        await asyncio.sleep(_END_PAUSE_SECONDS)
    await client.post(f"{path}/end")


async def import_file(client: Client, request: ImportRequest, progress: Progress) -> Imported:
    """Import one file to its end; raises what `load` raises."""
    service = await _importer_of(client, request.what)
    begun = await client.upload("/v1/imports", at=service, **_form(request))
    import_id = begun["id"]

    async def look() -> tuple[object, Json]:
        """See how far the file is."""
        report = await client.get(f"/v1/imports/{import_id}", at=service)
        progress.importing(request, report)
        return report["counts"], report

    report = await _wait(look, lambda report: report["state"] != "running")
    if report["state"] != "done":
        raise ImportFailedError(file=request.file, problem=report["problem"] or _INTERRUPTED)
    return Imported(request, report)


async def heard(client: Client, progress: Progress) -> None:
    """Return when every consumer has handled all that was said."""

    async def look() -> tuple[object, Json]:
        """See what is unheard."""
        seen = await audit(client)
        progress.settling(missing=seen.missing, due=0)
        return seen.moved, {"missing": seen.missing}

    await _wait(look, lambda seen: seen["missing"] == 0)


async def settled(client: Client, progress: Progress, *, patience: float = PATIENCE_SECONDS) -> None:
    """Return when all that was said is heard, no subject is due, and that was so twice with nothing between.

    Once is not enough: between looking at the logs and at the subjects, one can become the other.
    """
    quiet_at: object = None

    async def look() -> tuple[object, Json]:
        """See what is unheard and what is due, and whether that is the second quiet look in a row."""
        nonlocal quiet_at
        seen = await audit(client)
        due = (await client.get("/v1/loads/due"))["due"]
        progress.settling(missing=seen.missing, due=due)
        is_quiet = seen.missing == 0 and due == 0
        is_settled = is_quiet and quiet_at == seen.moved
        quiet_at = seen.moved if is_quiet else None
        return (seen.moved, due), {"missing": seen.missing, "due": due, "is_settled": is_settled}

    await _wait(look, lambda seen: bool(seen["is_settled"]), patience=patience)


async def _continued(client: Client, request: ImportRequest) -> list[ImportRequest]:
    """Have a file read, and return the requests for the other kinds of records that stand in it."""
    service = await _importer_of(client, request.what)
    answer = await client.upload("/v1/imports/check", at=service, **_form(request))
    return [replace(request, what=each["what"], follows=request.what) for each in answer["continues"]]


def _form(request: ImportRequest) -> dict[str, Any]:
    """The form in which a file is sent: its fields, and its files."""
    names = ("what", "sheet", "follows")
    fields = {name: getattr(request, name) for name in names} | {"dry_run": str(request.dry_run).lower()}
    files = {"file": (request.file, request.content)}
    if request.mapping is not None:
        files["mapping"] = (request.mapping_file, request.mapping)
    return {"fields": fields, "files": files}


async def _importer_of(client: Client, what: str) -> str:
    importable: dict[str, list[str]] = {}
    for answer in await client.everywhere("/v1/imports"):
        importable |= answer["importable"]
    for service, targets in importable.items():
        if what in targets:
            return service
    raise UnknownTargetError(what=what, known=", ".join(sorted(chain(*importable.values()))))


async def _wait(
    look: Callable[[], Awaitable[tuple[object, Json]]],
    is_done: Callable[[Json], bool],
    *,
    patience: float = PATIENCE_SECONDS,
) -> Json:
    """Look until it is done and return what was seen last; NothingMovesError when the mark stands still.

    `look` returns a mark, which changes while there is progress, and what was seen.
    """
    loop = asyncio.get_running_loop()
    moved_at, last = loop.time(), object()
    while True:
        looked_at = loop.time()
        mark, seen = await look()
        if is_done(seen):
            return seen
        if mark != last:
            moved_at, last = loop.time(), mark
        elif loop.time() - moved_at > patience:
            raise NothingMovesError(seconds=patience, missing=seen.get("missing", 0), due=seen.get("due", 0))
        # Counting what is due costs more the more there is; it must not take the time of what it counts.
        await asyncio.sleep(max(POLL_SECONDS, min(5 * (loop.time() - looked_at), MOST_POLL_SECONDS)))
