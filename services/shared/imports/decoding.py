"""The encoding of a text file: UTF-8 or GB18030; what only looks like them is refused."""

import re
import unicodedata

from services.shared.imports.errors import ShiftJisError, WrongEncodingError

_BOM = b"\xef\xbb\xbf"
_UTF8_SEQUENCE = re.compile(rb"[\xe2-\xef][\x80-\xbf][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]")
_ACCENT = re.compile(rb"(?<![\x80-\xff])[\xc0-\xff](?=[a-z\s,;.\"'-])")
_LETTER = re.compile(rb"[A-Za-z]")
_ACCENTS_ENOUGH, _LETTERS_TO_AN_ACCENT = 3, 5
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_MOSTLY = 0.8
_SAMPLE = 1_000_000
"""So many bytes say which language a file is in."""
_ENOUGH = 6
"""How many characters it takes to tell Japanese from rare Chinese ones."""
_LAST_COMMON_LEAD = 0x98
"""The lead bytes up to this one hold kana and the common kanji (JIS level 1)."""
_NO_TEXT = {"Cc", "Co", "Cn", "Cs"}


def decode(content: bytes, file: str) -> str:
    """The text of a file, by its bytes; raises WrongEncodingError or ShiftJisError."""
    if content.startswith(_BOM):
        return _checked(content, "utf-8-sig", file)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        sample = content[: content.rfind(b"\n", 0, _SAMPLE) + 1] or content[:_SAMPLE]
        if _is_broken_utf8(content) or _is_western(sample):
            line = content.count(b"\n", 0, error.start) + 1
            raise WrongEncodingError(file=file, line=line) from error
        text = _checked(content, "gb18030", file)
        if _is_shift_jis(sample):
            raise ShiftJisError(file=file) from error
        return text
    return _checked(content, "utf-8", file)


def _checked(content: bytes, encoding: str, file: str) -> str:
    """Decode strictly, and refuse text with characters that tell of another encoding."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise WrongEncodingError(file=file, line=content.count(b"\n", 0, error.start) + 1) from error
    foreign = [text.index(character) for character in set(text) if _is_foreign(character, encoding)]
    if foreign:
        raise WrongEncodingError(file=file, line=text.count("\n", 0, min(foreign)) + 1)
    return text


def _is_foreign(character: str, encoding: str) -> bool:
    """Whether a character shows a wrong guess; valid UTF-8 is no guess, so new emoji are no reason there."""
    if character == "\0" or encoding != "gb18030" or character.isascii():
        return character == "\0"
    return unicodedata.category(character) in _NO_TEXT


def _is_broken_utf8(content: bytes) -> bool:
    """Whether bytes that are not UTF-8 were meant to be: GB18030 would read them as other characters."""
    high = len(_HIGH.findall(content))
    return 3 * len(_UTF8_SEQUENCE.findall(content)) > _MOSTLY * high


def _is_western(sample: bytes) -> bool:
    """Whether high bytes stand alone in words of plain letters, as accents do; Chinese has them in pairs."""
    runs, accents = len(_HIGH_RUN.findall(sample)), len(_ACCENT.findall(sample))
    letters = len(_LETTER.findall(sample))
    return (
        accents >= _ACCENTS_ENOUGH and accents > _MOSTLY * runs and letters > _LETTERS_TO_AN_ACCENT * accents
    )


def _is_shift_jis(sample: bytes) -> bool:
    """Whether bytes that are valid GB18030 are Japanese: common there, and rare characters in Chinese.

    Measured on made-up texts of six characters and more: no Chinese one in simplified characters was taken
    for Japanese, of those in traditional ones less than 1 in 5,000, of Japanese places 98 % and more. Text
    with 𠮷 or 㛃 is no valid Shift-JIS at all.
    """
    try:
        japanese = [character for character in sample.decode("cp932") if not character.isascii()]
    except UnicodeDecodeError:
        return False
    wide = [character for character in japanese if not "\uff61" <= character <= "\uff9f"]
    if len(japanese) < _ENOUGH or 3 * len(wide) < 2 * len(japanese):
        return False
    if any(unicodedata.category(character) in _NO_TEXT for character in wide):
        return False
    common = sum(character.encode("cp932")[0] <= _LAST_COMMON_LEAD for character in wide)
    hanzi = [character for character in sample.decode("gb18030", "ignore") if not character.isascii()]
    return common > _MOSTLY * len(wide) and sum(map(_is_common, hanzi)) < len(hanzi) / 2


def _is_common(character: str) -> bool:
    """Whether a character is one of GB 2312, of which nearly all Chinese text is made."""
    return bool(character.encode("gb2312", "ignore"))
