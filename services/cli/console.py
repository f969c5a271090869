"""Plain lines in the language of the user: results to standard output, everything else to standard error."""

import json
import os
import sys
from collections.abc import AsyncIterable, Mapping
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


async def say_long_json(value: AsyncIterable[Any] | Mapping[str, Any]) -> None:
    """Write one JSON document as `say_json` does, while what it lists is still being read.

    The document is a list that is read, or an object some members of which are such lists.
    """
    if not isinstance(value, Mapping):
        await _say_list(value, indent="")
    else:
        for number, (name, member) in enumerate(value.items()):
            sys.stdout.write(f"{',' if number else '{'}\n  {json.dumps(name, ensure_ascii=False)}: ")
            if isinstance(member, AsyncIterable):
                await _say_list(member, indent="  ")
            else:
                sys.stdout.write(_plain(member, indent="  "))
        sys.stdout.write("\n}")
    sys.stdout.write("\n")


async def _say_list(items: AsyncIterable[Any], *, indent: str) -> None:
    before, after = "[", "[]"
    async for item in items:
        inner = f"{indent}  "
        sys.stdout.write(f"{before}\n{inner}{_plain(item, indent=inner)}")
        before, after = ",", f"\n{indent}]"
    sys.stdout.write(after)


def _plain(value: Any, *, indent: str) -> str:  # noqa: ANN401 -- any JSON value
    # No value holds a line break: within texts JSON writes them as characters.
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", f"\n{indent}")


def complain(error: GenjinError) -> None:
    """Write what is wrong to standard error, in the user's language."""
    sys.stderr.write(f"{error.message(locale())}\n")
