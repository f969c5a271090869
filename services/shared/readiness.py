"""Whether a process can do its work: a list of checks, each of which says in words what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from services.shared.database import Database
from services.shared.errors import GenjinError, Locale, TransientError

PAUSE_SECONDS = 10.0
"""For how long delivery may rest because something is away, before it counts as a fault."""

CHECK_SECONDS = 3.0
"""After which a check that has not answered counts as failed."""


class CheckTimeoutError(TransientError):
    """It did not answer within {seconds:g} seconds."""

    slug = "check-timeout"
    zh = "在 {seconds:g} 秒内没有响应。"
    seconds: float


class CheckBrokenError(GenjinError):
    """The check itself failed: {reason}."""

    slug = "check-broken"
    zh = "检查本身失败:{reason}。"
    reason: str


class NoRulesInForceError(TransientError):
    """No rules are in force."""

    slug = "no-rules-in-force"
    zh = "没有生效的规则。"


class SchemaOutdatedError(TransientError):
    """The schema of {service} is at version {found}, but the code needs {needed}; run `genjin migrate`."""

    slug = "schema-outdated"
    zh = "{service} 的数据库结构是版本 {found},而代码需要 {needed};请运行 `genjin migrate`。"
    service: str
    found: str
    needed: str


class DeliveryPausedError(TransientError):
    """{what} has been waiting for {seconds:.0f} seconds: {reason}."""

    slug = "delivery-paused"
    zh = "{what} 已停顿 {seconds:.0f} 秒:{reason}。"
    what: str
    seconds: float
    reason: str


class Pause(NamedTuple):
    """For how long something has not gone on, and why."""

    seconds: float
    reason: str


@dataclass(frozen=True)
class Check:
    """One thing that work depends on; `ask` raises a GenjinError that says what is wrong with it.

    Work goes on without what is not vital: it is shown only.
    """

    name: str
    ask: Callable[[], Awaitable[object]]
    is_vital: bool = True


@dataclass(frozen=True)
class Finding:
    """What a check found: `error` is None when all is well."""

    name: str
    error: GenjinError | None
    is_vital: bool = True

    @property
    def is_ok(self) -> bool:
        """Whether work can be done."""
        return self.error is None or not self.is_vital

    def document(self, locale: Locale) -> dict[str, object]:
        """Return it for JSON, in the language asked for."""
        if self.error is None:
            return {"name": self.name, "ok": True}
        return {
            "name": self.name,
            "ok": self.is_ok,
            "code": self.error.slug,
            "message": self.error.message(locale),
        }


async def find(checks: Iterable[Check], *, seconds: float = CHECK_SECONDS) -> list[Finding]:
    """Ask all checks at the same time; none holds up the answer for longer, and none is left out."""
    return list(await asyncio.gather(*(_ask(check, seconds) for check in checks)))


def database_check(database: Database) -> Check:
    """Return the check that a service's database can be reached."""

    async def ask() -> None:
        """Reach the database."""
        async with database.session():
            pass

    return Check(f"database:{database.name}", ask)


def delivery_check(what: str, paused: Callable[[], Pause | None]) -> Check:
    """Return the check that what takes or hands on messages does so; `paused` is that of its worker."""

    async def ask() -> None:
        """See for how long nothing was handed on."""
        pause = paused()
        if pause and pause.seconds > PAUSE_SECONDS:
            raise DeliveryPausedError(what=what, seconds=pause.seconds, reason=pause.reason)

    return Check(f"delivery:{what}", ask)


async def _ask(check: Check, seconds: float) -> Finding:
    try:
        async with asyncio.timeout(seconds):
            await check.ask()
    except GenjinError as error:
        return Finding(check.name, error, check.is_vital)
    except TimeoutError:
        return Finding(check.name, CheckTimeoutError(seconds=seconds), check.is_vital)
    except Exception as error:  # noqa: BLE001 -- a check that breaks is an answer, not an end
        return Finding(check.name, CheckBrokenError(reason=type(error).__name__), check.is_vital)
    return Finding(check.name, None)
