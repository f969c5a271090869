"""The document as a whole, and its file."""

import json
from pathlib import Path
from typing import Any

from contracts.artefacts import SCHEMAS
from services.asyncapi.channels import channels, exchanges, parameters
from services.asyncapi.messages import messages, schemas
from services.asyncapi.operations import operations
from services.asyncapi.parties import Parties

FILE = SCHEMAS.parent / "asyncapi.json"

_ABOUT = """
Events go to the topic exchange `genjin.events` with the routing key `s<slot>.<type>`, in the binary mode of
CloudEvents; they are in the stream `genjin.log` too, to be replayed. Commands go to the direct exchange
`genjin.commands`, with their type as routing key. A field may be added to a published version: readers ignore
what they do not know. How to connect another system: docs/integrating.md.
"""


def document(parties: Parties) -> dict[str, Any]:
    """Return the document of these services."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:genjin:messages",
        "info": {
            "title": "Genjin 跟进",
            "version": "1.0.0",
            "description": " ".join(_ABOUT.split()),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "rabbitmq:5672",
                "pathname": "/genjin",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "RabbitMQ 3.10 to 4; a deployment has a virtual host of its own.",
            }
        },
        "channels": channels(parties),
        "operations": operations(parties),
        "components": {
            "parameters": parameters(),
            "messages": messages(parties),
            "schemas": schemas(),
        },
        "x-exchanges": exchanges(parties),
    }


def text() -> str:
    """Return the document as the text of its file."""
    return json.dumps(document(Parties.gather()), ensure_ascii=False, indent=2) + "\n"


def write(path: Path = FILE) -> None:
    """Write the document."""
    path.write_text(text(), encoding="utf-8")
