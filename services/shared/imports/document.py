"""YAML files that people write for imports: strict, and every problem with line and column.

YAML 1.2. Aliases and duplicate keys are refused, sizes are bounded; numbers with a point and dates stay
text, so that nothing is rounded or reinterpreted on the way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services.shared.http.wording import why_invalid
from services.shared.imports.errors import BadDocumentError, Problem, Reason
from services.shared.imports.reading import read_bytes
from services.shared.imports.text import suggestion

MAX_BYTES = 1_000_000
_MAX_DEPTH = 20

Steps = tuple[str | int, ...]
_PAIRS = Reason(zh="此处应为“键: 值”。", en="Pairs of `key: value` are expected here.")
_EXPECTED = {
    "model_type": _PAIRS,
    "dict_type": _PAIRS,
    "string_type": Reason(zh="此处应为文字。", en="A word is expected here."),
    "list_type": Reason(zh="此处应为列表。", en="A list is expected here."),
    "tuple_type": Reason(zh="此处应为列表。", en="A list is expected here."),
    "bool_type": Reason(zh="此处应为 true 或 false。", en="true or false is expected here."),
}

Model = TypeVar("Model", bound=BaseModel)
Plain = str | int | bool | list["Plain"] | dict[str, "Plain"] | None


@dataclass(frozen=True)
class Document:
    """The plain data of a YAML file and where each part of it stands: (line, column), from 1."""

    file: str
    data: Plain
    places: Mapping[Steps, tuple[int, int]]

    def problem(self, path: Steps, reason: Reason) -> Problem:
        """A problem with the part at a path, or with the nearest part around it."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return Problem(self.file, line, column, reason)


def read_document(path: Path) -> Document:
    """Read a YAML file from disk; raises UnknownFileError, UnreadableFileError or BadDocumentError."""
    return parse_document(read_bytes(path), str(path))


def parse_document(content: bytes, file: str) -> Document:
    """Read YAML bytes; raises BadDocumentError."""
    if len(content) > MAX_BYTES:
        raise _refusal(file, 1, 1, Reason(zh="文件过大。", en="The file is too big."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = Reason(zh="文件不是 UTF-8 编码。", en="The file is not UTF-8.")
        raise _refusal(file, content.count(b"\n", 0, error.start) + 1, 1, reason) from error
    try:
        _refuse_aliases(text, file)
        node = YAML(typ="safe", pure=True).compose(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reason = Reason(
            zh=f"不是有效的 YAML:{error.problem}。", en=f"This is not valid YAML: {error.problem}."
        )
        raise _refusal(file, line, column, reason) from error
    except (YAMLError, RecursionError) as error:
        reason = Reason(zh="不是有效的 YAML。", en="This is not valid YAML.")
        raise _refusal(file, 1, 1, reason) from error
    return _Builder(file).document(node)


def validate(document: Document, model: type[Model]) -> Model:
    """The model of a document's data; raises BadDocumentError with all problems at once."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        problems = tuple(_explain(document, dict(problem), model) for problem in error.errors())
        raise BadDocumentError(file=document.file, problems=problems) from error


class _Builder:
    """Turns YAML nodes into plain data, noting places and refusing what would be lost or doubled."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._places: dict[Steps, tuple[int, int]] = {}
        self._problems: list[Problem] = []

    def document(self, node: Node | None) -> Document:
        data = self._plain(node, ()) if node is not None else None
        if self._problems:
            raise BadDocumentError(file=self._file, problems=tuple(self._problems))
        return Document(self._file, data, self._places)

    def _plain(self, node: Node, path: Steps) -> Plain:
        self._places.setdefault(path, _place(node))
        if len(path) > _MAX_DEPTH:
            self._complain(node, Reason(zh="层次过深。", en="This is nested too deeply."))
            return None
        if isinstance(node, MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, SequenceNode):
            return [self._plain(item, (*path, number)) for number, item in enumerate(node.value)]
        return _scalar(str(node.tag), str(node.value))

    def _items(self, node: MappingNode, path: Steps) -> Iterator[tuple[str, Plain]]:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._complain(key, Reason(zh="键必须是文字。", en="A key must be a word."))
                continue
            name = str(key.value)
            if name in seen:
                self._complain(key, Reason(zh=f"“{name}”重复。", en=f"{name!r} is here twice."))
            seen.add(name)
            self._places[*path, name] = _place(key)
            yield name, self._plain(value, (*path, name))

    def _complain(self, node: Node, reason: Reason) -> None:
        self._problems.append(Problem(self._file, *_place(node), reason))


def _scalar(tag: str, text: str) -> str | int | bool | None:
    tag = tag.rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool":
        return text.casefold() == "true"
    if tag == "int" and text.lstrip("+-").isdigit():
        return int(text)
    return text


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _refuse_aliases(text: str, file: str) -> None:
    for event in YAML(typ="safe", pure=True).parse(StringIO(text)):
        if isinstance(event, AliasEvent):
            reason = Reason(
                zh="不支持 YAML 别名(*),请写出完整内容。", en="Aliases (*) are not supported; write it out."
            )
            raise _refusal(file, event.start_mark.line + 1, event.start_mark.column + 1, reason)


def _refusal(file: str, line: int, column: int, reason: Reason) -> BadDocumentError:
    return BadDocumentError(file=file, problems=(Problem(file, line, column, reason),))


def _explain(document: Document, error: Mapping[str, object], model: type[BaseModel]) -> Problem:
    """One problem of a model, in words, at its place in the file."""
    location = error["loc"]
    path: Steps = tuple(location) if isinstance(location, tuple) else ()
    name = str(path[-1]) if path else ""
    if error["type"] == "extra_forbidden":
        hint = suggestion(name, _keys_at(model, path[:-1]))
        reason = Reason(zh=f"未知的键“{name}”。{hint.zh}", en=f"The key {name!r} is not known.{hint.en}")
    elif error["type"] == "missing":
        reason = Reason(zh=f"缺少“{name}”。", en=f"{name!r} is missing.")
    else:
        reason = _stated(error)
    return document.problem(path, reason)


def _stated(error: Mapping[str, object]) -> Reason:
    """The reason a validator of ours gave in both languages, else Pydantic's words."""
    context = error.get("ctx")
    cause = context.get("error") if isinstance(context, dict) else None
    if isinstance(cause, BadPartError):
        return cause.reason
    stated = Reason(zh=f"{why_invalid(error, 'zh')}。", en=f"{why_invalid(error, 'en')}.")
    return _EXPECTED.get(str(error["type"]), stated)


class BadPartError(ValueError):
    """A part of a document is wrong for a reason said in both languages; for validators of models."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.en)
        self.reason = reason


def _keys_at(model: type[BaseModel], path: Steps) -> Iterator[str]:
    """The keys that the model knows at a path; nothing where it does not lead to a model."""
    current: type[BaseModel] | None = model
    for step in path:
        if current is None or isinstance(step, int) or step not in current.model_fields:
            continue
        current = _model_within(current.model_fields[step].annotation)
    if current is not None:
        yield from current.model_fields


def _model_within(annotation: object) -> type[BaseModel] | None:
    """The model inside an annotation such as `dict[str, Model]`, `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_within(part)
        if found is not None:
            return found
    return None
