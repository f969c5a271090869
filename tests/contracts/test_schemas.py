"""The generated schemas are those of the models, and they refuse what the models refuse."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contracts.artefacts import EXAMPLES, SCHEMAS, schema_of, schema_text, write
from contracts.registry import EVENTS
from tests.contracts.examples import example, problems

TYPES = sorted(EVENTS)


@pytest.mark.parametrize("name", TYPES)
def test_the_committed_schema_is_the_one_the_model_gives(name: str) -> None:
    """After a change of a model run `python -m contracts.artefacts`, and tell contracts/CHANGELOG.md."""
    assert (SCHEMAS / f"{name}.json").read_text(encoding="utf-8") == schema_text(EVENTS[name])


def test_there_is_a_schema_and_an_example_for_every_event_and_for_nothing_else() -> None:
    assert sorted(path.stem for path in SCHEMAS.glob("*.json")) == TYPES
    assert sorted(path.stem for path in EXAMPLES.glob("*.json")) == TYPES


def test_writing_removes_the_schemas_of_events_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "customers.forgotten.v1.json").write_text("{}")

    write(tmp_path)

    assert sorted(path.stem for path in tmp_path.glob("*.json")) == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_every_schema_is_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(EVENTS[name]))


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_is_closed_in_the_envelope_and_in_the_data(name: str) -> None:
    message = example(name)

    assert problems(name, message | {"phone": "1"})
    assert problems(name, message | {"data": message["data"] | {"phone": "1"}})


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_refuses_a_message_of_another_type_or_another_owner(name: str) -> None:
    message = example(name)

    assert problems(name, message | {"type": "customers.customer_forgotten.v1"})
    assert problems(name, message | {"source": "/genjin/nobody"})
    assert problems(name, message | {"record": f"nothing/{message['record'].partition('/')[2]}"})
