"""Golden examples: what was written once must be readable for ever, by the models and by the schemas."""

import json

import pytest
from pydantic import ValidationError

from contracts.envelope import Envelope
from contracts.registry import EVENTS, UnknownEventTypeError, decode
from tests.contracts.examples import example, problems

TYPES = sorted(EVENTS)

FREE_TEXT_AND_CONTACT_DATA = {"phone", "mobile", "email", "wechat", "summary", "remark", "note", "address"}


@pytest.mark.parametrize("name", TYPES)
def test_an_example_fits_its_schema(name: str) -> None:
    assert problems(name, example(name)) == []


@pytest.mark.parametrize("name", TYPES)
def test_an_example_is_decoded_and_written_again_as_it_was(name: str) -> None:
    message = example(name)
    envelope = Envelope.model_validate(message)
    data = decode(envelope)

    assert type(data) is EVENTS[name]
    assert data.model_dump(mode="json") == message["data"]
    assert json.loads(envelope.model_dump_json(exclude_none=True)) == message


@pytest.mark.parametrize("name", TYPES)
def test_an_example_shows_every_field_of_its_model(name: str) -> None:
    assert set(example(name)["data"]) == set(EVENTS[name].model_fields)


@pytest.mark.parametrize("name", TYPES)
def test_a_field_that_we_do_not_know_yet_is_ignored_when_reading(name: str) -> None:
    """Data is closed where it is produced and open where it is read."""
    message = example(name)
    newer = message | {"data": message["data"] | {"since_v2": "x"}, "dataschema": "x"}

    assert decode(Envelope.model_validate(newer)) == decode(Envelope.model_validate(message))


@pytest.mark.parametrize("name", TYPES)
def test_a_field_that_we_do_not_declare_cannot_be_produced(name: str) -> None:
    with pytest.raises(ValidationError, match="since_v2"):
        EVENTS[name].model_validate(example(name)["data"] | {"since_v2": "x"})


@pytest.mark.parametrize("name", TYPES)
def test_an_event_is_named_after_its_owner_and_its_version(name: str) -> None:
    owner, fact, version = name.split(".")
    envelope = Envelope.model_validate(example(name))

    assert owner in {"customers", "followups", "opportunities", "rules"}
    assert fact.islower()
    assert version == "v1"
    assert envelope.service == owner
    assert envelope.source == f"/genjin/{owner}"
    assert envelope.record.startswith(f"{EVENTS[name].record_kind}/")


@pytest.mark.parametrize("name", TYPES)
def test_no_event_carries_free_text_or_contact_data(name: str) -> None:
    assert not FREE_TEXT_AND_CONTACT_DATA & set(EVENTS[name].model_fields)


def test_an_unknown_type_is_named() -> None:
    message = example("rules.grade_decided.v1") | {"type": "rules.grade_decided.v9"}

    with pytest.raises(UnknownEventTypeError, match=r"rules\.grade_decided\.v9"):
        decode(Envelope.model_validate(message))


def test_data_that_lacks_a_mandatory_field_is_refused() -> None:
    message = example("customers.purchase_recorded.v1")
    del message["data"]["amount"]

    with pytest.raises(ValidationError, match="amount"):
        decode(Envelope.model_validate(message))
