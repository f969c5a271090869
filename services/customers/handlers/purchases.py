"""What customers bought."""

from contracts.customers import PurchaseRecorded
from services.customers.domain import Purchase
from services.shared.records import event_from
from services.shared.unit_of_work import UnitOfWork


def say_purchase(purchase: Purchase, unit: UnitOfWork) -> None:
    """Emit an event with the whole state of a purchase."""
    unit.emit(
        event_from(PurchaseRecorded, purchase),
        record_id=purchase.purchase_id,
        sequence=purchase.sequence,
        subject=purchase.customer_id,
        customer_id=purchase.customer_id,
    )
