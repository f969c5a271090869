"""A mapping file: which column feeds which field, and how it is written there.

what: opportunities
source_system: crm-sales
external_id: opportunity_id
dates: ["%m/%d/%Y"]
fields:
customer: account
owner: {column: sales_agent}
stage: {column: deal_stage, values: {Won: signing}}
amount: {column: close_value, money: {unit: 元}}
skip_when: {account: empty}
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    model_validator,
)

from contracts.commands import ForeignId
from services.shared.imports.amounts import currency_of, unit_of
from services.shared.imports.cells import CellError
from services.shared.imports.document import (
    BadPartError,
    Steps,
    parse_document,
    validate,
)
from services.shared.imports.errors import BadDocumentError, Reason
from services.shared.imports.text import suggestion

EMPTY = "empty"
NOT_EMPTY = "not empty"


class Part(BaseModel):
    """A part of a mapping: closed and unchanging."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_tuple(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).casefold()
    return str(value) if isinstance(value, int) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]


System = Annotated[ForeignId, BeforeValidator(_as_text)]
"""The name of another system, as commands take it."""


def _is_form_of_dates(form: str) -> str:
    try:
        _ = datetime.strptime(datetime(2000, 1, 2).strftime(form), form)  # noqa: DTZ001, DTZ007 -- only the form counts
    except ValueError:
        reason = Reason(
            zh=f"“{form}”不是日期格式,应写成 %Y-%m-%d 这样。",
            en=f"{form!r} is no form of dates; write it like %Y-%m-%d.",
        )
        raise BadPartError(reason) from None
    return form


DateForms = Annotated[
    tuple[Annotated[Text, AfterValidator(_is_form_of_dates)], ...], BeforeValidator(_as_tuple)
]


def _as_zone(name: object) -> object:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reason = Reason(
            zh=f"没有时区“{name}”，应写成 Asia/Shanghai 这样。",
            en=f"There is no time zone {name!r}; write it like Asia/Shanghai.",
        )
        raise BadPartError(reason) from None


Zone = Annotated[InstanceOf[ZoneInfo], BeforeValidator(_as_zone)]


class MoneyForm(Part):
    """How amounts are written: the unit of a bare number, the currency, and the row's rate to the base one.

    `currency_column` names the column with each row's currency (ISO 4217 code), `rate_column` the one with
    how much of the base currency one unit of it is worth. `round: cent` takes amounts finer than a cent, as
    formulas make them, and rounds them.
    """

    unit: Text = "元"
    currency: Text | None = None
    currency_column: Text | None = None
    rate_column: Text | None = None
    round: Literal["cent"] | None = None

    @model_validator(mode="after")
    def _is_understood(self) -> Self:
        try:
            unit_of(self.unit)
            if self.currency is not None:
                currency_of(self.currency)
        except CellError as error:
            reason = Reason(zh=f"{error.reason.zh}。", en=f"{error.reason.en}.")
            raise BadPartError(reason) from error
        return self


