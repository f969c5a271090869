"""What is counted and measured (Prometheus): one registry in a process, shared by the services in it.

Labels name services, consumers, types, rules and routes: what there are few of. Never an id.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

REGISTRY = CollectorRegistry()
"""Holds what is counted as it happens; what is asked when it is wanted comes beside it."""

FAST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

messages_handled = Counter(
    "genjin_messages_handled",
    "Messages a consumer was handed, by what became of them: applied, skipped, repeated or dead.",
    ("consumer", "type", "outcome"),
    registry=REGISTRY,
)

batch_messages = Histogram(
    "genjin_batch_messages",
    "How many messages were handled in one transaction.",
    ("consumer",),
    buckets=(1, 2, 5, 10, 20, 50, 100, 200),
    registry=REGISTRY,
)

batch_seconds = Histogram(
    "genjin_batch_duration_seconds",
    "How long a transaction of messages took, with its commit.",
    ("consumer",),
    buckets=FAST_SECONDS,
    registry=REGISTRY,
)

events_said = Counter(
    "genjin_events_said",
    "Events appended to a service's log and committed.",
    ("service", "type"),
    registry=REGISTRY,
)

events_published = Counter(
    "genjin_events_published",
    "Events that a cursor tried to deliver, by outcome: confirmed or failed.",
    ("service", "outcome"),
    registry=REGISTRY,
)

publish_seconds = Histogram(
    "genjin_publish_duration_seconds",
    "How long it took until the broker had confirmed a batch of events.",
    ("service",),
    buckets=FAST_SECONDS,
    registry=REGISTRY,
)

requests = Counter(
    "genjin_http_requests",
    "Requests over HTTP, by the template of their route.",
    ("route", "method", "status"),
    registry=REGISTRY,
)

request_seconds = Histogram(
    "genjin_http_request_duration_seconds",
    "How long it took until a request was answered.",
    ("route", "method"),
    buckets=FAST_SECONDS,
    registry=REGISTRY,
)

commands_handled = Counter(
    "genjin_commands_handled",
    "Commands that came through the broker, by outcome.",
    ("service", "type", "outcome"),
    registry=REGISTRY,
)

loop_lag_seconds = Histogram(
    "genjin_event_loop_lag_seconds",
    "How much later than asked the event loop came back: time in which nothing else could run.",
    buckets=FAST_SECONDS,
    registry=REGISTRY,
)
