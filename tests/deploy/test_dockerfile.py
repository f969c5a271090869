"""The image: what a linter demands, and what no linter knows."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import DOCKER, ROOT, composed

BIN = Path(sys.executable).parent
DOCKERFILE = DOCKER / "Dockerfile"
SCRIPTS = ["docker/build-wheels", "docker/install", "docker/make-env", "docker/rabbitmq/start"]


def instructions() -> list[tuple[str, str]]:
    """The instructions of the stage that runs, each on one line."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.partition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    last = max(index for index, (word, _, _) in enumerate(lines) if word == "FROM")
    return [(word, re.sub(r"\s+", " ", rest)) for word, _, rest in lines[last:]]


def test_the_linter_has_nothing_to_say() -> None:
    done = subprocess.run([BIN / "hadolint", DOCKERFILE], check=False, capture_output=True, text=True)  # noqa: S603
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    command = [BIN / "shellcheck", ROOT / script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- a linter
    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_the_account_that_compose_names() -> None:
    user = [rest for word, rest in instructions() if word == "USER"]
    assert user == [composed()["services"]["rules"]["user"]]


def test_it_is_healthy_by_the_same_test_as_in_compose() -> None:
    (health,) = [rest for word, rest in instructions() if word == "HEALTHCHECK"]
    command = json.loads(health.partition("CMD ")[2])
    assert ["CMD", *command] == composed()["services"]["rules"]["healthcheck"]["test"]
    assert "/healthz" in command[-1]


def test_it_starts_the_command_and_is_stopped_in_good_order() -> None:
    found = dict(instructions())
    assert (found["ENTRYPOINT"], found["STOPSIGNAL"]) == ('["genjin"]', "SIGTERM")
    assert "GENJIN_LOG_FORMAT=json" in found["ENV"]


def test_what_is_sent_to_the_engine_is_a_list_of_what_is_needed() -> None:
    lines = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    sent = {pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")}
    assert {path for path in sent if not (ROOT / path).exists()} == set()
    assert not {path for path in sent if path.startswith((".", "tests", "docker/rabbitmq"))}
