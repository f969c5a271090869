"""Problem documents (RFC 9457): what they say, and how a route declares those it may answer with."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

PROBLEM_TYPE = "application/problem+json"
PROBLEM_SCHEMA = "#/components/schemas/ProblemDocument"

Declared = dict[int | str, dict[str, Any]]
"""Answers of a route beside its usual one, as FastAPI takes them."""

_MEANINGS = {
    400: "The request cannot be read.",
    403: "Not allowed.",
    404: "There is no such record.",
    406: "The answer is JSON, which the request does not accept.",
    409: "This does not go with what is there.",
    412: "The record is at another version than If-Match names; `version` says at which.",
    413: "The body is larger than what is taken.",
    415: "The body is not JSON.",
    421: "The Host of the request is none of ours.",
    422: "The request is refused: what it says is not valid, not known or not allowed; `code` says which.",
    503: "This does not work now, and may later; see Retry-After.",
}


class WrongPlace(BaseModel):
    """A place of the request that is not valid."""

    field: str = Field(description="Where, such as `body.contact.title` or `query.limit`.")
    message: str
    code: str


class Problem(BaseModel):
    """Why a request was not carried out; members beyond these are facts of the reason."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:genjin:problem:unknown-customer",
                "title": "Not Found",
                "status": 404,
                "detail": "There is no customer 01976a10-7c00-7001-8a00-000000000001.",
                "code": "unknown-customer",
            }
        },
    )

    type: str = Field(description="`urn:genjin:problem:` and the code.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="The reason for people, in the language asked for.")
    code: str = Field(description="The stable name of the reason, for programs.")
    errors: list[WrongPlace] = Field(default_factory=list, description="With the code `invalid-request`.")


def problems(*statuses: int) -> Declared:
    """Declare that a route may answer with problem documents of these statuses.

    The routes of `service_router` declare 406 and 503 by themselves; 412, 413, 415 and 422 where they
    take If-Match, a body, anything at all.
    """
    return {
        status: {
            "description": _MEANINGS.get(status, HTTPStatus(status).phrase),
            "content": {PROBLEM_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}}},
        }
        for status in statuses
    }
