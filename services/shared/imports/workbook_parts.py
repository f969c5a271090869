"""The parts of an Excel workbook beside its values: which entry has which sheet, how numbers are shown."""

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_FOLDER = "/xl/"
_TRUE = {"1", "true"}


@dataclass(frozen=True)
class SheetPart:
    """Where a sheet stands in its archive, and what its cells refer to.

    `formats` has the format code of each style that has one of its own. In a `stale` workbook the results of
    formulas count for nothing: whoever wrote it left them to be calculated when it is opened.
    """

    path: str
    formats: Mapping[int, str]
    stale: bool


def find_part(archive: zipfile.ZipFile, sheet: str) -> SheetPart:
    """The part that holds a sheet; raises KeyError or ParseError when the workbook does not say which."""
    workbook = _root(archive, "/xl/workbook.xml")
    targets = {
        relation.get("Id", ""): posixpath.join(_FOLDER, relation.get("Target", ""))
        for relation in _all(_root(archive, "/xl/_rels/workbook.xml.rels"), "Relationship")
    }
    ids = {each.get("name"): _value(each, "}id") for each in _all(workbook, "sheet")}
    styles = next((target for target in targets.values() if target.endswith("/styles.xml")), None)
    return SheetPart(
        path=_entry(archive, targets[ids[sheet]]),
        formats=_formats(_root(archive, styles)) if styles else {},
        stale=any(each.get("fullCalcOnLoad") in _TRUE for each in _all(workbook, "calcPr")),
    )


def _formats(styles: ET.Element) -> dict[int, str]:
    codes = {each.get("numFmtId"): each.get("formatCode", "") for each in _all(styles, "numFmt")}
    uses = [used for cells in _all(styles, "cellXfs") for used in _all(cells, "xf")]
    return {
        style: codes[used.get("numFmtId")] for style, used in enumerate(uses) if used.get("numFmtId") in codes
    }


def _root(archive: zipfile.ZipFile, path: str) -> ET.Element:
    return ET.fromstring(archive.read(_entry(archive, path)))  # noqa: S314 -- see above


def _entry(archive: zipfile.ZipFile, path: str) -> str:
    """The name of an entry as it is written: case and the kind of slash differ between writers."""
    names = {name.replace("\\", "/").casefold(): name for name in archive.namelist()}
    return names[path.removeprefix("/").casefold()]


def _all(element: ET.Element, tag: str) -> Iterator[ET.Element]:
    """All elements of this name below one, whatever the name space: strict workbooks have another."""
    return (each for each in element.iter() if each.tag.rpartition("}")[2] == tag)


def _value(element: ET.Element, ending: str) -> str:
    return next(value for name, value in element.items() if name.endswith(ending))
