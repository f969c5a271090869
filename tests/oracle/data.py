"""Where the data are that are not part of the project."""

import os
from pathlib import Path

import pytest


def crm_sales_dir() -> Path:
    """The directory of the crm-sales data; without it the test says that it did not run."""
    named = os.environ.get("GENJIN_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
    found = folder / "crm-sales" if (folder / "crm-sales").is_dir() else folder
    if not (found / "sales_pipeline.csv").is_file():
        pytest.skip(f"did not run: no crm-sales data in {folder}; set GENJIN_TEST_DATA")
    return found
