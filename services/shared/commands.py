"""Which commands of other systems a service carries out: the table that its queue and its documents bind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.commands import CommandData
from services.shared.unit_of_work import UnitOfWork

CommandHandler = Callable[[Any, UnitOfWork], Awaitable[UUID]]
"""Carries out one command within a unit of work and returns the id of its record.

Any RefusedError says why it cannot be carried out.
"""


@dataclass(frozen=True)
class Commands:
    """The commands of one service, by their models."""

    handlers: Mapping[type[CommandData], CommandHandler] = field(default_factory=dict)

    @property
    def by_type(self) -> dict[str, tuple[type[CommandData], CommandHandler]]:
        """Model and handler by the type of command, which is its routing key."""
        return {model.type: (model, handler) for model, handler in self.handlers.items()}
