"""Slips of the keyboard that break a file: full-width punctuation, tabs, merge conflicts, a drawn `———`.

In a quoted text, a comment or a title such characters are right. So a slip is only what lets the parser read
further once it is put right, or what stands in a key, where it never belongs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from contracts.text import Text

_MOST_TRIES: Final = 60
# What all tries may read, so that a large file has its answer in about two seconds, too.
_MOST_READ: Final = 300_000
ODD_SPACES: Final = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
INVISIBLE: Final = "\u200b-\u200f\u2060\ufeff"
_KEY: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"

_MARKERS: Final = Text(
    zh="这里有没解决的合并冲突：请保留一份内容，删去 <<<<<<<、=======、>>>>>>> 这几行。",
    en="A merge conflict is left here: keep one version and delete the lines <<<<<<<, ======= and >>>>>>>.",
)
_LINE: Final = Text(
    zh="两条规则之间的分隔线应为三个半角减号：---。",
    en="The line between two rules is three half-width hyphens: ---.",
)
_TABS: Final = Text(
    zh="从这里起，缩进里有制表符：请改为空格。",
    en="From here on the indentation has tabs: indent with spaces.",
)
INDENTED: Final = Text(
    zh="从这里起，缩进里有全角空格或不间断空格：请改为半角空格。",
    en="From here on the indentation has full-width or non-breaking spaces: indent with ordinary spaces.",
)
_SPACE: Final = Text(
    zh="这里是全角空格或不间断空格：请改为半角空格。",
    en="This is a full-width or non-breaking space: write an ordinary one.",
)
_COLON: Final = Text(
    zh="这里是全角冒号“：”：请改为半角冒号加一个空格。",
    en="This is a full-width colon “：”: write a half-width colon and a space.",
)
_TIGHT: Final = Text(
    zh="冒号后面缺少空格：请写“键: 值”。", en="The colon needs a space after it: write “key: value”."
)
_QUOTES: Final = Text(
    zh="这里是全角引号“ ”：请改为半角引号。", en="These are full-width quotes “ ”: write half-width quotes."
)
_BRACKETS: Final = Text(
    zh="这里是全角括号：请改为半角的 {} 或 []。",
    en="This is a full-width bracket: write half-width {} or [].",
)
_COMMA: Final = Text(
    zh="这里是全角逗号“，”：请改为半角逗号加一个空格。",
    en="This is a full-width comma “，”: write a half-width comma and a space.",
)
_INVISIBLE: Final = Text(
    zh="这里有看不见的字符：请删去，重新输入这个词。",
    en="There are invisible characters here: delete them and type the word again.",
)


@dataclass(frozen=True, slots=True)
class Slip:
    """Where a slip begins, its words, and the replacements that put it right: start, end, text."""

    start: int
    words: Text
    edits: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one slip looks, and how it is put right; `place` is the group that is pointed at.

    What is `common` in texts is tried last; what goes through a `whole` file is one slip.
    """

    form: re.Pattern[str]
    put_right: Callable[[re.Match[str]], str]
    words: Text
    place: int = 0
    common: bool = False
    whole: bool = False

    def slips(self, text: str) -> Iterator[Slip]:
        """Yield what looks like this slip."""
        edits: list[tuple[int, int, str]] = []
        for found in self.form.finditer(text):
            edits.append((found.start(), found.end(), self.put_right(found)))
            if not self.whole:
                yield Slip(found.start(self.place), self.words, (edits.pop(),))
        if edits:
            yield Slip(edits[0][0], self.words, tuple(edits))


def _kind(form: str, instead: str, words: Text, *, place: int = 0, common: bool = False) -> _Kind:
    return _Kind(
        re.compile(form, re.MULTILINE), lambda found: found.expand(instead), words, place=place, common=common
    )


def _spaced(found: re.Match[str], *, odd: str, width: int) -> str:
    return re.sub(odd, " " * width, found[0])


def _indentations(odd: str, words: Text) -> Iterator[_Kind]:
    """Yield the same slip with each width that may have been meant."""
    form = re.compile(rf"^[ \t-]*{odd}[ \t-]*(?:{odd}[ \t-]*)*", re.MULTILINE)
    for width in (2, 4, 1, 8):
        yield _Kind(form, partial(_spaced, odd=odd, width=width), words, whole=True)


