"""The main job on real, untidy data is right, and right again on the same data directory.

What is right is worked out by `tests/oracle/crm_sales.py`, which knows nothing of the product.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from services.report.result import Rejected
from tests.acceptance.process import ROOT, genjin, result_of
from tests.acceptance.seen import whole_result
from tests.acceptance.story import Stage, distributed
from tests.oracle import crm_sales
from tests.oracle.data import crm_sales_dir
from tests.postgres import Template
from tests.rabbitmq import PrivateNode

AS_OF = "2017-12-31T18:00"
LOAD = ROOT / "docs" / "examples" / "crm-sales" / "load.yaml"


def _up(data_dir: Path, source: Path) -> dict[str, Any]:
    return result_of(
        *("up", "--load", LOAD, "--from", source, "--as-of", AS_OF, "--once"),
        *("--data", data_dir),
    )


@pytest.fixture
def source() -> Path:
    return crm_sales_dir()


def test_crm_sales_comes_out_right_twice(source: Path, data_dir: Path) -> None:
    expected = crm_sales.expected(source)

    first = _up(data_dir, source)
    again = _up(data_dir, source)

    _is_right(first, expected)
    assert {**again, "tasks": _by_id(again)} == {**first, "tasks": _by_id(first)}


async def test_crm_sales_comes_out_right_by_services_of_their_own(
    source: Path, migrated_template: Template, private_broker: PrivateNode
) -> None:
    """The command line speaks to four processes as it does to one."""
    stage = Stage(migrated_template, private_broker)
    async with (
        stage.place(ROOT / "rules", at=AS_OF) as place,
        distributed(place, private_broker) as told,
    ):
        assert told.deployment
        settings = told.deployment.settings
        loading = await asyncio.to_thread(
            lambda: genjin("load", LOAD, "--from", source, "--json", seconds=900, **settings)
        )
        assert loading.returncode == 0, loading.stderr[-3000:]
        rejected = [Rejected(**row) for one in json.loads(loading.stdout) for row in one["rejected"]]
        _is_right(await whole_result(told.client, rejected), crm_sales.expected(source))


def _is_right(result: dict[str, Any], expected: dict[str, Any]) -> None:
    counts = expected["counts"]
    assert {name: result["counts"][name] for name in ("people", "customers", "opportunities")} == {
        name: counts[name] for name in ("people", "customers", "opportunities")
    }
    grades = {grade: count for grade, count in result["customers_by_grade"].items() if count}
    assert grades == expected["customers_by_grade"]
    rejected = [row for row in result["rejected"] if row["file"] == "sales_pipeline.csv"]
    assert [row["row"] for row in rejected] == expected["rejected_rows"]
    assert len(result["rejected"]) == counts["rejected"]
    assert _stalled(result) == {
        (each["customer"], name): (each["rung"], each["assignee"], each["customer_grade"])
        for name, each in expected["stalled"].items()
    }


def _stalled(result: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Customer and external id of each stalled opportunity: its rung, who is asked, the customer's grade."""
    return {
        (task["customer_name"], task["subject_name"].rsplit(" ", 1)[-1]): (
            task["rung"],
            task["assignee"],
            task["grade"],
        )
        for task in result["tasks"]
        if task["rule"] == "opportunity_stalled"
    }


def _by_id(result: dict[str, Any]) -> dict[str, Any]:
    return {task["id"]: task for task in result["tasks"]}
