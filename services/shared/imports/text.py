"""The forms in which names, labels and headers are compared."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import lru_cache

from services.shared.imports.errors import Reason

_SPACES = re.compile(r"\s+")
_ROUND_BRACKETS = str.maketrans("【】〔〕[]", "()()()")
# Columns repeat their words, headers and choices are compared in every row.
_REMEMBERED = 8192
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


@lru_cache(_REMEMBERED)
def plain(text: str) -> str:
    """Half-width, trimmed, single spaces, nothing invisible: what a person sees in a cell."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def tidy(text: str) -> str:
    """Trimmed, with single spaces and nothing invisible; width and punctuation stay as written."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


@lru_cache(_REMEMBERED)
def normalise_label(text: str) -> str:
    """The form in which headers and the words of a choice are compared: no width, case or spaces."""
    return _settled(text, lambda text: plain(text).casefold().replace(" ", ""))


@lru_cache(_REMEMBERED)
def normalise_name(name: str) -> str:
    """The natural key of a full name: width, case, spaces and the kind of brackets do not count.

    Spaces between words do count, once, since "Ana Lee" and "Analee" are two people; those around
    brackets and between Chinese characters do not.
    """
    return _settled(name, _without_style)


def _without_style(name: str) -> str:
    text = plain(name).casefold().translate(_ROUND_BRACKETS)
    text = re.sub(r"\s*([()])\s*", r"\1", text)
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", text)


def _settled(text: str, step: Callable[[str], str]) -> str:
    """Repeat a step until it changes nothing: without a space between, two characters may become one."""
    before = None
    while before != text:
        before, text = text, step(text)
    return text


def suggestion(word: str, known: Iterable[str]) -> Reason:
    """` Did you mean …?` when a known word is close, else nothing."""
    by_label = {normalise_label(name): name for name in known}
    close = get_close_matches(normalise_label(word), by_label, n=1)
    if not close:
        return Reason(zh="", en="")
    best = by_label[close[0]]
    return Reason(zh=f"是否指“{best}”?", en=f" Did you mean {best!r}?")
