"""Problems, findings and warnings of rule files, a line each, in the language of the user."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.cli.console import locale, pick


def lines(entries: Iterable[dict[str, Any]], prefix: str = "") -> Iterator[str]:
    """Yield a line for each entry: its place, its rule, its message."""
    for entry in entries:
        rule = f"[{entry['rule']}] " if entry["rule"] else ""
        yield f"{entry['file']}:{entry['line']}:{entry['column']}: {prefix}{rule}{words(entry['message'])}"


def finding_lines(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each finding, which names the key by which the rule accepts it."""
    yield from lines(entries, pick(zh="存疑：", en="finding: "))


def loss_lines(losses: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each thing that an edit takes away."""
    return (f"- {words(loss['what'])}" for loss in losses)


def words(text: dict[str, str]) -> str:
    """Return a text in the language of the user."""
    return text[locale()]
