"""What requests and commands of other systems refer to, as ids, and the instants they name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.followups.repository import CONTACTS_HELD, PEOPLE
from services.shared.instants import check_past
from services.shared.references import References
from services.shared.unit_of_work import UnitOfWork

_OWN = {each.kind: each.lookup for each in (PEOPLE, CONTACTS_HELD)}
_KINDS = {
    "customer": "customer",
    "opportunity": "opportunity",
    "contact_held": "contact_held",
    "person": "person",
    "owner": "person",
    "assignee": "person",
    "manager": "person",
    "lead": "person",
    "deputy": "person",
}
"""The kind of record that each field refers to."""

PAST = ("occurred_at", "held_at")
"""What has taken place, of what is said about contacts."""


async def resolved(
    given: Mapping[str, Any], unit: UnitOfWork, *, customer_id: UUID | None = None, system: str | None = None
) -> dict[str, Any]:
    """Return the fields with ids in the place of references.

    Opportunities and contacts have to be of the customer whom the fields name, else of `customer_id`.
    External ids that name no system are of `system`.

    Raises:
        UnknownReferenceError: a field refers to nothing that is known.
        OtherCustomersReferenceError: a field refers to a record of another customer.
        InFutureError: what is said to have taken place is yet to come.
    """
    check_past(given, PAST, now=unit.now)
    references = References(unit.session, own=_OWN, system=system)
    return await references.replaced(given, _KINDS, customer_id=customer_id)
