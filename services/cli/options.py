"""Options that several commands have, and how they are read."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from services.shared.errors import SettingError

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
