"""What requests and commands of other systems refer to, as ids, and the amounts and instants they name."""

from collections.abc import Mapping
from typing import Any

from services.shared.currency import check_currency
from services.shared.instants import check_past
from services.shared.references import References
from services.shared.unit_of_work import UnitOfWork

_KINDS = {"customer": "customer", "owner": "person"}
"""The kind of record that each field refers to."""

PAST = ("stage_entered_at", "progressed_at", "closed_at")
"""What has taken place, of what is said about an opportunity."""


async def resolved(
    given: Mapping[str, Any], unit: UnitOfWork, *, currency: str, system: str | None = None
) -> dict[str, Any]:
    """Return the fields with ids in the place of references; external ids without a system are of `system`.

    Raises:
        UnknownReferenceError: a field refers to nothing that is known.
        OtherCurrencyError: an amount is not in the currency of the organisation.
        InFutureError: what is said to have taken place is yet to come.
    """
    check_past(given, PAST, now=unit.now)
    check_currency(given, ("expected_amount", "amount"), base=currency)
    return await References(unit.session, system=system).replaced(given, _KINDS)
