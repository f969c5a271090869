"""Reads the files of a rules directory that are rules or look like them; the loader reports on them."""

import errno
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from services.rules.ruleset.loader.names import is_editors_own, is_rule_like
from services.rules.ruleset.loader.nodes import MOST_BYTES
from services.shared.errors import RefusedError, SystemCause

_MOST_BELOW: Final = 1_000
"""So many entries of a sub-folder are looked at: rules do not belong there."""

_TESTS: Final = "tests"
"""The one sub-folder that a rules directory may have."""


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
    zh = "无法读取规则：{path}：{reason}。"
    path: Path
    reason: SystemCause


def read_directory(directory: Path) -> Mapping[str, str]:
    """Return the text of each file that is a rule file or looks like one, by its name in the directory.

    A file larger than allowed is read up to just beyond the limit, so that the loader can report it.

    Raises:
        NoRulesDirectoryError: it does not exist or is a file.
        EmptyRulesDirectoryError: it holds no such file.
        UnreadableRulesError: the directory or a file cannot be read.
    """
    if not directory.is_dir():
        raise NoRulesDirectoryError(directory=directory)
    try:
        paths = sorted(_rule_like(directory))
    except OSError as error:
        raise UnreadableRulesError(path=directory, reason=SystemCause(error.errno)) from error
    if not paths:
        raise EmptyRulesDirectoryError(directory=directory)
    # What an editor keeps for itself is named only: it may be locked, or a link that leads nowhere.
    return {
        path.relative_to(directory).as_posix(): "" if is_editors_own(path.name) else _text(path)
        for path in paths
    }


def _rule_like(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if is_rule_like(path.name):
            yield path
        elif path.is_dir() and path.name != _TESTS and not path.name.startswith("."):
            yield from (below for below in islice(path.rglob("*"), _MOST_BELOW) if is_rule_like(below.name))


def _text(path: Path) -> str:
    """Bytes that are not UTF-8 are kept as lone surrogates, so that the loader can report where they are."""
    try:
        if not path.is_file():  # to open a pipe would wait for somebody who writes into it
            reason = errno.EISDIR if path.is_dir() else errno.ENOENT
            raise UnreadableRulesError(path=path, reason=SystemCause(reason))
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1).decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    except OSError as error:
        raise UnreadableRulesError(path=path, reason=SystemCause(error.errno)) from error
