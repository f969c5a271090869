"""A data directory belongs to one process, and what is wrong with it is said in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.shared.data_directory import (
    DataDirectory,
    DataDirectoryInUseError,
    DataDirectoryIsFileError,
    DataDirectoryNotWritableError,
)

HOLD = """
import sys
from pathlib import Path
from services.shared.data_directory import DataDirectory

with DataDirectory.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_missing_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    with DataDirectory.hold(tmp_path / "a" / "b") as held:
        assert held.path == tmp_path / "a" / "b"
        assert held.path.is_dir()


def test_a_directory_held_by_another_process_is_refused_until_that_dies(tmp_path: Path) -> None:
    command = (sys.executable, "-c", HOLD, str(tmp_path))
    with subprocess.Popen(  # noqa: S603  # our own interpreter
        command,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(DataDirectoryInUseError, match=rf"{tmp_path} is in use .*\(pid {other.pid}\)"):
            DataDirectory.hold(tmp_path)
        other.kill()
        other.wait()
    DataDirectory.hold(tmp_path).release()


def test_a_released_directory_may_be_held_again(tmp_path: Path) -> None:
    held = DataDirectory.hold(tmp_path)
    held.release()
    held.release()
    with DataDirectory.hold(tmp_path), pytest.raises(DataDirectoryInUseError):
        DataDirectory.hold(tmp_path)


@pytest.mark.parametrize("below", ["", "inner", "inner/most"])
def test_a_file_in_the_way_is_named(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataDirectoryIsFileError, match=f"{file} is a file"):
        DataDirectory.hold(file / below)


def test_a_place_where_nothing_can_be_written_is_said_so() -> None:
    with pytest.raises(DataDirectoryNotWritableError, match="/proc/genjin is not writable") as refused:
        DataDirectory.hold(Path("/proc/genjin"))
    assert "不可写" in refused.value.message("zh")
    assert refused.value.exit_status == 1
