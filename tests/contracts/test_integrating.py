"""What docs/integrating.md shows can be sent as it stands there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from contracts.registry import COMMANDS
from services.hosting.wiring import described_services

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"
SHOWN = dict(re.findall(r"^```json (.+?)\n(.+?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
REQUESTS = {name.removeprefix("POST "): body for name, body in SHOWN.items() if name.startswith("POST ")}


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    """The routes of all services."""
    app = FastAPI()
    for service in described_services().values():
        app.include_router(service.router)
    return app.openapi()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_shown_and_can_be_sent(name: str) -> None:
    command = COMMANDS[name].model_validate_json(SHOWN[name])

    assert command.source_system


def test_every_command_has_a_request_beside_it() -> None:
    assert len(REQUESTS) == len(COMMANDS)
    assert len(SHOWN) == 2 * len(COMMANDS)


@pytest.mark.parametrize("path", sorted(REQUESTS))
def test_every_request_fits_the_route_it_is_shown_for(openapi: dict[str, Any], path: str) -> None:
    body = openapi["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**body, "components": openapi["components"]})

    assert [error.message for error in validator.iter_errors(json.loads(REQUESTS[path]))] == []
    assert list(validator.iter_errors({}))
