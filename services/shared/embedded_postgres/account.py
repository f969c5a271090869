"""The account the server runs under: our own, or an unprivileged one when we are root."""

import os
import pwd
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from services.shared.embedded_postgres.errors import NoServerAccountError


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user and group of the machine; `uid` and `gid` are those of this process unless it is root."""

    name: str
    uid: int
    gid: int

    @property
    def is_foreign(self) -> bool:
        """Whether programs have to be run as somebody else than we are."""
        return self.uid != os.geteuid()

    def can_reach(self, path: Path) -> bool:
        """Whether this account may enter the directory or run the program, asked of the kernel, not of modes.

        Raises NoServerAccountError when nothing can be run as this account.
        """
        return self.run("test", "-x", str(path)).returncode == 0

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command as this account to its end, and return what it printed.

        It runs outside our session, so that Ctrl+C in a terminal does not reach it.
        """
        try:
            return subprocess.run(  # noqa: S603  # commands and arguments are ours
                command,
                check=False,
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                **self._identity(),
            )
        except (PermissionError, subprocess.SubprocessError) as error:
            if not self.is_foreign:
                raise
            raise NoServerAccountError(account=self.name, reason=error) from error

    def own(self, path: Path) -> None:
        """Give a file or directory that we made to this account."""
        if self.is_foreign:
            os.chown(path, self.uid, self.gid)

    def _identity(self) -> _Identity:
        if not self.is_foreign:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account(cluster: Path) -> Account:
    """Choose who runs the server: we, or when we are root whoever owns the cluster, or a system user."""
    if os.geteuid() != 0:
        return _account(os.geteuid())
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return _account(owner)
    return _system_account()


def _system_account() -> Account:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return _account(pwd.getpwnam(name).pw_uid)
    raise NoServerAccountError(account="postgres", reason="neither that user nor nobody exists")


def _account(uid: int) -> Account:
    try:
        user = pwd.getpwuid(uid)
    except KeyError:  # containers run as bare numbers; the number is all the kernel asks for
        return Account(name=str(uid), uid=uid, gid=os.getegid() if uid == os.geteuid() else uid)
    return Account(name=user.pw_name, uid=uid, gid=user.pw_gid)


def _environment() -> dict[str, str]:
    # Nothing of PGHOST, PGPORT, PGOPTIONS and the like may reach the server or its tools.
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept}
