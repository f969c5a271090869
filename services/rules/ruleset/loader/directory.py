"""Reads the rule files of a directory; what is in them is for the loader to say."""

from collections.abc import Mapping
from pathlib import Path

from services.rules.ruleset.loader.nodes import MOST_BYTES
from services.shared.errors import RefusedError


class NoRulesDirectoryError(RefusedError):
    """There is no rules directory {directory}."""

    slug = "no-rules-directory"
    zh = "没有规则目录 {directory}。"
    directory: Path


class EmptyRulesDirectoryError(RefusedError):
    """The rules directory {directory} holds no *.yaml file."""

    slug = "empty-rules-directory"
    zh = "规则目录 {directory} 中没有 *.yaml 文件。"
    directory: Path


class UnreadableRulesError(RefusedError):
    """The rules cannot be read: {path}: {reason}."""

    slug = "unreadable-rules"
    zh = "无法读取规则：{path}:{reason}。"
    path: Path
    reason: str


def read_directory(directory: Path) -> Mapping[str, str]:
    """Return the text of each rule file by its name; editors' hidden and temporary files are left out.

    A file larger than allowed is read up to just beyond the limit, so that the loader can say so.

    Raises:
        NoRulesDirectoryError: it does not exist or is a file.
        EmptyRulesDirectoryError: it holds no rule file.
        UnreadableRulesError: the directory or a file cannot be read.
    """
    if not directory.is_dir():
        raise NoRulesDirectoryError(directory=directory)
    try:
        paths = sorted(path for path in directory.glob("*.yaml") if path.name[0] not in ".#")
    except OSError as error:
        raise UnreadableRulesError(path=directory, reason=error.strerror) from error
    if not paths:
        raise EmptyRulesDirectoryError(directory=directory)
    return {path.name: _text(path) for path in paths}


def _text(path: Path) -> str:
    """Bytes that are not UTF-8 are kept as lone surrogates, so that the loader can say where they are."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1).decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    except OSError as error:
        raise UnreadableRulesError(path=path, reason=error.strerror) from error
