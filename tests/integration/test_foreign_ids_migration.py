"""Data of a release that kept one foreign id per record, brought to the table that keeps all of them."""

from collections.abc import Callable
from uuid import UUID

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from contracts.events import SourceRef
from services.customers.repository import CUSTOMERS
from services.followups.queries.follow_ups import read_history
from services.followups.repository import FOLLOW_UPS
from services.shared.database import Database
from services.shared.directory import directory_lookup
from services.shared.foreign_ids import find
from services.shared.migrations import migrate
from services.shared.paging import Paging

FIRST, SECOND = UUID(int=1), UUID(int=2)
CUSTOMER = """
    insert into customers (
        customer_id, customer_number, name, natural_key, source_system, external_id, version, lifecycle,
        need_clear, need_urgent, need_important, benchmark, short_chain, tags, created_at, updated_at
    ) values (
        '{0}', '{1}', '远山', '远山', {2}, 1, 'prospect',
        false, false, false, false, false, '{{}}', now(), now()
    )
"""
ROW = """
    insert into import_rows (what, identity, record_id, natural_key, source_system, external_id, values)
    values ('{0}', 'id:{2}/{3}', '{1}', '远山', '{2}', '{3}', '{{}}')
"""
FOLLOW_UP = """
    insert into follow_ups (
        follow_up_id, customer_id, source_system, external_id, sequence, occurred_at, recorded_at, responded,
        need_raised, materials_sent, proposal_sent, demo_booked, updated_at
    ) values (
        '{0}', '{0}', 'crm', 'F1', 2, now(), now(), false, false, false, false, false, now()
    )
"""
VERSION = """
    insert into follow_up_versions (version_id, follow_up_id, sequence, replaced_at, state)
    select '{0}', follow_up_id, 1, now(), to_jsonb(follow_ups) from follow_ups
"""
LISTING = """
    insert into directory (
        kind, record_id, customer_id, name, natural_key, source_system, external_id, sequence
    ) values ('customer', '{0}', '{0}', '远山', '远山', 'erp', '3', 1)
"""


async def before_foreign_ids(database: Database) -> None:
    """Take the tables back to what they were."""

    def go_back(config: Config) -> None:
        script = ScriptDirectory.from_config(config)
        (revision,) = (each for each in script.walk_revisions() if "foreign ids" in (each.doc or ""))
        command.downgrade(config, str(revision.down_revision))

    await _run(database, go_back)


async def _run(database: Database, action: Callable[[Config], None]) -> None:
    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", f"services.{database.name}:migrations")
        config.attributes["connection"] = connection
        action(config)

    async with database.engine.begin() as connection:
        await connection.run_sync(run)


async def put(database: Database, *statements: str) -> None:
    """Write rows as the earlier release did."""
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


def ref(system: str, external_id: str) -> SourceRef:
    return SourceRef(source_system=system, external_id=external_id)


async def test_a_record_gets_back_the_ids_that_another_system_had_replaced(
    databases: dict[str, Database],
) -> None:
    database = databases["customers"]
    await before_foreign_ids(database)
    await put(
        database,
        CUSTOMER.format(FIRST, "CUS1", "'crm', 'L4'"),
        CUSTOMER.format(SECOND, "CUS2", "null, null"),
        ROW.format("customers", FIRST, "erp", "3"),
        ROW.format("customers", FIRST, "crm", "L3"),
        ROW.format("customers", FIRST, "crm", "L4"),
        ROW.format("customers", UUID(int=9), "crm", "gone"),
    )
    await migrate(database)
    async with database.session() as session:
        found = await CUSTOMERS.lock(session, [FIRST, SECOND])
    assert found[FIRST].source_refs == (ref("crm", "L4"), ref("crm", "L3"), ref("erp", "3"))
    assert found[SECOND].source_refs == ()


async def test_records_and_their_versions_keep_their_id(databases: dict[str, Database]) -> None:
    database = databases["followups"]
    await before_foreign_ids(database)
    await put(database, FOLLOW_UP.format(FIRST))
    await put(database, VERSION.format(SECOND))
    await migrate(database)
    async with database.session() as session:
        record = await FOLLOW_UPS.find(session, FIRST)
        history = await read_history(session, FIRST, Paging())
        assert await find(session, "follow_up", [ref("crm", "F1")]) == {ref("crm", "F1"): FIRST}
    assert record
    assert record.source_refs == (ref("crm", "F1"),)
    assert [version.source_refs for version in history.items] == [(ref("crm", "F1"),)]


async def test_the_directory_keeps_its_ids_there_and_back(databases: dict[str, Database]) -> None:
    database = databases["opportunities"]
    await before_foreign_ids(database)
    await put(database, LISTING.format(FIRST))
    await migrate(database)
    await before_foreign_ids(database)
    await migrate(database)
    async with database.session() as session:
        found = await directory_lookup("customer").by_refs(session, [ref("erp", "3")])
    assert [match.record_id for _, match in found] == [FIRST]
