"""What the rules service counts and tells of its evaluations; nothing counts before it is committed."""

from collections import Counter as Count
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from uuid import UUID

from prometheus_client import Counter, Histogram

from contracts.rules import TaskEscalated, TaskRaised, TaskState
from services.shared.logs import canonical, is_shown
from services.shared.metrics import FAST_SECONDS, REGISTRY
from services.shared.telemetry import begun, current_trace
from services.shared.unit_of_work import UnitOfWork

_LOGGER = __name__
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0

evaluation_seconds = Histogram(
    "genjin_evaluation_duration_seconds",
    "How long it took to evaluate the subjects of a transaction, with what it reads and writes.",
    buckets=FAST_SECONDS,
    registry=REGISTRY,
)

subjects_evaluated = Counter(
    "genjin_subjects_evaluated", "Subjects that were evaluated, by their kind.", ("kind",), registry=REGISTRY
)

decisions_changed = Counter(
    "genjin_decisions_changed",
    "Decisions that came out differently than before, by the row that decided and the version of the rules.",
    ("decision", "row", "version"),
    registry=REGISTRY,
)

tasks_changed = Counter(
    "genjin_tasks_changed",
    "Tasks that were raised, escalated, reassigned or resolved, by rule and version of the rules.",
    ("rule", "change", "version"),
    registry=REGISTRY,
)

task_lateness_seconds = Histogram(
    "genjin_task_lateness_seconds",
    "How much later than its time a task was raised or escalated.",
    ("rule",),
    buckets=(1, 5, 15, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, _DAY, 7 * _DAY),
    registry=REGISTRY,
)


def evaluated(unit: UnitOfWork, kinds: Iterable[str], *, seconds: float) -> None:
    """Count subjects that were evaluated together, by their kinds."""
    unit.on_commit.append(partial(_count_evaluated, Count(kinds), seconds))


def decided(unit: UnitOfWork, changed: Iterable[tuple[str, str, int]]) -> None:
    """Count decisions that changed: the decision, its row, the version of the rules."""
    counts = Count(changed)
    if counts:
        unit.on_commit.append(partial(_count_decided, counts))


def tasks_said(unit: UnitOfWork, said: Iterable[TaskState]) -> None:
    """Count tasks that changed, and how late they were raised."""
    changed = tuple(said)
    if changed:
        unit.on_commit.append(partial(_count_tasks, changed))


@contextmanager
def evaluating_due(unit: UnitOfWork, due: Mapping[UUID, Collection[UUID]]) -> Iterator[None]:
    """Evaluate what fell due in a trace of its own, and tell of it in one line when it is committed."""
    started = perf_counter()
    with begun("rules", "evaluate due"):
        yield
        trace = current_trace()
    unit.on_commit.append(partial(_tell_due, unit, due, started, trace))


def _count_evaluated(kinds: Mapping[str, int], seconds: float) -> None:
    evaluation_seconds.observe(seconds)
    for kind, count in kinds.items():
        subjects_evaluated.labels(kind).inc(count)


def _count_decided(counts: Mapping[tuple[str, str, int], int]) -> None:
    for (decision, row, version), count in counts.items():
        decisions_changed.labels(decision, row, str(version)).inc(count)


def _count_tasks(changed: Iterable[TaskState]) -> None:
    for task in changed:
        change = task.type.split(".")[1].removeprefix("task_")
        tasks_changed.labels(task.rule, change, str(task.ruleset_version)).inc()
        if isinstance(task, TaskRaised | TaskEscalated):
            task_lateness_seconds.labels(task.rule).observe(task.lateness_seconds)


def _tell_due(
    unit: UnitOfWork, due: Mapping[UUID, Collection[UUID]], started: float, trace: str | None
) -> None:
    if is_shown(_LOGGER):
        line = {
            "customers": len(due),
            "subjects": sum(map(len, due.values())),
            "emitted": len(unit.emitted),
            "seconds": round(perf_counter() - started, 4),
            "trace_id": trace,
        }
        canonical(_LOGGER, "due_evaluated", [line])
