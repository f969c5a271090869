"""Who changed which field, when, and what it said before and says now."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import insert

from contracts.identity import new_id
from services.customers.domain import Contact, Customer, Purchase
from services.customers.repository import SEALED
from services.customers.tables import customer_changes
from services.shared.privacy import mask_email, mask_name, mask_phone
from services.shared.unit_of_work import UnitOfWork

BY_HAND = "http"
BY_IMPORT = "import"
BY_EVENT = "event"

_DERIVED = {"natural_key", "source_refs"}
NO_CAUSES: Mapping[str, str] = {}
_MASKS = {"name": mask_name, "phone": mask_phone, "email": mask_email}


def by_command(source_system: str) -> str:
    """Return the name of another system as the one who changed something."""
    return f"command/{source_system}"


def by_follow_up(follow_up_id: UUID) -> str:
    """Return the name of a record of a contact as what changed something."""
    return f"follow_up/{follow_up_id}"


class History:
    """Collects the changes of one transaction; `save` writes them. `by` says who made them."""

    def __init__(self, unit: UnitOfWork, *, by: str) -> None:
        self._unit = unit
        self._by = by
        self._rows: list[dict[str, Any]] = []

    def note_customer(
        self,
        before: Customer,
        after: Customer,
        names: Sequence[str],
        *,
        causes: Mapping[str, str] = NO_CAUSES,
    ) -> None:
        """Note what changed in a customer; `causes` says for single fields what changed them."""
        self._note("customer", after.customer_id, after, _told(before, after, names), causes)

    def note_contact(self, before: Contact, after: Contact, names: Sequence[str]) -> None:
        """Note what changed in a contact; personal data is masked (K8)."""
        told = {
            name: (_masked(name, old), _masked(name, new)) if name in SEALED else (old, new)
            for name, (old, new) in _told(before, after, names).items()
        }
        self._note("contact", after.contact_id, after, told)

    def note_purchase(self, before: Purchase, after: Purchase, names: Sequence[str]) -> None:
        """Note what changed in a purchase."""
        self._note("purchase", after.purchase_id, after, _told(before, after, names))

    async def save(self) -> None:
        """Write what was noted."""
        if self._rows:
            await self._unit.session.execute(insert(customer_changes), self._rows)

    def _note(
        self,
        kind: str,
        record_id: UUID,
        record: Customer | Contact | Purchase,
        told: Mapping[str, tuple[Any, Any]],
        causes: Mapping[str, str] = NO_CAUSES,
    ) -> None:
        self._rows += [
            {
                "change_id": new_id(),
                "customer_id": record.customer_id,
                "record_kind": kind,
                "record_id": record_id,
                "field": name,
                "old": to_jsonable_python(old),
                "new": to_jsonable_python(new),
                "by": causes.get(name, self._by),
                "changed_at": self._unit.now,
            }
            for name, (old, new) in told.items()
        ]


def _told(before: object, after: object, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (getattr(before, name), getattr(after, name))
        for name in dict.fromkeys(names)
        if name not in _DERIVED
    }


def _masked(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    mask = _MASKS.get(name)
    return mask(value) if mask else "*"
