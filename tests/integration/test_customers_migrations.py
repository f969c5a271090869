"""What is there before an upgrade is carried over."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from contracts.identity import new_id
from services.customers.queries.customers import read_customer
from services.customers.repository import CUSTOMERS
from services.customers.tables import customers, seen_moments
from services.shared.database import Database
from services.shared.migrations import migrate
from tests.records_rig import NOW

BEFORE = "0004"
NAME = "遠山科技股份有限公司"


async def _as_before(database: Database) -> None:
    def downgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "services.customers:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, BEFORE)

    async with database.engine.begin() as connection:
        await connection.run_sync(downgrade)


async def test_who_was_lost_stays_so_and_intents_and_contacts_are_kept(
    databases: dict[str, Database],
) -> None:
    database, customer_id = databases["customers"], new_id()
    await _as_before(database)
    async with database.session() as session:
        fields = {
            "customer_id": customer_id,
            **dict.fromkeys(("name", "natural_key", "customer_number"), NAME),
            **dict.fromkeys(
                ("need_clear", "need_urgent", "need_important", "benchmark", "short_chain"), False
            ),
            **dict.fromkeys(("lost_at", "created_at", "updated_at"), NOW),
            "version": 3,
            "lifecycle": "lost",
            "intent": "low",
            "tags": (),
        }
        await session.execute(customers.insert().values(fields))
        moment = {
            "event_id": new_id(),
            "record_id": new_id(),
            "customer_id": customer_id,
            "sequence": 1,
            "kind": "follow_up_recorded",
            "record_kind": "follow_up",
            "data": {"deleted": False},
            "occurred_at": NOW,
        }
        await session.execute(seen_moments.insert().values(moment))
        await session.commit()
    await migrate(database)
    async with database.session() as session:
        shown = await read_customer(session, customer_id)
        kept = await CUSTOMERS.find(session, customer_id)
        assert await session.scalar(text("select count(*) from seen_follow_ups")) == 1
    assert kept is not None
    assert (kept.stated_lifecycle, kept.lifecycle_stated_at, kept.likeness_key) == ("lost", NOW, "远山科技")
    assert (kept.stated_intent, kept.intent_stated_at, shown.last_contact_at) == ("low", NOW, NOW)
