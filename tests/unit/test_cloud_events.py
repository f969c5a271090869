"""Events travel as CloudEvents over AMQP and come back the same (interfaces.md, Events)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope
from services.shared.cloud_events import JSON, STRUCTURED, from_amqp, to_amqp
from services.shared.delivery import Delivered, Unreadable
from services.shared.event_log import Logged
from tests.plumbing import NOW, customer_created

HEARD = ("customers", "rules")
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
envelopes = st.builds(
    Envelope,
    id=st.uuids(),
    source=st.sampled_from(["/genjin/customers", "/genjin/rules"]),
    type=st.sampled_from(["customers.customer_created.v1", "rules.task_raised.v1"]),
    subject=st.uuids().map(str),
    time=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    customerid=st.none() | st.uuids(),
    record=st.uuids().map(lambda key: f"customer/{key}"),
    sequence=st.integers(0, 2**62),
    correlationid=st.none() | st.uuids(),
    causationid=st.none() | st.uuids(),
    traceparent=st.none() | st.just("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    data=st.dictionaries(texts, values, max_size=4),
)
events = st.builds(
    lambda envelope, position: Logged(
        envelope.source.removeprefix("/genjin/"), envelope.shard, position, envelope
    ),
    envelopes,
    st.integers(1, 2**63 - 2),
)


def an_event() -> Logged:
    data = customer_created()
    envelope = Envelope(
        id=data.customer_id,
        source="/genjin/customers",
        type=data.type,
        subject=str(data.customer_id),
        time=NOW,
        customerid=data.customer_id,
        record=f"customer/{data.customer_id}",
        sequence=1,
        data=data.model_dump(mode="json"),
    )
    return Logged("customers", envelope.shard, 7, envelope)


def delivered(event: Logged) -> Delivered:
    return Delivered(event.source, event.shard, event.position, event.envelope)


def structured(event: Logged, **more: object) -> bytes:
    return json.dumps(event.envelope.model_dump(mode="json", exclude_none=True) | more).encode()


@given(events)
def test_an_event_comes_back_from_binary_mode_as_it_was(event: Logged) -> None:
    headers, body = to_amqp(event)
    assert from_amqp(headers, body, content_type=JSON, sources=HEARD) == delivered(event)


@given(events)
def test_an_event_is_read_in_structured_mode_too(event: Logged) -> None:
    body = structured(event, shard=event.shard, position=event.position)
    assert from_amqp({}, body, content_type=f"{STRUCTURED}; charset=utf-8", sources=HEARD) == delivered(event)


def test_attributes_travel_as_headers_and_data_as_the_body() -> None:
    event = an_event()
    headers, body = to_amqp(event)
    assert headers == {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": str(event.envelope.id),
        "cloudEvents_source": "/genjin/customers",
        "cloudEvents_type": "customers.customer_created.v1",
        "cloudEvents_subject": event.envelope.subject,
        "cloudEvents_time": "2024-05-20T01:00:00Z",
        "cloudEvents_customerid": str(event.envelope.customerid),
        "cloudEvents_record": event.envelope.record,
        "cloudEvents_sequence": 1,
        "shard": event.shard,
        "position": 7,
    }
    assert json.loads(body) == event.envelope.data


def test_the_other_prefix_of_the_binding_is_read() -> None:
    event = an_event()
    headers, body = to_amqp(event)
    renamed = {name.replace("cloudEvents_", "cloudEvents:"): value for name, value in headers.items()}
    assert from_amqp(renamed, body, content_type=JSON, sources=HEARD) == delivered(event)


def test_unknown_headers_and_attributes_are_ignored() -> None:
    event = an_event()
    headers, body = to_amqp(event)
    more = {**headers, "x-delivery-count": 3, "cloudEvents_newfangled": "x"}
    assert from_amqp(more, body, content_type=JSON, sources=HEARD) == delivered(event)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000, b"1" * 10_000_000, b'"text"']
)
def test_a_body_that_cannot_be_read_keeps_its_place(body: bytes) -> None:
    headers, _ = to_amqp(an_event())
    read = from_amqp(headers, body, content_type=JSON, sources=HEARD)
    assert isinstance(read, Delivered)
    assert isinstance(read.envelope, Unreadable)
    assert read.envelope.body == body
    assert read.position == 7


@pytest.mark.parametrize("missing", ["id", "type", "time", "record", "sequence"])
def test_a_missing_attribute_is_said_by_name(missing: str) -> None:
    headers, body = to_amqp(an_event())
    del headers[f"cloudEvents_{missing}"]
    read = from_amqp(headers, body, content_type=JSON, sources=HEARD)
    assert isinstance(read, Delivered)
    assert isinstance(read.envelope, Unreadable)
    assert missing in read.envelope.reason


@pytest.mark.parametrize(
    "change",
    [
        {"shard": None},
        {"shard": 8},
        {"shard": -1},
        {"shard": "3"},
        {"shard": True},
        {"position": 0},
        {"position": 2**63 - 1},
        {"position": None},
        {"cloudEvents_source": "https://erp.example.com"},
        {"cloudEvents_source": "/genjin/tea"},
        {"cloudEvents_source": "/genjin/customers\0"},
        {"cloudEvents_source": 5},
        {"cloudEvents_source": None},
    ],
)
def test_a_message_that_names_no_place_in_a_log_of_ours_is_unreadable(change: dict[str, Any]) -> None:
    headers, body = to_amqp(an_event())
    read = from_amqp({**headers, **change}, body, content_type=JSON, sources=HEARD)
    assert isinstance(read, Unreadable)
    assert read.body == body


def test_what_is_wrong_is_told_without_the_values() -> None:
    headers, _ = to_amqp(an_event())
    for body, more in ((b'"13800138000"', {}), (b"{}", {"cloudEvents_time": "13800138000x"})):
        read = from_amqp({**headers, **more}, body, content_type=JSON, sources=HEARD)
        assert isinstance(read, Delivered)
        assert isinstance(read.envelope, Unreadable)
        assert "ValidationError" in read.envelope.reason
        assert "138001" not in read.envelope.reason


@given(
    st.dictionaries(
        st.sampled_from(["cloudEvents_id", "cloudEvents_source", "cloudEvents:time", "shard", "position"]),
        st.none() | st.integers() | texts | st.binary() | st.lists(st.integers()),
    ),
    st.binary() | values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([JSON, STRUCTURED, "text/plain", "", None]),
)
def test_no_message_whatever_raises(
    headers: dict[str, object], body: bytes, content_type: str | None
) -> None:
    assert isinstance(
        from_amqp(headers, body, content_type=content_type, sources=HEARD), Delivered | Unreadable
    )
