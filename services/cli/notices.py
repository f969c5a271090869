"""`genjin notices`: the notices of people and queues."""

from collections.abc import AsyncIterator
from typing import Annotated

import typer

from services.cli.connection import connect
from services.cli.console import pick, say, say_long_json
from services.cli.environment import settings
from services.cli.options import AsJson, DataDir
from services.cli.running import run
from services.cli.terminal import output
from services.client import Client, in_pages
from services.followups.queries.notices import ReceivedNoticeView
from services.report.notices import draw_notices
from services.report.words import Words
from services.shared.settings import Settings


def list_notices(
    *,
    person: Annotated[
        str | None,
        typer.Option(metavar="P", help="Only what is for this person or queue: a name or an id."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that have been read.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the notices that have not been read, the newest first."""
    run(_list_notices(settings(data_dir), person, read=None if every else False, as_json=as_json))


async def _list_notices(
    configured: Settings, person: str | None, *, read: bool | None, as_json: bool
) -> None:
    async with connect(configured, is_working=False) as client:
        if as_json:
            notices = _notices(client, person, read=read)
            await say_long_json(notice.model_dump(mode="json") async for notice in notices)
            return
        words = Words(configured.locale, configured.zone, await client.business_now())
        is_empty = True
        async for page in in_pages(_notices(client, person, read=read)):
            output().print(draw_notices(page, words))
            is_empty = False
        if is_empty:
            say(pick(zh="没有通知。", en="No notices."))


async def _notices(
    client: Client, person: str | None, *, read: bool | None
) -> AsyncIterator[ReceivedNoticeView]:
    async for item in client.items("/v1/notices", person=person, read=read):
        yield ReceivedNoticeView.model_validate(item)
