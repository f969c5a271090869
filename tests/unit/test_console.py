"""What is written while it is read is the same document as what is written at once."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.cli.console import say_json, say_long_json


async def read(*items: Any) -> AsyncIterator[Any]:  # noqa: ANN401 -- any JSON value
    """Items, one by one."""
    for item in items:
        yield item


@pytest.mark.parametrize("items", [[], [1], [{"name": "甲\n乙", "ids": [1, 2], "none": {}}, "x"]])
async def test_a_list_is_written_while_it_is_read(
    items: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    say_json(items)
    at_once = capsys.readouterr().out

    await say_long_json(read(*items))

    assert capsys.readouterr().out == at_once
    assert json.loads(at_once) == items


@pytest.mark.parametrize("items", [[], [{"id": 1, "names": ["甲"]}, {"id": 2, "names": []}]])
async def test_an_object_is_written_while_its_lists_are_read(
    items: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    say_json({"as_of": "2025-06-30", "counts": {"customers": 2}, "tasks": items, "rejected": []})
    at_once = capsys.readouterr().out

    members = {"as_of": "2025-06-30", "counts": {"customers": 2}, "tasks": read(*items), "rejected": []}
    await say_long_json(members)

    assert capsys.readouterr().out == at_once
