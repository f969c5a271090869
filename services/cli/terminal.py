"""The terminal, on which tables and progress are drawn."""

import os
import sys

from rich.console import Console

WIDTH_WITHOUT_TERMINAL = 120


def output() -> Console:
    """Return the console for results; without a terminal it is wide enough for tables."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _width())


def notes() -> Console:
    """Return the console for progress, on standard error."""
    return Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else _width())


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    return (int(columns) if columns.isdecimal() else 0) or WIDTH_WITHOUT_TERMINAL
