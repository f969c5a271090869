"""What a cell says, as text, and why it may not be accepted."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from services.shared.imports.errors import Reason
from services.shared.imports.table import Cell
from services.shared.imports.text import plain

_NOTHING = {"", "-", "--", "—", "——", "/", "\\", "n/a", "#n/a", "null", "none"}
_EXCEL_ERRORS = {"#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
_EXCEL_DIGITS = 15
_MOST_SHOWN = 200
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")


class CellError(ValueError):
    """A cell cannot be what its field needs; the reason says why, in both languages."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Reason(zh=zh, en=en)


def is_empty(cell: Cell) -> bool:
    """Whether a cell says nothing: blank, a dash, N/A."""
    return isinstance(cell, str) and plain(cell).casefold() in _NOTHING


def exact(number: float) -> Decimal:
    """The number that Excel shows: it keeps 15 digits, so 0.1 + 0.2 is 0.3."""
    return Decimal(format(number, f".{_EXCEL_DIGITS}g"))


def as_text(cell: Cell) -> str:
    """What a person reads in a cell: whole numbers without a point, dates in ISO form.

    Raises CellError when Excel shows an error there, or when it holds characters that nobody can read.
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return format(exact(cell), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, int | date | time | timedelta):
        return str(cell)
    if cell.strip() in _EXCEL_ERRORS:
        raise CellError(zh=f"单元格是 Excel 错误值 {cell}", en=f"The cell is the Excel error {cell}")
    if _UNREADABLE.search(cell):
        raise CellError(zh="含有无法阅读的控制字符", en="This contains a control character")
    return cell


def shown(cell: Cell) -> str:
    """The beginning of a cell, whatever it holds; what nobody can read is a replacement character."""
    text = _UNREADABLE.sub("\ufffd", cell) if isinstance(cell, str) else as_text(cell)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
