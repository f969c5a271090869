"""Requests to Genjin and their answers, the same to a running instance and to one in this process."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import httpx

from services.shared.errors import Locale, NotFoundError, RefusedError, UnreachableError

PATIENCE = httpx.Timeout(60, connect=5)
PAGE = 200

Json = dict[str, Any]


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


class Client:
    """Sends requests and turns answers that say no into errors with the words of the answer."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, **parameters: object) -> Json:
        """Read one document; parameters that are None are left out."""
        return await self._ask("GET", path, params=_given(parameters))

    async def post(self, path: str, *, body: Json | None = None) -> Json:
        """Send an order with a JSON body."""
        return await self._ask("POST", path, json=body or {})

    async def upload(self, path: str, *, fields: Json, files: Mapping[str, tuple[str, bytes]]) -> Json:
        """Send a form with files, each as its name and its bytes; fields that are None are left out."""
        return await self._ask("POST", path, data=_given(fields), files=files)

    async def business_now(self) -> datetime:
        """Return the business instant that the instance is at."""
        instance = await self.get("/v1/instance")
        return datetime.fromisoformat(instance["as_of"])

    async def items(self, path: str, **parameters: object) -> AsyncIterator[Json]:
        """Page through a list to its end."""
        after: str | None = None
        while True:
            page = await self.get(path, **parameters, limit=PAGE, after=after)
            for item in page["items"]:
                yield item
            after = page["next"]
            if after is None:
                return

    async def _ask(self, method: str, path: str, **request: Any) -> Json:  # noqa: ANN401 -- httpx's own
        try:
            answer = await self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise ServiceAwayError(address=str(self._http.base_url), reason=reason) from error
        if answer.is_error:
            raise _refusal(answer)
        document: Json = answer.json() if answer.content else {}
        return document


def http_client(
    address: str, *, locale: Locale, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Return an HTTP client that asks for answers in a language; `transport` leads into this process."""
    return httpx.AsyncClient(
        base_url=address,
        transport=transport,
        timeout=PATIENCE,
        trust_env=False,  # proxies of the environment must not see what goes to this machine
        headers={"Accept-Language": locale},
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
