"""Files that only their owner may read."""

import os
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read (0600)."""
    # Written aside and renamed: after a crash there is a whole file or none, never half a key.
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
