"""Rulesets and facts at random: for hypothesis, and for long comparisons from seeds.

A ruleset reads every type of fact and every kind of test, has strata, and clocks with durations that
decisions returned. Facts sit on the edges of its intervals and one step beside them, and its instants where
a test of age flips now. What is made is well-formed but not proved: rows overlap and leave gaps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from hypothesis import strategies as st

from services.rules.ruleset.definition import (
    Age,
    AgeKind,
    Clock,
    Decision,
    Entity,
    Fact,
    Field,
    FieldType,
    HitPolicy,
    Interval,
    Members,
    Offset,
    Position,
    Presence,
    Roles,
    Row,
    Ruleset,
    Rung,
    StartMode,
    StartsAt,
    SubjectKind,
    Tagged,
    TaskAction,
    Test,
    Value,
    Vocabulary,
)
from services.rules.ruleset.timing import ages_of, backwards
from services.shared.business_time import Calendar, Duration

HERE = Position("made.yaml", 1, 1)
NOON = datetime(2025, 9, 30, 4, tzinfo=UTC)
"""Noon in Shanghai on the day before a week of public holidays."""

TICK = timedelta(microseconds=1)
BIG = (2**31, 2**53 + 1, 2**62, 10**18 - 1)
DURATIONS = tuple(
    map(Duration.parse, ["30min", "24h", "1d", "7d", "14d", "1w", "1mo", "1q", "3wd", "4wh", "14d + 2wd"])
)
_EDGES = (0, 1, 10_00, 50_0000_00, 2**53, 2**53 + 1)
_WORDS = ("ash", "birch", "cedar", "fir")
_TAGS = ("重点客户", "vip", "新")


def simple_fields() -> dict[str, Field]:
    """Return one fact and more of every type, nullable and not."""
    fields = [
        Field("grade_word", FieldType.ENUM, _WORDS[:3], absent="none"),
        Field("kind_word", FieldType.ENUM, _WORDS),
        Field("flag", FieldType.BOOL),
        Field("doubt", FieldType.BOOL, absent="unknown"),
        Field("amount", FieldType.MONEY, absent="none"),
        Field("count", FieldType.NUMBER),
        Field("owner_id", FieldType.ID, absent="nobody"),
        Field("tags", FieldType.TAGS),
        Field("seen_at", FieldType.INSTANT, absent="never"),
        Field("met_at", FieldType.INSTANT, absent="never"),
        Field("ends_at", FieldType.INSTANT, absent="open"),
    ]
    return {each.name: each for each in fields}


@cache
def calendar() -> Calendar:
    """Return the default calendar; building it is dear."""
    return Calendar.default()


@dataclass
class Maker:
    """Makes what its source of chance decides."""

    random: Random
    size: int = 4
    fields: dict[str, Field] = field(default_factory=simple_fields)

    def ruleset(self) -> Ruleset:
        """Return rules about customers, and about opportunities that read them."""
        entities = {
            "customer": Entity("customer", self.fields),
            "opportunity": Entity("opportunity", self.fields, belongs_to="customer"),
        }
        known = dict(self.fields)
        decisions: list[Decision] = []
        clocks: list[Clock] = []
        for kind in ("customer", "opportunity"):
            for _ in range(self.random.randint(1, self.size)):
                decisions.append(self.decision(f"d{len(decisions)}", kind, known))
                known.update(decisions[-1].returns)
            for _ in range(self.random.randint(1, self.size)):
                clocks.append(self.clock(f"c{len(clocks)}", kind, known))
        return ruleset_of(entities=entities, decisions=decisions, clocks=clocks)

    def decision(self, name: str, kind: SubjectKind, known: Mapping[str, Field]) -> Decision:
        """Return a decision with one or two outputs over what is known so far."""
        outputs = [self.output(f"{name}_{index}") for index in range(self.random.randint(1, 2))]
        returns = {output.name: output for output in outputs}
        rows = tuple(
            Row(f"r{number}", self.tests(known), self.values(returns), HERE)
            for number in range(self.random.randint(1, 2 * self.size))
        )
        otherwise = self.values(returns) if self.random.random() < 0.5 else None
        return Decision(name, kind, returns, self.random.choice(list(HitPolicy)), rows, HERE, otherwise)

    def output(self, name: str) -> Field:
        """Return an output of any type that a decision can have."""
        kind = self.random.choice([FieldType.ENUM, FieldType.BOOL, FieldType.DURATION, FieldType.MONEY])
        words = _WORDS if kind is FieldType.ENUM else ()
        lengths = DURATIONS if kind is FieldType.DURATION else ()
        return Field(name, kind, words, absent="undecided", durations=lengths)

    def values(self, returns: Mapping[str, Field]) -> dict[str, Value]:
        """Return a value, or null, for each output."""
        return {name: self.value(output) for name, output in returns.items()}

    def value(self, output: Field) -> Value:
        """Return one of the values of an output, now and then null."""
        choices: Sequence[Value] = {
            FieldType.ENUM: output.values,
            FieldType.BOOL: (True, False),
            FieldType.DURATION: output.durations,
            FieldType.MONEY: _EDGES,
        }[output.type]
        return None if self.random.random() < 0.1 else self.random.choice(choices)

    def clock(self, name: str, kind: SubjectKind, known: Mapping[str, Field]) -> Clock:
        """Return a clock with a ladder of one to three rungs, some at a duration that was decided."""
        instants = [each.name for each in known.values() if each.type is FieldType.INSTANT]
        mode = self.random.choice(list(StartMode))
        count = 1 if mode is StartMode.FIELD else self.random.randint(1, len(instants))
        lengths = [None, *(each.name for each in known.values() if each.type is FieldType.DURATION)]
        variable = self.random.choice(lengths)
        ladder = tuple(
            Rung(f"{name}_{number}", Offset(plus, variable), HERE, TaskAction("owner"))
            for number, plus in enumerate(self.offsets())
        )
        starts_at = StartsAt(mode, tuple(self.random.sample(instants, count)))
        return Clock(name, kind, starts_at, self.tests(known), ladder, HERE)

    def offsets(self) -> list[Duration]:
        """Return one to three durations: the first also zero or negative, some shorter than those above."""
        first = self.random.choice([*DURATIONS, Duration(), backwards(self.random.choice(DURATIONS))])
        lengths = [first]
        for _ in range(self.random.randint(0, 2)):
            base = lengths[-1] if self.random.random() < 0.8 else Duration()
            lengths.append(base + self.random.choice(DURATIONS[:-1]))
        return lengths

    def tests(self, known: Mapping[str, Field]) -> dict[str, Test]:
        """Return up to four tests of different facts; none at all is a row that always matches."""
        names = self.random.sample(sorted(known), self.random.randint(0, min(4, len(known))))
        return {name: self.test(known[name]) for name in names}

    def test(self, of: Field) -> Test:
        """Return a test that the type of the field allows."""
        null = self.random.random() < 0.3
        if of.type is FieldType.ENUM:
            words = self.random.sample(of.values, self.random.randint(1, len(of.values)))
            return Members(frozenset(words), null)
        if of.type is FieldType.BOOL:
            return Members(frozenset({self.random.random() < 0.5}), null)
        if of.type in (FieldType.MONEY, FieldType.NUMBER):
            return self.interval(null=null)
        if of.type is FieldType.TAGS:
            return Tagged(self.random.choice(_TAGS), self.random.random() < 0.5)
        if of.type is FieldType.INSTANT and self.random.random() < 0.8:
            return Age(self.random.choice(list(AgeKind)), self.random.choice(DURATIONS), null)
        return Presence(self.random.random() < 0.5)

    def interval(self, *, null: bool) -> Interval:
        """Return an interval, open or closed at either end, now and then empty."""
        low, high = sorted(self.random.choices(_EDGES, k=2))
        return Interval(
            low if self.random.random() < 0.7 else None,
            high if self.random.random() < 0.7 else None,
            low_closed=self.random.random() < 0.5,
            high_closed=self.random.random() < 0.5,
            null=null,
        )

    def facts(self, ruleset: Ruleset, kind: str, now: datetime) -> dict[str, Fact]:
        """Return a value on or beside an edge for every fact; the nullable are null now and then."""
        fields = ruleset.vocabulary.entities[kind].fields
        return {name: self.fact(each, ruleset, kind, now) for name, each in fields.items()}

    def fact(self, of: Field, ruleset: Ruleset, kind: str, now: datetime) -> Fact:
        """Return a value for one fact."""
        if of.nullable and self.random.random() < 0.25:
            return None
        if of.type is FieldType.INSTANT:
            return self.instant(of.name, ruleset, kind, now)
        choices: Sequence[Fact] = {
            FieldType.ENUM: of.values,
            FieldType.BOOL: (True, False),
            FieldType.ID: ("6f1c",),
            FieldType.TAGS: (frozenset(), frozenset(_TAGS[:1]), frozenset(_TAGS)),
            FieldType.MONEY: (*_EDGES, *BIG),
            FieldType.NUMBER: (*_EDGES, *BIG),
        }[of.type]
        value = self.random.choice(choices)
        step = self.random.choice([-1, 0, 0, 1])
        return value + step if of.type in (FieldType.MONEY, FieldType.NUMBER) else value  # type: ignore[operator]

    def instant(self, name: str, ruleset: Ruleset, kind: str, now: datetime) -> datetime:
        """Return an instant whose test of age flips at now or beside it, or any instant of the year."""
        lengths = [age.duration for fact, age in ages_of(ruleset, kind) if fact == name]
        lengths += [rung.at.plus for clock in ruleset.clocks_of[kind] for rung in clock.ladder]
        if lengths and self.random.random() < 0.6:
            length = self.random.choice(lengths)
            at = calendar().add(now, self.random.choice([length, backwards(length)]))
            return at + self.random.choice([-1, 0, 0, 1]) * TICK
        return now + timedelta(minutes=self.random.randint(-500_000, 100_000))


def ruleset_of(
    *,
    entities: Mapping[str, Entity],
    decisions: Sequence[Decision] = (),
    clocks: Sequence[Clock] = (),
) -> Ruleset:
    """Return a ruleset on the default calendar, without roles."""
    return Ruleset(
        vocabulary=Vocabulary(entities),
        calendar=calendar(),
        roles=Roles({}),
        decisions=tuple(decisions),
        clocks=tuple(clocks),
        digest="made",
    )


def customer_rules(
    fields: Sequence[Field], *, decisions: Sequence[Decision] = (), clocks: Sequence[Clock] = ()
) -> Ruleset:
    """Return a ruleset about customers with these facts."""
    customer = Entity("customer", {each.name: each for each in fields})
    return ruleset_of(entities={"customer": customer}, decisions=decisions, clocks=clocks)


makers = st.randoms(use_true_random=False).map(Maker)
"""Makers whose chance hypothesis controls, so that it can look for small examples."""

rulesets = makers.map(Maker.ruleset)
"""Rulesets of all shapes."""


def seeded(seed: int) -> Maker:
    """Return a maker whose chance is fixed by a number."""
    return Maker(Random(seed))
