"""Customers with what belongs to them, evaluated by the real path and multiplied inside PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from benchmarks.places import AS_OF, Place
from contracts.customers import CustomerCreated
from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import FollowUpRecorded, PersonChanged
from contracts.identity import new_id
from contracts.opportunities import OpportunityUpdated
from contracts.vocabulary import Channel, Intent, OpportunityStage
from services.hosting.shipped import RULES
from services.rules.ruleset.loader.directory import read_directory
from services.shared.event_log import Stored
from tests.acceptance.story import local
from tests.rules_rig import MovableClock, RulesRig

TEMPLATES = 200
NOW = local(AS_OF).astimezone(UTC)

# Ids of a copy follow from the template's and the number of the copy, so that messages can be made for it.
_COPY = """
insert into {table} ({columns})
select {values} from {table} t cross join generate_series(1, {copies}) as c(n) {where}
"""


@dataclass(frozen=True)
class Population:
    """How many customers there are, and the templates that all of them are copies of."""

    customers: int
    opportunities: list[OpportunityUpdated]
    place: Place

    def messages(self, count: int, *, stalled: bool, first: int = 1) -> Iterator[Stored]:
        """Messages about opportunities of random customers, no two about the same one.

        `stalled`: each raises a task; otherwise what it says changes nothing that anybody is told.
        """
        chosen = Random(first).sample(range(self.customers), count)
        positions: dict[int, int] = {}
        for number in chosen:
            envelope = self._envelope(number, sequence=1 + first, stalled=stalled)
            position = positions[envelope.shard] = positions.get(envelope.shard, 0) + 1
            body = envelope.model_dump_json(exclude_none=True)
            yield Stored(envelope.shard, position, envelope.id, envelope.type, envelope.slot, body)

    def _envelope(self, number: int, *, sequence: int, stalled: bool) -> Envelope:
        template = self.opportunities[number % TEMPLATES]
        copy = number // TEMPLATES
        entered = NOW - timedelta(days=30 if stalled else 1, seconds=sequence)
        data = template.model_copy(
            update={
                "customer_id": copied(template.customer_id, copy),
                "opportunity_id": copied(template.opportunity_id, copy),
                "stage_entered_at": entered,
                "progressed_at": entered,
                "changed": ("stage_entered_at",),
            }
        )
        return Envelope(
            id=new_id(),
            source="/genjin/opportunities",
            type=data.type,
            subject=str(data.opportunity_id),
            time=NOW,
            customerid=data.customer_id,
            record=f"opportunity/{data.opportunity_id}",
            sequence=sequence,
            data=data.model_dump(mode="json"),
        )


def copied(template: UUID, copy: int) -> UUID:
    """The id that a record has in a copy; copy 0 is the template itself."""
    return UUID(md5(f"{template}{copy}".encode()).hexdigest()) if copy else template  # noqa: S324


async def populate(place: Place, customers: int) -> Population:
    """Let the rules service hear of some customers and evaluate them, then multiply them."""
    rig = await shipped_rules(place).start(is_alone=False)
    people = [_person(number) for number in range(20)]
    events = [each for number in range(TEMPLATES) for each in _customer(number, people)]
    await rig.hear(*people)
    await rig.hear(*events)
    await rig.settle()
    await _require_quiet(place)
    await _multiply(place, customers // TEMPLATES - 1)
    # What the templates were told at is none of the positions of the messages to come.
    await place.execute("rules", "truncate inbox_watermark, inbox_ahead")
    templates = [event for event in events if isinstance(event, OpportunityUpdated)]
    return Population(customers, templates, place)


def shipped_rules(place: Place) -> RulesRig:
    """The rules service in this process, with the shipped rules and time that can be moved."""
    return RulesRig(place.databases["rules"], clock=MovableClock(NOW), files=read_directory(RULES))


async def _require_quiet(place: Place) -> None:
    """Copies of a customer have none of its tasks, and would raise each of them at the first message."""
    if count := await place.scalar("rules", "select count(*) from obligations"):
        message = f"the templates raised {count:.0f} tasks"
        raise RuntimeError(message)


def _person(number: int) -> PersonChanged:
    return PersonChanged(person_id=new_id(), name=f"Person {number}", natural_key=f"person {number}")


def _customer(number: int, people: list[PersonChanged]) -> list[EventData]:
    customer_id, owner_id = new_id(), people[number % len(people)].person_id
    at: datetime = NOW - timedelta(hours=number % 20 + 1)
    intent = tuple(Intent)[number % 3]
    common: dict[str, Any] = {"customer_id": customer_id, "natural_key": f"customer {number}"}
    opportunity_id = new_id()
    return [
        CustomerCreated(
            **common,
            customer_number=f"CUS202506{number:06d}",
            name=f"Customer {number}",
            version=1,
            owner_id=owner_id,
            assigned_at=at,
            intent=intent,
            need_urgent=number % 2 == 0,
        ),
        OpportunityUpdated(
            **common,
            opportunity_id=opportunity_id,
            name=f"Opportunity {number}",
            owner_id=owner_id,
            stage=OpportunityStage.PROPOSAL,
            stage_entered_at=NOW - timedelta(days=1),
            progressed_at=NOW - timedelta(days=1),
            updated_at=NOW,
        ),
        FollowUpRecorded(
            follow_up_id=new_id(),
            customer_id=customer_id,
            person_id=owner_id,
            occurred_at=at,
            recorded_at=at,
            channel=Channel.CALL,
            responded=True,
        ),
    ]


async def _multiply(place: Place, copies: int) -> None:
    if not copies:
        return
    async with place.databases["rules"].session() as session:
        for table, ids in (
            ("customers", ("customer_id",)),
            ("subjects", ("subject_id", "customer_id")),
            ("fact_records", ("record_id", "customer_id", "opportunity_id")),
            ("decisions", ("subject_id",)),
        ):
            names = (
                await session.scalars(
                    text(
                        "select column_name from information_schema.columns"
                        " where table_schema = 'rules' and table_name = :table order by ordinal_position"
                    ),
                    {"table": table},
                )
            ).all()
            where = "where t.kind <> 'person'" if table == "fact_records" else ""
            values = [_value(name, ids) for name in names]
            await session.execute(
                text(
                    _COPY.format(
                        table=table,
                        columns=", ".join(f'"{name}"' for name in names),
                        values=", ".join(values),
                        copies=copies,
                        where=where,
                    )
                )
            )
        await session.commit()
        await session.execute(text("analyze customers, subjects, fact_records, decisions"))
        await session.commit()


def _value(name: str, ids: tuple[str, ...]) -> str:
    if name in ids:
        return _copied(f't."{name}"')
    if name == "state":
        # The ids within the record, in the form of JSON text.
        text_ = "t.state::text"
        for key in ("record_id", "customer_id"):
            text_ = f"replace({text_}, t.{key}::text, {_copied(f't.{key}')}::text)"
        return f"cast({text_} as jsonb)"
    return f't."{name}"'


def _copied(column: str) -> str:
    return f"cast(md5({column}::text || c.n::text) as uuid)"
