"""What a command loads: it must not wait for what others need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.hosting.shipped import RULES

HEAVY = {
    *(
        "aio_pika",
        "alembic",
        "asyncpg",
        "cryptography",
        "durable",
        "fastapi",
        "faststream",
        "httpx",
        "openpyxl",
    ),
    *(
        "opentelemetry",
        "pydantic_settings",
        "rich.console",
        "ruamel.yaml",
        "sqlalchemy",
        "structlog",
        "uvicorn",
    ),
}
"""What a check of rules does without."""

CHECK = """
import json, sys
from services.cli import main
try:
    main(["rules", "check", *sys.argv[1:]])
finally:
    print(json.dumps([*sys.modules]))
"""


@pytest.mark.parametrize("arguments", [(), (str(RULES),)], ids=["directory in use", "directory named"])
def test_a_check_of_rules_loads_only_what_it_needs(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", CHECK, *arguments],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "GENJIN_DATA_DIR": str(tmp_path)},
    )

    assert HEAVY & set(json.loads(done.stdout.splitlines()[-1])) == set()


COLLECTED = """
import gc
from services.cli import main
try:
    main(["rules", "check", "--help"])
finally:
    print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_garbage_is_looked_for_again_when_a_command_is_imported() -> None:
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", COLLECTED], capture_output=True, check=True, encoding="utf-8"
    )

    assert done.stdout.splitlines()[-1] == "True True"
