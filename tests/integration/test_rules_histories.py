"""However a history is heard, its end is what hearing all of it at once says (A1, A3, A4)."""

import asyncio
import random
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from contracts.envelope import Envelope
from contracts.events import EventData
from contracts.followups import Milestone, PlanChanged, TaskDismissed
from contracts.identity import new_id
from contracts.vocabulary import Intent, Lifecycle, OpportunityStage, OpportunityStatus
from services.rules.handlers.due import evaluate_due
from services.rules.ruleset.loader.directory import read_directory
from services.rules.tables import obligations, subjects
from services.shared.database import dead_letters
from tests import builders
from tests.builders import NOW
from tests.postgres import Template
from tests.rules_rig import RulesRig, record_id_of

BESIDE = """
clock: plan_overdue
subject: plan
starts_at: due_at
while: {status: [open, waiting_customer]}
ladder:
  - {id: overdue, at: 0d, do: {task: {to: owner, title: "到期"}}}
  - {id: tell, at: 2wd, do: {escalate: {to: manager}}}
---
clock: product_view
subject: opportunity
starts_at: updated_at
while: {status: open, grade: [A, B]}
ladder:
  - {id: ask, at: 7d, do: {task: {to: product, title: "{customer.name}{grade}{owner.name}"}}}
"""
FALLBACK = "总经理"
FILES = {**read_directory(Path(__file__).parents[2] / "rules"), "beside.yaml": BESIDE}
FILES["roles.yaml"] = (
    FILES["roles.yaml"]
    .replace("{queue: unassigned}", f"{{person: {FALLBACK}}}")
    .replace("roles:\n", "roles:\n  product: {department: product}\n")
)
EDITED = {**FILES, "stall.yaml": FILES["stall.yaml"].replace("14d", "7d")}
EDITED["cadence.yaml"] = FILES["cadence.yaml"].replace("every: 2w", "every: 1w")
STALLED = "clock: opportunity_stalled"
RENAMED = {
    **FILES,
    "stall.yaml": FILES["stall.yaml"].replace(STALLED, "clock: no_progress\nwas: opportunity_stalled"),
}
SWITCHED_OFF = {**FILES, "stall.yaml": FILES["stall.yaml"].replace(STALLED, f"{STALLED}\nenabled: false")}
HOLIDAYS = {
    **FILES,
    "calendar.yaml": FILES["calendar.yaml"].replace("extra_holidays: []", "extra_holidays: [2025-07-01]"),
}

OF_ITS_HISTORY = {
    *("lateness_seconds", "raised_at", "due_at", "overdue_at", "history", "because", "ruleset_version"),
}


