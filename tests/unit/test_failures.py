"""Why a message could not be handled is told without its values, and grouped by where it failed (A7)."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.envelope import Envelope
from contracts.registry import UnknownEventTypeError, decode
from services.shared.errors import RefusedError
from services.shared.failures import NOWHERE, failure_of, storable, storable_json, unreadable


class UnwantedError(RefusedError):
    """Customer {name} is not wanted."""

    slug = "unwanted"
    zh = "不接受客户 {name}。"


class Person(BaseModel):
    """Somebody with a telephone."""

    telephone: int


def caught(model: type[BaseModel], data: object) -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(data)
    return raised.value


def test_a_refusal_is_lasting_and_a_fault_in_the_code_is_not() -> None:
    assert failure_of(UnwantedError(name="x")).lasting
    assert not failure_of(KeyError("x")).lasting


def test_a_failure_without_words_is_told_by_its_class() -> None:
    assert failure_of(TimeoutError()).reason == "TimeoutError"


def test_a_value_that_does_not_fit_is_not_repeated() -> None:
    failure = failure_of(caught(Person, {"telephone": "13800138000x"}))
    assert "13800138000" not in failure.reason
    assert failure.reason.startswith("telephone: ")
    assert failure.lasting


def test_only_the_first_of_very_many_wrong_places_are_told() -> None:
    class People(BaseModel):
        all: list[Person]

    reason = failure_of(caught(People, {"all": [{}] * 1000})).reason
    assert reason.count("telephone") == 20
    assert reason.endswith("…")


@given(st.text() | st.text(st.characters(categories=["Cs", "Cc"])))
def test_any_words_can_be_stored(words: str) -> None:
    kept = storable(words)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert len(kept) <= 2000


class Odd:
    """No JSON."""

    def __str__(self) -> str:
        return "odd\0"


def test_headers_of_any_shape_can_be_stored() -> None:
    nested: object = "deep\0"
    for _ in range(20):
        nested = [nested]
    moment = datetime(2024, 5, 20, tzinfo=UTC)
    odd = {"a\0": [1, None, True, 0.5], "b": b"\xff\0", "c": float("nan"), 5: moment, "d": Odd(), "e": nested}
    kept = storable_json(odd)
    assert "\\u0000" not in json.dumps(kept, allow_nan=False)
    assert kept["a�"] == [1, None, True, 0.5]
    assert (kept["b"], kept["c"], kept["5"]) == ("\\xff�", "nan", "2024-05-20T00:00:00+00:00")


def test_a_fingerprint_names_what_failed_where_in_our_code_and_on_what_type() -> None:
    envelope = Envelope(
        id=uuid4(),
        source="/genjin/tea",
        type="tea.tea_brewed.v1",
        subject="x",
        time=datetime(2024, 5, 20, tzinfo=UTC),
        record="tea/1",
        sequence=1,
        data={},
    )
    with pytest.raises(UnknownEventTypeError) as raised:
        decode(envelope)
    fingerprint = failure_of(raised.value).fingerprint(envelope.type)
    assert fingerprint == "UnknownEventTypeError/contracts.registry.decode/tea.tea_brewed.v1"


def test_what_is_not_known_of_a_failure_has_its_place_in_the_fingerprint() -> None:
    assert unreadable("not JSON").fingerprint(None) == f"Unreadable/{NOWHERE}/{NOWHERE}"
    assert failure_of(KeyError("never raised")).where == NOWHERE
