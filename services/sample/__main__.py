"""Writes the sample workbook anew."""

from services.sample.workbook import WORKBOOK, workbook_bytes

WORKBOOK.write_bytes(workbook_bytes())
