"""Makes messages and rules for tests, with everything that a test does not speak of filled in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from contracts.customers import CustomerCreated, PurchaseRecorded
from contracts.followups import ContactHeld, FollowUpRecorded, PersonChanged, PlanChanged
from contracts.identity import new_id
from contracts.money import Money
from contracts.opportunities import OpportunityCreated
from contracts.vocabulary import OpportunityStage

NOW = datetime(2025, 6, 30, 10, tzinfo=UTC)
"""The present moment of tests: Monday 18:00 in Shanghai."""


def customer(**fields: object) -> CustomerCreated:
    """A customer that nobody has spoken to yet."""
    customer_id = fields.pop("customer_id", None) or new_id()
    defaults: dict[str, object] = {
        "customer_id": customer_id,
        "customer_number": f"CUS202506{str(customer_id)[-3:]}",
        "name": "华东精密制造有限公司",
        "natural_key": "华东精密制造有限公司",
        "version": 1,
        "assigned_at": NOW - timedelta(days=200),
    }
    return CustomerCreated.model_validate({**defaults, **fields})


def purchase(customer_id: UUID, amount: str, at: datetime = NOW, **fields: object) -> PurchaseRecorded:
    """Something a customer bought."""
    return PurchaseRecorded.model_validate(
        {
            "purchase_id": new_id(),
            "customer_id": customer_id,
            "product": "数控机床",
            "purchased_at": at,
            "amount": Money(amount=Decimal(amount)),
            **fields,
        }
    )


def person(name: str, **fields: object) -> PersonChanged:
    """One of our own people."""
    return PersonChanged.model_validate({"person_id": new_id(), "name": name, "natural_key": name, **fields})


def opportunity(customer_id: UUID, **fields: object) -> OpportunityCreated:
    """An open opportunity at the stage of a proposal, entered today."""
    defaults: dict[str, object] = {
        "opportunity_id": new_id(),
        "customer_id": customer_id,
        "name": "产线改造",
        "natural_key": "产线改造",
        "stage": OpportunityStage.PROPOSAL,
        "stage_entered_at": NOW,
        "progressed_at": NOW,
        "updated_at": NOW,
    }
    return OpportunityCreated.model_validate({**defaults, **fields})


def follow_up(customer_id: UUID, at: datetime = NOW, **fields: object) -> FollowUpRecorded:
    """A contact that was written down."""
    return FollowUpRecorded.model_validate(
        {
            "follow_up_id": new_id(),
            "customer_id": customer_id,
            "occurred_at": at,
            "recorded_at": at,
            **fields,
        }
    )


def contact_held(customer_id: UUID, at: datetime = NOW, **fields: object) -> ContactHeld:
    """A contact that took place, which nobody has to have written down."""
    return ContactHeld.model_validate(
        {"contact_held_id": new_id(), "customer_id": customer_id, "held_at": at, **fields}
    )


def plan(customer_id: UUID, due_at: datetime | None, **fields: object) -> PlanChanged:
    """A plan with a customer that is not done yet."""
    return PlanChanged.model_validate(
        {"plan_id": new_id(), "customer_id": customer_id, "due_at": due_at, **fields}
    )
