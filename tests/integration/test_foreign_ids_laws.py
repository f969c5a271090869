"""Laws of foreign ids, whatever two systems say by commands and files, in whatever order (A4, A12)."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from typing_extensions import override

from contracts.customers import CustomerState
from contracts.events import SourceRef
from contracts.identity import new_id
from contracts.registry import decode
from services.shared.database import Database
from services.shared.directory import directory_ids, listing_of, merge_directory
from services.shared.foreign_ids import find, foreign_ids
from services.shared.statements import is_one_of
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import RecordsRig


@dataclass(frozen=True)
class Step:
    """One file of a system, or one command for each of its rows: ids and names."""

    is_file: bool
    system: str
    rows: tuple[tuple[str, str], ...]


rows = st.lists(
    st.tuples(st.sampled_from("123"), st.sampled_from("甲乙")),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[0],
)
steps = st.builds(Step, st.booleans(), st.sampled_from(("erp", "crm")), rows.map(tuple))


class Undelivered(RecordsRig):
    """Lets nobody hear what was said."""

    @override
    async def deliver(self) -> None:
        """Leave it in the log."""


async def do(rig: RecordsRig, step: Step, *, run: str) -> None:
    """Let a system say what a step says; names and systems are those of one run."""
    system = step.system + run
    if step.is_file:
        mapping = f"what: customers\nsource_system: {system}\nexternal_id: id\nfields: {{name: name}}\n"
        text = "\n".join(["id,name", *(f"{external_id},{name}{run}" for external_id, name in step.rows)])
        report = await rig.load("customers", text, mapping=mapping)
        assert report.rejected == []
        return
    service = rig.service("customers")
    model, handler = service.commands.by_type["customers.put_customer.v1"]
    for external_id, name in step.rows:
        told = {"source_system": system, "external_id": external_id, "name": name + run}
        async with unit_of_work(service.database, now=rig.now) as unit:
            await handler(model.model_validate(told), unit)


async def owners_of(database: Database, refs: set[SourceRef]) -> dict[SourceRef, UUID]:
    """Which records have these ids."""
    async with database.session() as session:
        return await find(session, "customer", refs)


@given(story=st.lists(steps, min_size=1, max_size=6), luck=st.randoms(use_true_random=False))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # each example has names and systems of its own
async def test_an_id_has_one_record_for_ever_and_all_services_come_to_know_it(
    databases: dict[str, Database], tmp_path: Path, story: list[Step], luck: Random
) -> None:
    rig, run = Undelivered(databases, tmp_path), new_id().hex[-12:]
    said: set[SourceRef] = set()
    owners: dict[SourceRef, UUID] = {}
    for step in story:
        await do(rig, step, run=run)
        said |= {SourceRef(source_system=step.system + run, external_id=each) for each, _ in step.rows}
        now = await owners_of(databases["customers"], said)
        assert now.keys() == said
        assert owners.items() <= now.items()
        owners = now
    # Without `same_as`, two ids of one system are two records.
    assert max(Counter((owners[ref], ref.source_system) for ref in said).values()) == 1
    await check_directory(databases, set(owners.values()), said, luck)


async def check_directory(
    databases: dict[str, Database], records: set[UUID], said: set[SourceRef], luck: Random
) -> None:
    """Hand what was said of these records to another service, in any order and in any batches."""
    rig = RecordsRig(databases, Path())
    told = [(envelope.sequence, decode(envelope)) for envelope in await rig.said("customers")]
    listings = [
        listing_of(state, sequence)
        for sequence, state in told
        if isinstance(state, CustomerState) and state.customer_id in records
    ]
    luck.shuffle(listings)
    database = databases["opportunities"]
    async with database.session() as session:
        while listings:
            size = luck.randint(1, 4)
            await merge_directory(session, listings[:size])
            listings = listings[size:]
        await session.commit()
        columns = directory_ids.c
        statement = select(columns.source_system, columns.external_id, columns.record_id)
        heard = await session.execute(statement.where(is_one_of(columns.record_id, list(records))))
        known = {tuple(row) for row in heard}
    columns = foreign_ids.c
    statement = select(columns.source_system, columns.external_id, columns.record_id)
    async with databases["customers"].session() as session:
        given_ids = await session.execute(statement.where(is_one_of(columns.record_id, list(records))))
        assert known == {tuple(row) for row in given_ids}
    assert {row[:2] for row in known} == {(ref.source_system, ref.external_id) for ref in said}
