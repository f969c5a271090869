"""How much one file may hold: enough for any sales team, too little to hurt the process."""

from dataclasses import dataclass

from services.shared.imports.errors import Reason, TooBigError

BYTES = Reason(zh="字节数", en="the number of bytes")
UNPACKED = Reason(zh="解压后的字节数", en="the number of bytes, unpacked,")
ROWS = Reason(zh="行数", en="the number of rows")
COLUMNS = Reason(zh="列数", en="the number of columns")


@dataclass(frozen=True)
class Limits:
    """The most that a file may hold: `size` and `unpacked` in bytes, before and after decompression."""

    size: int = 50_000_000
    unpacked: int = 400_000_000
    rows: int = 200_000
    columns: int = 500

    def check(self, file: str, *, what: Reason, size: int, limit: int) -> None:
        """Raise TooBigError when a measure is over its limit."""
        if size > limit:
            raise TooBigError(file=file, what=what, size=size, limit=limit)
