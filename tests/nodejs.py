"""Node.js for the tests, got where it is missing, and packages as their lock names them."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.rabbitmq import alone

_HOW_TO_GET_IT = "These tests need Node.js 18 or newer and npm: install the packages nodejs and npm."


def program(name: str) -> str:
    """Return the path of `node` or `npm`, installed first where we may; else fail and say how."""
    if (found := shutil.which(name)) is not None:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RuntimeError(_HOW_TO_GET_IT)
    with alone():
        if shutil.which(name) is None:
            _install()
    if (found := shutil.which(name)) is None:
        raise RuntimeError(_HOW_TO_GET_IT)
    return found


def installed(project: Path, into: Path) -> Path:
    """Copy a project and install what its lock names, running no scripts; returns where it is then."""
    shutil.copytree(project, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    _run(program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", into=into)
    return into


def _install() -> None:
    apt = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300")
    _run(*apt, "update", into=Path(tempfile.gettempdir()))
    _run(*apt, "install", "--no-install-recommends", "nodejs", "npm", into=Path(tempfile.gettempdir()))


def _run(*command: str, into: Path) -> None:
    done = subprocess.run(  # noqa: S603 -- apt-get and npm with fixed arguments
        command,
        cwd=into,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace")[-2000:]
        message = f"{_HOW_TO_GET_IT} {' '.join(command[:2])} failed: {said}"
        raise RuntimeError(message)
