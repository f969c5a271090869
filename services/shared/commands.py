"""Which commands of other systems a service carries out: the table that its queue and its documents bind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from contracts.commands import CommandData
from services.shared.errors import NotFoundError
from services.shared.unit_of_work import UnitOfWork

CommandHandler = Callable[[Any, UnitOfWork], Awaitable[UUID]]
"""Carries out one command within a unit of work and returns the id of its record.

Any RefusedError says why it cannot be carried out.
"""


class UnknownCommandError(NotFoundError):
    """No command is named {type!r}."""

    slug = "unknown-command"
    zh = "没有名为“{type}”的命令。"


@dataclass(frozen=True)
class Commands:
    """The commands of one service, by their models."""

    handlers: Mapping[type[CommandData], CommandHandler] = field(default_factory=dict)

    @property
    def by_type(self) -> dict[str, tuple[type[CommandData], CommandHandler]]:
        """Model and handler by the type of command, which is its routing key."""
        return {model.type: (model, handler) for model, handler in self.handlers.items()}


def fields_of(order: CommandData) -> dict[str, Any]:
    """Return what a command gives, by the names of a record's fields; its own id is one of `source_refs`."""
    names = order.model_fields_set - {"source_system", "external_id"}
    return {**{name: getattr(order, name) for name in names}, "source_refs": (order.source_ref,)}


def record_of(body: bytes) -> tuple[str, str] | None:
    """Return whose record a command is about, and its id there; None where its body does not say it."""
    try:
        data = from_json(body, allow_inf_nan=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    system, key = data.get("source_system"), data.get("external_id")
    return (system.strip(), key.strip()) if isinstance(system, str) and isinstance(key, str) else None


async def apply_command(commands: Commands, command_type: str | None, body: bytes, unit: UnitOfWork) -> UUID:
    """Carry out the command that `body` is the JSON of, within a unit of work; returns its record's id.

    Raises UnknownCommandError, pydantic's ValidationError, and what the handler raises.
    """
    known = commands.by_type.get(command_type or "")
    if known is None:
        raise UnknownCommandError(type=command_type)
    model, handler = known
    return await handler(model.model_validate_json(body), unit)
