"""The kinds of value that a column can hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from contracts import vocabulary
from services.shared.errors import Locale
from services.shared.imports.text import normalise_label


@dataclass(frozen=True)
class Text:
    """Free text of at most `longest` characters; becomes `str`."""

    longest: int = 4000


@dataclass(frozen=True)
class Name:
    """A name on one line; becomes `str`."""

    longest: int = 200


@dataclass(frozen=True)
class Integer:
    """A whole number; becomes `int`."""

    minimum: int | None = None


@dataclass(frozen=True)
class Number:
    """An exact decimal number; becomes `Decimal`."""

    minimum: Decimal | None = None


@dataclass(frozen=True)
class Amount:
    """An amount of money; becomes `Money` in the base currency. A `signed` one may be negative: a return."""

    signed: bool = False


@dataclass(frozen=True)
class Day:
    """A calendar day; becomes `date`."""


@dataclass(frozen=True)
class Moment:
    """An instant; becomes an aware `datetime` in UTC.

    A day without a time is the start of the local day, for anchors, or with `is_deadline` its end, which is
    the start of the next one, since intervals are half-open (A11).
    """

    is_deadline: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a closed set of words; `values` gives for each way of writing it the value."""

    values: Mapping[str, str]
    by_label: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        by_label = {normalise_label(alias): value for alias, value in self.values.items()}
        object.__setattr__(self, "by_label", by_label)

    def shown(self, locale: Locale) -> list[str]:
        """One way of writing each value: the first Chinese word for it, or the value itself."""
        shown = {value: value for value in self.values.values()}
        if locale == "zh":
            aliases = reversed(list(self.values.items()))
            shown |= {value: alias for alias, value in aliases if not alias.isascii()}
        return list(shown.values())

    @classmethod
    def of(cls, words: type[vocabulary.Word]) -> Self:
        """The choice among the members of a vocabulary, by value, label or alias."""
        return cls({alias: member.value for alias, member in words.by_alias().items()})


@dataclass(frozen=True)
class Flag:
    """Yes or no; becomes `bool`."""


@dataclass(frozen=True)
class Filled:
    """True when the cell has any text that is not a no; for "feedback" columns. Becomes `bool`."""


@dataclass(frozen=True)
class Phone:
    """A telephone number; becomes `str` of digits with `+` and `-`."""


@dataclass(frozen=True)
class Email:
    """An e-mail address; becomes `str`."""


@dataclass(frozen=True)
class Tags:
    """Several words in one cell; becomes a tuple of `str` without repetition."""


@dataclass(frozen=True)
class Ref:
    """A record of the kind named, by name or external id; becomes its `UUID`.

    `within` names the field of the row with the customer that the record must belong to.
    """

    record_kind: str
    within: str | None = None


Word = Text | Name | Choice | Flag | Filled | Phone | Email | Tags
"""The kinds that are read from the text of a cell alone."""

Kind = Word | Integer | Number | Amount | Day | Moment | Ref


@dataclass(frozen=True)
class Field:
    """A field that an import can feed.

    `required` fields cannot be done without, whatever a mapping says. `aliases` are the headers understood
    without a mapping. What is `private` is kept only as a fingerprint and masked in reports; telephone
    numbers and e-mail addresses always are. A value of a `lenient` field that is not understood is reported,
    and the row is imported without it; else it rejects the row.
    """

    name: str
    kind: Kind
    required: bool = False
    aliases: tuple[str, ...] = ()
    private: bool = False
    lenient: bool = False

    @property
    def is_private(self) -> bool:
        """Whether the field holds personal data of somebody outside."""
        return self.private or isinstance(self.kind, Phone | Email)


def field_map(fields: Iterable[Field]) -> dict[str, Field]:
    """Fields by name, in order; for `ImportTarget.fields`."""
    return {each.name: each for each in fields}
