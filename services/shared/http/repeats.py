"""Requests that may come again: with an Idempotency-Key the first answer is kept, and given again.

The answer is a row of the transaction that has the request's effects: there are both or neither. Of two
requests with the same key at once, the second waits for the row of the first. Refusals are not kept.
"""

from datetime import timedelta
from hashlib import sha256

from fastapi import Request, Response
from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncSession

from services.shared.database import idempotency_keys as kept
from services.shared.errors import RefusedError

KEPT_FOR = timedelta(days=7)
_FORGOTTEN_AT_ONCE = 20
_KEPT_HEADERS = ("content-type", "etag", "location")


class KeyReusedError(RefusedError):
    """The Idempotency-Key {key!r} came with another request before."""

    slug = "idempotency-key-reused"
    zh = "Idempotency-Key “{key}”此前用于另一个请求。"
    key: str


class Replayed(Exception):  # noqa: N818 -- it is no error: the answer is there already
    """The request was answered before."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Repeat:
    """One request under its key, within a transaction."""

    def __init__(self, session: AsyncSession, request: Request, *, route: str, key: str, body: bytes) -> None:
        self._session = session
        self._place = {"route": route, "key": key}
        self._is_this = (kept.c.route == route) & (kept.c.key == key)
        self._fingerprint = sha256(f"{request.url.path}?{request.url.query}\n".encode() + body).hexdigest()

    async def claim(self) -> None:
        """Take the key; raises Replayed when the request was answered, KeyReusedError when it is another."""
        row = {**self._place, "fingerprint": self._fingerprint, "status": 0, "headers": {}}
        taken = insert_or_not(kept).values(row).on_conflict_do_nothing().returning(kept.c.key)
        # A key may be forgotten between the two statements; then it is free.
        while (await self._session.execute(taken)).first() is None:
            await self._replay()
        await _forget(self._session)

    async def keep(self, response: Response) -> None:
        """Keep the answer, to be given again."""
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = {
            "status": response.status_code,
            "headers": headers,
            "body": bytes(response.body).decode(),
        }
        await self._session.execute(update(kept).where(self._is_this).values(answer))

    async def _replay(self) -> None:
        row = (await self._session.execute(select(kept).where(self._is_this))).mappings().first()
        if row is None:
            return
        if row["fingerprint"] != self._fingerprint:
            raise KeyReusedError(key=self._place["key"])
        headers = {**row["headers"], "Idempotency-Replayed": "true"}
        raise Replayed(Response(row["body"], status_code=row["status"], headers=headers))


async def _forget(session: AsyncSession) -> None:
    """Delete some of the keys that are old; each new key takes more away than it brings."""
    old = (
        select(kept.c.route, kept.c.key)
        .where(kept.c.created_at < func.now() - KEPT_FOR)
        .order_by(kept.c.created_at)
        .limit(_FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(kept).where(tuple_(kept.c.route, kept.c.key).in_(old)))
