"""The shape of a ruleset after it was read: what the checks prove and the evaluators evaluate.

A subject is a customer, an opportunity or a plan. Its facts are plain values: enumerations, ids and tags
are text, money is in minor units, instants are aware and in UTC, and None is what `absent` names.
"""

from services.rules.ruleset.definition.clocks import (
    Clock,
    EscalateAction,
    NotifyAction,
    Offset,
    Rung,
    StartMode,
    StartsAt,
    TaskAction,
)
from services.rules.ruleset.definition.decisions import OTHERWISE, Decision, HitPolicy, Row
from services.rules.ruleset.definition.facts import (
    SUBJECT_KINDS,
    Entity,
    Fact,
    Field,
    FieldType,
    Position,
    SubjectKind,
    Value,
    Vocabulary,
)
from services.rules.ruleset.definition.outcome import ClockState, Outcome, RungInstant
from services.rules.ruleset.definition.ruleset import ASSIGNEE, OWNER, Role, Roles, Rule, Ruleset
from services.rules.ruleset.definition.tests import Age, AgeKind, Interval, Members, Presence, Tagged, Test

__all__ = [
    "ASSIGNEE",
    "OTHERWISE",
    "OWNER",
    "SUBJECT_KINDS",
    "Age",
    "AgeKind",
    "Clock",
    "ClockState",
    "Decision",
    "Entity",
    "EscalateAction",
    "Fact",
    "Field",
    "FieldType",
    "HitPolicy",
    "Interval",
    "Members",
    "NotifyAction",
    "Offset",
    "Outcome",
    "Position",
    "Presence",
    "Role",
    "Roles",
    "Row",
    "Rule",
    "Ruleset",
    "Rung",
    "RungInstant",
    "StartMode",
    "StartsAt",
    "SubjectKind",
    "Tagged",
    "TaskAction",
    "Test",
    "Value",
    "Vocabulary",
]
