"""Titles with names in them: `跟进{customer.name}({grade}级)`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

from contracts.rules import Text


@dataclass(frozen=True)
class Names:
    """What a title may name: the customer, the subject, its owner, and the values that rules decided."""

    customer: str
    subject: str
    owner: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def look_up(self, name: str) -> str:
        """The words for one placeholder; nothing for what is absent."""
        fixed = {"customer.name": self.customer, "opportunity.name": self.subject, "owner.name": self.owner}
        value = fixed[name] if name in fixed else self.values.get(name)
        return "" if value is None else str(value)


def _fill(template: str, names: Names) -> str:
    parts = Formatter().parse(template)
    return "".join(text + (names.look_up(name) if name is not None else "") for text, name, _, _ in parts)


def fill(title: Text, names: Names) -> Text:
    """A title with its placeholders filled in, in both languages."""
    return Text(zh=_fill(title.zh, names), en=_fill(title.en, names))
