"""Reading a directory of rule files."""

from pathlib import Path

import pytest

from services.rules.ruleset.loader import (
    EmptyRulesDirectoryError,
    NoRulesDirectoryError,
    digest_of,
    load,
)
from services.shared.errors import RefusedError

BASE = Path(__file__).parent / "base"


def copy(directory: Path) -> Path:
    """Put the good files of `base/` into a directory."""
    for path in BASE.glob("*.yaml"):
        (directory / path.name).write_bytes(path.read_bytes())
    return directory


def test_a_directory_is_named_by_the_digest_of_its_files(tmp_path: Path) -> None:
    loaded = load(copy(tmp_path))
    assert loaded.ruleset is not None
    texts = {path.name: path.read_text(encoding="utf-8") for path in BASE.glob("*.yaml")}
    assert loaded.ruleset.digest == digest_of(texts)


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
