"""Reads the dead letters of one service."""

from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import ColumnElement, RowMapping, and_, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.shared.database import dead_letters
from services.shared.failures import NOWHERE
from services.shared.letters.order import Standing, standing_of
from services.shared.letters.views import (
    Chosen,
    GroupView,
    LetterDetail,
    LetterFilter,
    LetterState,
    LetterView,
    Selection,
)
from services.shared.paging import narrowed
from services.shared.statements import is_one_of

MOST_GROUPS = 200

COMMAND_QUEUE = ".commands"
"""How consumers of other systems' commands end; their messages may hold names and telephone numbers."""

_letters = dead_letters.c
_order = (_letters.created_at, _letters.id)
_is_kept = _letters.discarded_at.is_(None)
_STATES: dict[LetterState, ColumnElement[bool]] = {
    LetterState.WAITING: and_(_is_kept, _letters.next_try_at.is_not(None)),
    LetterState.DEAD: and_(_is_kept, _letters.next_try_at.is_(None)),
    LetterState.DISCARDED: _letters.discarded_at.is_not(None),
}


async def list_letters(session: AsyncSession, service: str, wanted: LetterFilter) -> list[LetterView]:
    """Return a page and the first letter of the next one, the oldest first."""
    tests: list[ColumnElement[bool]] = [_STATES[wanted.state]] if wanted.state else []
    if wanted.after:
        tests.append(_follows(wanted.after))
    statement = narrowed(select(dead_letters), _equal(wanted), *tests)
    rows = await session.execute(statement.order_by(*_order).limit(wanted.limit + 1))
    return [LetterView.model_validate(_shown(row, service)) for row in rows.mappings()]


async def group_letters(session: AsyncSession, service: str, wanted: Chosen) -> list[GroupView]:
    """Return the largest groups of letters that were not given up."""
    latest = _letters.failed_at.desc()
    statement = (
        select(
            _letters.consumer,
            _letters.fingerprint,
            func.min(_letters.error_class).label("error_class"),
            func.min(_letters.type).label("type"),
            func.count().label("count"),
            func.count(_letters.next_try_at).label("waiting"),
            func.min(_letters.created_at).label("first"),
            func.max(_letters.failed_at).label("last"),
            func.array_agg(aggregate_order_by(_letters.id, latest))[1].label("example"),
            func.array_agg(aggregate_order_by(_letters.reason, latest))[1].label("reason"),
        )
        .group_by(_letters.consumer, _letters.fingerprint)
        .order_by(func.count().desc(), _letters.consumer, _letters.fingerprint)
        .limit(MOST_GROUPS)
    )
    rows = await session.execute(narrowed(statement, _equal(wanted), _is_kept))
    return [GroupView(service=service, where=_where(row["fingerprint"]), **row) for row in rows.mappings()]


async def select_standings(session: AsyncSession, selection: Selection) -> list[Standing]:
    """Return where the letters that are meant stand, the oldest first, at most one more than asked for."""
    statement = select(*_order).order_by(*_order)
    if selection.ids is not None:
        rows = await session.execute(statement.where(is_one_of(_letters.id, selection.ids)))
        return [Standing(*row) for row in rows]
    tests: list[ColumnElement[bool]] = [_is_kept]
    if selection.fingerprint is not None:
        tests.append(_letters.fingerprint == selection.fingerprint)
    if selection.after:
        tests.append(_follows(selection.after))
    rows = await session.execute(statement.where(*tests).limit(selection.limit + 1))
    return [Standing(*row) for row in rows]


def detail(row: RowMapping, service: str) -> LetterDetail:
    """Show all of a letter."""
    body, body_format = _body(row)
    return LetterDetail.model_validate(
        {**_shown(row, service), "headers": row["headers"], "body": body, "body_format": body_format}
    )


def _follows(mark: UUID) -> ColumnElement[bool]:
    last = standing_of(mark)
    return tuple_(*_order) > tuple_(literal(last.created_at), literal(last.id))


def _equal(wanted: Chosen) -> dict[ColumnElement[Any], object]:
    return {
        _letters.consumer: wanted.consumer,
        _letters.type: wanted.type,
        _letters.error_class: wanted.error_class,
        _letters.fingerprint: wanted.fingerprint,
    }


def _shown(row: RowMapping, service: str) -> dict[str, Any]:
    state = LetterState.WAITING if row["next_try_at"] else LetterState.DEAD
    return {**row, "service": service, "state": LetterState.DISCARDED if row["discarded_at"] else state}


def _where(fingerprint: str) -> str:
    _, _, rest = fingerprint.partition("/")
    return rest.partition("/")[0] or NOWHERE


def _body(row: RowMapping) -> tuple[object, str]:
    try:
        body = from_json(row["body"], allow_inf_nan=False)
    except ValueError:
        is_json, body = False, _escaped(row["body"])
    else:
        is_json = True
    if row["consumer"].endswith(COMMAND_QUEUE):
        return _sender_of(body), "withheld"
    return body, "json" if is_json else "text"


def _sender_of(body: object) -> dict[str, object]:
    known = body if isinstance(body, dict) else {}
    return {name: known[name] for name in ("source_system", "external_id") if name in known}


def _escaped(body: bytes) -> str:
    """Return bytes as text that a terminal and a reader can bear."""
    decoded = body.decode(errors="backslashreplace")
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in decoded
    )