class Source(Part):
    """Where the value of one field comes from: exactly one of `column`, `columns`, `join` and `constant`.

    `columns` are names of the same thing: the first one with something in it counts. `join` puts several
    columns together, with a space between. `values` translates what is written; to null, it counts as
    empty. `by` says how a reference is written, `source_system` whose ids it uses, `zone` where the clock
    stands by which dates and times without an offset are meant.
    """

    column: Text | None = None
    columns: Texts = ()
    join: Texts = ()
    constant: Text | None = None
    default: Text | None = None
    required: bool = False
    dates: DateForms = ()
    money: MoneyForm | None = None
    values: dict[str, Text | None] = Field(default_factory=dict)
    by: Literal["name", "external_id"] = "name"
    source_system: System | None = None
    zone: Zone | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [self.column is not None, bool(self.columns), bool(self.join), self.constant is not None]
        if sum(given) != 1:
            raise BadPartError(
                Reason(
                    zh="column、columns、join、constant 必须恰好给出一个。",
                    en="Give exactly one of column, columns, join and constant.",
                )
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns read for the value itself, in order."""
        return self.join or self.columns or ((self.column,) if self.column is not None else ())


def _as_source(value: object) -> object:
    return {"column": _as_text(value)} if isinstance(value, str | int) else value


SourceField = Annotated[Source, BeforeValidator(_as_source)]
Condition = dict[str, Texts]
"""Column and what it holds: `empty`, `not empty`, or one of the words listed; all must be true."""


class Keep(Part):
    """Of several rows of one record only one counts: the latest by a column, on a tie the later row."""

    latest_by: Text
    dates: DateForms = ()


class Also(Part):
    """A record of its own that these rows name, such as a manager in a column; a row of its own wins."""

    fields: dict[str, SourceField]


class SameAs(Part):
    """A column with another id of the same record, from this or another system."""

    source_system: System
    column: Text


class ImportMapping(Part):
    """One mapping file. `dates` are the forms of dates in the whole file, beside the usual ones.

    Without `fields` the headers are understood by the fields' own words. `zone` is the time zone of dates and
    times without an offset, by default the organisation's. `number` is the column with a record's number in a
    list, ours or the sender's, where no system gave it. Columns to `ignore` are left out on purpose. With
    `blank: keep` a blank cell changes nothing.

    `external_id` is the column with the id that `source_system` gave to the record, `same_as` names others.
    With `only_existing` the rows change fields of records that exist and never make one; the fields that
    identify the record only find it.
    """

    what: Text
    sheet: Text | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] = 1
    source_system: System | None = None
    external_id: Text | None = None
    same_as: Annotated[tuple[SameAs, ...], BeforeValidator(_as_tuple)] = ()
    number: Text | None = None
    dates: DateForms = ()
    fields: dict[str, SourceField] = Field(default_factory=dict)
    ignore: Texts = ()
    blank: Literal["clear", "keep"] = "clear"
    zone: Zone | None = None
    also: tuple[Also, ...] = ()
    skip_when: Annotated[tuple[Condition, ...], BeforeValidator(_as_tuple)] = ()
    keep: Keep | None = None
    only_existing: bool = False

    @model_validator(mode="after")
    def _ids_have_a_system(self) -> Self:
        if self.source_system is not None:
            return self
        sources = [*self.fields.values(), *(each for also in self.also for each in also.fields.values())]
        if any(each.by == "external_id" and each.source_system is None for each in sources):
            raise BadPartError(
                Reason(
                    zh="写明 by: external_id 的字段，须同时给出 source_system。",
                    en="A field `by: external_id` needs a source_system, which says whose ids they are.",
                )
            )
        if self.external_id is not None:
            raise BadPartError(
                Reason(
                    zh="给出 external_id 时必须给出 source_system。",
                    en="With external_id, source_system must say whose ids they are.",
                )
            )
        return self

    def columns(self) -> set[str]:
        """All columns that are used for anything."""
        return {name for _, names in self.columns_by_use() for name in names}

    def columns_by_use(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every use of columns: what for, and the columns of which one at least must be there."""
        for fields in (self.fields, *(also.fields for also in self.also)):
            for field, source in fields.items():
                alternatives = [source.names] if source.columns else [(name,) for name in source.names]
                yield from ((field, names) for names in alternatives if names)
                if source.money is not None:
                    extra = (source.money.currency_column, source.money.rate_column)
                    yield from ((field, (name,)) for name in extra if name is not None)
        yield from (("skip_when", (name,)) for condition in self.skip_when for name in condition)
        if self.keep is not None:
            yield "keep", (self.keep.latest_by,)
        if self.external_id is not None:
            yield "external_id", (self.external_id,)
        yield from (("same_as", (same.column,)) for same in self.same_as)
        if self.number is not None:
            yield "number", (self.number,)


def parse_mapping(content: bytes, file: str, fields: Mapping[str, object] | None = None) -> ImportMapping:
    """Read a mapping; with `fields`, those of the target, the names it feeds are checked against them.

    Raises BadDocumentError.
    """
    document = parse_document(content, file)
    mapping = validate(document, ImportMapping)
    if fields is None:
        return mapping
    paths: list[Steps] = [("fields", name) for name in mapping.fields]
    paths += [("also", n, "fields", name) for n, also in enumerate(mapping.also) for name in also.fields]
    problems = tuple(
        document.problem(path, _unknown_field(str(path[-1]), mapping.what, fields))
        for path in paths
        if path[-1] not in fields
    )
    if problems:
        raise BadDocumentError(file=document.file, problems=problems)
    return mapping


def _unknown_field(name: str, what: str, fields: Mapping[str, object]) -> Reason:
    hint = suggestion(name, fields)
    return Reason(zh=f"{what} 没有字段“{name}”。{hint.zh}", en=f"{what} has no field {name!r}.{hint.en}")
