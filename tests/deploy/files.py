"""What is deployed, as its files say it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE = ROOT / "compose.yaml"
SERVICES = ("customers", "followups", "opportunities", "rules")
DEPLOY_STEPS = ("migrate", "topology")
SERVERS = ("postgres", "rabbitmq")
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def composed(settings: dict[str, str] | None = None) -> dict[str, Any]:
    """Return compose.yaml with its variables replaced, as Compose does it; a missing one is a KeyError."""
    given = made_settings() if settings is None else settings
    return cast("dict[str, Any]", _filled(YAML(typ="safe").load(COMPOSE.read_text(encoding="utf-8")), given))


def variables() -> dict[str, str | None]:
    """Return the variables of compose.yaml with their defaults; None is one that has to be set."""
    found = _VARIABLE.finditer(COMPOSE.read_text(encoding="utf-8"))
    return {each["name"]: each["rest"] if each["kind"] == "-" else None for each in found}


def made_settings() -> dict[str, str]:
    """Return what `docker/make-env` makes."""
    made = subprocess.run([DOCKER / "make-env"], check=True, capture_output=True, text=True)  # noqa: S603 -- ours
    return settings_in(made.stdout)


def settings_in(text: str) -> dict[str, str]:
    """Return the settings in the text of an env file."""
    lines = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


def definitions() -> dict[str, list[dict[str, Any]]]:
    """Return the broker's definitions, with marks in the places of passwords."""
    text = (DOCKER / "rabbitmq" / "definitions.json").read_text(encoding="utf-8")
    return cast("dict[str, list[dict[str, Any]]]", json.loads(text))


def _filled(value: object, settings: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _filled(each, settings) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, settings) for each in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, settings), value)
    return value


def _value(found: re.Match[str], settings: dict[str, str]) -> str:
    if given := settings.get(found["name"]):
        return given
    if found["kind"] == "-":
        return found["rest"]
    raise KeyError(found["name"])
