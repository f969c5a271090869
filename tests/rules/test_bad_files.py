"""One bad file per mistake, named after it; beside it what is said about it, with line and column.

A file is read together with `base/`; one named after a file of `base/` (`roles-…`) takes that file's place.
"""

from pathlib import Path

import pytest

from contracts.text import Problem
from services.rules.ruleset.loader import Loaded
from tests.rule_files import files_in, load_files

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))
BASE = files_in(HERE / "base")
REPLACED = ("roles", "calendar")


def read(path: Path) -> tuple[str, Loaded]:
    """Load a bad file; return the name it goes by, too."""
    first = path.stem.split("-")[0]
    name = f"{first}.yaml" if first in REPLACED else path.name
    return name, load_files({**BASE, name: path.read_text(encoding="utf-8")})


def line(problem: Problem) -> str:
    """Write a problem as the `.expected` files do."""
    return f"{problem.line}:{problem.column} {problem.rule or '-'} {problem.message.en}"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_is_reported_where_it_is(path: Path) -> None:
    name, loaded = read(path)
    assert loaded.ruleset is None
    assert {problem.file for problem in loaded.problems} == {name}
    expected = path.with_suffix(".expected").read_text(encoding="utf-8").splitlines()
    assert [line(problem) for problem in loaded.problems] == expected


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_is_explained_in_chinese_too(path: Path) -> None:
    _, loaded = read(path)
    for problem in loaded.problems:
        assert any("一" <= character <= "鿿" for character in problem.message.zh)


def test_the_files_that_bad_ones_are_read_with_are_good() -> None:
    loaded = load_files(BASE)
    assert loaded.problems == ()
    assert loaded.ruleset is not None


def test_the_mistakes_of_all_files_are_reported_at_once() -> None:
    """R190: whoever edits sees everything that is wrong, not the first of it."""
    names = ["misspelt-fact", "gap", "ladder-goes-down", "unclosed-quote"]
    texts = {f"{name}.yaml": (HERE / "bad" / f"{name}.yaml").read_text(encoding="utf-8") for name in names}
    texts["gap.yaml"] = texts["gap.yaml"].replace("table", "other_table").replace("result", "other")
    loaded = load_files({**BASE, **texts})
    assert {problem.file for problem in loaded.problems} == {f"{name}.yaml" for name in names} - {
        "misspelt-fact.yaml"
    }
