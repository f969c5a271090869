"""The order in which decisions are taken: each after those whose outputs it reads; circles are refused."""

from collections.abc import Mapping

from services.rules.ruleset.definition import Decision
from services.rules.ruleset.problems import Findings


def in_strata(decisions: tuple[Decision, ...], findings: Findings) -> tuple[Decision, ...]:
    """Return the decisions in an order in which each finds what it reads; otherwise as they are written.

    Every circle is reported at its first decision, with the way round; its members keep their order.
    """
    writers = {
        name: index for index, decision in reversed([*enumerate(decisions)]) for name in decision.returns
    }
    reads = {
        index: {writers[name] for row in decision.rows for name in row.tests if name in writers}
        for index, decision in enumerate(decisions)
    }
    placed: list[int] = []
    waiting = list(range(len(decisions)))
    while waiting:
        ready = next((index for index in waiting if reads[index] <= {*placed}), None)
        if ready is None:
            circle = _circle(waiting, reads, placed)
            _report(decisions, circle, findings)
            ready = min(circle)
        placed.append(ready)
        waiting.remove(ready)
    return tuple(decisions[index] for index in placed)


def _circle(waiting: list[int], reads: Mapping[int, set[int]], placed: list[int]) -> list[int]:
    """Follow unmet reads until a decision comes round again."""
    path = [waiting[0]]
    while True:
        following = min(reads[path[-1]] - {*placed})
        if following in path:
            return path[path.index(following) :]
        path.append(following)


def _report(decisions: tuple[Decision, ...], circle: list[int], findings: Findings) -> None:
    start = circle.index(min(circle))
    around = [decisions[index].id for index in circle[start:] + circle[: start + 1]]
    first = decisions[min(circle)]
    findings.about(first.id).problem(
        first.where,
        zh=f"规则表互相依赖：{' → '.join(around)}（“→”读作“要用到”）。",
        en=f"Decisions go round in a circle: {' -> '.join(around)} (-> means reads).",
    )
