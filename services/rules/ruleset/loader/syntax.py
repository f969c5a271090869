"""Plain words for what the YAML parser cannot read, in both languages."""

import re
from typing import Final

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from contracts.text import Text

_QUOTE: Final = Text(
    zh="以这个符号开头的文字要加引号。", en="A text that begins with this sign needs quotes."
)
_UNCLOSED: Final = Text(zh="这里的引号没有结束。", en="The quote that begins here does not end.")
_BACKSLASH: Final = Text(
    zh="双引号里的反斜杠“\\”要写两个，或改用单引号。",
    en="A backslash between double quotes is written twice; or use single quotes.",
)
_INDENTATION: Final = Text(
    zh="这一行与上文不是一层：请检查缩进，以及文字是否要加引号。",
    en="This line does not belong to what is above it: look at its indentation and at quotes.",
)
_UNKNOWN: Final = "这里的写法不是 YAML：请检查这一行和上一行的缩进、冒号、引号和括号。"
# By what the parser says: its problem, or its context with a problem; the first that fits counts.
_REASONS: Final = tuple(
    (re.compile(form), words)
    for form, words in (
        (r"quoted scalar: found unexpected (end of stream|document separator)", _UNCLOSED),
        (r"quoted scalar: (found unknown escape|expected escape)", _BACKSLASH),
        (r"scanning an (alias|anchor)|scanning a tag|parsing a tag|that cannot start any token", _QUOTE),
        (r"block scalar: expected", _QUOTE),
        (
            r"could not find expected ':'",
            Text(
                zh="这一行缺少冒号：请写“键: 值”，冒号后有一个空格。",
                en="This line lacks a colon: write “key: value”, with a space after the colon.",
            ),
        ),
        (
            r"mapping values are not allowed",
            Text(
                zh="这里不应再有冒号：请检查上一行的冒号和缩进；文字里有冒号时要加引号。",
                en="There cannot be another colon here: look at colon and indentation of the line above; "
                "a text with a colon in it needs quotes.",
            ),
        ),
        (
            r"flow mapping: expected .* got ':'",
            Text(
                zh="这里不应再有冒号：前面缺少逗号，或者文字里有冒号而没有加引号。",
                en="There cannot be another colon here: a comma is missing before it, or a text with a colon "
                "in it needs quotes.",
            ),
        ),
        (
            r"flow mapping: expected",
            Text(
                zh="这里的花括号没有结束，或其中缺少逗号：应为 {键: 值, 键: 值}。",
                en="The brace that opens here is not closed, or a comma is missing in it: "
                "{key: value, key: value}.",
            ),
        ),
        (
            r"flow sequence: expected",
            Text(
                zh="这里的方括号没有结束，或其中缺少逗号：应为 [值, 值]；区间要加引号。",
                en="The bracket that opens here is not closed, or a comma is missing in it: [value, value]; "
                "a range needs quotes.",
            ),
        ),
        (
            r"expected <block end>, but found '[},\]]'",
            Text(zh="这里或前面多了一个右括号。", en="There is a closing bracket too many, here or before."),
        ),
        (
            r"expected <block end>, but found '<scalar>'",
            Text(
                zh="值在这里之前已经结束：整个值要放在一对引号里。",
                en="The value ended before this: put the whole of it into one pair of quotes.",
            ),
        ),
        (
            r"expected the node content",
            Text(
                zh="这里缺少值，或多了一个逗号。", en="A value is missing here, or there is a comma too many."
            ),
        ),
        (r"expected <block end>|expected '<document start>'|are not allowed here", _INDENTATION),
        (
            r"directive",
            Text(zh="不能使用 YAML 指令（%）。", en="YAML directives (%) are not allowed."),
        ),
        (
            r"special characters are not allowed",
            Text(zh="这里有控制字符，请删去。", en="There is a control character here; delete it."),
        ),
    )
)
# Reported where the word begins, not where the parser gives it up.
_BEGUN: Final = re.compile(r"block scalar: expected|scanning an (alias|anchor)|could not find expected ':'")
# Reported where the quote or bracket opens when the parser notices only lines later that it does not end.
_OPENED: Final = re.compile(r"quoted scalar: found unexpected|flow (mapping|sequence): expected")


def words_of(error: YAMLError) -> Text:
    """Return what is wrong; words that are in no table are general in Chinese, the parser's in English."""
    said = _said(error)
    for form, words in _REASONS:
        if form.search(said):
            return words
    return Text(zh=_UNKNOWN, en=f"This is not YAML: {said}.")


def place_of(error: YAMLError, text: str) -> int:
    """Return the index of the character to point at."""
    if isinstance(error, ReaderError):
        return int(error.position)
    if not isinstance(error, MarkedYAMLError):
        return 0
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    said = _said(error)
    if opened and (_BEGUN.search(said) or (opened.line != mark.line and _OPENED.search(said))):
        mark = opened
    return min(mark.index, len(text)) if mark else 0


def stop_of(error: YAMLError, text: str) -> int:
    """Return the index of the character that the parser did not get beyond."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return min(mark.index, len(text)) if mark else place_of(error, text)


def _said(error: YAMLError) -> str:
    if isinstance(error, MarkedYAMLError):
        return ": ".join(part for part in (error.context, error.problem) if part)
    return str(error).splitlines()[0]
