"""Tables that several commands draw, of words that come from outside."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from rich import box
from rich.table import Table
from rich.text import Text

from services.cli.console import pick


def table_of(*headings: tuple[str, str], title: str = "") -> Table:
    """Return an empty table with these headings, each in Chinese and English."""
    table = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="bold cyan",
        pad_edge=False,
    )
    for zh, en in headings:
        # An id is of use only as a whole.
        table.add_column(pick(zh=zh, en=en), overflow="fold", no_wrap=en == "ID")
    return table


def add_row(table: Table, *cells: object) -> None:
    """Add a row; None is an empty cell, and a list has a line for each of its words."""
    lines = (cell if isinstance(cell, list) else [cell] for cell in cells)
    table.add_row(*(Text("\n".join(map(printable, words))) for words in lines))


def pick_from(words: Mapping[str, tuple[str, str]], name: str) -> str:
    """Return the words for a value in the user's language; the value itself where there are none."""
    zh, en = words.get(name, (name, name))
    return pick(zh=zh, en=en)


def printable(value: object) -> str:
    """Return words that change nothing about the terminal."""
    words = "" if value is None else str(value)
    return "".join(each if each.isprintable() else " " for each in words)


def second(instant: str | None, zone: tzinfo) -> str:
    """Return the local date and time of an instant of an answer; nothing for None."""
    if instant is None:
        return ""
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M:%S}"
