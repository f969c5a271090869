"""From a cell to the value that its field needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.shared.imports import kinds
from services.shared.imports.amounts import AmountForm, to_money, to_number
from services.shared.imports.cells import CellError, as_text
from services.shared.imports.dates import to_day, to_instant
from services.shared.imports.table import Cell
from services.shared.imports.text import normalise_label, plain, suggestion, tidy

_YES = {"是", "yes", "y", "true", "1", "有", "对", "√", "✓", "已", "t"}
_NO = {"否", "no", "n", "false", "0", "无", "没有", "错", "×", "未", "f", "不是"}
_NOT_FILLED = {"无", "没有", "无反馈", "未回复", "未反馈", "暂无", "no", "none"}
_TAG_MARKS = re.compile("[、,\uff0c;\uff1b|\uff5c\n]")
_PHONE = re.compile(r"\+?\d[\d-]{3,22}\d(?:(?:转|x|ext\.?)\d{1,6})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_LONGEST_EMAIL = 254
_LONGEST_WORD = 1000
"""Of what is no free text; a reason quotes it, so it must not fill the screen."""


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
            return to_day(cell, form.dates)
        case kinds.Moment():
            return to_instant(cell, form.dates, zone=form.zone, is_deadline=kind.is_deadline)
        case kinds.Ref():
            return Written(kind.record_kind, tidy(as_text(cell)), form.source_system)
        case _:
            return _word(kind, as_text(cell))


def _word(kind: kinds.Word, text: str) -> object:  # noqa: C901, PLR0911 - one line per kind
    match kind:
        case kinds.Text():
            return _bounded(text.strip(), kind.longest)
        case kinds.Name():
            return _bounded(tidy(text), kind.longest)
        case kinds.Choice():
            return _choice(text, kind)
        case kinds.Flag():
            return _flag(text)
        case kinds.Filled():
            return normalise_label(text) not in _NOT_FILLED | _NO
        case kinds.Phone():
            return to_phone(text)
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


def to_phone(text: str) -> str:
    """The digits of a telephone number, with `+` and `-`; raises CellError."""
    area_marked = plain(text).casefold().replace("(", "").replace(")", "-").replace("—", "-")
    number = re.sub(r"[\s.]", "", area_marked)
    if not _PHONE.fullmatch(number):
        raise CellError(zh="不是有效的电话号码", en="This is not a valid telephone number")
    return number


def to_email(text: str) -> str:
    """An e-mail address, its domain in lower case; raises CellError."""
    name, _, domain = plain(text).rpartition("@")
    address = f"{name}@{domain.casefold()}"
    if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        raise CellError(zh="不是有效的邮箱地址", en="This is not a valid e-mail address")
    return address


def _tags(text: str) -> tuple[str, ...]:
    words = (plain(word) for word in _TAG_MARKS.split(text))
    return tuple(dict.fromkeys(_bounded(word, 50) for word in words if word))
