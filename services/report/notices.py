"""Draws notices as a table: when each was given, to which person or queue, and when it was read."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Drawn

from services.followups.queries.notices import ReceivedNoticeView
from services.report.words import Words


def draw_notices(notices: Sequence[ReceivedNoticeView], words: Words) -> RenderableType:
    """Return a table of some notices; read ones are dim."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold cyan", expand=True, pad_edge=False)
    table.add_column(words.pick(zh="时间", en="Given"), no_wrap=True, min_width=16)
    table.add_column(words.pick(zh="接收人", en="For"), ratio=2, overflow="fold")
    table.add_column(words.pick(zh="通知", en="Notice"), ratio=7, overflow="fold")
    table.add_column(words.pick(zh="已读", en="Read"), no_wrap=True, min_width=16)
    for notice in notices:
        style = "dim" if notice.read_at else ""
        # As text: square brackets in what people wrote must not be taken for markup.
        table.add_row(*(Drawn(cell, style=style) for cell in _cells(notice, words)))
    return table


def _cells(notice: ReceivedNoticeView, words: Words) -> Iterable[str]:
    recipient, title = notice.recipient, words.text(notice.title)
    yield words.minute(notice.given_at)
    yield words.person(recipient.name or recipient.queue or recipient.role)
    yield title if notice.customer_name in title else f"{title}\n{notice.customer_name}"
    yield words.minute(notice.read_at) if notice.read_at else ""
