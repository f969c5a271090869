"""YAML text to definitions; every problem with file, line, column and rule id."""

from services.rules.ruleset.loader.assemble import Loaded, digest_of, load_files
from services.rules.ruleset.loader.directory import (
    EmptyRulesDirectoryError,
    NoRulesDirectoryError,
    UnreadableRulesError,
)
from services.rules.ruleset.loader.names import CALENDAR_FILE, ROLES_FILE, rule_files

__all__ = [
    "CALENDAR_FILE",
    "ROLES_FILE",
    "EmptyRulesDirectoryError",
    "Loaded",
    "NoRulesDirectoryError",
    "UnreadableRulesError",
    "digest_of",
    "load_files",
    "rule_files",
]
