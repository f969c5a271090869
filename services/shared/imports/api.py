"""The door to imports: a file comes in, an id goes out, and the report can be read while it runs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import BaseModel

from services.shared.http import check_service, problems
from services.shared.imports.errors import UnknownImportError, UnknownTargetError
from services.shared.imports.limits import BYTES
from services.shared.imports.reading import DEFAULT_LIMITS
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService


class Importable(BaseModel):
    """The kinds of records that services here import, by service."""

    importable: dict[str, list[str]]


def imports_router(services: Sequence[ImportService]) -> APIRouter:
    """The routes /v1/imports over one service, or over several gathered on one port (`?service=`)."""
    router = APIRouter(prefix="/v1/imports", tags=["imports"])
    _add_start(router, services)
    _add_reads(router, services)
    return router


async def _request(
    what: Annotated[str, Form()],
    file: UploadFile,
    *,
    mapping: UploadFile | None = None,
    sheet: Annotated[str | None, Form()] = None,
    dry_run: Annotated[bool, Form()] = False,
    follows: Annotated[str | None, Form()] = None,
) -> ImportRequest:
    """Read the form of a file; with `follows` it is read as a part of a table of that kind."""
    return ImportRequest(
        what=what,
        file=_name(file),
        content=await _content(file),
        mapping=await _content(mapping) if mapping else None,
        mapping_file=_name(mapping) if mapping else "",
        sheet=sheet or None,
        dry_run=dry_run,
        follows=follows or None,
    )


Upload = Annotated[ImportRequest, Depends(_request)]
AtService = Annotated[str | None, Query()]


def _add_start(router: APIRouter, services: Sequence[ImportService]) -> None:
    @router.post("", status_code=202, responses=problems(400, 404))
    async def start_import(request: Upload, *, service: AtService = None) -> dict[str, UUID]:
        """Begin to import a file as records of one kind."""
        return {"id": await _importer_of(request.what, _asked(services, service)).start(request)}

    @router.post("/check", responses=problems(400, 404))
    async def check_import(request: Upload, *, service: AtService = None) -> dict[str, Any]:
        """Read a file as an import would, and do nothing: what it leaves unused, what comes next."""
        prepared = await _importer_of(request.what, _asked(services, service)).check(request)
        return {
            "rows": len(prepared.rows),
            "unused_columns": [asdict(column) for column in prepared.unused_columns],
            "continues": [asdict(each) for each in prepared.continues],
        }


def _add_reads(router: APIRouter, services: Sequence[ImportService]) -> None:
    @router.get("")
    async def read_importable() -> Importable:
        """What can be imported, by service."""
        return Importable(importable={service.name: sorted(service.targets) for service in services})

    @router.get("/{import_id}", responses=problems(404))
    async def read_import(import_id: UUID, service: Annotated[str | None, Query()] = None) -> dict[str, Any]:
        """What became of an import so far: its state, counts, rejections and findings."""
        for importer in _asked(services, service):
            try:
                return (await importer.report(import_id)).as_json()
            except UnknownImportError:
                continue
        raise UnknownImportError(import_id=import_id)


def _asked(services: Sequence[ImportService], name: str | None) -> list[ImportService]:
    check_service(name, [service.name for service in services])
    return [service for service in services if name in {None, service.name}]


def _importer_of(what: str, services: Sequence[ImportService]) -> ImportService:
    for service in services:
        if what in service.targets:
            return service
    known = sorted(target for service in services for target in service.targets)
    raise UnknownTargetError(what=what, known=", ".join(known))


def _name(upload: UploadFile) -> str:
    """The file's own name, whatever folders the sender puts before it."""
    return (upload.filename or "upload").replace("\\", "/").rpartition("/")[2][:200]


async def _content(upload: UploadFile) -> bytes:
    """All bytes of an upload; raises TooBigError before more than allowed are in memory."""
    limit = DEFAULT_LIMITS.size
    content = await upload.read(limit + 1)
    DEFAULT_LIMITS.check(_name(upload), what=BYTES, size=len(content), limit=limit)
    return content
