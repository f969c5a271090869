"""What is stored under a former id of a rule or a rung, under the ids that they have now (`was`)."""

from contracts.rules import RungReached, TaskState
from services.rules.ruleset.definition import Clock


def under_present_names(state: TaskState, clock: Clock | None) -> TaskState:
    """Return a task as if its rule and rungs had always had their present ids; the same without a clock."""
    if clock is None:
        return state
    history: dict[str, RungReached] = {}
    for entry in state.history:
        rung = present_rung(clock, entry.rung)
        history.setdefault(rung, entry.model_copy(update={"rung": rung}))
    names = {"rule": clock.id, "rung": present_rung(clock, state.rung), "history": tuple(history.values())}
    return state.model_copy(update=names)


def present_rung(clock: Clock, name: str) -> str:
    """Return the present id of the rung that has or had this id; the id itself when no rung had it."""
    rung = clock.rung_named(name)
    return rung.id if rung else name
