"""Which cell feeds a field: its columns, the translation of what is written, and how a cell is reported."""

from services.shared.imports import kinds
from services.shared.imports.cells import CellError, as_text, is_empty, shown
from services.shared.imports.mapping import MoneyForm, Source
from services.shared.imports.table import Cell, Row, Table
from services.shared.imports.text import normalise_label, plain


def required(cell: Cell) -> CellError:
    """Why a field that is required cannot be fed from a cell that says nothing."""
    if is_empty(cell):
        return CellError(zh="必填项为空", en="This is required and empty")
    return CellError(
        zh=f"必填项，不能写“{shown(cell)}”", en=f"This is required, and {shown(cell)!r} says nothing"
    )


class Feed:
    """One field, where its value comes from, and the translation of what is written."""

    def __init__(self, fed: kinds.Field, source: Source) -> None:
        self.field = fed
        self.source = source
        self.label = next(iter(source.names), fed.name)
        self.is_required = source.required or fed.required
        self._translation = {normalise_label(word): to or "" for word, to in source.values.items()}

    def pick(self, table: Table, row: Row) -> tuple[str, Cell]:
        """The column that counts in this row, and its cell."""
        if self.source.constant is not None:
            return self.label, self.source.constant
        if self.source.join:
            parts = [as_text(self.translate(table.cell(row, name))) for name in self.source.join]
            return " + ".join(self.source.join), " ".join(part for part in parts if part)
        present = [name for name in self.source.names if table.has(name)]
        cells = [(name, table.cell(row, name)) for name in present]
        return next(((name, cell) for name, cell in cells if not is_empty(cell)), cells[0])

    def translate(self, cell: Cell) -> Cell:
        """The word that stands for what is written, or the cell itself."""
        if not self._translation:
            return cell
        return self._translation.get(normalise_label(as_text(cell)), cell)


def with_unit(money: MoneyForm | None, unit: str | None) -> MoneyForm | None:
    """The form of amounts with the unit of the header, unless the mapping gives one."""
    if unit is None or (money is not None and "unit" in money.model_fields_set):
        return money
    return (money or MoneyForm()).model_copy(update={"unit": unit})


def is_masked_person(kind: kinds.Kind, cell: Cell) -> bool:
    """Whether a cell hides the person it names, as the tables of the documents do: `*销售代表`."""
    return isinstance(kind, kinds.Ref) and kind.record_kind == "person" and "*" in plain(shown(cell))


def shown_cell(cell: Cell, *, is_private: bool) -> str:
    """A cell as it is reported: what is private is masked but for its beginning."""
    text = shown(cell)
    clear = min(2, len(text) // 3)
    return text[:clear] + "*" * (len(text) - clear) if is_private else text
