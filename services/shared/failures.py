"""Why a message could not be handled: its words, and a fingerprint that those of the same cause share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from math import isfinite
from traceback import walk_tb
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from services.shared.errors import RefusedError

NOWHERE = "-"
"""Stands in a fingerprint for what is not known."""

_REASON_LENGTH = 2000
_DEPTH = 8
"""Headers are nested no deeper than this by any broker; a sender may have had other ideas."""

_NAMES_STATE = "42"
"""The class of SQLSTATE of statements that are wrong in themselves: its words name no values."""

_OURS = ("services.", "contracts.")
_PLACES_SHOWN = 20


@dataclass(frozen=True)
class Failure:
    """Why a message could not be handled; `lasting` when trying again unchanged cannot help.

    `where`: the function in our own code that failed, without line numbers, so that it outlives an edit.
    """

    reason: str
    error_class: str
    lasting: bool
    where: str = NOWHERE

    def fingerprint(self, message_type: str | None) -> str:
        """Return what all messages of a type that failed for the same cause have in common."""
        return "/".join((self.error_class, self.where, message_type or NOWHERE))


def failure_of(error: BaseException) -> Failure:
    """Say why a message could not be handled, in words that can be stored and tell no value of it."""
    return Failure(
        storable(_reason(error) or type(error).__name__),
        type(error).__name__,
        lasting=isinstance(error, (RefusedError, ValidationError)),
        where=_where(error),
    )


def unreadable(reason: str) -> Failure:
    """Return the failure of a message that is no envelope."""
    return Failure(storable(reason), "Unreadable", lasting=True)


def unreadable_for(error: BaseException) -> str:
    """Say why a message is no envelope, in words that tell no value of it."""
    return storable(f"{type(error).__name__}: {_reason(error)}")


def storable(words: str) -> str:
    """Return words as PostgreSQL can keep them, and no longer than anyone reads."""
    return words.replace("\0", "�").encode(errors="replace").decode()[:_REASON_LENGTH]


def storable_json(value: object, depth: int = 0) -> Any:  # noqa: ANN401 -- any JSON value
    """Return whatever headers hold as JSON that PostgreSQL can keep, names as well as values."""
    if depth > _DEPTH:
        return storable(str(value))
    if isinstance(value, Mapping):
        return {storable(str(name)): storable_json(each, depth + 1) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(each, depth + 1) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return storable(value.decode(errors="backslashreplace"))
    is_plain = value is None or isinstance(value, (bool, int)) or _is_finite(value)
    return value if is_plain else storable(str(value))


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and isfinite(value)


def _reason(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return _refused_by_database(error)
    if not isinstance(error, ValidationError):
        return str(error)
    # Not its own words: they repeat the values, which may be about people.
    places = error.errors(include_url=False, include_input=False, include_context=False)
    told = (f"{'.'.join(map(str, place['loc'])) or NOWHERE}: {place['msg']}" for place in places)
    shown = [line for line, _ in zip(told, range(_PLACES_SHOWN), strict=False)]
    return "; ".join(chain(shown, ["…"] if len(places) > _PLACES_SHOWN else []))


def _refused_by_database(error: DBAPIError) -> str:
    # Not its own words: they repeat the row, or the argument that was refused.
    refused = error.orig.__cause__ if error.orig and error.orig.__cause__ else error.orig
    state = str(getattr(refused, "sqlstate", None) or "")
    if state.startswith(_NAMES_STATE):
        return str(refused)
    facts = (getattr(refused, name, None) for name in ("table_name", "column_name", "constraint_name"))
    return " ".join([type(refused).__name__, *(str(fact) for fact in (state, *facts) if fact)])


def _where(error: BaseException) -> str:
    """The innermost frame of our own code, as module and function."""
    found = NOWHERE
    for frame, _ in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_OURS):
            # "<lambda>" and the like would need quoting on a command line.
            found = f"{module}.{frame.f_code.co_name.strip('<>')}"
    return found
