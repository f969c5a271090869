"""The sizes and habits of the house, where no linter checks them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for package in ("services", "contracts")
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULE_LINES = 300
FUNCTION_LINES = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def lines_without_docstring(function: Function) -> int:
    assert function.end_lineno
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None and first.end_lineno:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_module_can_be_read_in_one_sitting() -> None:
    long = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > MODULE_LINES} == {}


def test_a_function_fits_on_a_screen() -> None:
    assert {
        f"{named(path)}:{function.name}": lines
        for path in SOURCES
        for function in functions(path)
        if (lines := lines_without_docstring(function)) > FUNCTION_LINES
    } == {}


def test_imports_stand_at_the_top() -> None:
    assert [
        f"{named(path)}:{function.name}"
        for path in SOURCES
        for function in functions(path)
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
    ] == []


def test_no_test_is_skipped_or_patches() -> None:
    unwanted = re.compile(r"pytest\.skip|mark\.skip\w*|importorskip|monkeypatch\.setattr|mock\.patch")
    # The data of a customer is in no repository; the test that needs it says when it did not run.
    allowed = {ROOT / "tests/oracle/data.py", Path(__file__)}
    found = {
        named(path): unwanted.findall(path.read_text(encoding="utf-8"))
        for path in TESTS
        if path not in allowed
    }
    assert {name: words for name, words in found.items() if words} == {}


def _is_fixed(argument: ast.expr, function: Function) -> bool:
    """Whether what `in_` is given is written down, or a query: neither takes more arguments as data grow."""
    if isinstance(argument, ast.Tuple | ast.List | ast.Set):
        return all(isinstance(each, ast.Constant) for each in argument.elts)
    while isinstance(argument, ast.Call | ast.Attribute):
        if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name):
            return argument.func.id == "select"
        argument = argument.func if isinstance(argument, ast.Call) else argument.value
    values = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(argument, ast.Name)
        and any(isinstance(name, ast.Name) and name.id == argument.id for name in node.targets)
    ]
    return bool(values) and all(_is_fixed(value, function) for value in values)


def test_no_statement_takes_an_argument_for_each_value_of_a_list() -> None:
    """PostgreSQL's protocol ends at 32,767 arguments: a list is one, as `is_one_of` gives it."""
    assert [
        f"{named(path)}:{node.lineno}"
        for path in SOURCES
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"in_", "not_in"}
        and not _is_fixed(node.args[0], function)
    ] == []


@pytest.mark.parametrize(
    ("statement", "is_fixed"),
    [
        ('column.in_(("a", "b"))', True),
        ("column.in_(select(other).limit(1))", True),
        ("query = select(other)\n    column.in_(query.limit(1))", True),
        ("column.in_(ids)", False),
        ("column.in_([row.id for row in rows])", False),
        ("ids = list(rows)\n    column.in_(ids)", False),
    ],
)
def test_a_list_from_data_is_told_from_one_that_is_written_down(statement: str, *, is_fixed: bool) -> None:
    function = ast.parse(f"def f():\n    {statement}").body[0]
    assert isinstance(function, Function)
    (call,) = (
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "in_"
    )
    assert _is_fixed(call.args[0], function) is is_fixed


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_versions_and_hashes_and_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert all(
        "==" in line for line in text.splitlines() if line and not line.startswith(("    --hash", "#"))
    )
    assert "--hash=sha256:" in text
