"""What holds for a subject, and why; which rules are in force."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.rules import Because, Subject
from contracts.text import Text
from services.rules.domain.evaluation import CustomerEvaluation, Evaluated
from services.rules.domain.naming import under_present_names
from services.rules.domain.plain import plain
from services.rules.domain.records import CustomerRecords
from services.rules.domain.templates import fill
from services.rules.queries import names
from services.rules.queries.finding import UnknownSubjectError, find
from services.rules.queries.views import (
    ActiveView,
    ClockView,
    DecisionView,
    NoticeView,
    RungView,
    ValueView,
    WhyView,
)
from services.rules.repository import facts, ledger, subjects, versions
from services.rules.ruleset import explain
from services.rules.ruleset.active import RulesInForce
from services.rules.ruleset.definition import Clock, ClockState, Decision
from services.rules.ruleset.wording import value_words
from services.rules.tables import decisions
from services.shared.errors import NotFoundError


class UnknownRuleError(NotFoundError):
    """No rule about this subject is named “{rule}”; there are: {known}."""

    slug = "unknown-rule"
    zh = "没有名为“{rule}”的相关规则；现有：{known}。"
    rule: str
    known: str


async def active_ruleset(session: AsyncSession, rules: RulesInForce) -> ActiveView:
    """The version in force."""
    stored = await versions.latest(session)
    if stored is None:
        message = "a version is in force, but none is stored"
        raise LookupError(message)
    return ActiveView(
        version=stored.version,
        digest=stored.digest,
        published_at=stored.published_at,
        problems=tuple(await versions.last_rejection(session)),
        rules=tuple(rules.rule_ids()),
    )


async def why(
    session: AsyncSession, rules: RulesInForce, *, subject: str, rule: str | None, now: datetime
) -> WhyView:
    """What holds for a subject now, and why; for one rule, or for all that speak about it.

    Raises:
        UnknownSubjectError: nothing has this number, id or name.
        AmbiguousSubjectError: several have this name.
        UnknownRuleError: no rule of this name speaks about the subject.
    """
    subject_id, customer_id = await find(session, subject)
    evaluated = await _evaluate(session, rules, subject_id, customer_id, now)
    if evaluated is None:
        raise UnknownSubjectError(subject=subject)
    kind = evaluated.kind
    off = list(names.switched_off(rules.ruleset, kind))
    known = [*rules.rule_ids(kind), *(each.rule for each in off)]
    wanted = _wanted(known, names.present_id(rules.ruleset, rule))
    rows = {row.subject_id: row for row in await subjects.read(session, of_customers=[customer_id])}
    tasks = [
        under_present_names(task, rules.ruleset.clocks_by_name.get(task.rule))
        for task in await ledger.of_subject(session, subject_id)
    ]
    given = await ledger.given_to(session, subject_id)
    notices = [names.present_notice(rules.ruleset, each) for each in given]
    return WhyView(
        subject=Subject(kind=kind, id=subject_id),
        subject_name=evaluated.names.subject,
        customer_id=customer_id,
        customer_name=evaluated.names.customer,
        as_of=now,
        ruleset_version=rules.version,
        next_check_at=evaluated.next_check_at,
        next_touch_at=rows[subject_id].next_touch_at,
        decisions=await _decisions(session, rules, evaluated, wanted, now),
        clocks=tuple(
            _clock(rules, evaluated, clock, now)
            for clock in rules.ruleset.clocks_of[kind]
            if clock.id in wanted
        ),
        tasks=tuple(task for task in tasks if rule is None or task.rule in wanted),
        notices=tuple(
            _notice(rules, evaluated, each) for each in notices if rule is None or each.rule in wanted
        ),
        switched_off=tuple(each for each in off if each.rule in wanted),
    )


def _wanted(known: list[str], rule: str | None) -> set[str]:
    """The rules to tell of: the one that was named, or all."""
    if rule is None:
        return set(known)
    if rule not in known:
        raise UnknownRuleError(rule=rule, known=", ".join(known))
    return {rule}


async def _evaluate(
    session: AsyncSession, rules: RulesInForce, subject_id: UUID, customer_id: UUID, now: datetime
) -> Evaluated | None:
    records = CustomerRecords.of((await facts.read(session, of_customers=[customer_id]))[customer_id])
    if records.customer is None:
        return None
    owners = {person_id: person.name for person_id, person in (await facts.people(session)).items()}
    evaluation = CustomerEvaluation(rules, records, records.customer, owners, now)
    customer = evaluation.evaluate(evaluation.see_customer(), {})
    if subject_id == customer_id:
        return customer
    values = rules.effective("customer", customer.outcome.values)
    return next((evaluation.evaluate(seen, values) for seen in evaluation.see_others([subject_id])), None)


async def _decisions(
    session: AsyncSession, rules: RulesInForce, evaluated: Evaluated, wanted: set[str], now: datetime
) -> tuple[DecisionView, ...]:
    columns = decisions.c
    query = select(columns.decision, columns.row, columns.since, columns.ruleset_version)
    stored = {
        decision: (row, since, version)
        for decision, row, since, version in await session.execute(
            query.where(columns.subject_id == evaluated.subject_id)
        )
    }
    return tuple(
        _decision(rules, evaluated, decision, stored.get(decision.identity), now)
        for decision in rules.ruleset.decisions_of[evaluated.kind]
        if decision.id in wanted
    )


def _decision(
    rules: RulesInForce,
    evaluated: Evaluated,
    decision: Decision,
    stored: tuple[str, datetime, int] | None,
    now: datetime,
) -> DecisionView:
    row = evaluated.outcome.rows[decision.id]
    is_stored = stored is not None and stored[0] == decision.identity_of_row(row)
    since, version = (stored[1], stored[2]) if stored and is_stored else (None, rules.version)
    return DecisionView(
        rule=decision.id,
        title=decision.title,
        row=row,
        row_title=next((each.title for each in decision.rows if each.id == row), None),
        values={name: plain(evaluated.outcome.values[name]) for name in decision.returns},
        shown=tuple(
            ValueView(
                name=name,
                label=field.label or Text(zh=name, en=name),
                text=value_words(evaluated.outcome.values[name], field, rules.calendar.zone),
            )
            for name, field in decision.returns.items()
        ),
        since=since,
        ruleset_version=version,
        because=_tests(explain.because, rules, evaluated, decision.id, now=now),
    )


def _clock(rules: RulesInForce, evaluated: Evaluated, clock: Clock, now: datetime) -> ClockView:
    state: ClockState | None = evaluated.outcome.clocks.get(clock.id)
    rungs = state.rungs if state else ()
    reached = state.reached if state else 0
    return ClockView(
        rule=clock.id,
        title=clock.title,
        is_active=state is not None,
        anchor=state.anchor if state else None,
        rungs=tuple(
            RungView(
                rung=instant.rung,
                title=fill(rung.title, evaluated.names) if rung.title else None,
                at=instant.at,
                is_reached=index < reached,
            )
            for index, (rung, instant) in enumerate(zip(clock.ladder, rungs, strict=False))
        ),
        because=_tests(explain.because, rules, evaluated, clock.id, now=now) if state else (),
        why_not=() if reached else _tests(explain.why_not, rules, evaluated, clock.id, now=now),
        switched_off=names.switched_off_givers(rules.ruleset, clock),
    )


def _notice(rules: RulesInForce, evaluated: Evaluated, given: ledger.Given) -> NoticeView:
    clock = rules.ruleset.clocks_by_name.get(given.rule)
    told = next((rung.notify for rung in clock.ladder if rung.id == given.rung), None) if clock else None
    return NoticeView(
        rule=given.rule,
        rung=given.rung,
        given_at=given.given_at,
        title=fill(told.title, evaluated.names) if told else None,
        to=told.to if told else None,
        to_title=rules.ruleset.roles.title_of(told.to) if told else None,
    )


def _tests(
    tell: Callable[..., tuple[Because, ...]],
    rules: RulesInForce,
    evaluated: Evaluated,
    rule: str,
    *,
    now: datetime,
) -> tuple[Because, ...]:
    """What the tests of a rule say, told by `explain.because` or `explain.why_not`."""
    facts, outcome = evaluated.snapshot.facts, evaluated.outcome
    return tell(rules.ruleset, evaluated.kind, facts, evaluated.customer_values, outcome, rule=rule, now=now)
