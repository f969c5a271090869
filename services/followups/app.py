"""Wires the followups service together."""

from contracts.followups import PutPerson, RecordFollowUp, ReportContactHeld
from services.followups import tables
from services.followups.api import make_router
from services.followups.handlers.commands import put_follow_up, put_person, report_contact_held
from services.followups.imports import import_targets
from services.followups.subscribers import subscriptions
from services.followups.watching import tasks_measure
from services.shared.commands import Commands
from services.shared.service import Service, ServiceContext


def build(context: ServiceContext) -> Service:
    """Return the service, ready to run."""
    return Service(
        name="followups",
        database=context.database,
        subscriptions=subscriptions(),
        router=make_router(context.database, context.clock, patience=context.settings.reference_wait),
        import_targets=import_targets(),
        commands=commands(),
        measures=(tasks_measure(context.database, context.clock),),
        counted=(tables.people, tables.follow_ups),
    )


def commands() -> Commands:
    """Return the table of what other systems may order."""
    return Commands(
        {
            ReportContactHeld: report_contact_held,
            RecordFollowUp: put_follow_up,
            PutPerson: put_person,
        }
    )
