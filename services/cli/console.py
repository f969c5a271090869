"""Where the command line writes: results to standard output, everything else to standard error."""

import json
import os
import sys
from typing import Any

from rich.console import Console

from services.shared.errors import GenjinError, Locale

WIDTH_WITHOUT_TERMINAL = 120


def locale() -> Locale:
    """Return the language of messages: GENJIN_LOCALE, and Chinese where that is missing or wrong.

    Read here by itself, because a wrong setting must be told in some language too.
    """
    return "en" if os.environ.get("GENJIN_LOCALE") == "en" else "zh"


def pick(*, zh: str, en: str) -> str:
    """Return the words in the user's language."""
    return zh if locale() == "zh" else en


def output() -> Console:
    """Return the console for results; without a terminal it is wide enough for tables."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _width())


def notes() -> Console:
    """Return the console for progress, on standard error."""
    return Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else _width())


def say(words: str) -> None:
    """Write a line of a result, as it is."""
    sys.stdout.write(f"{words}\n")


def say_json(value: Any) -> None:  # noqa: ANN401 -- any JSON value
    """Write one JSON document, for programs."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def complain(error: GenjinError) -> None:
    """Write what is wrong to standard error, in the user's language."""
    sys.stderr.write(f"{error.message(locale())}\n")


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    return (int(columns) if columns.isdecimal() else 0) or WIDTH_WITHOUT_TERMINAL
