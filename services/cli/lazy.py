"""A group whose commands are imported when they are asked for: none waits for what the others need."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typing_extensions import override


@dataclass(frozen=True)
class Group:
    """Commands by name, in the order of the help: each a place, `module:function`, or a group."""

    help: str
    commands: Mapping[str, "str | Group"]


class LazyGroup(TyperGroup):
    """Shows and runs the commands of a group."""

    def __init__(self, group: Group, name: str | None = None) -> None:
        # Only the names, which suggestions after a mistyped one need.
        commands = {each: TyperCommand(each) for each in group.commands}
        super().__init__(name=name, help=group.help, no_args_is_help=True, commands={**commands})
        self._group = group

    @override
    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Import a command; None when there is none of this name."""
        found = self._group.commands.get(cmd_name)
        if isinstance(found, Group):
            return LazyGroup(found, cmd_name)
        return _imported(cmd_name, found) if found else None


def _imported(name: str, place: str) -> TyperCommand:
    module, function = place.split(":")
    app = typer.Typer(add_completion=False)
    app.command(name)(getattr(_imported_for_good(module), function))
    return cast("TyperCommand", get_command(app))


def _imported_for_good(module: str) -> ModuleType:
    """Import a module without looking for garbage: what is imported stays, and is left out of later looks."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()
