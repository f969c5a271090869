"""Where the running instance of a data directory answers: a small file beside the data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

FILE_NAME = "instance.json"


class Instance(BaseModel):
    """A process that serves a data directory: its address and its process id."""

    url: str
    pid: int


@contextmanager
def serving(data_dir: Path, url: str) -> Iterator[None]:
    """Tell other commands where this data directory is served, for as long as it is."""
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


def announced(data_dir: Path) -> Instance | None:
    """Return what was announced last; whether it is still true, only asking it can tell."""
    try:
        return Instance.model_validate_json((data_dir / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return None
