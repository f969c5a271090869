"""The latest events of a type are found however many others came after them (interfaces.md)."""

from fnmatch import fnmatchcase

import httpx
import pytest

from services.cli.events import Feeds
from services.client import PAGE, Client, http_client

COUNT = 1000
"""How many events each shard has; every 300th is of the rarer type."""


def type_of(position: int) -> str:
    return "tea.tea_poured.v1" if position % 300 == 0 else "tea.tea_brewed.v1"


def answer(request: httpx.Request) -> httpx.Response:
    """A feed of two shards, said in turns."""
    asked = request.url.params
    shard, after = int(asked.get("shard", 0)), int(asked.get("after", 0))
    positions = range(after + 1, min(COUNT, after + int(asked.get("limit", 0))) + 1)
    items = [
        {
            "shard": shard,
            "position": position,
            "envelope": {"id": f"{2 * position + shard:08}", "type": type_of(position)},
        }
        for position in positions
    ]
    return httpx.Response(
        200, json={"items": items, "next": after + len(items), "heads": {"0": COUNT, "1": COUNT}}
    )


@pytest.mark.parametrize("wanted", ["tea.tea_poured.v1", "*", "tea.tea_br*", "coffee.*"])
@pytest.mark.parametrize("last", [0, 1, 4, PAGE])
async def test_so_many_of_the_latest_of_a_type_are_shown(wanted: str, last: int) -> None:
    expected = [
        f"{2 * position + shard:08}"
        for position in range(1, COUNT + 1)
        for shard in (0, 1)
        if fnmatchcase(type_of(position), wanted)
    ]
    async with http_client("http://genjin", locale="zh", transport=httpx.MockTransport(answer)) as http:
        feeds = Feeds(Client({"customers": http}), ("customers",), wanted)
        found = [event["envelope"]["id"] for event in await feeds.start(last)]
        assert found == expected[len(expected) - min(last, len(expected)) :]
        assert await feeds.read() == ([], True)


async def test_from_the_first_event_on_all_of_a_type_are_read() -> None:
    async with http_client("http://genjin", locale="zh", transport=httpx.MockTransport(answer)) as http:
        feeds = Feeds(Client({"customers": http}), ("customers",), "tea.tea_poured.v1")
        assert await feeds.start(None) == []
        found, is_at_the_end = [], False
        while not is_at_the_end:
            events, is_at_the_end = await feeds.read()
            found += [(event["position"], event["shard"]) for event in events]
    assert found == [(position, shard) for position in (300, 600, 900) for shard in (0, 1)]
