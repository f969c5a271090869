"""/readyz says in words and codes what is wrong, and asks everything at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.shared.readiness import (
    BrokerNotConnectedError,
    Check,
    ConsumerNotRegisteredError,
    Finding,
    NoRulesInForceError,
    Pause,
    consumer_check,
    delivery_check,
    failed,
    find,
    work_check,
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
    assert [finding.name for finding in failed(findings)] == ["rules"]


def test_it_is_said_in_the_language_asked_for() -> None:
    assert Finding("rules", NoRulesInForceError()).document("zh")["message"] == "没有生效的规则。"


async def test_a_check_that_breaks_is_an_answer() -> None:
    assert await code_of(Check("odd", answering(KeyError("secret")))) == "check-broken"


@pytest.mark.parametrize(
    ("connected", "consuming", "code"),
    [
        (False, False, BrokerNotConnectedError.slug),
        (True, False, ConsumerNotRegisteredError.slug),
        (True, True, None),
    ],
)
async def test_a_consumer_is_connected_and_registered(
    connected: bool,  # noqa: FBT001 -- a column of the table above
    consuming: bool,  # noqa: FBT001
    code: str | None,
) -> None:
    check = consumer_check("genjin.rules", is_connected=lambda: connected, is_consuming=lambda: consuming)
    assert await code_of(check) == code


async def test_work_that_has_ended_is_named() -> None:
    assert await code_of(work_check(list)) is None
    [finding] = await find([work_check(lambda: ["scheduler", "cursor"])])
    assert finding.error is not None
    assert finding.error.message("en") == "Work in the background has ended: cursor, scheduler."


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
    assert failed(findings) == []


async def test_a_check_without_an_answer_has_failed() -> None:
    [finding] = await find([Check("hanging", asyncio.Event().wait)], seconds=0.01)
    assert finding.error is not None
    assert finding.error.slug == "check-timeout"
