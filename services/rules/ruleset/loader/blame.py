"""Finds the line whose edit caused an entry, beside the version in force."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import takewhile

from contracts.text import Problem
from services.rules.ruleset.definition import Position
from services.rules.ruleset.problems import Findings

Files = Mapping[str, str]


class Blame:
    """Compares files with those before the edit.

    An entry whose own line was not edited goes to the first edited line of its part of the file, else to
    that of one of the other places where its cause may be. Where lines were deleted, the next one counts.
    """

    def __init__(self, files: Files, before: Files) -> None:
        self._lines = {name: text.splitlines() for name, text in files.items()}
        self._before = before
        self._files = files

    def placed(self, entries: Iterable[Problem], findings: Findings) -> Iterator[Problem]:
        """Yield the entries at the lines whose edit caused them, as far as that can be seen."""
        for entry in entries:
            here = Position(entry.file, entry.line, entry.column)
            places = (here, *findings.elsewhere.get(entry, ()))
            edited = next((found for place in places if (found := self._edited(place))), here)
            yield entry.model_copy(update={"file": edited.file, "line": edited.line, "column": edited.column})

    def _edited(self, place: Position) -> Position | None:
        if place.file not in self._before:
            return place
        edited, lines = self._edits(place.file), self._lines.get(place.file, [])
        if place.line in edited:
            return place
        for number, line in enumerate(_part(lines, place), start=place.line + 1):
            if number in edited and line.strip() and not line.lstrip().startswith(("#", "---")):
                return Position(place.file, number, _indent(line) + 1)
        return None

    def _edits(self, file: str) -> frozenset[int]:
        return _edited_lines(self._before[file], self._files.get(file, ""))


@lru_cache(maxsize=64)
def _edited_lines(before: str, after: str) -> frozenset[int]:
    if before == after:
        return frozenset()
    old, new = before.splitlines(), after.splitlines()
    edited: set[int] = set()
    for tag, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            edited.update(range(start + 1, end + 1) if end > start else [min(start + 1, len(new))])
    return frozenset(edited)


def _part(lines: list[str], place: Position) -> Iterator[str]:
    """The lines below a place that belong to it: those that are indented as far, or its whole document."""
    below = lines[place.line :]
    if place.column == 1:
        return takewhile(lambda line: not line.startswith("---"), below)
    return takewhile(lambda line: not line.strip() or _indent(line) >= place.column - 1, below)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
