"""The feed of a service: its event log in pages, for those who replay it and those who heal gaps."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import SHARDS, Envelope
from services.shared import event_log
from services.shared.clock import Clock
from services.shared.database import Database
from services.shared.errors import NotFoundError, RefusedError
from services.shared.http import problems, service_router

MOST = 1000
LARGEST_POSITION = 2**63 - 1


class UnknownFeedError(NotFoundError):
    """There is no feed of a service {service!r} here; there is one of: {known}."""

    slug = "unknown-feed"
    zh = "这里没有服务“{service}”的事件流;可用的有:{known}。"
    service: str
    known: str


class FeedPositionBeyondHeadError(RefusedError):
    """Shard {shard} of this feed ends at position {head}; there is no position {after} to read on from."""

    slug = "feed-position-beyond-head"
    zh = "分片 {shard} 的事件流到位置 {head} 为止，没有位置 {after}，无法从那里继续读取。"
    members = ("shard", "after", "head")
    shard: int
    after: int
    head: int


class FeedPlace(BaseModel):
    """Which page of a feed: what follows a position of a shard."""

    model_config = ConfigDict(extra="forbid")

    shard: int | None = Field(
        default=None, ge=0, lt=SHARDS, description="Without it only the heads of all shards are told."
    )
    after: int = Field(
        default=0,
        ge=0,
        le=LARGEST_POSITION,
        description="Positions start at 1; one beyond the shard's head is refused.",
    )
    limit: int = Field(default=100, ge=1, le=MOST)


class FeedItem(BaseModel):
    """An event and its place in the log."""

    shard: int
    position: int
    envelope: Envelope


class FeedPage(BaseModel):
    """A page of a shard, its positions without a gap; `next` is the `after` of the page that follows.

    Where `next` has reached the shard's head there is no more at the moment; the same page will grow.
    """

    service: str
    shard: int | None
    items: list[FeedItem]
    next: int
    heads: dict[int, int] = Field(description="The last position of each shard; 0 where nothing was said.")


def feeds_router(databases: Mapping[str, Database], clock: Clock) -> APIRouter:
    """Return the route /v1/feeds/{service} over the logs of the services in this process, at least one."""
    router = service_router(next(iter(databases.values())), clock, prefix="/v1/feeds", tags=["feeds"])

    @router.get("/{service}", responses=problems(404))
    async def read_feed(
        service: Annotated[str, Path(max_length=100)], place: Annotated[FeedPlace, Query()]
    ) -> FeedPage:
        """The events of a service in the order of its log, shard by shard."""
        database = databases.get(service)
        if database is None:
            raise UnknownFeedError(service=service, known=", ".join(sorted(databases)))
        return await read_page(database, place)

    return router


async def read_page(database: Database, place: FeedPlace) -> FeedPage:
    """Read a page of a log; nothing is held open afterwards.

    Raises:
        FeedPositionBeyondHeadError: the log does not reach as far as the page begins.
    """
    async with database.session() as session:
        items = []
        if place.shard is not None:
            logged = await event_log.read(session, shard=place.shard, after=place.after, limit=place.limit)
            items = [
                FeedItem(shard=each.shard, position=each.position, envelope=each.envelope) for each in logged
            ]
        heads = await event_log.heads(session)  # after the items, so that none of them is beyond its head
    head = place.after if place.shard is None else heads[place.shard]
    if place.after > head:
        raise FeedPositionBeyondHeadError(shard=place.shard, after=place.after, head=head)
    return FeedPage(
        service=database.name,
        shard=place.shard,
        items=items,
        next=items[-1].position if items else place.after,
        heads=heads,
    )
