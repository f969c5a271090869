"""Commands: what others may send was written down once, and is taken for ever."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.artefacts import COMMAND_EXAMPLES, COMMAND_SCHEMAS, command_schema_of, schema_text
from contracts.registry import COMMANDS

TYPES = sorted(COMMANDS)


def example(name: str) -> dict[str, Any]:
    """The golden example of a type of command."""
    order: dict[str, Any] = json.loads((COMMAND_EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return order


def problems(name: str, order: dict[str, Any]) -> list[str]:
    """What the committed schema of a type has against a command, formats included."""
    schema = json.loads((COMMAND_SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(order)]


@pytest.mark.parametrize("name", TYPES)
def test_the_committed_schema_is_the_one_the_model_gives(name: str) -> None:
    """After a change of a model run `python -m contracts.artefacts`, and tell contracts/CHANGELOG.md."""
    committed = (COMMAND_SCHEMAS / f"{name}.json").read_text(encoding="utf-8")
    assert committed == schema_text(COMMANDS[name])
    Draft202012Validator.check_schema(command_schema_of(COMMANDS[name]))


def test_there_is_a_schema_and_an_example_for_every_command_and_for_nothing_else() -> None:
    assert sorted(path.stem for path in COMMAND_SCHEMAS.iterdir()) == TYPES
    assert sorted(path.stem for path in COMMAND_EXAMPLES.iterdir()) == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_an_example_fits_its_schema_and_its_model(name: str) -> None:
    order = example(name)
    assert problems(name, order) == []
    assert json.loads(COMMANDS[name].model_validate(order).model_dump_json()) == order


@pytest.mark.parametrize("name", TYPES)
def test_an_example_shows_every_field_of_its_model(name: str) -> None:
    assert set(example(name)) == set(COMMANDS[name].model_fields)


@pytest.mark.parametrize("name", TYPES)
def test_a_field_that_we_do_not_know_is_refused(name: str) -> None:
    order = example(name) | {"colour": "red"}
    assert problems(name, order)
    with pytest.raises(ValidationError, match="colour"):
        COMMANDS[name].model_validate(order)


@pytest.mark.parametrize("name", TYPES)
def test_a_command_names_its_record_by_the_senders_own_id(name: str) -> None:
    for missing in ("source_system", "external_id"):
        order = {key: value for key, value in example(name).items() if key != missing}
        assert problems(name, order)


@pytest.mark.parametrize("name", TYPES)
def test_a_command_is_named_after_who_carries_it_out_and_its_version(name: str) -> None:
    owner, order, version = name.split(".")
    assert owner in {"customers", "followups", "opportunities"}
    assert (order.islower(), version) == (True, "v1")
