"""Which rules read which names: in their tests, their offsets and their words."""

import re
from collections.abc import Iterable, Iterator, Mapping

from contracts.text import Text
from services.rules.ruleset.definition import Clock, Decision, Rung

_NAMES = re.compile(r"\{([^{}]*)\}")


def readers(rules: Iterable[Decision | Clock]) -> Mapping[str, frozenset[str]]:
    """Return, for each name that rules read, the ids of these rules."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for name in _reads(rule):
            found.setdefault(name, set()).add(rule.id)
    return {name: frozenset(ids) for name, ids in found.items()}


def _reads(rule: Decision | Clock) -> Iterator[str]:
    if isinstance(rule, Decision):
        yield from (name for row in rule.rows for name in row.tests)
        return
    yield from rule.reads
    for rung in rule.ladder:
        yield from _NAMES.findall(" ".join(_words(rung)))


def _words(rung: Rung) -> Iterator[str]:
    titles: list[Text | None] = [rung.title, rung.notify.title if rung.notify else None]
    for title in titles:
        if title:
            yield from (title.zh, title.en)
    if rung.notify and rung.notify.channel:
        yield rung.notify.channel
