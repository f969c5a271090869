"""YAML text to definitions; every problem with file, line, column and rule id."""

from services.rules.ruleset.loader.assemble import Loaded, digest_of, load_files
from services.rules.ruleset.loader.directory import (
    EmptyRulesDirectoryError,
    NoRulesDirectoryError,
    UnreadableRulesError,
)

__all__ = [
    "EmptyRulesDirectoryError",
    "Loaded",
    "NoRulesDirectoryError",
    "UnreadableRulesError",
    "digest_of",
    "load_files",
]
