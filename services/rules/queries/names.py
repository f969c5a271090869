"""The names of rules: former ids, and the rules that are switched off."""

from collections.abc import Iterable
from dataclasses import replace

from services.rules.domain.naming import present_rung
from services.rules.queries.views import SwitchedOffView
from services.rules.repository.ledger import Given
from services.rules.ruleset.definition import Clock, Decision, Ruleset


def present_id(ruleset: Ruleset, rule: str | None) -> str | None:
    """The id that the rule with this id, or former id, has now; what is unknown stays as it is."""
    rules: list[Decision | Clock] = [*ruleset.decisions, *ruleset.clocks]
    return next((each.id for each in rules if rule in (each.id, *each.was)), rule)


def present_notice(ruleset: Ruleset, given: Given) -> Given:
    """A notice under the present ids of its rule and its rung."""
    clock = ruleset.clocks_by_name.get(given.rule)
    return replace(given, rule=clock.id, rung=present_rung(clock, given.rung)) if clock else given


def switched_off(ruleset: Ruleset, kind: str) -> Iterable[SwitchedOffView]:
    """The rules about a kind of subject that are switched off."""
    for decision in (each for each in ruleset.decisions if each.subject == kind and not each.enabled):
        yield SwitchedOffView(rule=decision.id, title=decision.title, kind="decision")
    for clock in (each for each in ruleset.clocks if each.subject == kind and not each.enabled):
        yield SwitchedOffView(rule=clock.id, title=clock.title, kind="clock")


def switched_off_givers(ruleset: Ruleset, clock: Clock) -> tuple[str, ...]:
    """The ids of the switched-off decisions whose values a clock reads."""
    givers = (ruleset.disabled_giver_of(clock.subject, name) for name in clock.tested)
    return tuple(dict.fromkeys(giver.id for giver in givers if giver))
