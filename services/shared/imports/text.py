"""The forms in which names, labels and headers are compared."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from services.shared.imports.errors import Reason

_SPACES = re.compile(r"\s+")
_REMEMBERED = 8192  # columns repeat their words, and each cell is looked at several times
# Headers and the words of choices are compared in every row.
_REMEMBERED = 4096
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


@lru_cache(maxsize=_REMEMBERED)
@lru_cache(_REMEMBERED)
def plain(text: str) -> str:
    """Half-width, trimmed, single spaces, nothing invisible: what a person sees in a cell."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def tidy(text: str) -> str:
    """Trimmed, with single spaces and nothing invisible; width and punctuation stay as written."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


@lru_cache(maxsize=_REMEMBERED)
@lru_cache(_REMEMBERED)
def normalise_label(text: str) -> str:
    """The form in which headers and the words of a choice are compared: no width, case or spaces."""
    return plain(text).casefold().replace(" ", "")


@lru_cache(maxsize=_REMEMBERED)
def normalise_name(name: str) -> str:
    """The natural key of a full name: width, case, spaces and the kind of brackets do not count.

    Spaces between words do count, once, since "Ana Lee" and "Analee" are two people; those around
    brackets and between Chinese characters do not.
    """
    text = plain(name).casefold().translate(str.maketrans("【】〔〕[]", "()()()"))
    text = re.sub(r"\s*([()])\s*", r"\1", text)
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", text)


def suggestion(word: str, known: Iterable[str]) -> Reason:
    """` Did you mean …?` when a known word is close, else nothing."""
    by_label = {normalise_label(name): name for name in known}
    close = get_close_matches(normalise_label(word), by_label, n=1)
    if not close:
        return Reason(zh="", en="")
    best = by_label[close[0]]
    return Reason(zh=f"是否指“{best}”?", en=f" Did you mean {best!r}?")
