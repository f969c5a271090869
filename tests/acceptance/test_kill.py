"""`kill -9` at any moment, during imports and rule edits, then `genjin up` again: nothing lost or doubled."""

import random
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from tests.acceptance.process import ROOT, genjin, result_of, start
from tests.acceptance.seen import as_people_see_it
from tests.postgres import reachable_directory

ROUNDS = 4
KILLS_A_ROUND = 5
STALL = "14d"
LONGEST_SECONDS = 20.0
"""A run that is slower only because the machine is busy does not make this test slower in proportion."""


def test_killed_twenty_times_it_ends_as_if_never_disturbed(tmp_path: Path) -> None:
    """A4, A6, A9: every start goes on from what was committed."""
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", rules)
    started = monotonic()
    with reachable_directory() as directory:
        undisturbed = as_people_see_it(_up(directory / "data", rules))
    seconds = min(monotonic() - started, LONGEST_SECONDS)

    kills = 0
    for seed in range(ROUNDS):
        with reachable_directory() as directory:
            chance = random.Random(seed)
            kills += _kill_often(directory / "data", rules, chance, longest=seconds)
            shutil.copytree(ROOT / "rules", rules, dirs_exist_ok=True)
            result = _up(directory / "data", rules)
            assert as_people_see_it(result) == undisturbed, f"round {seed}"
            _nothing_is_missing_or_dead(directory / "data", rules)
    assert kills >= 20


def _arguments(data_dir: Path) -> tuple[object, ...]:
    return ("up", "--sample", "--once", "--data", data_dir)


def _up(data_dir: Path, rules: Path) -> dict[str, Any]:
    return result_of(*_arguments(data_dir), GENJIN_RULES_DIR=str(rules))


def _kill_often(data_dir: Path, rules: Path, chance: random.Random, *, longest: float) -> int:
    """Start and kill until it was killed often enough; every other start sees its rules edited meanwhile."""
    kills = 0
    while kills < KILLS_A_ROUND:
        process = start(*_arguments(data_dir), GENJIN_RULES_DIR=str(rules))
        if chance.random() < 0.5:
            _wait(process, chance.uniform(0, 0.5) * longest)
            _edit(rules, days=chance.choice((3, 7, 14, 21)))
        _wait(process, chance.uniform(0.05, 0.5) * longest)
        kills += process.poll() is None
        process.kill()
        process.communicate()
    return kills


def _wait(process: subprocess.Popen[str], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _edit(rules: Path, *, days: int) -> None:
    path = rules / "stall.yaml"
    text = (ROOT / "rules" / "stall.yaml").read_text("utf-8")
    assert STALL in text
    path.write_text(text.replace(STALL, f"{days}d"), "utf-8")


def _nothing_is_missing_or_dead(data_dir: Path, rules: Path) -> None:
    done = genjin("audit", "--json", "--data", data_dir, GENJIN_RULES_DIR=str(rules))
    assert done.returncode == 0, done.stderr
    assert '"missing": 0' in done.stdout
    assert '"dead": 0' in done.stdout
