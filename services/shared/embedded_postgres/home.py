"""Where the cluster and its socket are, named in a small file of the data directory.

Normally both are inside the data directory. Two things send them elsewhere: a data directory that the
server's account cannot enter (we are root, and the server is not), and a path too long for a socket.
"""

import json
import os
import re
import secrets
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from services.shared.embedded_postgres.account import Account, server_account
from services.shared.embedded_postgres.errors import DatabaseMissingError, NoPlaceForDatabaseError
from services.shared.errors import SystemCause

RECORD_NAME = "postgres.json"
REFUGE = Path("/var/lib/genjin")
"""Where root keeps what does not fit into the data directory; it outlives restarts, as /tmp does not."""

SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 103  # the smallest limit of the systems we run on, macOS; Linux has 107


@dataclass(frozen=True)
class Home:
    """The places of one embedded database and the account they belong to."""

    record: Path
    directory: Path
    socket: Path
    is_ready: bool

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "cluster"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.directory / "server.log"

    def made_ready(self) -> Self:
        """Return this home, recorded as holding a whole cluster, which from now on has to be there."""
        home = replace(self, is_ready=True)
        home.save()
        return home

    def save(self) -> None:
        """Write the record, whole or not at all, before anything is made at the places it names."""
        base = self.record.parent
        inside = self.directory.is_relative_to(base)
        text = json.dumps(
            {
                # Relative inside the data directory, so that this can be moved.
                "directory": str(self.directory.relative_to(base) if inside else self.directory),
                "socket": str(self.socket),
                "ready": self.is_ready,
            }
        )
        aside = self.record.with_suffix(".new")
        with aside.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.record)


def find_home(data_dir: Path, *, refuge: Path) -> tuple[Home, Account]:
    """Return the home that the data directory names, or make one; and the account it belongs to.

    Raises DatabaseMissingError when the named one is gone and NoPlaceForDatabaseError when none can be made.
    """
    record = data_dir / RECORD_NAME
    known = _read(record)
    directory = data_dir / (known.get("directory") or "postgres")
    account = server_account(directory)
    if not known and not account.can_reach(data_dir):
        directory = refuge / secrets.token_hex(6)
    home = Home(record, directory, socket=Path(known.get("socket") or "/"), is_ready=bool(known.get("ready")))
    if home.is_ready and not home.cluster.is_dir():
        raise DatabaseMissingError(record=record, home=directory)
    try:
        return _furnish(home, account), account
    except OSError as error:
        raise NoPlaceForDatabaseError(
            path=error.filename or directory, reason=SystemCause(error.errno)
        ) from error


def _furnish(home: Home, account: Account) -> Home:
    outside = not home.directory.is_relative_to(home.record.parent)
    if outside:
        home.directory.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.save()
    _private(home.directory, account)
    inside = home.directory / "socket"
    if _fits(inside):
        _private(inside, account)
        home = replace(home, socket=inside)
    elif not _is_private(home.socket, account):
        short = Path(tempfile.mkdtemp(prefix="genjin-", dir="/tmp"))  # short, ours alone, 0700
        account.own(short)
        home = replace(home, socket=short)
    home.save()
    return home


def _private(directory: Path, account: Account) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid != account.uid:  # also after a death between the two calls
        account.own(directory)


def _is_private(directory: Path, account: Account) -> bool:
    try:
        status = directory.lstat()
    except OSError:
        return False
    # Exactly a directory with 0700: not a link, and nobody else's who reads along.
    return (status.st_mode, status.st_uid) == (0o040700, account.uid)


def _fits(directory: Path) -> bool:
    # Commas and quotes mean something to PostgreSQL, colons to connection addresses.
    path = str(directory / SOCKET_NAME)
    return len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and re.fullmatch(r"[\w/.+@=-]*", path) is not None


def _read(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise NoPlaceForDatabaseError(path=record, reason=f"it cannot be read ({error})") from error
