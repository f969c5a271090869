"""From a table to rows of values: which cell feeds which field, and all that is wrong with each row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.events import SourceRef
from services.shared.imports import kinds
from services.shared.imports.amounts import AmountForm, currency_of, to_number, unit_of
from services.shared.imports.cells import MISSING_RESULT, CellError, as_text, is_empty, shown
from services.shared.imports.conversion import Form, convert, is_hidden, says_nothing, to_id, ways_in
from services.shared.imports.dates import to_instant
from services.shared.imports.errors import MissingColumnsError, Reason
from services.shared.imports.feeds import Feed, is_masked_person, required, shown_cell, with_unit
from services.shared.imports.headers import header_unit
from services.shared.imports.mapping import EMPTY, NOT_EMPTY, Condition, ImportMapping, MoneyForm, Source
from services.shared.imports.parsed import BadCell, ParsedRow
from services.shared.imports.remarks import left_out
from services.shared.imports.table import Cell, MissingResult, Row, Table
from services.shared.imports.text import normalise_label, suggestion

_MASKED = Reason(zh="人员已用 * 隐去，无法识别，未填入", en="The person is masked with * and was left out")
_ONLY_FIRST = Reason(
    zh="有多个号码或地址，只导入了第一个", en="There are several; only the first of them was imported"
)
_SURPLUS = Reason(zh="该行的内容超出了表头的列数", en="The row is longer than the header")


@dataclass(frozen=True)
class Locality:
    """Where the organisation is: the zone of dates without one, the currency of all amounts."""

    zone: ZoneInfo
    currency: str


class RowReader:
    """Reads the rows of a table as a mapping says, for the fields of a target."""

    def __init__(
        self,
        table: Table,
        mapping: ImportMapping,
        fields: Mapping[str, kinds.Field],
        *,
        locality: Locality,
        identified_by: Sequence[str] = (),
    ) -> None:
        """Raise MissingColumnsError when the table lacks columns that the mapping names.

        `remarks` collects the rows that are no records, which say so where a record has its name.
        """
        self.remarks: list[ParsedRow] = []
        self._table = table
        self._mapping = mapping
        self._locality = locality
        self._refuse_missing_columns()
        self._feeds = [Feed(fields[name], source) for name, source in mapping.fields.items()]
        self._also = [
            [Feed(fields[name], source) for name, source in also.fields.items()] for also in mapping.also
        ]
        self._naming = tuple(
            table.name_of(column)
            for feed in self._feeds
            if feed.field.name in identified_by
            for column in feed.source.names
            if table.has(column)
        )

    def read(self) -> Iterator[ParsedRow]:
        """All records that are not to be left out; those that a row names come just before it."""
        for row in self._table.rows:
            if any(self._holds(condition, row) for condition in self._mapping.skip_when):
                continue
            remark = left_out(self._table, row, self._naming)
            if remark is not None:
                name, cell, reason = remark
                note = BadCell(name, shown(cell), reason)
                self.remarks.append(ParsedRow(row.number, is_own=False, notes=[note]))
                continue
            for feeds in self._also:
                named = self._parse(row, feeds, is_own=False)
                if any(value is not None for value in named.values.values()):
                    yield named
            yield self._own(row)

    def _own(self, row: Row) -> ParsedRow:
        parsed = self._parse(row, self._feeds, is_own=True)
        if row.surplus:
            # The cells may have moved: what stands beyond the header can be anything the file holds.
            is_private = any(feed.field.is_private for feed in self._feeds)
            parsed.bad.append(BadCell("", shown_cell(row.surplus[0], is_private=is_private), _SURPLUS))
        parsed.bad += self._undecided(row)
        self._identify(row, parsed)
        if self._mapping.keep is not None:
            self._rank(row, parsed, self._mapping.keep.latest_by)
        return parsed

    def _identify(self, row: Row, parsed: ParsedRow) -> None:
        mapping = self._mapping
        if mapping.external_id is not None and (written := self._id(row, parsed, mapping.external_id)):
            parsed.source_system, parsed.external_id = mapping.source_system, written
        if mapping.number is not None:
            parsed.listed_as = self._id(row, parsed, mapping.number)
        for same in mapping.same_as:
            if written := self._id(row, parsed, same.column):
                parsed.same_as.append(SourceRef(source_system=same.source_system, external_id=written))

    def _id(self, row: Row, parsed: ParsedRow, column: str) -> str | None:
        cell = self._table.cell(row, column)
        if is_empty(cell):
            return None
        try:
            return to_id(cell)
        except CellError as error:
            parsed.bad.append(BadCell(column, shown(cell), error.reason))
            return None

    def _parse(self, row: Row, feeds: Sequence[Feed], *, is_own: bool) -> ParsedRow:
        parsed = ParsedRow(row.number, is_own)
        for feed in feeds:
            name, column = feed.field.name, feed.label
            cell: Cell = ""
            try:
                column, cell = feed.pick(self._table, row)
                parsed.columns[name] = (column, shown_cell(cell, is_private=feed.field.is_private))
                if is_masked_person(feed.field.kind, cell):
                    parsed.note(name, _MASKED)
                elif not is_hidden(feed.field.kind, cell) and not self._says_nothing(feed, cell):
                    first, *others = ways_in(feed.field.kind, cell)
                    parsed.values[name] = self._value(row, feed, first, column)
                    if others:
                        parsed.note(name, _ONLY_FIRST)
            except CellError as error:
                value = shown_cell(cell, is_private=feed.field.is_private)
                wrong = parsed.notes if feed.field.lenient else parsed.bad
                wrong.append(BadCell(column, value, error.reason))
        return parsed

    def _says_nothing(self, feed: Feed, cell: Cell) -> bool:
        """Whether a blank cell is to change nothing."""
        keeps = self._mapping.blank == "keep" and feed.source.default is None and not feed.is_required
        return keeps and is_empty(feed.translate(cell))

    def _value(self, row: Row, feed: Feed, cell: Cell, column: str) -> object:
        translated = feed.translate(cell)
        if says_nothing(feed.field.kind, translated):
            if feed.source.default is None:
                if feed.is_required:
                    raise required(translated)
                return None
            translated = feed.source.default
        return convert(feed.field.kind, translated, self._form(row, feed.source, column))

    def _form(self, row: Row, source: Source, column: str) -> Form:
        amount = AmountForm(self._locality.currency)
        money = with_unit(source.money, header_unit(column))
        if money is not None:
            amount = self._amount_form(row, money)
        system = source.source_system or self._mapping.source_system if source.by == "external_id" else None
        zone = source.zone or self._mapping.zone or self._locality.zone
        return Form(zone, amount, source.dates or self._mapping.dates, system)

    def _amount_form(self, row: Row, money: MoneyForm) -> AmountForm:
        unit, currency = unit_of(money.unit)
        if money.currency is not None:
            currency = currency_of(money.currency)
        if money.currency_column is not None:
            cell = self._table.cell(row, money.currency_column)
            currency = currency if is_empty(cell) else currency_of(as_text(cell))
        rate = None
        if money.rate_column is not None:
            cell = self._table.cell(row, money.rate_column)
            rate = None if is_empty(cell) else to_number(cell)
        return AmountForm(self._locality.currency, unit, currency, rate, rounds=money.round == "cent")

    def _rank(self, row: Row, parsed: ParsedRow, column: str) -> None:
        keep, cell = self._mapping.keep, self._table.cell(row, column)
        if keep is None or is_empty(cell):
            return
        try:
            formats = keep.dates or self._mapping.dates
            parsed.rank = to_instant(cell, formats, zone=self._mapping.zone or self._locality.zone)
        except CellError as error:
            parsed.bad.append(BadCell(column, shown(cell), error.reason))

    def _holds(self, condition: Condition, row: Row) -> bool:
        return all(
            any(_says(self._table.cell(row, column), word) for word in words)
            for column, words in condition.items()
        )

    def _undecided(self, row: Row) -> Iterator[BadCell]:
        """The cells that would say whether the row is left out, and whose result is not in the file."""
        for column in dict.fromkeys(name for condition in self._mapping.skip_when for name in condition):
            cell = self._table.cell(row, column)
            if isinstance(cell, MissingResult):
                yield BadCell(column, shown(cell), MISSING_RESULT)

    def _refuse_missing_columns(self) -> None:
        missing: dict[str, Reason] = {}
        for use, names in self._mapping.columns_by_use():
            if not any(self._table.has(name) for name in names):
                hint = suggestion(names[0], self._table.columns)
                why = Reason(zh=f"{use};{hint.zh}".rstrip(";"), en=f"{use};{hint.en}".rstrip(";"))
                missing.setdefault(" / ".join(names), why)
        if missing:
            listed = Reason(
                zh="、".join(f"“{names}”({why.zh})" for names, why in missing.items()),
                en=", ".join(f"{names!r} ({why.en})" for names, why in missing.items()),
            )
            columns = ", ".join(name for name in self._table.columns if name)
            raise MissingColumnsError(
                file=self._table.file, missing=listed, columns=columns, hint=Reason(zh="", en="")
            )


def _says(cell: Cell, word: str) -> bool:
    if isinstance(cell, MissingResult):
        return False
    if word in {EMPTY, NOT_EMPTY}:
        return is_empty(cell) == (word == EMPTY)
    return not is_empty(cell) and normalise_label(shown(cell)) == normalise_label(word)
