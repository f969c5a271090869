"""Requests to Genjin and their answers, the same to a running instance and to one in this process."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from services.shared.errors import Locale, NotFoundError, RefusedError, UnreachableError

PATIENCE = httpx.Timeout(60, connect=5)
PAGE = 200

Json = dict[str, Any]
T = TypeVar("T")


class AnswerRefusedError(RefusedError):
    """{detail}"""  # noqa: D415 -- the answer brings its own full stop

    slug = "answer-refused"
    zh = "{detail}"


class AnswerNotFoundError(NotFoundError):
    """{detail}"""  # noqa: D415 -- the answer brings its own full stop

    slug = "answer-not-found"
    zh = "{detail}"


class ServiceAwayError(UnreachableError):
    """The service at {address} cannot be reached: {reason}."""

    slug = "service-away"
    zh = "无法连接 {address} 的服务:{reason}。"


class UnknownRouteError(LookupError):
    """No service is known to own a path."""


OWNERS = {
    "customers": "customers",
    "contacts-held": "followups",
    "follow-ups": "followups",
    "notices": "followups",
    "people": "followups",
    "plans": "followups",
    "tasks": "followups",
    "opportunities": "opportunities",
    "decisions": "rules",
    "instance": "rules",
    "loads": "rules",
    "rulesets": "rules",
    "why": "rules",
}
"""Which service answers below `/v1/<name>`; the other paths every service has."""


class Client:
    """Sends requests and turns answers that say no into errors with the words of the answer.

    `doors` lead to the services, by name; in one process all of them are the same.
    """

    def __init__(self, doors: Mapping[str, httpx.AsyncClient]) -> None:
        self._doors = doors

    async def get(self, path: str, *, at: str | None = None, **parameters: Any) -> Json:  # noqa: ANN401 -- as httpx
        """Read one document, of the service `at` or else of the path's owner; None is not sent."""
        return await self._ask(at, "GET", path, params=_given(parameters))

    async def everywhere(self, path: str, **parameters: object) -> list[Json]:
        """Read a document of every service; one process that runs several answers once for all."""
        names = {id(door): name for name, door in self._doors.items()}
        return [await self.get(path, at=name, **parameters) for name in names.values()]

    async def post(self, path: str, *, at: str | None = None, body: Json | None = None) -> Json:
        """Send an order with a JSON body."""
        return await self._ask(at, "POST", path, json=body or {})

    async def upload(
        self, path: str, *, at: str, fields: Json, files: Mapping[str, tuple[str, bytes]]
    ) -> Json:
        """Send a form with files, each as its name and its bytes; fields that are None are left out."""
        return await self._ask(at, "POST", path, data=_given(fields), files=files)

    async def business_now(self) -> datetime:
        """Return the business instant that the instance is at."""
        instance = await self.get("/v1/instance")
        return datetime.fromisoformat(instance["as_of"])

    async def items(self, path: str, **parameters: object) -> AsyncIterator[Json]:
        """Page through a list to its end."""
        after: str | None = None
        while True:
            asked: dict[str, Any] = {**parameters, "limit": PAGE, "after": after}
            page = await self.get(path, **asked)
            for item in page["items"]:
                yield item
            after = page["next"]
            if after is None:
                return

    async def _ask(self, at: str | None, method: str, path: str, **request: Any) -> Json:  # noqa: ANN401
        door = self._doors[at or owner_of(path)]
        try:
            answer = await door.request(method, path, **request)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise ServiceAwayError(address=str(door.base_url), reason=reason) from error
        if answer.is_error:
            raise _refusal(answer)
        document: Json = answer.json() if answer.content else {}
        return document


async def in_pages(items: AsyncIterable[T]) -> AsyncIterator[list[T]]:
    """Give items some at a time, however many there are; no page is empty."""
    page: list[T] = []
    async for item in items:
        page.append(item)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def owner_of(path: str) -> str:
    """Return the service that answers below a path; UnknownRouteError."""
    name = path.removeprefix("/v1/").partition("/")[0]
    try:
        return OWNERS[name]
    except KeyError:
        raise UnknownRouteError(path) from None


def http_client(
    address: str,
    *,
    locale: Locale,
    token: SecretStr | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Return an HTTP client that asks for answers in a language; `transport` leads into this process.

    `token`: that of the instance of this machine, which is sent to no other.
    """
    credentials = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    return httpx.AsyncClient(
        base_url=address,
        transport=transport,
        timeout=PATIENCE,
        trust_env=False,  # proxies of the environment must not see what goes to this machine
        headers={"Accept-Language": locale, **credentials},
    )


def _given(parameters: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _refusal(answer: httpx.Response) -> Exception:
    """Turn a problem document into the error of its kind."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    detail = problem.get("detail") or problem.get("title") or f"HTTP {answer.status_code}"
    if answer.status_code == httpx.codes.NOT_FOUND:
        return AnswerNotFoundError(detail=detail)
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return ServiceAwayError(address=str(answer.request.url.copy_with(path="/")), reason=detail)
    return AnswerRefusedError(detail=detail)
