"""The directory of other services' records: names, and every foreign id, merged in any order (A4, A12)."""

from itertools import permutations

import pytest
from sqlalchemy import delete, select

from contracts.customers import CustomerCreated
from contracts.events import SourceRef
from services.shared.database import Database
from services.shared.directory import (
    Listing,
    directory,
    directory_ids,
    directory_lookup,
    listing_of,
    merge_directory,
)
from tests.builders import customer, purchase


def refs(*external_ids: str) -> tuple[SourceRef, ...]:
    return tuple(SourceRef(source_system="crm", external_id=each) for each in external_ids)


async def known_ids(database: Database) -> set[str]:
    """All ids in the directory."""
    async with database.session() as session:
        return set(await session.scalars(select(directory_ids.c.external_id)))


async def test_any_order_of_events_ends_in_the_ids_of_the_newest(fresh_database: Database) -> None:
    told = customer()
    versions = [("1",), ("1", "2"), ("2", "3")]
    listings = [
        listing_of(told.model_copy(update={"source_refs": refs(*ids)}), sequence)
        for sequence, ids in enumerate(versions, start=1)
    ]
    for order in permutations(listings):
        for size in (1, 2, 3):
            async with fresh_database.session() as session:
                for start in range(0, 3, size):
                    await merge_directory(session, order[start : start + size])
                await session.commit()
            assert await known_ids(fresh_database) == {"2", "3"}
            async with fresh_database.session() as session:
                await session.execute(delete(directory))
                await session.execute(delete(directory_ids))
                await session.commit()


async def test_an_event_of_an_earlier_release_names_one_id(fresh_database: Database) -> None:
    (ref,) = refs("1")
    old = customer(source_ref=ref).model_dump(exclude={"source_refs"})
    listing = listing_of(CustomerCreated.model_validate(old), sequence=1)
    assert listing.refs == (ref,)
    async with fresh_database.session() as session:
        await merge_directory(session, [listing])
        (found,) = await directory_lookup("customer").by_refs(session, [ref])
        assert found[1].record_id == old["customer_id"]
        assert await directory_lookup("person").by_refs(session, [ref]) == []


async def test_what_is_no_listing_is_left_alone(fresh_database: Database) -> None:
    async with fresh_database.session() as session:
        await merge_directory(session, ["something else"])
        assert (await session.execute(select(directory))).all() == []


def test_only_states_of_customers_people_and_opportunities_are_listed() -> None:
    told = purchase(customer().customer_id, "1")
    with pytest.raises(TypeError, match="PurchaseRecorded"):
        listing_of(told, sequence=1)


def test_a_listing_has_a_row_for_every_column() -> None:
    listing = listing_of(customer(), sequence=3)
    assert isinstance(listing, Listing)
    assert set(listing.row) == {column.name for column in directory.c}
