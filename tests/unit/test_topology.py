"""What is declared on the broker is safe there, and nothing that a later RabbitMQ refuses."""

import pytest

from services.shared.messaging import ConsumerTopology
from services.shared.messaging.topology import Topology, topology_of
from tests.plumbing import subscribed

ALL = topology_of(
    [
        ConsumerTopology("rules", frozenset({"customers", "followups"})),
        ConsumerTopology("followups", frozenset({"rules"}), frozenset({"followups.put_person.v1"})),
    ]
)

# What RabbitMQ 4 knows for these types of queue; global prefetch, queue modes and mirroring are not in it.
KNOWN = {
    "quorum": {
        "x-queue-type",
        "x-delivery-limit",
        "x-dead-letter-exchange",
        "x-dead-letter-routing-key",
        "x-dead-letter-strategy",
        "x-overflow",
        "x-max-length-bytes",
        "x-single-active-consumer",
    },
    "stream": {"x-queue-type", "x-max-age", "x-max-length-bytes", "x-stream-max-segment-size-bytes"},
}


@pytest.fixture
def topology() -> Topology:
    return ALL


def test_every_queue_is_replicated_and_has_only_arguments_that_later_versions_take(
    topology: Topology,
) -> None:
    for queue in topology.queues:
        assert set(queue.arguments) <= KNOWN[str(queue.arguments["x-queue-type"])]


def test_every_consumed_queue_gives_up_to_the_dead_queue_of_its_consumer(topology: Topology) -> None:
    dead = {binding.key: binding.queue for binding in topology.bindings if binding.exchange == "genjin.dlx"}
    assert dead == {"rules": "genjin.rules.dead", "followups": "genjin.followups.dead"}
    consumed = {
        queue.name: queue.arguments for queue in topology.queues if queue.name + ".dead" in dead.values()
    }
    assert {each["x-dead-letter-routing-key"] for each in consumed.values()} == {"rules", "followups"}
    for arguments in consumed.values():
        assert (arguments["x-dead-letter-strategy"], arguments["x-overflow"]) == (
            "at-least-once",
            "reject-publish",
        )
        assert arguments["x-delivery-limit"] == 20


def test_what_nobody_is_bound_to_is_kept(topology: Topology) -> None:
    alternates = {exchange.name: exchange.alternate for exchange in topology.exchanges}
    assert alternates["genjin.events"] == alternates["genjin.commands"] == "genjin.unrouted"


def test_the_stream_has_the_events_of_every_service_and_leaves_others_unrouted(topology: Topology) -> None:
    keys = {binding.key for binding in topology.bindings if binding.queue == "genjin.log"}
    assert keys == {"*.customers.#", "*.followups.#", "*.opportunities.#", "*.rules.#"}


def test_only_a_service_with_commands_has_a_queue_for_them(topology: Topology) -> None:
    names = {queue.name for queue in topology.queues if queue.name.endswith(".commands")}
    assert names == {"genjin.followups.commands"}


def test_a_seal_changes_with_what_it_stands_for_and_only_then() -> None:
    (seal,) = topology_of([subscribed(consumer="rules")]).seals
    (same,) = topology_of([ConsumerTopology("rules", frozenset({"customers"}))]).seals
    (other,) = topology_of([ConsumerTopology("rules", frozenset({"customers", "rules"}))]).seals
    assert seal == same
    assert seal.name != other.name
