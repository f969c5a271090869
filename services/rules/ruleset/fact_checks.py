"""Whether a value is what its field says; the engine would silently find `'abc' >= 5` true."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.rules.ruleset.definition import Fact, Field, FieldType
from services.shared.business_time import Duration
from services.shared.errors import Locale, RefusedError


class WrongFactError(RefusedError):
    """Fact {fact} cannot be {value}: expected is {expected}."""

    slug = "wrong-fact"
    zh = "事实“{fact}”不能是 {value}，应为{expected}。"
    fact: str
    value: str
    expected: object


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a field takes, in both languages."""

    zh: str
    en: str

    def message(self, locale: Locale) -> str:
        return self.zh if locale == "zh" else self.en


def _is_integer(value: Fact) -> bool:
    return type(value) is int


def _is_instant(value: Fact) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


_RIGHT: Mapping[FieldType, tuple[Callable[[Fact], bool], _Expected]] = {
    FieldType.ID: (lambda value: isinstance(value, str), _Expected("文字", "text")),
    FieldType.BOOL: (lambda value: isinstance(value, bool), _Expected("真或假", "true or false")),
    FieldType.MONEY: (_is_integer, _Expected("以分为单位的整数", "an integer of minor units")),
    FieldType.NUMBER: (_is_integer, _Expected("整数", "an integer")),
    FieldType.INSTANT: (_is_instant, _Expected("带时区的时间", "an instant with a time zone")),
    FieldType.TAGS: (lambda value: isinstance(value, frozenset), _Expected("一组标签", "a set of tags")),
    FieldType.DURATION: (lambda value: isinstance(value, Duration), _Expected("时长", "a duration")),
}


class FactCheck:
    """The check of the facts that a ruleset reads; any of them may be null."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = [(field.name, *_right(field)) for field in fields]

    def refuse_wrong(self, facts: Mapping[str, Fact]) -> None:
        """Refuse a value of the wrong type, and a word that its enumeration does not have.

        Raises:
            WrongFactError: names the first such fact, its value and what is expected.
        """
        for name, is_right, expected in self._fields:
            value = facts.get(name)
            if value is not None and not is_right(value):
                raise WrongFactError(fact=name, value=_shown(value), expected=expected)


def _shown(value: Fact) -> str:
    """Return a value so that text and numbers can be told apart."""
    if isinstance(value, str):
        return f"“{value}”"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _right(field: Field) -> tuple[Callable[[Fact], bool], _Expected]:
    if field.type is not FieldType.ENUM:
        return _RIGHT[field.type]
    words = frozenset(field.values)
    return lambda value: isinstance(value, str) and value in words, _Expected(
        zh=" " + "、".join(field.values) + " 之一", en=f"one of {', '.join(field.values)}"
    )
