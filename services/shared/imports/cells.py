"""What a cell says, as text, and why it may not be accepted."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from services.shared.imports.errors import Reason
from services.shared.imports.table import Cell, FormattedNumber, MissingResult
from services.shared.imports.text import plain

_NOTHING = {
    *("", "-", "--", "—", "——", "/", "\\"),
    *("n/a", "#n/a", "null", "(null)", "[null]", "<null>", "\\n", "nil", "none", "undefined"),
}
"""What stands for nothing in any field, as people write it and as databases do."""
_NOT_A_NUMBER = {"nan", "NaN", "NAN"}
"""As programs write it; `Nan` is a name."""
MISSING_RESULT = Reason(
    zh="公式没有保存计算结果，请用 Excel 打开该文件并保存，再重新导入",
    en="The formula has no stored result; open the file in Excel, save it and import it again",
)
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
    text = plain(cell) if isinstance(cell, str) else None
    return text is not None and (text.casefold() in _NOTHING or text in _NOT_A_NUMBER)


def exact(number: float) -> Decimal:
    """The number that Excel shows: it keeps 15 digits, so 0.1 + 0.2 is 0.3."""
    return Decimal(format(number, f".{_EXCEL_DIGITS}g"))


def as_text(cell: Cell) -> str:
    """What a person reads in a cell: whole numbers without a point, dates in ISO form.

    Raises CellError when Excel shows an error there, when a formula has no result in the file, when a number
    lost its last digits, or when the cell holds characters that nobody can read.
    """
    text = _spelled(cell)
    if isinstance(cell, MissingResult):
        raise CellError(zh=MISSING_RESULT.zh, en=MISSING_RESULT.en)
    if isinstance(cell, int | float) and abs(cell) >= 10**_EXCEL_DIGITS:
        raise CellError(
            zh=f"数字超过 {_EXCEL_DIGITS} 位，Excel 已丢失末尾数字；请把该列设为文本格式后重新填写",
            en=f"The number is longer than {_EXCEL_DIGITS} digits, of which Excel loses the last ones;"
            " format the column as text and write it again",
        )
    if text.strip() in _EXCEL_ERRORS:
        raise CellError(zh=f"单元格是 Excel 错误值 {text}", en=f"The cell is the Excel error {text}")
    if _UNREADABLE.search(text):
        raise CellError(zh="含有无法阅读的控制字符", en="This contains a control character")
    return text


def shown(cell: Cell) -> str:
    """The beginning of a cell, whatever it holds; what nobody can read is a replacement character."""
    text = _UNREADABLE.sub("\ufffd", _spelled(cell))
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _duration(length: timedelta) -> str:
    """A length of time as Excel shows it: `48:30:00`."""
    seconds = round(abs(length.total_seconds()))
    sign = "-" if length < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _spelled(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, FormattedNumber):
        return cell.shown
    if isinstance(cell, float):
        return format(exact(cell), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, timedelta):
        return _duration(cell)
    return str(cell)
