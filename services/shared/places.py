"""Where the data and the rules are, and by which clock; known without loading all settings."""

import os
from pathlib import Path

from platformdirs import user_data_path


def data_dir() -> Path:
    """Return GENJIN_DATA_DIR, by default the place that the system has for the data of this user."""
    return _named("GENJIN_DATA_DIR") or user_data_path("genjin")


def rules_dir() -> Path:
    """Return GENJIN_RULES_DIR, by default `rules` in the data directory."""
    return _named("GENJIN_RULES_DIR") or data_dir() / "rules"


def timezone() -> str:
    """Return GENJIN_TIMEZONE, the time zone of business dates, by default that of China."""
    return os.environ.get("GENJIN_TIMEZONE") or "Asia/Shanghai"


def _named(variable: str) -> Path | None:
    path = os.environ.get(variable)
    return Path(path) if path else None
