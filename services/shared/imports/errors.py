"""Why a whole file is refused: one class per reason, one clear sentence each."""

from dataclasses import dataclass

from typing_extensions import override

from services.shared.errors import Locale, NotFoundError, RefusedError


@dataclass(frozen=True)
class Reason:
    """Why something is not accepted, in both languages."""

    zh: str
    en: str

    def message(self, locale: Locale) -> str:
        """The reason in one language."""
        return self.zh if locale == "zh" else self.en


@dataclass(frozen=True)
class Problem:
    """One mistake in a file that people write: where it is (lines and columns from 1) and why it is one."""

    file: str
    line: int
    column: int
    reason: Reason

    def message(self, locale: Locale) -> str:
        """`file:line:column: reason`, as editors understand it."""
        return f"{self.file}:{self.line}:{self.column}: {self.reason.message(locale)}"


class UnknownFileError(NotFoundError):
    """There is no file {path}."""

    slug = "unknown-file"
    zh = "文件不存在:{path}。"


class UnreadableFileError(RefusedError):
    """The file {path} cannot be read: {cause}."""

    slug = "unreadable-file"
    zh = "无法读取文件 {path}:{cause}。"


class EmptyFileError(RefusedError):
    """The file {file} is empty (0 bytes)."""

    slug = "empty-file"
    zh = "文件 {file} 是空的(0 字节)。"


class UnsupportedFormatError(RefusedError):
    """The file {file} is neither CSV nor an Excel workbook (.xlsx); save it as one of them."""

    slug = "unsupported-format"
    zh = "文件 {file} 既不是 CSV,也不是 Excel 工作簿(.xlsx),请另存为其中一种。"


class DamagedWorkbookError(RefusedError):
    """The file {file} is not a readable Excel workbook (.xlsx); open it in Excel and save it again."""

    slug = "damaged-workbook"
    zh = "文件 {file} 不是可读取的 Excel 工作簿(.xlsx),请用 Excel 打开并重新保存。"


class MissingSheetError(RefusedError):
    """The workbook {file} has no sheet {sheet!r}; it has {sheets}."""

    slug = "missing-sheet"
    zh = "工作簿 {file} 中没有工作表“{sheet}”,只有:{sheets}。"


class SheetNotNamedError(RefusedError):
    """The workbook {file} has several sheets; name one of {sheets}."""

    slug = "sheet-not-named"
    zh = "工作簿 {file} 有多个工作表,请指明其中一个:{sheets}。"


class SheetOfTextFileError(RefusedError):
    """The file {file} is CSV and has no sheets, but the sheet {sheet!r} was asked for."""

    slug = "sheet-of-text-file"
    zh = "文件 {file} 是 CSV,没有工作表,不能指定工作表“{sheet}”。"


class WrongEncodingError(RefusedError):
    """The file {file} is neither valid UTF-8 nor valid GB18030 (line {line}); save it as UTF-8."""

    slug = "wrong-encoding"
    zh = "文件 {file} 的编码既不是有效的 UTF-8,也不是 GB18030(第 {line} 行),请另存为 UTF-8。"


class BrokenTextError(RefusedError):
    """The file {file} is not well-formed CSV near line {line}: a quotation mark is out of place."""

    slug = "broken-text"
    zh = "文件 {file} 第 {line} 行附近不是规范的 CSV:引号位置有误。"


class MissingHeaderError(RefusedError):
    """The file {file} has no header in row {row}."""

    slug = "missing-header"
    zh = "文件 {file} 第 {row} 行没有表头。"


class DuplicateHeaderError(RefusedError):
    """The file {file} names the column {column!r} twice in its header."""

    slug = "duplicate-header"
    zh = "文件 {file} 的表头中列名“{column}”重复。"


class TooBigError(RefusedError):
    """The file {file} is too big: {what} is {size:,}, at most {limit:,} is allowed."""

    slug = "too-big"
    zh = "文件 {file} 过大:{what}为 {size:,},最多允许 {limit:,}。"


class MissingColumnsError(RefusedError):
    """The file {file} lacks columns: {missing}. It has {columns}{hint}."""

    slug = "missing-columns"
    zh = "文件 {file} 缺少列:{missing}。现有列:{columns}{hint}。"


class NothingUnderstoodError(RefusedError):
    """No column of the file {file} is understood for {what}; it has {columns}. Give a mapping{hint}."""

    slug = "nothing-understood"
    zh = "文件 {file} 中没有可识别为 {what} 字段的列,现有列:{columns}。请提供映射文件{hint}。"


class BadDocumentError(RefusedError):
    """The file {file} is not usable as it is."""

    slug = "bad-document"
    zh = "文件 {file} 有误,无法使用。"
    problems: "tuple[Problem, ...]"

    @override
    def message(self, locale: Locale) -> str:
        """Say every problem with its place, one to a line."""
        head = super().message(locale)
        return "\n".join([head, *(problem.message(locale) for problem in self.problems)])


class UnknownTargetError(RefusedError):
    """Nothing called {what!r} can be imported; what can be is {known}."""

    slug = "unknown-target"
    zh = "不能导入“{what}”,可以导入的有:{known}。"


class OtherTargetError(RefusedError):
    """The mapping {mapping} is for {said}, not for {what}."""

    slug = "other-target"
    zh = "映射文件 {mapping} 用于 {said},而不是 {what}。"


class NotInTableError(RefusedError):
    """Records of the kind {what} do not stand in tables of {main}; leave out `follows`."""

    slug = "not-in-table"
    zh = "{main} 表中不含 {what} 类记录，请去掉 follows。"


class UnknownImportError(NotFoundError):
    """There is no import {import_id}."""

    slug = "unknown-import"
    zh = "没有编号为 {import_id} 的导入。"
