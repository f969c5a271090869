"""One subject at a time on durable-rules: the only module that knows it, and all that must not be done to it.

It is used as a pure function from small integers to the rows that match. Nothing is kept in it: each
question is one fact in one context, which is deleted before the next. Answers are remembered per rule, since
many subjects look alike once their facts are lowered, so most evaluations do not ask it at all.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache, partial
from threading import Lock
from typing import Any
from weakref import finalize

import durable_rules_engine
from durable.engine import MessageNotHandledException
from durable.engine import Ruleset as Rete

from services.rules.ruleset.definition import Fact, Outcome, Ruleset, Value
from services.rules.ruleset.lowering import Rule, Table
from services.rules.ruleset.plan import Key, Matching, Plan
from services.rules.ruleset.properties import KIND, property_name
from services.rules.ruleset.timing import RememberedAdditions
from services.shared.errors import GenjinError

MEMO = 8192
"""Answers that are remembered for each rule."""

_SID = "1"
_END = 2


class EngineFailedError(GenjinError):
    """The rule engine failed on {rule}: {reason}."""

    slug = "engine-failed"
    zh = "规则引擎处理规则 {rule} 时出错：{reason}。"
    rule: str
    reason: str


class EngineClosedError(GenjinError):
    """The rule engine is closed."""

    slug = "engine-closed"
    zh = "规则引擎已关闭。"


class RuleNetwork:
    """A few rows compiled by durable-rules; tells which of them match a fact.

    Never two contexts at a time, so that their names cannot collide and their number stays one; the lock
    keeps this so when a thread asks as well.
    """

    def __init__(self, rule: str, rules: Sequence[Rule]) -> None:
        self._rule = rule
        self._rules = rules
        self._found: list[int] = []
        self._lock = Lock()
        self._rete = self._compiled()

    def matching(self, properties: Mapping[str, int]) -> frozenset[int]:
        """Return the numbers of the rows that match.

        Raises:
            EngineFailedError: durable-rules reported an error; it has been compiled anew.
        """
        with self._lock:
            self._found.clear()
            try:
                self._ask({"sid": _SID, KIND: 1, **properties})
            except durable_rules_engine.error as error:
                # What it still holds for this context is unknown: neither ask nor delete it again.
                durable_rules_engine.delete_ruleset(self._rete._handle)  # noqa: SLF001 - it has no other door
                self._rete = self._compiled()
                raise EngineFailedError(rule=self._rule, reason=str(error)) from error
            return frozenset(self._found)

    def close(self) -> None:
        """Free the memory of the compiled rows, which Python does not manage."""
        # After an unhandled fact a context is left that must not be deleted; an accepted one makes it so.
        self._ask({"sid": _SID, KIND: _END})
        durable_rules_engine.delete_ruleset(self._rete._handle)  # noqa: SLF001 - it has no other door

    def _compiled(self) -> Any:  # noqa: ANN401 - durable-rules has no types
        rules = {
            f"r{rule.row}": {"all": [{"m": rule.condition}], "run": self._collect(rule.row)}
            for rule in self._rules
        }
        rules["end"] = {"all": [{"m": {KIND: _END}}], "run": lambda _: None}
        return Rete(self._rule, None, rules)

    def _collect(self, row: int) -> Callable[[object], None]:
        # With a second parameter it would be taken for asynchronous; what it raises would be swallowed.
        return lambda _: self._found.append(row)

    def _ask(self, fact: dict[str, int | str]) -> None:
        try:
            handle = self._rete.assert_fact(fact)
        except MessageNotHandledException:
            # Nothing matched, and no context was made: deleting it would crash the process.
            return
        ended: list[tuple[object, Mapping[str, object] | None]] = []
        # An accepted fact has to be drained before its context may be deleted.
        self._rete.do_actions(handle, lambda error, state: ended.append((error, state)))
        self._rete.delete_state(_SID)
        error, state = ended[-1]
        if error or (state and state.get("exception")):
            raise EngineFailedError(rule=self._rule, reason=str(error or (state or {})["exception"]))


class Engine:
    """A ruleset compiled once. Synchronous, starts no thread; freed when nobody holds it any more."""

    def __init__(self, ruleset: Ruleset, *, memo: int = MEMO) -> None:
        """Compile every rule of every kind of subject.

        Raises:
            RuleTooLargeError: a rule is beyond the limits of the engine, however it is split.
        """
        self.ruleset = ruleset
        self._calendar = RememberedAdditions(ruleset.calendar)
        with ExitStack() as networks:
            compiled = partial(_compiled, networks, memo)
            self._plans = {kind: Plan(ruleset, kind, compiled) for kind in ruleset.vocabulary.entities}
            self._free = finalize(self, networks.pop_all().close)

    def evaluate(
        self, kind: str, facts: Mapping[str, Fact], customer_values: Mapping[str, Value], now: datetime
    ) -> Outcome:
        """Say what holds for one subject now, and until when, as `reference.evaluate` defines it.

        Raises:
            WrongFactError: a fact that the rules read is not what the vocabulary says.
            EngineFailedError: durable-rules reported an error.
            EngineClosedError: the engine is closed.
        """
        if not self._free.alive:
            raise EngineClosedError
        return self._plans[kind].evaluate({**facts, **customer_values}, now, self._calendar)

    def close(self) -> None:
        """Free what durable-rules holds, now; a second time does nothing."""
        self._free()


def _compiled(networks: ExitStack, memo: int, rule: str, table: Table) -> Matching:
    """Return the function from the codes of a rule's features to the numbers of the rows that match."""
    parts = []
    for part, rules in enumerate(table.rulesets):
        parts.append(RuleNetwork(f"{rule}/{part}", rules))
        networks.callback(parts[-1].close)
    names = [property_name(place) for place in range(len(table.features))]

    def matching(key: Key) -> frozenset[int]:
        properties = {name: code for name, code in zip(names, key, strict=True) if code is not None}
        return table.always.union(*(part.matching(properties) for part in parts))

    return lru_cache(memo)(matching)
