"""Where the files are that come with the code."""

from pathlib import Path

RULES = Path(__file__).parents[2] / "rules"
"""The shipped rules: beside the code in a checkout and in an installed wheel alike."""

SAMPLE = Path(__file__).parents[1] / "sample"
"""The sample workbook, with its load file and mappings."""
