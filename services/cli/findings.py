"""What an import has not used or not understood, and what a dry run would do, as tables for a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.console import locale, pick
from services.cli.tables import add_row, table_of
from services.client import Json
from services.loading import Imported

SHOWN = 30
_FILE, _COLUMN = ("文件", "File"), ("列", "Column")


def finding_tables(imported: Sequence[Imported]) -> list[RenderableType]:
    """The tables that have something in them: unused columns, values not understood, the preview."""
    tables = (_unused_columns(imported), _not_understood(imported), _preview(imported))
    return [table for table in tables if table is not None]


def findings_as_json(imported: Sequence[Imported]) -> Json:
    """All columns not used and values not understood, each with its file, reasons in the user's language."""
    return {
        "unused_columns": [
            {"file": one.request.file, **column, "suggestion": _words(column["suggestion"]) or None}
            for one in imported
            for column in one.report["unused_columns"]
        ],
        "not_understood": [
            {"file": one.request.file, **value, "reason": _words(value["reason"])}
            for one in imported
            for value in one.report["not_understood"]
        ],
    }


def _unused_columns(imported: Sequence[Imported]) -> Table | None:
    rows = [(one.request.file, column) for one in imported for column in one.report["unused_columns"]]
    return _table(
        pick(zh=f"未使用的列 {len(rows)} 个", en=f"{len(rows)} columns not used"),
        (_FILE, _COLUMN, ("建议", "Suggestion")),
        ((file, column["column"], _words(column["suggestion"])) for file, column in rows),
    )


def _not_understood(imported: Sequence[Imported]) -> Table | None:
    rows = [(one, value) for one in imported for value in one.report["not_understood"]]
    count = sum(value["count"] for _, value in rows)
    count += sum(one.report["more_not_understood"] for one in imported)
    return _table(
        pick(zh=f"未能识别的内容 {count} 处", en=f"{count} values not understood"),
        (
            _FILE,
            ("首行", "First row"),
            _COLUMN,
            ("内容", "Value"),
            ("次数", "Times"),
            ("说明", "What was done"),
        ),
        (
            (
                one.request.file,
                value["row"],
                value["column"],
                value["value"],
                value["count"],
                _words(value["reason"]),
            )
            for one, value in rows
        ),
    )


def _preview(imported: Sequence[Imported]) -> Table | None:
    rows = [(one.request.what, row) for one in imported for row in one.report["preview"]]
    return _table(
        pick(zh="试运行：前几行将会如何", en="Dry run: what the first rows would do"),
        (("类别", "Kind"), ("行", "Row"), ("操作", "Action"), ("记录", "Record"), ("内容", "Fields")),
        ((what, row["row"], _action(row), row["record"], _fields(row)) for what, row in rows),
    )


def _action(row: Json) -> str:
    is_new = row["action"] == "create"
    return pick(zh="新增", en="create") if is_new else pick(zh="更新", en="change")


def _fields(row: Json) -> list[str]:
    return [
        f"{each['column']}: {each['after']}"
        if row["action"] == "create"
        else f"{each['column']}: {each['before'] or '—'} → {each['after'] or '—'}"
        for each in row["fields"]
    ]


def _words(reason: Json | None) -> str:
    words: str = reason[locale()] if reason else ""
    return words


def _table(title: str, headings: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> Table | None:
    """A table of the first rows; None when there are none."""
    lines = list(rows)
    if not lines:
        return None
    table = table_of(*headings, title=title)
    for line in lines[:SHOWN]:
        add_row(table, *line)
    if len(lines) > SHOWN:
        rest = len(lines) - SHOWN
        table.caption = Text(
            pick(zh=f"… 还有 {rest} 项，见 --json", en=f"… {rest} more: see --json"), style="dim italic"
        )
    return table
