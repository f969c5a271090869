"""Plain lines in the language of the user: results to standard output, everything else to standard error."""

import json
import os
import sys
from typing import Any

from services.shared.errors import GenjinError, Locale


def locale() -> Locale:
    """Return the language of messages: GENJIN_LOCALE, and Chinese where that is missing or wrong.

    Read here by itself, because a wrong setting must be told in some language too.
    """
    return "en" if os.environ.get("GENJIN_LOCALE") == "en" else "zh"


def pick(*, zh: str, en: str) -> str:
    """Return the words in the user's language."""
    return zh if locale() == "zh" else en


def say(words: str) -> None:
    """Write a line of a result, as it is."""
    sys.stdout.write(f"{words}\n")


def say_json(value: Any) -> None:  # noqa: ANN401 -- any JSON value
    """Write one JSON document, for programs."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def complain(error: GenjinError) -> None:
    """Write what is wrong to standard error, in the user's language."""
    sys.stderr.write(f"{error.message(locale())}\n")
