"""Cells that hold several things: dated lines, a name with a title, telephone number and e-mail address.

Each function makes columns of a table out of one, named after it, so that all that follows sees ordinary
cells, and a reason names the place in the file.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from services.shared.imports.cells import CellError, as_text, is_empty
from services.shared.imports.table import Cell, Row, Table, Unfold
from services.shared.imports.text import plain

HISTORY = "互动历史"
LAST_CONTACT = ("最后联系日期", "最近联系日期", "最后联系时间")
PLAN = "跟进计划"
DATE, CONTENT = "·日期", "·内容"
NAME, TITLE, PHONE, EMAIL = "·姓名", "·职务", "·电话", "·邮箱"
NAME_AND_TITLE = ("联系人及职务", "联系人和职务")
REACHED_BY = "联系方式"
_OF_A_PERSON = (
    REACHED_BY,
    "电话",
    "联系电话",
    "手机",
    "邮箱",
    "电子邮箱",
    "电子邮件",
    "决策角色",
    "沟通偏好",
    "联系偏好",
)

_DATE = (
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(?!\d)(?:\s*日)?(?:\s*\d{1,2}:\d{2}(?::\d{2})?(?!\d))?"
    r"|\d{8}(?!\d)|\d{1,2}月\d{1,2}日"
)
_ENTRY = re.compile(rf"(?:^|[;；、,，。|\n])\s*(?P<date>{_DATE})\s*[:：,，\-—]*")
_SPACES = re.compile(r"\s+")
"""However long they are, patterns with spaces in several places are to stay fast."""
_MARKS = " ;；、,，|\n\t"
_TITLE = re.compile(r"\s*[/／、,，|(（]\s*|(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
_LINES = re.compile(r"[;；\n]")
_COMMAS = re.compile(r"[、,，]")
_SLASH = re.compile(r"[/／|]")
_WAYS = re.compile(r"[;；,，、|\n]|(?<=\D)/|/(?=\D)")
_WAY = re.compile(
    r"(?:(?:联系电话|电话|手机号?|座机|固话|电子邮箱|邮箱|邮件)\s*[:：]?|(?:tel|phone|mobile|e-?mail|mail)\s*[:：])?"
    r"(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)


class Entry(NamedTuple):
    """One dated line of a cell; an undated one has its text in the place of the date, to be refused there."""

    date: Cell
    text: str


def entries_of(cell: Cell) -> list[Entry]:
    """The dated lines of a cell in their order, those of one day as one; text without a date is kept."""
    if is_empty(cell):
        return []
    text = _text(cell)
    if text is None:
        return [Entry(cell, "")]
    starts = list(_ENTRY.finditer(text))
    before = text[: starts[0].start() if starts else len(text)].strip(_MARKS)
    entries = [Entry(before, "")] if before else []
    ends = [*(start.start() for start in starts[1:]), len(text)][: len(starts)]
    for start, end in zip(starts, ends, strict=True):
        entries.append(Entry(start["date"].strip(), text[start.end() : end].strip(_MARKS)))
    return _joined(entries)


def unfold_history(table: Table) -> Table:
    """Make a row of every dated line of the past contacts, and of the last contact if they lack its day."""
    last = [name for word in LAST_CONTACT for name in table.all_named(word)]
    history = table.all_named(HISTORY)
    if not last and not history:
        return table

    def unfold(row: Row) -> list[tuple[Cell, ...]]:
        """The dates and texts of the past contacts that a row tells of."""
        entries = [entry for name in history for entry in entries_of(table.cell(row, name))]
        days = {_day(entry.date)[:3] for entry in entries}
        for name in last:
            cell = table.cell(row, name)
            if not is_empty(cell) and _day(cell)[:3] not in days:
                entries.append(Entry(cell, ""))
                days.add(_day(cell)[:3])
        return [(entry.date, entry.text) for entry in entries]

    return table.unfolded((*history, *last), (HISTORY + DATE, HISTORY + CONTENT), unfold)


def unfold_plans(table: Table) -> Table:
    """Make a row of every dated line of the plans."""
    names = table.all_named(PLAN)
    if not names:
        return table

    def unfold(row: Row) -> list[tuple[Cell, ...]]:
        """The dates and actions of the plans that a row tells of."""
        entries = (entry for name in names for entry in entries_of(table.cell(row, name)))
        return [(entry.date, entry.text) for entry in entries]

    return table.unfolded(names, (PLAN + DATE, PLAN + CONTENT), unfold)


def unfold_contacts(table: Table) -> Table:
    """Part names from titles, and telephone numbers from e-mail addresses; make a row of each person."""
    own = tuple(column for word in _OF_A_PERSON for column in table.all_named(word))
    for name in (column for word in NAME_AND_TITLE for column in table.all_named(word)):
        new = (name + NAME, name + TITLE, *own)
        table = table.unfolded((name, *own), new, _one_each(table, name, own))
    for name in table.all_named(REACHED_BY):
        table = table.unfolded((name,), (name + PHONE, name + EMAIL), _parting(table, name, phone_and_email))
    return table


def people_in(text: str) -> list[str]:
    """Each person that a cell names with a title, as `张三/经理；李四/总监` or with commas between."""
    people = [person for part in _LINES.split(text) for person in _listed(part) if person.strip(_MARKS)]
    return people or [text]


def _listed(text: str) -> list[str]:
    parts = _COMMAS.split(text)
    return parts if all(_SLASH.search(part) for part in parts) else [text]


def name_and_title(text: str) -> tuple[str, str]:
    """`张三/采购经理` as name and title, of one person."""
    name, *rest = _TITLE.split(text.strip(), maxsplit=1)
    title = "".join(rest).strip()
    return name, title if re.search("[(（]", title) else title.strip(" )）")


def phone_and_email(text: str) -> tuple[str, str]:
    """The telephone numbers and the e-mail addresses of a cell; placeholders such as `电话:*` are none."""
    phones: list[str] = []
    emails: list[str] = []
    for part in filter(None, (part.strip() for part in _WAYS.split(text))):
        way = _WAY.fullmatch(part)
        said = way["text"].strip() if way else part
        if said.strip("*＊ ") and not is_empty(said):
            (emails if "@" in said else phones).append(said)
    return ";".join(phones), ";".join(emails)


def _one_each(table: Table, name: str, own: Sequence[str]) -> Unfold:
    def unfold(row: Row) -> list[tuple[Cell, ...]]:
        """For each person the name, the title, and the share of the cells that are a person's own."""
        cell = table.cell(row, name)
        text = "" if is_empty(cell) else _text(cell)
        if text is None:
            return [(cell, "", *(table.cell(row, column) for column in own))]
        people = people_in(text)
        shares = [_shares(table.cell(row, column), len(people)) for column in own]
        return [(*name_and_title(each), *of_each) for each, *of_each in zip(people, *shares, strict=True)]

    return unfold


