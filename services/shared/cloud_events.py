"""Events as AMQP messages and back: CloudEvents 1.0, written in binary mode, read in both modes.

In binary mode the attributes travel as headers `cloudEvents_<name>`, the data as the body. The headers
`shard` and `position` say where the event stands in its owner's log.

A place is taken on trust: an event of somebody else that claims one still to come makes the true one count as
handled, and no audit sees it. So nobody but our services may write to `genjin.events`.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from aio_pika import DeliveryMode
from pamqp.commands import Basic
from pamqp.common import FieldValue
from pydantic_core import from_json, to_json

from contracts.envelope import SHARDS, Envelope
from services.shared.delivery import Delivered, Unreadable
from services.shared.event_log import SOURCE_PREFIX, Logged, Stored
from services.shared.failures import unreadable_for
from services.shared.inbox import Position

PREFIXES = ("cloudEvents_", "cloudEvents:")
"""The first is written; the second is the other one that the AMQP binding allows."""

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
NO_PLACE = "it names no place in a log that is heard here"
_LARGEST_POSITION = 2**63 - 2
"""What comes after it has to be a number of PostgreSQL too."""


class Binary(NamedTuple):
    """An event as a message in binary mode."""

    body: bytes
    routing_key: str
    properties: Basic.Properties


def binary_mode(event: Stored) -> Binary:
    """Return an event of the log as a persistent message, without reading more of it than its parts."""
    attributes = from_json(event.body)
    data = attributes.pop("data")
    attributes.pop("datacontenttype", None)
    headers: dict[str, FieldValue] = {PREFIXES[0] + name: value for name, value in attributes.items()}
    headers["shard"], headers["position"] = event.shard, event.position
    properties = Basic.Properties(
        content_type=JSON,
        headers=headers,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(event.id),
        message_type=event.type,
    )
    return Binary(to_json(data), event.routing_key, properties)


def to_amqp(event: Logged) -> tuple[dict[str, FieldValue], bytes]:
    """Return the headers and the body of an event in binary mode."""
    attributes = event.envelope.model_dump(
        mode="json", exclude_none=True, exclude={"data", "datacontenttype"}
    )
    headers: dict[str, FieldValue] = {PREFIXES[0] + name: value for name, value in attributes.items()}
    headers |= {"shard": event.shard, "position": event.position}
    return headers, to_json(event.envelope.data)


def from_amqp(
    headers: Mapping[str, object], body: bytes, *, content_type: str | None, sources: Collection[str]
) -> Delivered | Unreadable:
    """Return the message; Unreadable when it names no place in a log of `sources`, the services heard."""
    attributes: dict[str, Any] = {}
    try:
        attributes = _attributes(headers, body, content_type or "")
        envelope: Envelope | Unreadable = Envelope.model_validate(attributes)
    except (ValueError, RecursionError) as error:
        envelope = Unreadable(body, unreadable_for(error))
    place = _place({**_extensions(headers), **attributes}, headers)
    if place is not None and place.source in sources:
        return Delivered(*place, envelope)
    return envelope if isinstance(envelope, Unreadable) else Unreadable(body, NO_PLACE)


def _attributes(headers: Mapping[str, object], body: bytes, content_type: str) -> dict[str, Any]:
    content = from_json(body, allow_inf_nan=False)
    if not content_type.startswith(STRUCTURED):
        return {**_extensions(headers), "data": content}
    if not isinstance(content, dict):
        message = "a structured event is a JSON object"
        raise ValueError(message)  # noqa: TRY004 -- the content is wrong, not the program
    return content


def _extensions(headers: Mapping[str, object]) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value.decode(errors="replace") if isinstance(value, bytes) else value
        for name, value in headers.items()
        for prefix in PREFIXES
        if name.startswith(prefix)
    }


def _place(attributes: Mapping[str, object], headers: Mapping[str, object]) -> Position | None:
    source = attributes.get("source")
    shard, position = (headers.get(name, attributes.get(name)) for name in ("shard", "position"))
    if not isinstance(source, str) or not source.startswith(SOURCE_PREFIX):
        return None
    if type(shard) is not int or type(position) is not int:
        return None
    if not 0 <= shard < SHARDS or not 0 < position <= _LARGEST_POSITION:
        return None
    return Position(source.removeprefix(SOURCE_PREFIX), shard, position)