@cache
def _kinds() -> tuple[_Kind, ...]:
    """Return all kinds in the order in which they are tried; made when a text is broken, which few are."""
    return (
        _kind(r"^<{7}.*\n((?:.*\n)*?)(?:\|{7}.*\n(?:.*\n)*?)?={7}.*\n(?:.*\n)*?>{7}.*$", r"\1", _MARKERS),
        _kind(r"^(?:<{7}|={7}|>{7})(?: .*)?$", "", _MARKERS),
        _kind(r"^(?!---\s)[-—–－]+[ \t]*$", "---", _LINE),
        *_indentations(r"\t", _TABS),
        *_indentations(f"[{ODD_SPACES}]", INDENTED),
        _kind(rf"(^[ -]*|[{{,｛，][ ]*)({_KEY}[ ]*)(：)[ ]*", r"\1\2: ", _COLON, place=3),
        _kind(rf"(^[ -]*{_KEY})(:)(?=[^\s:])", r"\1: ", _TIGHT, place=2),
        _kind(r"“([^“”\n]*)”", r'"\1"', _QUOTES, common=True),
        _kind(r"‘([^‘’\n]*)’", r'"\1"', _QUOTES, common=True),
        _kind(r"[“”]", '"', _QUOTES, common=True),
        _kind(r"｛([^｛｝\n]*)｝", r"{\1}", _BRACKETS, common=True),
        _kind(r"［([^［］\n]*)］", r"[\1]", _BRACKETS, common=True),
        _kind(r"｛", "{", _BRACKETS, common=True),
        _kind(r"｝", "}", _BRACKETS, common=True),
        _kind(r"［", "[", _BRACKETS, common=True),
        _kind(r"］", "]", _BRACKETS, common=True),
        _kind(r"，[ ]*", ", ", _COMMA, common=True),
        _kind(f"[{ODD_SPACES}]+", " ", _SPACE, common=True),
        _kind(f"[{INVISIBLE}]+", "", _INVISIBLE, common=True),
    )


def slips_of(text: str, unread: Callable[[str], int]) -> list[Slip]:
    """Return the slips for which a text cannot be parsed, in order; each lets the parser read further.

    Args:
        text: what cannot be parsed.
        unread: how many characters of a text the parser does not reach.
    """
    search = _Search(text, unread)
    while search.step():
        pass
    return _once_a_line(text, sorted(search.found, key=lambda slip: slip.start))


class _Search:
    """Puts one slip after the other right, those nearest to where the parser stops first."""

    def __init__(self, text: str, unread: Callable[[str], int]) -> None:
        self.found: list[Slip] = []
        self._text = text
        self._unread = unread
        self._left = unread(text)
        self._tries = min(_MOST_TRIES, 1 + _MOST_READ // len(text))
        self._candidates = [
            (kind.common, -slip.start, number, slip)
            for number, kind in enumerate(_kinds())
            for slip in kind.slips(text)
        ]
        self._candidates.sort(key=lambda each: each[:3])

    def step(self) -> bool:
        """Find one more slip; false when nothing is left to be found."""
        for *_, slip in self._candidates if self._left else ():
            if not self._before_the_stop(slip) or any(slip.start == each.start for each in self.found):
                continue
            if not self._tries:
                return False
            self._tries -= 1
            if (left := self._unread(_edited(self._text, [*self.found, slip]))) < self._left:
                self.found.append(slip)
                self._left = left
                return True
        return False

    def _before_the_stop(self, slip: Slip) -> bool:
        return slip.start <= len(self._text) - self._left + 1


def _edited(text: str, slips: Iterable[Slip]) -> str:
    """Return the text with the slips put right; of two that overlap, the first found counts."""
    parts: list[str] = []
    at = 0
    for start, end, instead in sorted(edit for slip in slips for edit in slip.edits):
        if start >= at:
            parts += [text[at:start], instead]
            at = end
    return "".join([*parts, text[at:]])


def _once_a_line(text: str, slips: Iterable[Slip]) -> list[Slip]:
    """Return the slips without those that repeat one of their line."""
    first: dict[tuple[int, str], Slip] = {}
    for slip in slips:
        first.setdefault((text.count("\n", 0, slip.start), slip.words.en), slip)
    return [*first.values()]


_IN_KEYS: Final = (
    (re.compile(r"^[“”‘’]"), _QUOTES),
    (re.compile(r"[｛｝［］]"), _BRACKETS),
    (re.compile(rf"^[ -]*[{ODD_SPACES}]"), INDENTED),
    (re.compile(f"[{INVISIBLE}]"), _INVISIBLE),
    (re.compile(r"(?<=[A-Za-z0-9_])[ ]*："), _COLON),
    (re.compile(r"(?<=[A-Za-z0-9_]):"), _TIGHT),
)
_SWALLOWED: Final = re.compile(r"\n[ -]*[a-z_][a-z0-9_]*[ ]*(：)")


def slip_of_key(key: str) -> tuple[int, Text] | None:
    """Return what can only be a slip in a key, and where in it."""
    for form, words in _IN_KEYS:
        if found := form.search(key):
            return found.end() - 1, words
    return None


def swallowed_key(written: str) -> tuple[int, Text] | None:
    """Return the full-width colon for which the next key (`at：3d`) was read as a line of this value."""
    found = _SWALLOWED.search(written)
    return (found.start(1), _COLON) if found else None
