"""Traces (OpenTelemetry): from a request through the log, the broker and the rules to the task, as one tree.

What carries a trace on is the `traceparent` of each event: the unit of work that says it writes there the
span in which it was said. So the tree is the tree of causes, whatever way a message travelled, and also after
a replay. Off unless `tracing` is entered; otherwise nothing here does more than look at one variable.

Nothing is made global: what a library may want to tell of its own is not part of our traces. The spans of
requests are our own too, since those of the web framework carry the query, and queries name people.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts.envelope import Envelope

EXPORT_SECONDS = 5.0
"""How long the receiver may take for a batch of spans."""

_PROPAGATOR = TraceContextTextMapPropagator()
_ROOT = Context()


class _Tracing:
    """Gives each service its tracer; all spans leave by the same exporter."""

    def __init__(self, processor: SpanProcessor, origin: Mapping[str, str]) -> None:
        self._processor = processor
        self._origin = origin
        self._providers: dict[str, TracerProvider] = {}

    def tracer(self, service: str) -> Tracer:
        """Return the tracer of a service."""
        if service not in self._providers:
            attributes = {
                "service.namespace": "genjin",
                "service.name": service,
                "service.version": self._origin.get("version", ""),
                "service.instance.id": self._origin.get("replica", ""),
            }
            # Ended by `tracing`, in the order in which it was begun, and not by the end of the interpreter.
            provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
            provider.add_span_processor(self._processor)
            self._providers[service] = provider
        return self._providers[service].get_tracer("genjin")


class _State:
    """Whether spans are made in this process at the moment."""

    tracing: _Tracing | None = None


@contextmanager
def tracing(endpoint: str | None, origin: Mapping[str, str]) -> Iterator[None]:
    """Send spans to an OTLP endpoint over HTTP while the context lasts; without an endpoint, none are made.

    `endpoint` is the receiver's base address, like http://collector:4318; `origin` says which version and
    replica this is. What is left is sent at the end. A receiver that is away costs spans, never work.
    """
    if endpoint is None:
        yield
        return
    processor = BatchSpanProcessor(
        OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
    )
    before, _State.tracing = _State.tracing, _Tracing(processor, origin)
    try:
        yield
    finally:
        _State.tracing = before
        processor.shutdown()  # type: ignore[no-untyped-call]


class UnitSpans:
    """The spans of one unit of work.

    Each message has a span of its own, whose parent is what its traceparent names: so every trace stays one
    tree, although messages of many traces share a transaction. The transaction has a span too, when there is
    more than one message, in a trace of its own; the spans of its messages link to it. All of them end with
    the transaction, since only then the messages are handled.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._of_messages: dict[UUID, Span] = {}
        self._of_batch: Span | None = None

    @contextmanager
    def handling(self, consumer: str, messages: Iterable[Envelope]) -> Iterator[None]:
        """Begin the spans of messages; what fails in the context is told in them."""
        heard = list(messages)
        if _State.tracing is not None and heard:
            self._begin(_State.tracing.tracer(self._service), consumer, heard)
        try:
            yield
        except BaseException as error:
            self._fail(error)
            raise

    def traceparent(self, cause: Envelope | None) -> str | None:
        """Return what an event that is said now, because of a message or of none, carries on."""
        if _State.tracing is None:
            return cause.traceparent if cause else None
        if cause is not None:
            span = self._of_messages.get(cause.id)
            return _traceparent(span) if span else cause.traceparent
        return _traceparent(self._of_batch or get_current_span())

    def end(self, error: BaseException | None = None) -> None:
        """End the spans, because the transaction was committed, or not because of an error."""
        if error is not None:
            self._fail(error)
        for span in self._spans():
            span.end()
        self._of_messages.clear()
        self._of_batch = None

    def _begin(self, tracer: Tracer, consumer: str, heard: list[Envelope]) -> None:
        links = []
        if len(heard) > 1:
            count = {"messaging.batch.message_count": len(heard)}
            self._of_batch = tracer.start_span(f"handle batch {consumer}", context=_ROOT, attributes=count)
            links = [Link(self._of_batch.get_span_context())]
        for envelope in heard:
            self._of_messages[envelope.id] = tracer.start_span(
                f"handle {envelope.type}",
                context=_parent(envelope.traceparent),
                kind=SpanKind.CONSUMER,
                links=links,
                attributes={**_attributes(envelope), "messaging.consumer.group.name": consumer},
            )

    def _fail(self, error: BaseException) -> None:
        for span in self._spans():
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))

    def _spans(self) -> list[Span]:
        batch = [self._of_batch] if self._of_batch else []
        return [*self._of_messages.values(), *batch]


def is_tracing() -> bool:
    """Whether spans are made."""
    return _State.tracing is not None


@contextmanager
def publishing(envelope: Envelope) -> Iterator[None]:
    """Trace that an event is handed to the broker and confirmed by it."""
    kind = SpanKind.PRODUCER
    name, context = f"publish {envelope.type}", _parent(envelope.traceparent)
    with _span(envelope.service, name, context, kind, _attributes(envelope)):
        yield


@contextmanager
def requested(service: str, traceparent: str | None, method: str) -> Iterator[Span]:
    """Trace a request over HTTP; what it says is part of its trace."""
    with _span(
        service, method, _parent(traceparent), SpanKind.SERVER, {"http.request.method": method}
    ) as span:
        yield span


@contextmanager
def commanded(service: str, command: str, traceparent: str | None) -> Iterator[None]:
    """Trace a command that came through the broker; what it says is part of its trace."""
    attributes = {"messaging.system": "rabbitmq", "messaging.operation.type": "process"}
    with _span(service, f"handle {command}", _parent(traceparent), SpanKind.CONSUMER, attributes):
        yield


@contextmanager
def begun(service: str, name: str) -> Iterator[None]:
    """Trace work that nobody asked for, like what falls due; what it says is part of its trace."""
    with _span(service, name, _ROOT, SpanKind.INTERNAL, {}):
        yield


def current_trace() -> str | None:
    """Return the id of the trace in which this is done, as 32 hexadecimal digits."""
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def trace_of(traceparent: str | None) -> str | None:
    """Return the id of the trace that a traceparent names, as it is written there."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) > 1 else None


@contextmanager
def _span(
    service: str, name: str, context: Context, kind: SpanKind, attributes: Mapping[str, str]
) -> Iterator[Span]:
    if _State.tracing is None:
        yield get_current_span()
        return
    tracer = _State.tracing.tracer(service)
    span = tracer.start_span(name, context=context, kind=kind, attributes=attributes)
    # Of an error only the class is told: its words may be those of a message about a person.
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _parent(traceparent: str | None) -> Context:
    return _PROPAGATOR.extract({"traceparent": traceparent}, context=_ROOT) if traceparent else _ROOT


def _traceparent(span: Span) -> str | None:
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _attributes(envelope: Envelope) -> dict[str, str]:
    return {
        "messaging.system": "genjin",
        "messaging.destination.name": envelope.source,
        "messaging.message.id": str(envelope.id),
        "genjin.record": envelope.record,
        "genjin.customer_id": str(envelope.customerid or ""),
    }
