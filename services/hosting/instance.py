"""Where the running instance of a data directory answers, and the token of who may ask it for more.

Two small files beside the data. The token is only for the account that the instance runs as.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from services.shared.private_files import write_privately

FILE_NAME = "instance.json"
TOKEN_FILE = "token"  # noqa: S105 -- a file's name


class Instance(BaseModel):
    """A process that serves a data directory: its address and its process id."""

    url: str
    pid: int


@contextmanager
def serving(data_dir: Path, url: str, token: SecretStr) -> Iterator[None]:
    """Tell other commands where this data directory is served and by which token, for as long as it is."""
    write_privately(data_dir / TOKEN_FILE, f"{token.get_secret_value()}\n")
    announce(data_dir, url)
    try:
        yield
    finally:
        withdraw(data_dir)


def announce(data_dir: Path, url: str) -> None:
    """Say that this process serves the data directory at an address."""
    # Written aside first, so that nobody reads half of it.
    aside = data_dir / f"{FILE_NAME}.new"
    aside.write_text(Instance(url=url, pid=os.getpid()).model_dump_json(), encoding="utf-8")
    aside.replace(data_dir / FILE_NAME)


def withdraw(data_dir: Path) -> None:
    """Say that nobody serves the data directory any more."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)
    (data_dir / TOKEN_FILE).unlink(missing_ok=True)


def announced(data_dir: Path) -> Instance | None:
    """Return what was announced last; whether it is still true, only asking it can tell."""
    try:
        return Instance.model_validate_json((data_dir / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return None


def token_of(data_dir: Path) -> SecretStr | None:
    """Return the token of the instance; None where there is none, or none that this account may read."""
    try:
        return SecretStr((data_dir / TOKEN_FILE).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
