"""Puts the sheets of the sample into an Excel workbook that is the same every time."""

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from services.sample import contacts, customers, follow_ups, people, sales

WORKBOOK = Path(__file__).with_name("sample.xlsx")
_MADE = datetime(2025, 6, 30, 18)  # noqa: DTZ001 - Excel's dates have no zone
_STAMP = b"2025-06-30T18:00:00Z"
_WIDTH = 16

Rows = Iterable[tuple[object, ...]]


def sheets() -> dict[str, tuple[tuple[str, ...], Rows]]:
    """Every sheet with its header and its rows, in their order."""
    return {
        "客户信息表": (customers.HEADER, customers.rows()),
        "联系人": (contacts.HEADER, contacts.rows()),
        "人员": (people.HEADER, people.ROWS),
        "购买记录": (sales.PURCHASE_HEADER, sales.purchase_rows()),
        "跟进计划表": (follow_ups.PLAN_HEADER, follow_ups.plan_rows()),
        "跟进记录表": (follow_ups.RECORD_HEADER, follow_ups.record_rows()),
        "商机跟踪表": (sales.OPPORTUNITY_HEADER, sales.opportunity_rows()),
    }


def workbook_bytes() -> bytes:
    """The workbook; nothing in it depends on when or where it is written."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.creator = "Genjin"
    workbook.properties.created = _MADE
    for title, (header, rows) in sheets().items():
        sheet = workbook.create_sheet(title)
        sheet.append(header)
        for row in rows:
            sheet.append(row)
        sheet.freeze_panes = "B2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = _WIDTH
    written = io.BytesIO()
    workbook.save(written)
    return _without_clock(written.getvalue())


def parts(content: bytes) -> dict[str, bytes]:
    """The files inside a workbook, unpacked: what is compared, since compression may differ."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _without_clock(content: bytes) -> bytes:
    """Replace the times of writing, which Excel's format and the archive both note."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts(content).items():
            fixed = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + _STAMP, part)
            entry = zipfile.ZipInfo(name, date_time=(2025, 6, 30, 18, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, fixed if name == "docProps/core.xml" else part)
    return packed.getvalue()
