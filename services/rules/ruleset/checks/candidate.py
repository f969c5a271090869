"""What is to be checked: everything that the loader could read."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.rules.ruleset.definition import Clock, Decision, Field, Vocabulary
from services.shared.business_time import Calendar


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the loader could read: `partial` names rules with a part left out; no calendar: it is broken.

    `fields` has, for each kind of subject, every name that a rule about it may test; `complete` is false when
    rules are missing altogether.
    """

    vocabulary: Vocabulary
    fields: Mapping[str, Mapping[str, Field]]
    calendar: Calendar | None
    decisions: tuple[Decision, ...]
    clocks: tuple[Clock, ...]
    partial: frozenset[str] = frozenset()
    complete: bool = True