def _shares(cell: Cell, count: int) -> list[Cell]:
    """What each of several people has of a cell: a part of as many parts, else all is the first one's."""
    parts = [part for part in _LINES.split(cell) if part.strip()] if isinstance(cell, str) else []
    return list(parts) if len(parts) == count > 1 else [cell, *[""] * (count - 1)]


def _parting(table: Table, name: str, part: Callable[[str], tuple[Cell, ...]]) -> Unfold:
    def unfold(row: Row) -> list[tuple[Cell, ...]]:
        """The two parts of the cell, empty ones where it says nothing."""
        cell = table.cell(row, name)
        text = "" if is_empty(cell) else _text(cell)
        return [(cell, "")] if text is None else [part(text)]

    return unfold


def _text(cell: Cell) -> str | None:
    """The text of a cell, with one space or line break at a time.

    None for a date, and for what is to be refused when the date is read.
    """
    try:
        return None if isinstance(cell, date) else _SPACES.sub(_single, as_text(cell))
    except CellError:
        return None


def _single(spaces: re.Match[str]) -> str:
    return "\n" if "\n" in spaces[0] else " "


def _joined(entries: Sequence[Entry]) -> list[Entry]:
    joined: dict[object, Entry] = {}
    for entry in entries:
        key = _day(entry.date)
        known = joined.get(key)
        joined[key] = Entry(known.date, "；".join(filter(None, (known.text, entry.text)))) if known else entry
    return list(joined.values())


def _day(cell: Cell) -> tuple[object, ...]:
    """What two ways of writing the same day have in common: year, month and day, then the time of day."""
    if isinstance(cell, date):
        return (cell.year, cell.month, cell.day)
    numbers = re.findall(r"\d+", plain(_text(cell) or ""))
    if len(numbers) == 1 and (compact := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", numbers[0])):
        numbers = list(compact.groups())
    return tuple(map(int, numbers)) or (cell,)
