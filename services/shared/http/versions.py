"""ETag and If-Match: who changes a record says which version of it he has seen.

The tag of a record is its version in quotes, `"3"`; where more is shown than the record itself, that follows
after a hyphen, `"3-7"`, and has no say in whether a change may be made.
"""

import re
from http import HTTPStatus
from typing import Annotated, ClassVar, Protocol, TypeVar

from fastapi import Depends, Header, Request, Response

from services.shared.preconditions import ALWAYS, Precondition


class KeyedView(Protocol):
    """What a route shows of one record; `key` is the name of the field that holds the record's id."""

    key: ClassVar[str]


V = TypeVar("V", bound=KeyedView)

# If-Match compares strongly (RFC 9110): a tag that something on the way has weakened matches nothing.
_TAG = re.compile(r'\s*"(\d{1,18})(?:-[^"]*)?"\s*')


class Tagger:
    """Puts the tag of what a route shows into its answer, and where a new record is to be found."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def __call__(self, view: V, version: int, *, also: object = "") -> V:
        """Return the view, tagged with the record's version, and what else it depends on."""
        headers = self._response.headers
        headers["ETag"] = f'"{version}-{also}"' if also else f'"{version}"'
        if getattr(self._request.scope["route"], "status_code", None) == HTTPStatus.CREATED:
            headers["Location"] = f"{self._request.url.path}/{getattr(view, view.key)}"
        return view


def precondition_of(
    if_match: Annotated[
        str | None,
        Header(description="Change the record only if it has this ETag; without it, or with `*`, always."),
    ] = None,
) -> Precondition:
    """Read If-Match; what is no tag of ours matches no version."""
    if if_match is None or if_match.strip() == "*":
        return ALWAYS
    tags = [_TAG.fullmatch(part) for part in if_match.split(",")]
    return Precondition(frozenset(int(tag[1]) for tag in tags if tag))


Tag = Annotated[Tagger, Depends(Tagger)]
"""A parameter of a route that shows one record: `return tag(view, view.version)`."""

IfMatch = Annotated[Precondition, Depends(precondition_of)]
"""A parameter of a route that changes one record; its handler lets it `check` the version under the lock."""


def unless_known(request: Request, response: Response) -> Response:
    """Return the answer, or 304 when the caller has it already (If-None-Match)."""
    tag = response.headers.get("etag")
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag is None or not known & {tag, "*"}:
        return response
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
