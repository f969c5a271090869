"""The sample that ships with the product: a workbook as a sales team would keep it, untidy on purpose.

`sample.xlsx` is what `python -m services.sample` writes, always the same; `load.yaml` says how it is imported
and at which instant it was complete. All companies and people in it are invented.
"""

from pathlib import Path

LOAD_FILE = Path(__file__).with_name("load.yaml")
"""Imports the sample, from the directory in which it stands."""
