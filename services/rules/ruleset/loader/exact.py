"""YAML 1.2 as ruamel.yaml reads it, with the place and the reason where it cannot read on."""

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from services.rules.ruleset.loader.events import BrokenTextError, Event, event_from
from services.rules.ruleset.loader.syntax import place_of, stop_of, words_of


def exact_events(text: str) -> Iterator[Event]:
    """Yield the events of a text while it is parsed.

    Raises:
        BrokenTextError: where it cannot be parsed.
    """
    try:
        for each in YAML(typ="safe", pure=True).parse(text):
            if event := event_from(each):
                yield event
    except YAMLError as error:
        raise BrokenTextError(stop_of(error, text), place_of(error, text), words_of(error)) from error
