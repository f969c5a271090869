"""Options that several commands have, and the settings that they and the environment make."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from services.cli.console import locale
from services.shared.errors import SettingError
from services.shared.logs import configure_logs
from services.shared.settings import Settings

_YEARS = range(1900, 2101)
"""Those in which calendars and durations can be counted; the same that imports accept."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]
DataDir = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The data directory, instead of GENJIN_DATA_DIR.")
]


class BadInstantError(SettingError):
    """{text!r} is no instant; write it like 2025-05-20T18:00 or 2025-05-20T18:00+08:00."""

    slug = "bad-instant"
    zh = "“{text}”不是有效的时刻;请写成 2025-05-20T18:00 或 2025-05-20T18:00+08:00。"


def settings(data_dir: Path | None = None) -> Settings:
    """Read the environment, prepare the logs, and return the settings. WrongSettingError."""
    given: dict[str, object] = {} if data_dir is None else {"data_dir": data_dir.absolute()}
    loaded = Settings.load(given)
    configure_logs(loaded.log_format, loaded.log_level)
    return _with_rules_beside_the_data(loaded).model_copy(update={"locale": locale()})


def instant(text: str | None, *, timezone: str) -> datetime | None:
    """Read an instant; one without an offset is local time. BadInstantError."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInstantError(text=text) from error
    if read.year not in _YEARS:
        raise BadInstantError(text=text)
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(timezone))


def _with_rules_beside_the_data(loaded: Settings) -> Settings:
    # Rules that nobody has placed elsewhere live in the data directory, wherever that is.
    if "rules_dir" in loaded.model_fields_set:
        return loaded
    return loaded.model_copy(update={"rules_dir": loaded.data_dir / "rules"})
