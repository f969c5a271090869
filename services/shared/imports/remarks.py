"""Rows below a table that are no records: sums, who made the table, notes."""

import re
from collections.abc import Iterator
from datetime import date

from services.shared.imports.cells import is_empty, shown
from services.shared.imports.errors import Reason
from services.shared.imports.table import Cell, MissingResult, Row, Table
from services.shared.imports.text import normalise_label, plain

SUM = Reason(zh="合计行，不是记录，未导入", en="Left out: a row of sums, not a record")
REMARK = Reason(zh="表外说明，不是记录，未导入", en="Left out: a remark about the table, not a record")

_SUM = re.compile(
    r"(?:本[页表月季年]|分类|部门|全年)?(?:合计|小计|总计|总合计|累计|共计|总和|汇总)(?:数|金额)?(?:\([^()]*\))?(?:[:：].*)?"
    r"|(?:grand |sub-?)?totals?(?:\([^()]*\))?(?::.*)?|sum(?::.*)?",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(?:制表|填表|填报|审核|复核|审批|批准|经办|统计|编制|负责)(?:人|者|日期|时间|单位|部门|说明)?[:：].*"
    r"|(?:注|备注|说明|备注说明|填写说明|填表说明|注意|注意事项|单位|日期|打印日期|打印时间|note|notes|remark|remarks)[:：].*"
    r"|\(?以下(?:空白|为空|无正文|无内容)\)?|备注说明|填表说明|填写说明",
    re.IGNORECASE | re.DOTALL,
)
_BEGINNINGS = frozenset("合小总累共汇本分部全制填审复批经统编负注备说单日打以(（TtＴGgSsNnRr")
"""With what the words above begin: most rows begin otherwise."""
_SIGNED = re.compile(r"(?:制表|填表|填报|审核|复核|审批|批准|经办|编制)(?:人|者|日期|时间)")
"""What names, or dates, stand behind: no record is called so."""
_NUMBER = re.compile(r"[-+¥$€£共计]*\s*\d.*", re.DOTALL)


def left_out(table: Table, row: Row, columns: tuple[str, ...]) -> tuple[str, Cell, Reason] | None:
    """Where a row says that it is no record, what it says there, and what it is; None for a record.

    It says so in its first filled cell, or in one of the `columns` that name a record; beside it a row of
    sums has nothing but numbers, a remark nothing but more of them.
    """
    for name, cell in _telling(table, row, columns):
        filled = zip(table.columns, row.cells, strict=True)
        others = [other for place, other in filled if place != name and not is_empty(other)]
        if _SUM.fullmatch(_spaceless(cell)) and all(map(_is_number, others)):
            return name, cell, SUM
        if _SIGNED.fullmatch(_spaceless(cell)):
            return name, cell, REMARK
        if _REMARK.fullmatch(plain(cell)) and all(_is_number(each) or _is_remark(each) for each in others):
            return name, cell, REMARK
    return None


def _telling(table: Table, row: Row, columns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The cells in which a row may say that it is no record, where they begin like it."""
    first = next((place for place, cell in enumerate(row.cells) if not is_empty(cell)), 0)
    for place in {first, *(table.places[normalise_label(name)] for name in columns)}:
        cell = row.cells[place]
        if isinstance(cell, str) and cell.lstrip()[:1] in _BEGINNINGS:
            yield table.columns[place], cell


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float | date | MissingResult) or bool(_NUMBER.fullmatch(plain(shown(cell))))


def _is_remark(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(_REMARK.fullmatch(plain(cell)))


def _spaceless(cell: str) -> str:
    """Without the spaces that spread out `合 计`; those between Latin words stay."""
    return re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", plain(cell))
