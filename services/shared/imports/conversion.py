"""From a cell to the value that its field needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from services.shared.imports import kinds
from services.shared.imports.amounts import AmountForm, to_money, to_number
from services.shared.imports.cells import CellError, as_text, is_empty
from services.shared.imports.contact_details import is_masked, parts_of, to_email, to_phone
from services.shared.imports.dates import to_day, to_instant
from services.shared.imports.table import Cell
from services.shared.imports.text import normalise_label, plain, suggestion, tidy

_YES = {"是", "yes", "y", "true", "1", "有", "对", "√", "✓", "已", "t"}
_NO = {"否", "no", "n", "false", "0", "无", "没有", "错", "×", "未", "f", "不是"}
_NOT_FILLED = {"无", "没有", "无反馈", "未回复", "未反馈", "暂无", "no", "none"}
_TAG_MARKS = re.compile("[、,\uff0c;\uff1b|\uff5c\n]")
_PLACEHOLDERS = {
    *(
        "待定",
        "未定",
        "待补充",
        "待确认",
        "待完善",
        "待填",
        "未填",
        "未知",
        "不详",
        "不明",
        "暂无",
        "暂缺",
        "无",
        "没有",
    ),
    *("tbd", "tba", "tbc", "unknown", "?", "??", "???", "*", "**", "***"),
}
"""What people write where they know nothing yet; no name, number or address."""
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+\d{2,}", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"'?(\d+)(?:\.0+)?", re.ASCII)
_LONGEST_WORD = 1000
"""Of what is no free text; a reason quotes it, so it must not fill the screen."""
_LONGEST_ID = 200
"""As commands and requests take them; the database has an index of them."""


@dataclass(frozen=True)
class Written:
    """A reference as it is written: which kind of record, by its `name` or by an `external_id`."""

    record_kind: str
    text: str
    source_system: str | None = None

    @property
    def is_id(self) -> bool:
        """Whether the text is an id of a source system, else it is a name."""
        return self.source_system is not None


@dataclass(frozen=True)
class Form:
    """How the cells of one column are written: forms of dates, of amounts, the zone, whose ids."""

    zone: ZoneInfo
    amount: AmountForm
    dates: Sequence[str] = ()
    source_system: str | None = None


def says_nothing(kind: kinds.Kind, cell: Cell) -> bool:
    """Whether a cell is empty for its field: blank, or a placeholder such as 待定 for a name or a number.

    Free text stays as it is, and a placeholder for a date, an amount or a choice is refused when converted.
    """
    if is_empty(cell):
        return True
    takes_none = isinstance(kind, kinds.Name | kinds.Phone | kinds.Email)
    return takes_none and isinstance(cell, str) and normalise_label(cell) in _PLACEHOLDERS


def is_hidden(kind: kinds.Kind, cell: Cell) -> bool:
    """Whether a cell has contact data that somebody masked, which says nothing about what they are."""
    return isinstance(kind, kinds.Phone | kinds.Email) and isinstance(cell, str) and is_masked(cell)


def ways_in(kind: kinds.Kind, cell: Cell) -> list[Cell]:
    """Each telephone number or address of a cell that lists several; of any other field the cell."""
    if isinstance(kind, kinds.Phone | kinds.Email) and isinstance(cell, str) and len(cell) <= _LONGEST_WORD:
        return list(parts_of(cell))
    return [cell]


def convert(kind: kinds.Kind, cell: Cell, form: Form) -> object:
    """The value of a cell that is not empty; raises CellError with the reason."""
    if not isinstance(kind, kinds.Text | kinds.Tags | kinds.Filled):
        _bounded(cell if isinstance(cell, str) else "", _LONGEST_WORD)
    match kind:
        case kinds.Integer() | kinds.Number():
            return _number(cell, kind)
        case kinds.Amount():
            return to_money(cell, form.amount, is_signed=kind.signed)
        case kinds.Day():
            return to_day(cell, form.dates, zone=form.zone)
        case kinds.Moment():
            return to_instant(cell, form.dates, zone=form.zone, is_deadline=kind.is_deadline)
        case kinds.Ref():
            text = to_id(cell) if form.source_system else tidy(_written_text(cell))
            return Written(kind.record_kind, text, form.source_system)
        case _:
            return _word(kind, cell)


def _word(kind: kinds.Word, cell: Cell) -> object:  # noqa: C901, PLR0911 - one line per kind
    text = _written_text(cell) if isinstance(kind, kinds.Name | kinds.Tags) else as_text(cell)
    match kind:
        case kinds.Text():
            return _bounded(text.strip(), kind.longest)
        case kinds.Name():
            return _bounded(_unspoilt(tidy(text)), kind.longest)
        case kinds.Choice():
            return _choice(text, kind)
        case kinds.Flag():
            return _flag(text)
        case kinds.Filled():
            return normalise_label(text) not in _NOT_FILLED | _NO
        case kinds.Phone():
            return to_phone(_whole(text))
        case kinds.Email():
            return to_email(text)
        case kinds.Tags():
            return _tags(text)


def _bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise CellError(zh=f"超过 {longest} 个字符", en=f"This is longer than {longest} characters")
    return text


def _number(cell: Cell, kind: kinds.Integer | kinds.Number) -> object:
    number = to_number(cell)
    if kind.minimum is not None and number < kind.minimum:
        raise CellError(zh=f"不能小于 {kind.minimum}", en=f"This must be at least {kind.minimum}")
    if isinstance(kind, kinds.Number):
        return number
    if number != number.to_integral_value():
        raise CellError(zh=f"“{number}”不是整数", en=f"{number} is not a whole number")
    return int(number)


def _choice(text: str, kind: kinds.Choice) -> str:
    found = kind.by_label.get(normalise_label(text))
    if found is not None:
        return found
    word, hint = plain(text), suggestion(text, kind.values)
    zh, en = "、".join(kind.shown("zh")), ", ".join(kind.shown("en"))
    raise CellError(
        zh=f"未知的取值“{word}”,可用:{zh}。{hint.zh}".removesuffix("。"),
        en=f"{word!r} is not known; known: {en}.{hint.en}".removesuffix("."),
    )


def _flag(text: str) -> bool:
    label = normalise_label(text)
    if label in _YES:
        return True
    if label in _NO:
        return False
    raise CellError(zh=f"“{plain(text)}”不是“是”或“否”", en=f"{plain(text)!r} is neither yes nor no")


def to_id(cell: Cell) -> str:
    """The id that another system gave, as it is written there; raises CellError for one that Excel spoilt."""
    return _bounded(_whole(_unspoilt(tidy(_written_text(cell)))), _LONGEST_ID)


def _whole(text: str) -> str:
    """A number without the point that a program put behind it: `13800000000.0`."""
    match = _WHOLE.fullmatch(plain(text))
    return match[1] if match else text


def _unspoilt(text: str) -> str:
    """A word that is neither a number cut short nor a truth; raises CellError."""
    if _SCIENTIFIC.fullmatch(text):
        raise CellError(
            zh=f"“{text}”是科学计数法，末尾数字已丢失；请把该列设为文本格式后重新填写",
            en=f"{text!r} is in scientific notation and lacks its last digits;"
            " format the column as text and write it again",
        )
    if text in {"TRUE", "FALSE"}:
        raise CellError(zh=f"此处应为文字，而不是 {text}", en=f"A word is needed here, not {text}")
    return text


def _written_text(cell: Cell) -> str:
    """The text of a cell that is to hold a word; raises CellError when Excel made a date or a truth of it."""
    text = as_text(cell)
    if isinstance(cell, bool):
        return _unspoilt(text)
    if isinstance(cell, date | time | timedelta):
        raise CellError(
            zh=f"此处应为文字，而单元格是日期或时间 {text}；请把该列设为文本格式后重新填写",
            en=f"A word is needed here, and the cell is the date or time {text};"
            " format the column as text and write it again",
        )
    return text


def _tags(text: str) -> tuple[str, ...]:
    words = (plain(word) for word in _TAG_MARKS.split(text))
    return tuple(dict.fromkeys(_bounded(word, 50) for word in words if word))
