"""Titles with names in them: `跟进{customer.name}({grade}级)`; channels that rules decide: `{channel}`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from string import Formatter

from contracts.text import Text
from services.rules.ruleset.definition import Fact, Field
from services.rules.ruleset.wording import value_words


@dataclass(frozen=True)
class Names:
    """What a title may name: the customer, the subject, its owner, and the facts and values of its rules.

    `fields` declare these facts and values; instants are shown in the zone.
    """

    customer: str
    subject: str
    owner: str | None = None
    values: Mapping[str, Fact] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    zone: tzinfo = UTC

    def words(self, name: str) -> Text:
        """Return what people call the value of a name; nothing for what is absent."""
        fixed = {"customer.name": self.customer, "opportunity.name": self.subject, "owner.name": self.owner}
        if name in fixed:
            return Text(zh=fixed[name] or "", en=fixed[name] or "")
        known = name in self.fields
        found = value_words(self.values.get(name), self.fields[name], self.zone) if known else None
        return found or Text(zh="", en="")


def fill(title: Text, names: Names) -> Text:
    """Return a title with its placeholders filled in, in both languages."""
    zh = (text + (names.words(name).zh if name else "") for text, name, _, _ in Formatter().parse(title.zh))
    en = (text + (names.words(name).en if name else "") for text, name, _, _ in Formatter().parse(title.en))
    return Text(zh="".join(zh), en="".join(en))


def channel_of(channel: str, names: Names) -> str | None:
    """Return a channel, or the value that rules decided where it names one; None where there is none."""
    if not channel.startswith("{"):
        return channel
    value = names.values.get(channel.strip("{}"))
    return value if isinstance(value, str) else None
