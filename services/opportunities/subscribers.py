"""What the opportunities service hears, and what it does then."""

from contracts import customers, followups
from services.opportunities.handlers.arrivals import finish
from services.shared.delivery import Subscriptions
from services.shared.directory import note_in_directory


def subscriptions() -> Subscriptions:
    """Return the table of what happens on what."""
    return Subscriptions(
        consumer="opportunities",
        handlers={
            customers.CustomerCreated: note_in_directory,
            customers.CustomerUpdated: note_in_directory,
            followups.PersonChanged: note_in_directory,
        },
        finish=finish,
    )
