"""The directory in which one process keeps what belongs to it: database, keys, reports.

A second process that opened the same directory would start a second server on the same files, so
the directory is held with a lock that the kernel gives back however the holder ends.
"""

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from services.shared.errors import RefusedError, SystemCause

LOCK_NAME = "lock"


class DataDirectoryInUseError(RefusedError):
    """The data directory {path} is in use by another process ({holder})."""

    slug = "data-directory-in-use"
    zh = "数据目录 {path} 正被另一个进程({holder})使用。"


class DataDirectoryNotWritableError(RefusedError):
    """The data directory {path} is not writable: {reason}."""

    slug = "data-directory-not-writable"
    zh = "数据目录 {path} 不可写:{reason}。"


class DataDirectoryIsFileError(RefusedError):
    """The data directory {path} is not a directory: {culprit} is a file."""

    slug = "data-directory-is-file"
    zh = "数据目录 {path} 不是目录:{culprit} 是一个文件。"


class DataDirectory:
    """A data directory that this process alone holds, until `release` or its end.

    Used as a context manager it releases itself.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def hold(cls, path: Path) -> Self:
        """Create the directory where it is missing, and hold it.

        Raises DataDirectoryInUseError, DataDirectoryNotWritableError or DataDirectoryIsFileError.
        """
        path = path.expanduser().absolute()
        _create(path)
        try:
            return cls(path, hold_lock(path / LOCK_NAME))
        except BlockingIOError as error:
            raise DataDirectoryInUseError(path=path, holder=_holder(path / LOCK_NAME)) from error
        except OSError as error:
            raise DataDirectoryNotWritableError(path=path, reason=SystemCause(error.errno)) from error

    def release(self) -> None:
        """Let others hold the directory; twice does no harm."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def hold_lock(path: Path) -> int:
    """Lock the file and write our process id into it; closing the returned descriptor unlocks it.

    Raises BlockingIOError when another process holds it, and other OSErrors as they come.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _create(path: Path) -> None:
    # Root's own directory may be passed through, because its database runs as somebody else;
    # what is private inside has modes of its own.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        culprit = next((place for place in (path, *path.parents) if place.is_file()), path)
        raise DataDirectoryIsFileError(path=path, culprit=culprit) from error
    except OSError as error:
        raise DataDirectoryNotWritableError(path=path, reason=SystemCause(error.errno)) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise DataDirectoryNotWritableError(path=path, reason=SystemCause(errno.EACCES))


def _holder(path: Path) -> str:
    try:
        return f"pid {int(path.read_text(encoding='ascii'))}"
    except (OSError, ValueError):
        return "pid ?"
