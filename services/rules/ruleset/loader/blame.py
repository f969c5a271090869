"""Finds the line whose edit caused an entry: the one that the version in force does not have."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from contracts.rules import Problem
from services.rules.ruleset.definition import Position
from services.rules.ruleset.problems import Findings

Files = Mapping[str, str]


class Blame:
    """Compares files with those before the edit.

    An entry whose own line was not edited goes to the first edited line of its part of the file, else to
    that of one of the other places where its cause may be.
    """

    def __init__(self, files: Files, before: Files) -> None:
        self._lines = {name: text.splitlines() for name, text in files.items()}
        self._before = {name: frozenset(text.splitlines()) for name, text in before.items()}

    def placed(self, entries: Iterable[Problem], findings: Findings) -> Iterator[Problem]:
        """Yield the entries at the lines whose edit caused them, as far as that can be seen."""
        for entry in entries:
            here = Position(entry.file, entry.line, entry.column)
            places = (here, *findings.elsewhere.get(entry, ()))
            edited = next((found for place in places if (found := self._edited(place))), here)
            yield entry.model_copy(update={"file": edited.file, "line": edited.line, "column": edited.column})

    def _edited(self, place: Position) -> Position | None:
        lines = self._lines.get(place.file, [])
        before = self._before.get(place.file, frozenset())
        if not 0 < place.line <= len(lines):
            return None
        if lines[place.line - 1] not in before:
            return place
        for number, line in enumerate(_part(lines, place), start=place.line + 1):
            if line not in before and not line.lstrip().startswith(("#", "---")) and line.strip():
                return Position(place.file, number, _indent(line) + 1)
        return None


def _part(lines: list[str], place: Position) -> Iterator[str]:
    """The lines below a place that belong to it: those that are indented as far, or its whole document."""
    below = lines[place.line :]
    if place.column == 1:
        return takewhile(lambda line: not line.startswith("---"), below)
    return takewhile(lambda line: not line.strip() or _indent(line) >= place.column - 1, below)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
