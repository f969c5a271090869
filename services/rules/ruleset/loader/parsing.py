"""Parses YAML texts: libyaml what both parsers read alike, ruamel.yaml the rest, with its words.

libyaml reads a text about fifteen times as fast. It reads YAML 1.1, so a text that is broken, or has anything
unusual in it, is read by ruamel.yaml from the start.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import yaml

from services.rules.ruleset.loader.events import Event, event_from

# Tabs, and what counts as the end of a line or as nothing in one version of YAML only.
_UNUSUAL: Final = re.compile("[\t\x85\u2028\u2029\ufeff]")


def events_of(text: str) -> Iterator[Event]:
    """Yield the events of a text.

    Raises:
        BrokenTextError: where it cannot be parsed.
    """
    return _read_fast(text) or read_exactly(text)


def read_exactly(text: str) -> Iterator[Event]:
    """Yield the events of a text as ruamel.yaml reads it, which is loaded only when it is needed.

    Raises:
        BrokenTextError: where it cannot be parsed.
    """
    events: Iterator[Event] = import_module("services.rules.ruleset.loader.exact").exact_events(text)
    return events


def _read_fast(text: str) -> Iterator[Event] | None:
    """Return the events as libyaml reads them; None when it is missing or cannot be trusted with the text."""
    if not yaml.__with_libyaml__ or _UNUSUAL.search(text):
        return None
    try:
        events = [event for each in yaml.parse(text, yaml.CBaseLoader) if (event := event_from(each))]
    except yaml.YAMLError:
        return None
    return iter(events) if all(event.is_usual for event in events) else None
