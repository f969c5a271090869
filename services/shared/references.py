"""References to records as requests and commands write them: by our id, or by another system's.

Records of other services are found in the directory. What was created a moment ago elsewhere may not be in
it yet: the work that names it is done again a little later (`services.shared.patience.until_known`).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.commands import RecordRef
from contracts.events import SourceRef
from services.shared.directory import directory_lookup
from services.shared.errors import AwaitedError, Locale, RefusedError
from services.shared.lookups import Lookup, Match

Reference = UUID | RecordRef

_OF_NO_CUSTOMER = ("customer", "person")

_KINDS: Mapping[str, Mapping[Locale, str]] = {
    "customer": {"zh": "客户", "en": "a customer"},
    "person": {"zh": "人员", "en": "a person"},
    "opportunity": {"zh": "商机", "en": "an opportunity"},
    "contact_held": {"zh": "联系", "en": "a contact held"},
}
"""What a kind of record is called."""


class ReferenceRefusedError(RefusedError):
    """The field {field} names {kind} that it cannot refer to: {written}."""

    slug = "reference-refused"
    zh = "字段 {field} 不能引用该{kind}：{written}。"
    members = ("field", "kind")
    field: str
    kind: str
    written: str

    def message(self, locale: Locale) -> str:
        """Say which record is meant, by what its kind is called."""
        called = _KINDS.get(self.kind, {}).get(locale, self.kind)
        return self.template(locale).format(field=self.field, kind=called, written=self.written)


class UnknownReferenceError(ReferenceRefusedError, AwaitedError):
    """The field {field} names {kind} that is not known here: {written}."""

    slug = "unknown-reference"
    zh = "字段 {field} 所指的{kind}在此处不存在：{written}。"


class OtherCustomersReferenceError(ReferenceRefusedError):
    """The field {field} names {kind} of another customer: {written}."""

    slug = "reference-of-another-customer"
    zh = "字段 {field} 所指的{kind}属于其他客户：{written}。"


class References:
    """Finds what is referred to, within one transaction.

    `own` says where records of the kinds that this service owns are found; those of all other kinds are
    looked for in the directory. `system` is that of external ids which name none: the sender's.
    """

    def __init__(
        self, session: AsyncSession, *, own: Mapping[str, Lookup] | None = None, system: str | None = None
    ) -> None:
        self._session = session
        self._own = own or {}
        self._system = system

    async def find(self, kind: str, reference: Reference, *, field: str) -> Match:
        """Return the record; UnknownReferenceError names the field."""
        found = await self._look(self._own.get(kind) or directory_lookup(kind), reference)
        if found is None:
            raise UnknownReferenceError(field=field, kind=kind, written=_written(reference))
        return found

    async def find_id(self, kind: str, reference: Reference | None, *, field: str) -> UUID | None:
        """Return the record's id, or None without a reference."""
        return None if reference is None else (await self.find(kind, reference, field=field)).record_id

    async def find_within(
        self, customer_id: UUID, kind: str, reference: Reference | None, *, field: str
    ) -> UUID | None:
        """Return the id of a record that belongs to a customer.

        OtherCustomersReferenceError: it belongs to another one, so there is nothing to wait for.
        """
        if reference is None:
            return None
        referred = await self.find(kind, reference, field=field)
        if referred.customer_id != customer_id:
            raise OtherCustomersReferenceError(field=field, kind=kind, written=_written(reference))
        return referred.record_id

    async def replaced(
        self, given: Mapping[str, Any], kinds: Mapping[str, str], *, customer_id: UUID | None = None
    ) -> dict[str, Any]:
        """Return fields with ids, under names that end in `_id`, in the place of references.

        `kinds` has the kind of record by the name of a field, without `_id`. Records of other kinds than
        customers and people have to be of the customer whom the fields name, else of `customer_id`.
        """
        values = dict(given)
        for name, kind in sorted(kinds.items(), key=lambda pair: pair[1] != "customer"):
            field = next((each for each in (name, f"{name}_id") if each in given), None)
            if field is None:
                continue
            reference: Reference | None = values.pop(field)
            if kind in _OF_NO_CUSTOMER or customer_id is None:
                found = await self.find_id(kind, reference, field=field)
            else:
                found = await self.find_within(customer_id, kind, reference, field=field)
            values[f"{name}_id"] = found
            if kind == "customer":
                customer_id = found
        return values

    async def _look(self, lookup: Lookup, reference: Reference) -> Match | None:
        record_id = reference if isinstance(reference, UUID) else reference.id
        if record_id is not None:
            return await lookup.by_record_id(self._session, record_id)
        ref = _source_ref(reference, self._system)
        found = await lookup.by_refs(self._session, [ref] if ref else [])
        return next((match for _, match in found), None)


def _source_ref(reference: Reference, system: str | None) -> SourceRef | None:
    if isinstance(reference, UUID) or reference.external_id is None:
        return None
    named = reference.source_system or system
    return SourceRef(source_system=named, external_id=reference.external_id) if named else None


def _written(reference: Reference) -> str:
    if isinstance(reference, UUID):
        return str(reference)
    if reference.id is not None:
        return str(reference.id)
    return "/".join(filter(None, (reference.source_system, reference.external_id)))
