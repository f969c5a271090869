"""The AsyncAPI document is what the services give, fits the official schema, and leaves nothing out."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.artefacts import SCHEMAS
from contracts.registry import COMMANDS, EVENTS
from services.asyncapi.document import FILE, text, write
from services.asyncapi.messages import command_key
from services.asyncapi.parties import Parties
from tests.nodejs import installed

Json = dict[str, Any]


@cache
def committed() -> Json:
    document: Json = json.loads(FILE.read_text(encoding="utf-8"))
    return document


@cache
def parties() -> Parties:
    return Parties.gather()


def references(node: object) -> Iterator[str]:
    """Every `$ref` below a node, but none that an example shows."""
    if isinstance(node, dict):
        if isinstance(found := node.get("$ref"), str):
            yield found
        for key, value in node.items():
            if key != "examples":
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(reference: str) -> Any:  # noqa: ANN401 -- a JSON value
    """What a reference leads to, in the document or in a file beside it; fails when it leads nowhere."""
    file, _, pointer = reference.partition("#")
    found: Any = json.loads((FILE.parent / file).read_text(encoding="utf-8")) if file else committed()
    for step in pointer.split("/")[1:]:
        found = found[step]
    return found


def test_the_committed_document_is_the_one_the_services_give() -> None:
    """After a change run `python -m services.asyncapi`, and tell contracts/CHANGELOG.md."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_it_is_written_as_it_is_committed(tmp_path: Path) -> None:
    write(tmp_path / "asyncapi.json")

    assert (tmp_path / "asyncapi.json").read_text(encoding="utf-8") == FILE.read_text(encoding="utf-8")


def test_it_fits_the_official_schema_of_asyncapi_3(tmp_path: Path) -> None:
    """The schema is that of the package @asyncapi/specs, as the lock beside this test names it."""
    specs = installed(Path(__file__).with_name("asyncapi"), tmp_path / "asyncapi")
    schema = specs / "node_modules/@asyncapi/specs/schemas/3.0.0.json"
    validator = Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))

    assert [error.message[:500] for error in validator.iter_errors(committed())] == []
    assert list(validator.iter_errors({**committed(), "channels": {"a": {"addres": "b"}}}))


def test_every_reference_leads_somewhere() -> None:
    found = set(references(committed()))

    assert {name for name in found if name.startswith("schemas/")}
    for reference in found:
        assert resolved(reference)


def test_no_event_and_no_command_is_left_out() -> None:
    document = committed()
    messages = set(document["components"]["messages"])
    commands = {command_key(name) for name in COMMANDS}

    assert messages == {*EVENTS, *commands, "command_done", "command_refused"}
    assert {*EVENTS, *commands} <= set(document["channels"])


def test_every_registered_command_is_carried_out_by_its_service() -> None:
    obeyed = {name: set(each.commands.by_type) for name, each in parties().services.items()}

    assert set().union(*obeyed.values()) == set(COMMANDS)
    assert {
        command for name, each in obeyed.items() for command in each if not command.startswith(name)
    } == set()


def test_every_queue_and_exchange_is_there_with_all_it_is_declared_with() -> None:
    document, topology = committed(), parties().topology

    for queue in topology.queues:
        channel = document["channels"][queue.name]
        ways = {(each["exchange"], each["routing-key"]) for each in channel["x-bindings"]}
        assert channel["x-arguments"] == dict(queue.arguments)
        assert ways == {(each.exchange, each.key) for each in topology.bindings if each.queue == queue.name}
    declared = [{"name": each.name, "type": each.type, **each.arguments} for each in topology.exchanges]
    shown = [
        {"name": each["name"], "type": each["type"], **each["arguments"]} for each in document["x-exchanges"]
    ]
    assert shown == declared


def test_who_says_and_who_hears_is_what_the_services_say() -> None:
    operations = committed()["operations"]
    said = {name for name, each in operations.items() if each["action"] == "send"}

    assert said == {name.replace(".", ".says.", 1) for name in EVENTS}
    for name, service in parties().services.items():
        heard = {each["$ref"].rpartition("/")[2] for each in operations[f"{name}.hears"]["messages"]}
        assert heard == set(service.subscriptions.by_type)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_the_example_of_an_event_fits_its_headers_and_its_payload(name: str) -> None:
    message = committed()["components"]["messages"][name]
    headers = committed()["components"]["schemas"]["EventHeaders"]
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    data = {"$defs": schema.get("$defs", {}), **schema["properties"]["data"]}

    assert message["payload"]["schema"]["$ref"] == f"schemas/{name}.json#/properties/data"
    for example in message["examples"]:
        assert _problems(headers, example["headers"]) == []
        assert _problems(data, example["payload"]) == []
        assert set(example["headers"]) <= set(headers["properties"])


@pytest.mark.parametrize("name", ["command_done", "command_refused"])
def test_the_example_of_an_answer_fits_its_schema(name: str) -> None:
    document = committed()
    message = document["components"]["messages"][name]
    schema = {"components": document["components"], **message["payload"]}

    for example in message["examples"]:
        assert _problems(schema, example["payload"]) == []


def _problems(schema: Json, instance: object) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(instance)]
