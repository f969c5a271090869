"""The cells of an instant: what `older than`, `within last` and `within next` can say of it at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cmp_to_key

from contracts.text import Text
from services.rules.ruleset.checks.orders import anchors, compare
from services.rules.ruleset.checks.words import age_words, seen_words
from services.rules.ruleset.definition import Age, AgeKind, Field, Presence, Test
from services.rules.ruleset.timing import backwards
from services.shared.business_time import Calendar, Duration

Cells = list[tuple[Text, frozenset[Test]]]
_NOW = Duration()


def age_cells(field: Field, tests: tuple[Test, ...], calendar: Calendar) -> Cells:
    """Return every combination of these tests that a present instant can bring about, each with an example.

    A test begins and ends to hold when a duration after the instant has passed. Where these durations have
    one order for all instants, the cells lie between neighbours; else every instant is tried.
    """
    spans = {test: _span(test) for test in tests if isinstance(test, Age)}
    present = frozenset(test for test in tests if test == Presence(present=True))
    edges = list(dict.fromkeys(edge for span in spans.values() for edge in span if edge is not None))
    if field.past and _NOW not in edges:
        edges.append(_NOW)
    fixed = all(
        compare(calendar, one, other).fixed for at, one in enumerate(edges) for other in edges[at + 1 :]
    )
    cells = _ordered(field, spans, edges, calendar) if fixed else _tried(field, spans, edges, calendar)
    return [(words, held | present) for words, held in cells]


def _span(test: Age) -> tuple[Duration, Duration | None]:
    """Return the durations after the instant from which and until which the test holds."""
    if test.kind is AgeKind.OLDER_THAN:
        return test.duration, None
    if test.kind is AgeKind.WITHIN_LAST:
        return _NOW, test.duration
    return backwards(test.duration), _NOW


Spans = Mapping[Age, tuple[Duration, Duration | None]]


def _ordered(field: Field, spans: Spans, edges: list[Duration], calendar: Calendar) -> Cells:
    def sign(one: Duration, other: Duration) -> int:
        found = compare(calendar, one, other)
        return found.after - found.before

    ranks: dict[Duration, int] = {}
    kept: list[Duration] = []
    for edge in sorted(edges, key=cmp_to_key(sign)):
        if not kept or sign(kept[-1], edge):
            kept.append(edge)
        ranks[edge] = len(kept) - 1
    first = ranks[_NOW] if field.past else -1
    cells: Cells = []
    for at in range(first, len(kept)):
        held = frozenset(
            test
            for test, (start, end) in spans.items()
            if ranks[start] <= at and (end is None or at < ranks[end])
        )
        after = kept[at] if at >= 0 else None
        before = kept[at + 1] if at + 1 < len(kept) else None
        cells.append((age_words(field, after, before), held))
    return cells


def _tried(field: Field, spans: Spans, edges: list[Duration], calendar: Calendar) -> Cells:
    found: dict[frozenset[Age], tuple[datetime, datetime]] = {}
    for anchor in anchors(calendar, *edges):
        instants = {edge: calendar.add(anchor, edge) for edge in edges}
        times = {*instants.values(), min(instants.values()) - timedelta(days=1)}
        for now in sorted(times):
            if field.past and now < anchor:
                continue
            held = frozenset(
                test
                for test, (start, end) in spans.items()
                if instants[start] <= now and (end is None or now < instants[end])
            )
            found.setdefault(held, (anchor, now))
    return [
        (seen_words(field, anchor, now, calendar), frozenset[Test](held))
        for held, (anchor, now) in found.items()
    ]
