"""What other services say: whom references may name."""

from collections.abc import Hashable

from services.shared.records import Heard, merge_heard
from services.shared.unit_of_work import UnitOfWork


async def finish(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
    """Merge all that was heard."""
    await merge_heard(unit.session, (each for each in touched if isinstance(each, Heard)))
