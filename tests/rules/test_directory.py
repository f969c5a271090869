"""Reading a directory of rule files."""

import os
from pathlib import Path

import pytest

from services.rules.ruleset.loader import (
    EmptyRulesDirectoryError,
    Loaded,
    NoRulesDirectoryError,
    digest_of,
)
from services.rules.ruleset.loader.directory import read_directory
from services.shared.errors import RefusedError
from tests.rule_files import load_files

BASE = Path(__file__).parent / "base"


def load(directory: Path) -> Loaded:
    """Read a directory and load what is in it."""
    return load_files(read_directory(directory))


def copy(directory: Path) -> Path:
    """Put the good files of `base/` into a directory."""
    for path in BASE.glob("*.yaml"):
        (directory / path.name).write_bytes(path.read_bytes())
    return directory


def test_a_directory_is_named_by_the_digest_of_its_files(tmp_path: Path) -> None:
    loaded = load(copy(tmp_path))
    assert loaded.ruleset is not None
    assert loaded.ruleset.digest == digest_of(read_directory(BASE))


def test_files_of_editors_and_other_files_are_left_out(tmp_path: Path) -> None:
    digest = load(copy(tmp_path)).ruleset
    for name in (
        ".cadence.yaml.swp",
        ".#cadence.yaml",
        "#cadence.yaml",
        "cadence.yaml~",
        "4913",
        "README.md",
    ):
        (tmp_path / name).write_text("{", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "more.yaml").write_text("{", encoding="utf-8")
    assert load(tmp_path).ruleset == digest


def test_no_directory_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(NoRulesDirectoryError) as refused:
            load(directory)
        assert refused.value.message("en") == f"There is no rules directory {directory}."


def test_a_directory_without_rules_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EmptyRulesDirectoryError, match=r"holds no \*\.yaml file"):
        load(tmp_path)


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (copy(tmp_path) / "more.yaml").mkdir()
    with pytest.raises(RefusedError, match=r"The rules cannot be read: .*more\.yaml: Is a directory\."):
        load(tmp_path)


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(copy(tmp_path) / "pipe.yaml")
    with pytest.raises(RefusedError, match=r"cannot be read: .*pipe\.yaml"):
        load(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = copy(tmp_path) / "cadence.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(tmp_path).problems == ()


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = copy(tmp_path) / "cadence.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(tmp_path).problems == ()


def test_a_file_that_is_not_utf_8_is_a_problem_with_its_place(tmp_path: Path) -> None:
    path = copy(tmp_path) / "more.yaml"
    path.write_bytes("decision: table\ntitle: 分级\n".encode("gb18030"))
    problems = load(tmp_path).problems
    assert [(problem.file, problem.line, problem.column, problem.message.en) for problem in problems] == [
        ("more.yaml", 2, 8, "The file is not encoded in UTF-8.")
    ]


def test_a_huge_file_is_a_problem(tmp_path: Path) -> None:
    (copy(tmp_path) / "more.yaml").write_text("# 很长\n" * 100_000, encoding="utf-8")
    assert [problem.file for problem in load(tmp_path).problems] == ["more.yaml"]


@pytest.mark.parametrize(
    "name",
    [
        *("stall.yml", "stall.YAML", "stall.yaml.txt", "stall.ymal", "stall。yaml", "stall.yaml "),
        *("more/stall.yaml", "more/below/stall.yaml", "stall.yaml.1"),
    ],
)
def test_a_rule_file_that_is_not_read_is_a_problem_at_its_name(name: str, tmp_path: Path) -> None:
    path = copy(tmp_path) / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("clock: stall\n", encoding="utf-8")
    assert [(problem.file, problem.line) for problem in load(tmp_path).problems] == [(name, 1)]


@pytest.mark.parametrize(
    "name",
    ["~$cadence.yaml", ".cadence.yaml.swp", "cadence.yaml.bak", "cadence.yaml~", "cadence.yaml_old"],
)
def test_what_an_editor_leaves_is_a_warning(name: str, tmp_path: Path) -> None:
    (copy(tmp_path) / name).write_text("{", encoding="utf-8")
    loaded = load(tmp_path)
    assert loaded.problems == ()
    assert [problem.file for problem in loaded.warnings] == [name]


@pytest.mark.parametrize("stem", ["cadence - 副本", "cadence copy", "cadence (2)", "cadence 副本"])
def test_a_copy_of_a_rule_file_is_left_out_with_a_warning(stem: str, tmp_path: Path) -> None:
    (copy(tmp_path) / f"{stem}.yaml").write_bytes((tmp_path / "cadence.yaml").read_bytes())
    loaded = load(tmp_path)
    assert loaded.problems == ()
    assert [problem.file for problem in loaded.warnings] == [f"{stem}.yaml"]


@pytest.mark.parametrize("other", ["a.yaml", "z.yaml"])
def test_of_two_files_with_the_same_rules_the_new_one_is_reported_once(other: str, tmp_path: Path) -> None:
    before = read_directory(copy(tmp_path))
    (tmp_path / other).write_bytes((tmp_path / "cadence.yaml").read_bytes())
    problems = load_files(read_directory(tmp_path), before=before).problems
    assert [problem.file for problem in problems] == [other]
    assert "cadence.yaml" in problems[0].message.en


def test_an_entry_is_placed_at_the_edited_line() -> None:
    before = read_directory(BASE)
    edited = before["cadence.yaml"].splitlines()
    lost = next(at for at, line in enumerate(edited) if "- {id:" in line)
    edited[lost] = edited[lost].replace("then", "thn")
    problems = load_files({**before, "cadence.yaml": "\n".join(edited)}, before=before).problems
    assert {problem.line for problem in problems} == {lost + 1}
