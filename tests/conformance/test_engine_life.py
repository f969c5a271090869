"""The engine holds what durable-rules compiled, frees it, and is right from tasks and threads."""

import ast
import asyncio
import gc
import resource
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from services.rules.ruleset.definition import Fact, Interval, Outcome
from services.rules.ruleset.engine import Engine, EngineClosedError
from tests.conformance.agreement import AMOUNT, assert_agreement, at_random, table
from tests.generators import NOON

REPOSITORY = Path(__file__).parents[2]
PAGE = resource.getpagesize()
MEGABYTE = 1024 * 1024


def rss() -> int:
    """Return the memory that this process has now, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def test_no_thread_is_started_and_no_global_host_is_made() -> None:
    before = threading.active_count()
    assert_agreement(table([{"amount": Interval(low=5)}], AMOUNT), [{"amount": 7}])
    assert threading.active_count() == before
    assert "durable.lang" not in sys.modules


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_one_module_knows_durable_rules() -> None:
    doors = {
        path.name
        for path in (REPOSITORY / "services").rglob("*.py")
        if any(name.split(".")[0] in ("durable", "durable_rules_engine") for name in _imports(path))
    }
    assert doors == {"engine.py"}


def test_closing_frees_what_was_compiled() -> None:
    """Also the context that an unhandled fact leaves behind."""
    ruleset = table([{"amount": Interval(low=n)} for n in range(100)], AMOUNT)

    def churn(times: int) -> None:
        for _ in range(times):
            assert_agreement(ruleset, [{"amount": 1}])

    churn(10)
    before = rss()
    churn(60)
    gc.collect()
    assert rss() - before < 8 * MEGABYTE


def test_many_evaluations_leave_nothing_behind() -> None:
    ruleset = table([{"amount": Interval(low=n)} for n in range(3)], AMOUNT)
    assert_agreement(ruleset, [{"amount": n % 5 - 1} for n in range(1000)])
    before = rss()
    assert_agreement(ruleset, [{"amount": n % 5 - 1} for n in range(6000)])
    assert rss() - before < 8 * MEGABYTE


def test_a_closed_engine_refuses_and_may_be_closed_again() -> None:
    engine = Engine(table([{"amount": Interval(low=5)}], AMOUNT))
    engine.close()
    engine.close()
    with pytest.raises(EngineClosedError):
        engine.evaluate("customer", {"amount": 7}, {}, NOON)


def test_an_engine_that_nobody_holds_is_freed() -> None:
    ruleset = table([{"amount": Interval(low=n)} for n in range(100)], AMOUNT)
    for _ in range(10):
        Engine(ruleset)
    gc.collect()
    before = rss()
    for _ in range(60):
        Engine(ruleset).evaluate("customer", {"amount": 1}, {}, NOON)
    gc.collect()
    assert rss() - before < 8 * MEGABYTE


def test_two_versions_of_the_same_rules_do_not_disturb_each_other() -> None:
    old, new = (table([{"amount": Interval(low=edge)}], AMOUNT) for edge in (50, 40))
    with closing(Engine(old, memo=0)) as first, closing(Engine(new, memo=0)) as second:
        for _ in range(20):
            assert first.evaluate("customer", {"amount": 45}, {}, NOON).rows == {}
            assert second.evaluate("customer", {"amount": 45}, {}, NOON).rows == {"pick": "r0"}
        first.close()
        assert second.evaluate("customer", {"amount": 45}, {}, NOON).rows == {"pick": "r0"}


async def test_evaluations_in_many_tasks_are_each_right() -> None:
    ruleset, subjects, expected = at_random(200)
    with closing(Engine(ruleset, memo=4)) as engine:

        async def evaluate(facts: Mapping[str, Fact]) -> Outcome:
            await asyncio.sleep(0)
            return engine.evaluate("customer", facts, {}, NOON)

        assert await asyncio.gather(*map(evaluate, subjects)) == expected


def test_evaluations_in_several_threads_are_each_right() -> None:
    ruleset, subjects, expected = at_random(300)
    with closing(Engine(ruleset, memo=0)) as engine, ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda facts: engine.evaluate("customer", facts, {}, NOON), subjects)
        assert list(found) == expected
