"""Routes of a service: each change is one unit of work, and so is what is remembered of its request.

    router = service_router(database, clock, prefix="/v1/things", tags=["things"])

    @router.post("", status_code=201, responses=problems(409))
    async def create_thing(new: NewThing, unit: Once, tag: Tag) -> ThingView:
        thing_id = await enter_thing(new, unit)
        view = await queries.read_thing(unit.session, thing_id)
        return tag(view, view.sequence)

    @router.patch("/{thing_id}", responses=problems(404))
    async def change_thing(thing_id: UUID, wanted: Changes, unit: Unit, seen: IfMatch, tag: Tag) -> ThingView:
        await change(thing_id, wanted.given(), unit, precondition=seen)
        view = await queries.read_thing(unit.session, thing_id)
        return tag(view, view.sequence)

`unit: Unit` opens the unit of work in which the whole route runs; it is committed before the answer is sent,
and rolled back by every error. `unit: Once`, on every POST, takes the Idempotency-Key too. `seen: IfMatch`
goes to the handler, which calls `precondition.check(record.sequence)` when it has locked the record.
`tag: Tag` answers with the ETag, and with the Location of what is new. All three may be left out, and GET
has no unit. A request that names what is not known here is tried again, each time in a new unit of work,
until its record has arrived or `patience`, in seconds, has ended.
"""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from typing_extensions import override

from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.http.documents import Declared, problems
from services.shared.http.repeats import Repeat, Replayed
from services.shared.http.requests import UnreadableBodyError, check_accept, check_json, read_whole
from services.shared.http.versions import Tagger, precondition_of, unless_known
from services.shared.patience import until_known
from services.shared.unit_of_work import UnitOfWork, unit_of_work

Answering = Callable[[Request], Coroutine[Any, Any, Response]]


class _Writing:
    """What a request writes: its unit of work, opened when the route asks for it, and its key."""

    def __init__(self, route: "ServiceRoute", body: bytes, stack: AsyncExitStack) -> None:
        self._route = route
        self._body = body
        self._stack = stack
        self._repeat: Repeat | None = None

    async def open(self) -> UnitOfWork:
        """Open the unit of work; DatabaseAwayError."""
        unit = unit_of_work(self._route.database, now=self._route.clock.now())
        return await self._stack.enter_async_context(unit)

    async def open_once(self, request: Request, key: str | None) -> UnitOfWork:
        """Open the unit of work under a key; raises Replayed or KeyReusedError."""
        unit = await self.open()
        if key is not None:
            route = f"{request.method} {self._route.path}"
            self._repeat = Repeat(unit.session, request, route=route, key=key, body=self._body)
            await self._repeat.claim()
        return unit

    async def keep(self, response: Response) -> None:
        """Remember the answer, if it has a key."""
        if self._repeat:
            await self._repeat.keep(response)


async def _unit(request: Request) -> UnitOfWork:
    writing: _Writing = request.state.writing
    return await writing.open()


async def _unit_once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=r"^[\x21-\x7e]{1,255}$",
            description="Of your choice; the same request with the same key gets the same answer for 7 days.",
        ),
    ] = None,
) -> UnitOfWork:
    writing: _Writing = request.state.writing
    return await writing.open_once(request, idempotency_key)


Unit = Annotated[UnitOfWork, Depends(_unit)]
"""A parameter of a route that changes something: the unit of work it runs in."""

Once = Annotated[UnitOfWork, Depends(_unit_once)]
"""As `Unit`, for every POST: a repeated request with an Idempotency-Key has its effects once."""


class ServiceRoute(APIRoute):
    """A route that is held to what all of ours do; see the module."""

    database: ClassVar[Database]
    clock: ClassVar[Clock]
    patience: ClassVar[float]

    @override
    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        self.responses = {**_declared(self), **self.responses}

    @override
    def get_route_handler(self) -> Answering:
        """Return what answers a request, with our checks before it and what is remembered after it."""
        answering = super().get_route_handler()
        takes_body = self.body_field is not None

        async def answer(request: Request) -> Response:
            """Check the request, answer it, and remember the answer."""
            check_accept(request)
            if request.method == "GET":
                return unless_known(request, await answering(request))
            request, body = await read_whole(request)
            if takes_body:
                check_json(request, body)

            async def write() -> Response:
                """Answer the request in a unit of work of its own."""
                async with AsyncExitStack() as stack:
                    request.state.writing = writing = _Writing(self, body, stack)
                    response = await answering(request)
                    await writing.keep(response)
                    return response

            try:
                return await until_known(write, seconds=self.patience)
            except Replayed as replay:
                return replay.response
            except HTTPException as error:
                if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body it cannot read
                    raise UnreadableBodyError from error
                raise

        return answer


def service_router(
    database: Database, clock: Clock, *, prefix: str, tags: list[str], patience: float = 0
) -> APIRouter:
    """Return a router whose routes write to this database, at the instants of this clock."""
    fixed = {"database": database, "clock": clock, "patience": patience}
    route = type("Route", (ServiceRoute,), fixed)
    return APIRouter(prefix=prefix, tags=list(tags), route_class=route)


def _declared(route: ServiceRoute) -> Declared:
    """Say what every route of this kind may answer."""
    asked = {dependency.call for dependency in route.dependant.dependencies}
    declared = problems(406, 503)
    if route.methods != {"GET"}:
        declared |= problems(413, 422)
    if route.body_field:
        declared |= problems(415)
    if precondition_of in asked:
        declared |= problems(412)
    if Tagger in asked:
        headers = {"ETag": {"description": "The version of the record.", "schema": {"type": "string"}}}
        if route.status_code == HTTPStatus.CREATED:
            headers["Location"] = {"description": "Its path.", "schema": {"type": "string"}}
        declared[route.status_code or HTTPStatus.OK] = {"headers": headers}
        if route.methods == {"GET"}:
            declared[HTTPStatus.NOT_MODIFIED] = {"description": "As the ETag in If-None-Match says."}
    return declared
