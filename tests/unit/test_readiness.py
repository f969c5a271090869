"""/readyz says in words and codes what is wrong, and asks everything at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

from services.shared.readiness import (
    Check,
    Finding,
    NoRulesInForceError,
    Pause,
    delivery_check,
    find,
)


def answering(error: Exception | None = None) -> Callable[[], Awaitable[None]]:
    async def ask() -> None:
        if error:
            raise error

    return ask


async def code_of(check: Check) -> str | None:
    [finding] = await find([check])
    return finding.error.slug if finding.error else None


async def test_what_is_well_is_listed_too() -> None:
    findings = await find([Check("database", answering()), Check("rules", answering(NoRulesInForceError()))])
    assert [finding.document("en") for finding in findings] == [
        {"name": "database", "ok": True},
        {"name": "rules", "ok": False, "code": "no-rules-in-force", "message": "No rules are in force."},
    ]


def test_it_is_said_in_the_language_asked_for() -> None:
    assert Finding("rules", NoRulesInForceError()).document("zh")["message"] == "没有生效的规则。"


async def test_a_check_that_breaks_is_an_answer() -> None:
    assert await code_of(Check("odd", answering(KeyError("secret")))) == "check-broken"


async def test_delivery_may_rest_for_a_moment() -> None:
    assert await code_of(delivery_check("rules", lambda: None)) is None
    assert await code_of(delivery_check("rules", lambda: Pause(2.0, "away"))) is None
    assert await code_of(delivery_check("rules", lambda: Pause(60.0, "away"))) == "delivery-paused"


async def test_checks_are_asked_at_the_same_time() -> None:
    asked: list[int] = []
    everyone = asyncio.Event()

    async def wait_for_all() -> None:
        asked.append(1)
        if len(asked) == 3:
            everyone.set()
        await everyone.wait()

    findings = await find([Check(str(n), wait_for_all) for n in range(3)])
    assert [finding.error for finding in findings] == [None] * 3


async def test_a_check_without_an_answer_has_failed() -> None:
    [finding] = await find([Check("hanging", asyncio.Event().wait)], seconds=0.01)
    assert finding.error is not None
    assert finding.error.slug == "check-timeout"
