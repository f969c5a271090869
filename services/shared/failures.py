"""Why a message could not be handled: its words, and a fingerprint that those of the same cause share."""

from dataclasses import dataclass
from itertools import chain
from traceback import walk_tb

from pydantic import ValidationError

from services.shared.errors import RefusedError

NOWHERE = "-"
"""Stands in a fingerprint for what is not known."""

_REASON_LENGTH = 2000
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


def storable(words: str) -> str:
    """Return words as PostgreSQL can keep them, and no longer than anyone reads."""
    return words.replace("\0", "�").encode(errors="replace").decode()[:_REASON_LENGTH]


def _reason(error: BaseException) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    # Not its own words: they repeat the values, which may be about people.
    places = error.errors(include_url=False, include_input=False, include_context=False)
    told = (f"{'.'.join(map(str, place['loc'])) or NOWHERE}: {place['msg']}" for place in places)
    shown = [line for line, _ in zip(told, range(_PLACES_SHOWN), strict=False)]
    return "; ".join(chain(shown, ["…"] if len(places) > _PLACES_SHOWN else []))


def _where(error: BaseException) -> str:
    """The innermost frame of our own code, as module and function."""
    found = NOWHERE
    for frame, _ in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_OURS):
            # "<lambda>" and the like would need quoting on a command line.
            found = f"{module}.{frame.f_code.co_name.strip('<>')}"
    return found
