"""What is a passing trouble, and who is woken when."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.shared.database import Database, DatabaseAwayError, Signal, is_transient


class DriverError(Exception):
    """An error as the driver raises it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("why")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "sqlstate", ["08006", "40001", "40P01", "53300", "57P01", "57P03", "58030", "55P03", "25P03"]
)
def test_what_may_work_later_is_a_passing_trouble(sqlstate: str) -> None:
    assert is_transient(DBAPIError("select 1", {}, DriverError(sqlstate)))


@pytest.mark.parametrize("sqlstate", ["23505", "22P02", "42P01", "42501", "P0001", "25P02"])
def test_what_will_fail_again_is_not(sqlstate: str) -> None:
    assert not is_transient(IntegrityError("insert", {}, DriverError(sqlstate)))
    assert not is_transient(ProgrammingError("insert", {}, DriverError(sqlstate)))


def test_a_cut_connection_is_a_passing_trouble_whatever_its_state() -> None:
    assert is_transient(DBAPIError("select 1", {}, DriverError(""), connection_invalidated=True))


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError(), PoolTimeoutError("full"), DatabaseAwayError(service="rules", reason="x")],
)
def test_other_outages_are_passing_troubles(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), FileNotFoundError("x")])
def test_faults_of_the_code_are_not(error: Exception) -> None:
    assert not is_transient(error)


async def test_a_signal_wakes_everyone_who_waits() -> None:
    signal = Signal()
    waiting = [asyncio.create_task(signal.wait_beyond(0, seconds=60)) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0)
    signal.set()
    done, _ = await asyncio.wait(waiting, timeout=5)
    assert len(done) == 3


async def test_a_signal_that_came_before_the_wait_is_not_missed() -> None:
    signal = Signal()
    signal.set()
    async with asyncio.timeout(5):
        await signal.wait_beyond(0, seconds=60)


async def test_who_waits_for_the_next_one_waits_for_the_next_one() -> None:
    signal = Signal()
    signal.set()
    waiting = asyncio.create_task(signal.wait_beyond(1, seconds=60))
    await asyncio.wait([waiting], timeout=0)
    assert not waiting.done()
    signal.set()
    await asyncio.wait_for(waiting, 5)


async def test_waiting_ends_by_itself() -> None:
    async with asyncio.timeout(5):
        await Signal().wait_beyond(0, seconds=0.001)


def test_a_database_is_named_after_its_schema_and_speaks_asyncpg() -> None:
    database = Database.connect("postgresql://u:p@db.example.com/genjin", schema="rules")
    assert database.name == "rules"
    assert database.engine.url.drivername == "postgresql+asyncpg"
