"""Customers, contacts and purchases in and out of PostgreSQL."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.customers.domain import Contact, Customer, Purchase
from services.customers.domain.relation import Dealings, RecordedIntent
from services.customers.tables import (
    contacts,
    customer_numbers,
    customers,
    purchases,
    seen_follow_ups,
    seen_opportunities,
)
from services.shared.privacy import Cipher
from services.shared.records import Records
from services.shared.statements import is_one_of

CUSTOMERS = Records(customers, Customer, kind="customer", money=("annual_revenue",))
PURCHASES = Records(purchases, Purchase, kind="purchase", money=("amount",))
SEALED = ("name", "phone", "email", "preference")
"""The personal data of a contact."""


class ContactRecords(Records[Contact]):
    """Contacts, whose personal data is encrypted on the way in and decrypted on the way out (R183)."""

    def __init__(self, cipher: Cipher) -> None:
        super().__init__(contacts, Contact, kind="contact")
        self._cipher = cipher

    @override
    def read(self, row: Mapping[Any, Any]) -> Contact:
        """Return the contact that a row holds, in plain words; UndecryptableError with other keys."""
        opened = {name: self._cipher.decrypt(row[name]) for name in SEALED if row[name] is not None}
        return super().read({**row, **opened})

    @override
    def write(self, record: Contact) -> dict[str, Any]:
        """Return the row that holds a contact, its personal data encrypted."""
        row = super().write(record)
        return row | {name: self._cipher.encrypt(row[name]) for name in SEALED if row[name] is not None}


async def take_numbers(session: AsyncSession, *, month: str, count: int) -> range:
    """Take the next `count` sequence numbers of a month (YYYYMM); no other transaction gets the same ones."""
    statement = insert(customer_numbers).values(month=month, last=count)
    statement = statement.on_conflict_do_update(
        index_elements=[customer_numbers.c.month],
        set_={"last": customer_numbers.c.last + statement.excluded.last},
    )
    last = (await session.execute(statement.returning(customer_numbers.c.last))).scalar_one()
    return range(last - count + 1, last + 1)


async def pass_over_numbers(session: AsyncSession, *, month: str, up_to: int) -> None:
    """Give no sequence number of a month (YYYYMM) up to this one from now on."""
    statement = insert(customer_numbers).values(month=month, last=up_to)
    statement = statement.on_conflict_do_update(
        index_elements=[customer_numbers.c.month],
        set_={"last": func.greatest(customer_numbers.c.last, statement.excluded.last)},
    )
    await session.execute(statement)


async def dealings_of(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, Dealings]:
    """Read what the records say about the relation with each of these customers, locked by the caller."""
    if not customer_ids:
        return {}
    purchased = await _last_purchases(session, customer_ids)
    intents = await _last_intents(session, customer_ids)
    seen = seen_opportunities.c
    won_at = func.max(seen.closed_at).filter(seen.status == OpportunityStatus.WON)
    is_signing = seen.stage == OpportunityStage.SIGNING
    signing = func.bool_or(and_(seen.status == OpportunityStatus.OPEN, is_signing))
    rows = await session.execute(
        select(seen.customer_id, won_at, signing, func.bool_or(is_signing))
        .where(is_one_of(seen.customer_id, customer_ids))
        .group_by(seen.customer_id)
    )
    dealings = {
        customer_id: Dealings(purchased_at=purchased.get(customer_id), intent=intents.get(customer_id))
        for customer_id in customer_ids
    }
    for customer_id, won, is_under_way, has_signed in rows:
        known = dealings[customer_id]
        dealings[customer_id] = replace(known, won_at=won, signing=is_under_way, has_signed=has_signed)
    return dealings


async def _last_purchases(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, datetime]:
    bought = purchases.c
    statement = select(bought.customer_id, func.max(bought.purchased_at)).group_by(bought.customer_id)
    # A return is no purchase: what it gives back may have been bought before the first record.
    statement = statement.where(is_one_of(bought.customer_id, customer_ids), bought.amount >= 0)
    rows = await session.execute(statement)
    return {row[0]: row[1] for row in rows}


async def _last_intents(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, RecordedIntent]:
    """Read the intent of the latest record of a contact that names one."""
    seen = seen_follow_ups.c
    place = (seen.customer_id, seen.occurred_at.desc(), seen.follow_up_id.desc())
    statement = (
        select(seen.customer_id, seen.intent, seen.occurred_at, seen.follow_up_id)
        .ext(distinct_on(seen.customer_id))
        .where(is_one_of(seen.customer_id, customer_ids), seen.intent.is_not(None), ~seen.deleted)
        .order_by(*place)
    )
    return {row[0]: RecordedIntent(*row[1:]) for row in await session.execute(statement)}


async def like_before(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Find for each of these customers the first one before it that is likely the same, by its name."""
    one = customers.alias("one")
    is_before = and_(
        customers.c.likeness_key == one.c.likeness_key, customers.c.customer_id < one.c.customer_id
    )
    statement = (
        CUSTOMERS.select()
        .add_columns(one.c.customer_id.label("like_id"))
        .ext(distinct_on(one.c.customer_id))
        .join(one, is_before)
        .where(is_one_of(one.c.customer_id, customer_ids))
        .order_by(one.c.customer_id, customers.c.customer_id)
    )
    rows = (await session.execute(statement)).mappings()
    return {row["like_id"]: CUSTOMERS.read(row) for row in rows}
