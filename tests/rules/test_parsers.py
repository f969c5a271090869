"""Two parsers read rule files: what the fast one reads is what the exact one reads, place by place."""

from collections.abc import Callable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from services.hosting.shipped import RULES
from services.rules.ruleset.loader.events import BrokenTextError, Event, EventKind
from services.rules.ruleset.loader.parsing import events_of, read_exactly
from tests.rules.test_bad_files import BAD, HERE

TEXTS = [
    path.read_text(encoding="utf-8")
    for path in [*sorted(RULES.glob("*.yaml")), *sorted((HERE / "base").glob("*.yaml")), *BAD]
]
PIECES = [
    *("\n", "\n\n", "\n ", "\r\n", "\r", " ", "  ", "\t", "\x85", "\u00a0", "\u2028", "\u3000", "\ufeff"),
    *(
        ":",
        ": ",
        "::",
        ":,",
        "- ",
        "- - ",
        "-",
        "---\n",
        "---",
        "...\n",
        "?",
        "? ",
        "#",
        " #",
        "a#",
        "=",
        "@",
        "`",
    ),
    *("{", "}", "[", "]", ",", ",a", "a:b", "'", '"', "''", '""', "|", "|-\n", "|2\n", ">", ">#"),
    *("&a ", "*a", "!", "!t ", "!!str ", "%", "%YAML 1.1\n---\n", "<<: ", "~", "null"),
    *("\\", "\\n", "\\x41", "\\/", "\\u4e2d", "\\\n", "\x00", "\x07", "：", "，", "“", "中", "😀"),
]


@st.composite
def _edited_texts(draw: st.DrawFn) -> str:
    """Draw some lines of a rule file, with pieces put in and taken out."""
    lines = draw(st.sampled_from(TEXTS)).split("\n")
    first = draw(st.integers(0, len(lines) - 1))
    text = "\n".join(lines[first : first + draw(st.integers(1, 12))]) + "\n"
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(["", *PIECES])) + text[at + draw(st.integers(0, 3)) :]
    return text


def _outcome(
    read: Callable[[str], Iterator[Event]], text: str
) -> list[Event | EventKind | tuple[int, int, str]]:
    read_so_far: list[Event | EventKind | tuple[int, int, str]] = []
    try:
        # Where a document begins matters only to one with directives, which the fast parser does not read.
        read_so_far.extend(
            EventKind.DOCUMENT if each.kind is EventKind.DOCUMENT else each for each in read(text)
        )
    except BrokenTextError as error:
        read_so_far.append((error.stop, error.place, error.words.en))
    return read_so_far


def test_both_parsers_read_all_rule_files_alike() -> None:
    for text in TEXTS:
        assert _outcome(events_of, text) == _outcome(read_exactly, text)


@settings(max_examples=500, deadline=None)
@given(text=_edited_texts())
def test_both_parsers_read_edited_rule_files_alike(text: str) -> None:
    assert _outcome(events_of, text) == _outcome(read_exactly, text)
