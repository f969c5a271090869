"""How a fact is declared: its type, its words, its owner and how it arises."""

from dataclasses import dataclass

from contracts.text import Text
from contracts.vocabulary import Word
from services.rules.ruleset.definition import Field, FieldType
from services.shared.business_time import Duration


@dataclass(frozen=True)
class FactSource:
    """One fact: `owner` is the service whose records it comes from, `how` says how it arises."""

    field: Field
    owner: str
    how: str


def fact(  # noqa: PLR0913 -- one line a fact reads best as one call
    name: str,
    kind: FieldType,
    zh: str,
    en: str,
    *,
    owner: str,
    how: str,
    absent: str | None = None,
    words: type[Word] | None = None,
    minimum: int | None = None,
    past: bool = False,
    spans: tuple[Duration, Duration] | None = None,
) -> FactSource:
    """Declare a fact; its words, closed domain and label come from here."""
    values = tuple(member.value for member in words) if words else ()
    labels = {member.value: Text(zh=member.zh, en=member.en) for member in words} if words else {}
    field = Field(
        name=name,
        type=kind,
        values=values,
        absent=absent,
        minimum=minimum,
        past=past,
        label=Text(zh=zh, en=en),
        labels=labels,
        spans=spans,
    )
    return FactSource(field=field, owner=owner, how=how)
