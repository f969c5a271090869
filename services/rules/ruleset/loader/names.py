"""Which files of a rules directory are rules, by their names alone."""

import re
from collections.abc import Collection, Iterator, Mapping
from enum import Enum, auto
from typing import Final

from services.rules.ruleset.definition import Position
from services.rules.ruleset.problems import Findings

CALENDAR_FILE: Final = "calendar.yaml"
ROLES_FILE: Final = "roles.yaml"
VOCABULARY_FILE: Final = "vocabulary.yaml"
"""Written for people and their editors; what rules can test is built in."""

_ENDING = re.compile(r"[.。．](ya?ml|ymal|yalm|yaml)(?![a-z]).*$", re.IGNORECASE)
_EDITORS_OWN = re.compile(r"^(\.|#|~\$)|(~|\.(bak|old|orig|tmp|sw[a-z]))#?$", re.IGNORECASE)
_COPY = re.compile(
    r"( ?- ?(副本|复制|copy)| ?的?副本| copy|_copy|-copy)( ?\(?\d+\)?)?$| ?\(\d+\)$|^(copy of |副本 ?)",
    re.IGNORECASE,
)


class Kind(Enum):
    """What a file of a rules directory is taken for."""

    RULES = auto()
    GENERATED = auto()
    LEFT_OUT = auto()
    MISNAMED = auto()


def is_rule_like(name: str) -> bool:
    """Tell whether a name looks like that of a rule file, be it misspelt or an editor's."""
    return bool(_ENDING.search(name.rpartition("/")[2]))


def is_editors_own(name: str) -> bool:
    """Tell whether a name is that of an editor's temporary file or backup."""
    return bool(_EDITORS_OWN.search(name.rpartition("/")[2]))


def kind_of(name: str, names: Collection[str]) -> Kind:
    """Return what the file `name` is taken for, in a directory with these `names`."""
    if name == VOCABULARY_FILE:
        return Kind.GENERATED
    if is_editors_own(name):
        return Kind.LEFT_OUT
    if "/" in name:
        return Kind.MISNAMED
    if not name.endswith(".yaml"):
        is_copy = name.startswith(_renamed(name)) and _renamed(name) in names and not name.endswith(".txt")
        return Kind.LEFT_OUT if is_copy else Kind.MISNAMED
    stem = name.removesuffix(".yaml")
    original = _COPY.sub("", stem)
    return Kind.LEFT_OUT if original != stem and f"{original}.yaml" in names else Kind.RULES


def rule_files(files: Mapping[str, str]) -> dict[str, str]:
    """Return those of the files that are rules."""
    return {name: text for name, text in files.items() if kind_of(name, files) is Kind.RULES}


def that_count(files: Mapping[str, str]) -> Iterator[str]:
    """Yield the names that make a directory what it is: rules, and what has to be renamed."""
    return (name for name in sorted(files) if kind_of(name, files) in (Kind.RULES, Kind.MISNAMED))


def report_names(files: Collection[str], findings: Findings) -> bool:
    """Report the files that are not read: misnamed ones as problems, copies and editors' own as warnings.

    Returns false when rules may be missing because of a name.
    """
    report = findings.about(None)
    before = report.count
    for name in files:
        where = Position(name, 1, 1)
        kind = kind_of(name, files)
        if kind is Kind.LEFT_OUT:
            report.warning(
                where,
                zh="这个文件看起来是副本或编辑器的临时文件，没有读取。",
                en="This file looks like a copy or an editor's temporary file; it was not read.",
            )
        elif kind is Kind.MISNAMED and "/" in name:
            report.problem(
                where,
                zh="子目录里的规则文件不会被读取：请移到规则目录中，或移到规则目录之外。",
                en="Rule files in a sub-folder are not read: move it into the rules directory, or elsewhere.",
            )
        elif kind is Kind.MISNAMED:
            report.problem(
                where,
                zh=f"规则文件名应以 .yaml 结尾，否则不会被读取：请改名为“{_renamed(name)}”。",
                en=f"Only files whose names end with .yaml are read: rename it to “{_renamed(name)}”.",
            )
    return report.count == before


def _renamed(name: str) -> str:
    return _ENDING.sub("", name) + ".yaml"
