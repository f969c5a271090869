"""Runs the `genjin` command as its users do: as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GENJIN = Path(sys.executable).with_name("genjin")
ROOT = Path(__file__).parents[2]


def environment(**settings: str) -> dict[str, str]:
    """The environment of a command: ours without any setting of Genjin, and these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GENJIN_")}
    return {**ours, "GENJIN_LOCALE": "zh", **settings}


def start(*arguments: object, **settings: str) -> subprocess.Popen[str]:
    """Start a command and return at once."""
    return subprocess.Popen(  # noqa: S603 -- our own command
        [str(GENJIN), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(**settings),
    )


def genjin(*arguments: object, seconds: float = 240, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    process = start(*arguments, **settings)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"genjin did not end in {seconds} s: {err[-2000:]}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def result_of(*arguments: object, seconds: float = 240, **settings: str) -> dict[str, Any]:
    """Run a command with `--json` and return the object it prints."""
    done = genjin(*arguments, "--json", seconds=seconds, **settings)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found