class History:
    """Random records about few people, customers and opportunities, each corrected and moved at times."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.people, self.customers, self.opportunities, self.contacts, self.held = (
            [new_id() for _ in range(count)] for count in (4, 3, 5, 6, 3)
        )
        self._sequences: dict[UUID, int] = {}

    def events(self, count: int) -> list[tuple[EventData, int]]:
        """Records with their sequences."""
        makers = [
            self._person,
            self._customer,
            self._opportunity,
            self._opportunity,
            self._contact,
            self._held,
            self._rest,
        ]
        events = [self.chance.choice(makers)() for _ in range(count)]
        return [(event, self._next(record_id_of(event))) for event in events]

    def _next(self, record_id: UUID) -> int:
        self._sequences[record_id] = self._sequences.get(record_id, 0) + 1
        return self._sequences[record_id]

    def _when(self) -> datetime:
        return NOW + timedelta(days=self.chance.randint(-120, 20), minutes=self.chance.randint(0, 1))

    def _anyone(self) -> UUID | None:
        return self.chance.choice([None, *self.people])

    def _person(self) -> EventData:
        person_id = self.chance.choice(self.people)
        name = self.chance.choice([FALLBACK, f"销售{self.people.index(person_id)}"])
        department = self.chance.choice([None, "product"])
        return builders.person(name, person_id=person_id, manager_id=self._anyone(), department=department)

    def _customer(self) -> EventData:
        customer_id = self.chance.choice(self.customers)
        return builders.customer(
            customer_id=customer_id,
            name=f"客户{self.customers.index(customer_id)}{self.chance.randint(0, 1)}",
            owner_id=self._anyone(),
            assigned_at=self._when(),
            lifecycle=self.chance.choice(list(Lifecycle)),
            intent=self.chance.choice([None, *Intent]),
        )

    def _opportunity(self) -> EventData:
        return builders.opportunity(
            self.chance.choice(self.customers),
            opportunity_id=self.chance.choice(self.opportunities),
            owner_id=self._anyone(),
            status=self.chance.choice([OpportunityStatus.OPEN, *OpportunityStatus]),
            stage=self.chance.choice(list(OpportunityStage)),
            stage_entered_at=self._when(),
            progressed_at=self._when(),
            held_until=self.chance.choice([None, self._when()]),
            closed_at=self._when(),
            amount={"amount": self.chance.choice(["99999.99", "100000", "500000"]), "currency": "CNY"},
        )

    def _contact(self) -> EventData:
        return builders.follow_up(
            self.chance.choice(self.customers),
            self._when(),
            follow_up_id=self.chance.choice(self.contacts),
            opportunity_id=self.chance.choice([None, *self.opportunities]),
            responded=self.chance.random() < 0.5,
            contact_held_id=self.chance.choice([None, *self.held]),
            deleted=self.chance.random() < 0.2,
        )

    def _held(self) -> EventData:
        return builders.contact_held(
            self.chance.choice(self.customers), self._when(), contact_held_id=self.chance.choice(self.held)
        )

    def _rest(self) -> EventData:
        customer_id = self.chance.choice(self.customers)
        if self.chance.random() < 0.5:
            return builders.purchase(customer_id, self.chance.choice(["-100", "500000"]), self._when())
        return PlanChanged(
            plan_id=new_id(),
            customer_id=customer_id,
            owner_id=self._anyone(),
            due_at=self._when(),
            milestones=(Milestone(at=self._when()),),
        )

    def deliveries(self, envelopes: list[Envelope]) -> list[Envelope]:
        """The messages in another order, some of them twice."""
        return self.chance.sample(envelopes, len(envelopes)) + self.chance.choices(envelopes, k=8)


async def outcome(rig: RulesRig, *, without: set[UUID] | None = None) -> tuple[object, ...]:
    """The open tasks, without what depends on how they came about, and what is stored of each subject."""
    tasks = [
        task.model_dump(exclude=OF_ITS_HISTORY, mode="json")
        for task in await rig.open_tasks()
        if task.task_id not in (without or ())
    ]
    names = ("subject_id", "customer_id", "owner_id", "next_check_at", "next_touch_at", "facts", "values")
    query = select(*(subjects.c[name] for name in names)).order_by(subjects.c.subject_id)
    async with rig.database.session() as session:
        rows = [tuple(row) for row in await session.execute(query)]
        dead = (await session.execute(select(func.count()).select_from(dead_letters))).scalar_one()
    return sorted(tasks, key=lambda task: str(task["task_id"])), rows, dead


async def heard_at_once(
    template: Template, envelopes: list[Envelope], *, like: RulesRig, without: set[UUID] | None = None
) -> tuple[object, ...]:
    """The outcome of hearing everything at the instant of another rig, by the rules that it has."""
    async with template.copy() as databases:
        rig = await RulesRig(databases["rules"], files=like.files).start()
        rig.clock.instant = like.clock.instant
        await rig.deliver(envelopes)
        await rig.settle()
        return await outcome(rig, without=without)


@pytest.mark.parametrize("seed", range(5))
async def test_no_step_of_time_and_no_order_of_messages_leaves_a_trace(
    migrated_template: Template, seed: int
) -> None:
    history = History(seed)
    async with migrated_template.copy() as databases:
        rig = await RulesRig(databases["rules"], files=FILES).start()
        envelopes = [rig.envelopes(event, sequence=at)[0] for event, at in history.events(40)]
        left = history.deliveries(envelopes)
        while left:
            size = history.chance.randint(1, 6)
            await rig.deliver(left[:size])
            left = left[size:]
            rig.clock.advance(days=history.chance.choice([0, 0, 1, 3, 9]), minutes=1)
            await rig.settle()

        assert await outcome(rig) == await heard_at_once(migrated_template, envelopes, like=rig)


async def feed(rig: RulesRig, share: list[Envelope]) -> None:
    """Deliver messages, a few at a time."""
    for start in range(0, len(share), 4):
        await rig.deliver(share[start : start + 4])


async def publish(rig: RulesRig) -> None:
    """Edit, rename and switch off rules, move the calendar, take it all back, and edit them again."""
    for files in (EDITED, FILES, RENAMED, SWITCHED_OFF, HOLIDAYS, EDITED):
        assert await rig.edit(files) == ()


async def schedule(rig: RulesRig, is_over: asyncio.Event) -> None:
    """Evaluate what is due while time goes on."""
    while not is_over.is_set():
        await evaluate_due(rig.database, rig.clock, rig.standing)
        rig.clock.advance(hours=1)


async def dismiss(rig: RulesRig, is_over: asyncio.Event, ended: set[UUID]) -> None:
    """Put aside one open task after the other."""
    while not is_over.is_set():
        for task in (await rig.open_tasks())[:1]:
            ended.add(task.task_id)
            await rig.hear(TaskDismissed(task_id=task.task_id, customer_id=task.customer_id, ended_at=NOW))


@pytest.mark.parametrize("seed", range(3))
async def test_what_happens_at_the_same_time_loses_and_doubles_nothing(
    migrated_template: Template, seed: int
) -> None:
    """Batches, two schedulers, edits of the rules and people who end tasks, all at once."""
    history = History(seed)
    async with migrated_template.copy() as databases:
        rig = await RulesRig(databases["rules"], files=FILES).start()
        envelopes = [rig.envelopes(event, sequence=at)[0] for event, at in history.events(100)]
        deliveries = history.deliveries(envelopes)
        ended: set[UUID] = set()
        is_over = asyncio.Event()

        async with asyncio.TaskGroup() as beside:
            for work in (schedule(rig, is_over), schedule(rig, is_over), dismiss(rig, is_over, ended)):
                beside.create_task(work)
            await asyncio.gather(*(feed(rig, deliveries[at::4]) for at in range(4)), publish(rig))
            is_over.set()
        await rig.settle()

        rig.files = EDITED
        assert await statuses(rig, ended) <= {"dismissed"}
        assert await outcome(rig) == await heard_at_once(
            migrated_template, envelopes, like=rig, without=ended
        )


async def statuses(rig: RulesRig, task_ids: set[UUID]) -> set[str]:
    """The states of some tasks in the ledger."""
    query = select(obligations.c.status).where(obligations.c.task_id.in_(task_ids))
    async with rig.database.session() as session:
        return set((await session.execute(query)).scalars())
