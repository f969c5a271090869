"""The names on the broker. A deployment has a virtual host of its own, so they carry no prefix."""

EVENTS = "genjin.events"
"""The topic exchange that every event is published to."""

COMMANDS = "genjin.commands"
"""The direct exchange to which other systems send commands, by their type."""

UNROUTED = "genjin.unrouted"
"""The exchange that takes what nobody is bound to, and the queue that keeps it."""

DEAD_EXCHANGE = "genjin.dlx"
"""The direct exchange to which queues give up messages; the routing key names the consumer."""

LOG_STREAM = "genjin.log"
"""The stream that has every event, for new subscribers to replay."""


def queue_of(consumer: str) -> str:
    """Return the name of the queue from which all replicas of a consumer take their messages."""
    return f"genjin.{consumer}"


def command_queue_of(consumer: str) -> str:
    """Return the name of the queue in which a service finds its commands."""
    return f"genjin.{consumer}.commands"


def command_consumer_of(consumer: str) -> str:
    """Return the name under which a service's dead commands are kept."""
    return f"{consumer}.commands"


def dead_queue_of(consumer: str) -> str:
    """Return the name of the queue of what a consumer's queues gave up, for it to collect."""
    return f"genjin.{consumer}.dead"
