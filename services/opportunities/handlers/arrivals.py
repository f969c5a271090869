"""What other services say: whom references may name."""

from collections.abc import Hashable

from services.shared.directory import merge_directory
from services.shared.unit_of_work import UnitOfWork


async def finish(touched: frozenset[Hashable], unit: UnitOfWork) -> None:
    """Merge all that was heard."""
    await merge_directory(unit.session, touched)
