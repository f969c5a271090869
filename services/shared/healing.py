"""Gaps are healed from the owner's feed: what the broker has lost, or was never told, is read there.

The broker is not the source of truth, the owner's log is. A consumer that stands still below the head of a
log reads what it lacks over HTTP and handles it like any other delivery, so a message that comes by both ways
is applied once.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, NoReturn

import httpx
import structlog
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from contracts.envelope import Envelope
from services.shared import inbox
from services.shared.batching import Batcher
from services.shared.delivery import Delivered, Unreadable
from services.shared.errors import TransientError
from services.shared.failures import unreadable_for
from services.shared.patience import patiently

LOOK_SECONDS = 5.0
"""Between looks. A consumer that stood still for so long is not merely behind: the broker delivers within
milliseconds. Two looks make a gap, so it is healed within about ten seconds."""

PAGE = 200
"""Events read at once, as many as a batch has."""

REQUEST_SECONDS = 10.0

Place = tuple[str, int]
"""A source and one of its shards."""

log = structlog.stdlib.get_logger()


class _Item(BaseModel):
    """An event of a feed as it came: one that is no envelope is for the dead letters."""

    position: int
    envelope: Any


class _Page(BaseModel):
    items: list[_Item]
    next: int
    heads: dict[int, int]


class FeedAwayError(TransientError):
    """The feed of {source} cannot be read at the moment: {reason}."""

    slug = "feed-away"
    zh = "暂时无法读取 {source} 的事件流:{reason}。"
    source: str
    reason: str


class Healer:
    """Looks after the gaps of one consumer; `urls` says where the services that it hears are reached.

    `seconds`: between two looks of `run`.
    """

    def __init__(self, batcher: Batcher, urls: Mapping[str, str], *, seconds: float = LOOK_SECONDS) -> None:
        self._batcher = batcher
        self._consumer = batcher.subscriptions.consumer
        self._urls = {name: urls[name] for name in sorted(batcher.subscriptions.sources) if name in urls}
        self._seconds = seconds
        self._stood: dict[Place, int] = {}
        self._away: set[str] = set()

    async def run(self) -> NoReturn:
        """Look until cancelled; outages of a feed or of the database are waited out."""
        async with _client() as http:
            while True:
                # Not in step: replicas that look at different times heal sooner, and read less twice.
                await asyncio.sleep(self._seconds * random.uniform(0.8, 1.2))  # noqa: S311
                await self._look(http)

    async def look(self) -> int:
        """Look once at every source and return how many positions were read to heal a gap.

        A shard is healed when its head is beyond the consumer's watermark and the watermark has not moved
        since the last look, at which it was behind too.
        """
        async with _client() as http:
            return await self._look(http)

    async def _look(self, http: httpx.AsyncClient) -> int:
        healed = 0
        for source in self._urls:
            try:
                healed += await self._look_at(source, http)
            except TransientError as error:
                self._note_outage(source, error)
            else:
                self._note_return(source)
        return healed

    async def _look_at(self, source: str, http: httpx.AsyncClient) -> int:
        # The heads first: what is handled meanwhile is then no gap.
        heads = (await self._read(source, http)).heads
        marks = await self._watermarks(source)
        behind = {shard: marks.get(shard, 0) for shard, head in heads.items() if head > marks.get(shard, 0)}
        stuck = {shard: mark for shard, mark in behind.items() if self._stood.get((source, shard)) == mark}
        self._remember(source, behind)
        healed = 0
        for shard, mark in stuck.items():
            healed += await self._heal(source, shard, after=mark, head=heads[shard], http=http)
        return healed

    async def _heal(self, source: str, shard: int, *, after: int, head: int, http: httpx.AsyncClient) -> int:
        read = 0
        while after < head:
            page = await self._read(source, http, shard=shard, after=after, limit=PAGE)
            if not page.items:
                break
            await self._batcher.handle([_delivered(source, shard, item) for item in page.items])
            read += len(page.items)
            after = page.next
        log.warning("gap_healed", consumer=self._consumer, source=source, shard=shard, read=read, up_to=after)
        return read

    async def _read(self, source: str, http: httpx.AsyncClient, **place: int) -> _Page:
        try:
            answer = await http.get(f"{self._urls[source]}/v1/feeds/{source}", params=place)
            return _Page.model_validate_json(answer.raise_for_status().content)
        except (httpx.HTTPError, ValidationError) as error:
            reason = "it is no feed" if isinstance(error, ValidationError) else str(error)
            raise FeedAwayError(source=source, reason=reason or type(error).__name__) from error

    async def _watermarks(self, source: str) -> dict[int, int]:
        async def read() -> dict[int, int]:
            async with self._batcher.database.session() as session:
                return (await inbox.watermarks(session, self._consumer)).get(source, {})

        return await patiently(read, service=self._batcher.database.name, consumer=self._consumer)

    def _remember(self, source: str, behind: Mapping[int, int]) -> None:
        others = {place: mark for place, mark in self._stood.items() if place[0] != source}
        self._stood = others | {(source, shard): mark for shard, mark in behind.items()}

    def _note_outage(self, source: str, error: TransientError) -> None:
        if source not in self._away:
            log.warning("healing_paused", consumer=self._consumer, source=source, reason=str(error))
        self._away.add(source)

    def _note_return(self, source: str) -> None:
        if source in self._away:
            log.info("healing_resumed", consumer=self._consumer, source=source)
        self._away.discard(source)


def _client() -> httpx.AsyncClient:
    # Proxies of the environment must not see what services tell each other.
    return httpx.AsyncClient(timeout=REQUEST_SECONDS, trust_env=False)


def _delivered(source: str, shard: int, item: _Item) -> Delivered:
    try:
        envelope: Envelope | Unreadable = Envelope.model_validate(item.envelope)
    except ValidationError as error:
        envelope = Unreadable(to_json(item.envelope), unreadable_for(error))
    return Delivered(source, shard, item.position, envelope)
