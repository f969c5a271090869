"""How many records of each kind there are."""

from collections.abc import Mapping

from sqlalchemy import Table, func, select

from services.customers.tables import contacts, customers, purchases
from services.followups.tables import follow_ups, people
from services.opportunities.tables import opportunities
from services.shared.database import Database

COUNTED: Mapping[str, tuple[Table, ...]] = {
    "customers": (customers, contacts, purchases),
    "followups": (people, follow_ups),
    "opportunities": (opportunities,),
}
"""Each service counts in its own database."""


async def counts(databases: Mapping[str, Database]) -> dict[str, int]:
    """Return the number of records, by the name of their kind."""
    counted: dict[str, int] = {}
    for service, tables in COUNTED.items():
        async with databases[service].session() as session:
            for table in tables:
                count = await session.scalar(select(func.count()).select_from(table))
                counted[table.name] = count or 0
    return counted
