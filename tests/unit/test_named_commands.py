"""Every `genjin …` command that a message, a document or a script names is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.commands import COMMANDS
from services.cli.lazy import Group

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    path
    for pattern in (
        *(
            "*.md",
            "docs/**/*.md",
            "docs/**/*.yaml",
            "contracts/*.md",
            "rules/*.yaml",
            "compose.yaml",
            "Makefile",
        ),
        *("docker/*", "docker/**/*.yml", "docker/**/*.json", "scripts/*", "services/**/*.yaml"),
    )
    for path in ROOT.glob(pattern)
    if path.is_file()
)
SOURCES = sorted((ROOT / "services").rglob("*.py"))
_NAMED = re.compile(r"\bgenjin((?: +[a-z][a-z-]*)+)")


def commands(text: str) -> Iterator[tuple[str, ...]]:
    """The words that follow `genjin` wherever a text names it."""
    for found in _NAMED.finditer(text):
        yield tuple(found[1].split())


def is_there(words: tuple[str, ...], group: Group = COMMANDS) -> bool:
    """Whether words begin with a command, or are a group; what follows a command are its arguments."""
    if not words:
        return True
    found = group.commands.get(words[0])
    return is_there(words[1:], found) if isinstance(found, Group) else found is not None


def strings(path: Path) -> Iterator[str]:
    """All texts of a module: messages, docstrings, and what stands between the facts of an f-string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield " ".join(node.value.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `genjin keys create`", True),
        ("genjin audit and the log", True),
        ("see genjin rules", True),
        ("可用 genjin keys create 生成", True),
        ("genjin keys rotate", False),
        ("genjin fly", False),
    ],
)
def test_a_command_that_is_there_is_told_from_one_that_is_not(text: str, *, expected: bool) -> None:
    assert all(map(is_there, commands(text))) is expected


def test_every_command_that_a_message_names_is_there() -> None:
    named = {
        (str(path.relative_to(ROOT)), words)
        for path in SOURCES
        for text in strings(path)
        for words in commands(text)
    }

    assert ("services/shared/privacy.py", ("keys", "create")) in {(file, words[:2]) for file, words in named}
    assert sorted((file, words) for file, words in named if not is_there(words)) == []


def test_every_command_that_a_document_or_a_script_names_is_there() -> None:
    named = {
        (str(path.relative_to(ROOT)), words)
        for path in TEXTS
        for words in commands(path.read_text(encoding="utf-8"))
    }

    assert {file for file, _ in named} >= {"README.md", "docs/deploying.md", "docs/watching.md"}
    assert sorted((file, words) for file, words in named if not is_there(words)) == []
