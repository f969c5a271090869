"""Across processes and the broker, one trace leads from a request to the task that somebody is given."""

from services.hosting.shipped import RULES
from tests.acceptance.story import Stage, distributed
from tests.acceptance.test_over_http import a_customer, at, sent
from tests.otlp import Received, receiving
from tests.postgres import Template
from tests.rabbitmq import PrivateNode


async def test_from_a_request_over_log_broker_and_rules_to_the_task_it_is_one_tree(
    migrated_template: Template, private_rabbitmq: PrivateNode
) -> None:
    stage = Stage(migrated_template, private_rabbitmq)
    with receiving() as receiver:
        async with (
            stage.place(RULES, at="2025-03-03T10:00") as place,
            distributed(
                place, private_rabbitmq, settings={"GENJIN_OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
            ) as told,
        ):
            customer, _ = await a_customer(told)
            entered = {"stage": "proposal", "stage_entered_at": at("2025-02-03T10:00")}
            await sent(told, "POST", "/v1/opportunities", customer_id=customer, name="商机甲", **entered)
            assert await told.tasks(kind="warning")
        # The services have ended in good order, and with that have sent what they had.
        spans = receiver.spans

    (request,) = [span for span in spans if span.name == "POST /v1/opportunities"]
    trace = {span.id: span for span in spans if span.trace == request.trace}
    (heard,) = [
        span
        for span in trace.values()
        if span.name == "handle rules.task_raised.v1" and span.service == "followups"
    ]
    assert _way(heard, trace) == [
        ("followups", "handle rules.task_raised.v1"),
        ("rules", "handle opportunities.opportunity_created.v1"),
        ("opportunities", "POST /v1/opportunities"),
    ]


def _way(span: Received, by_id: dict[str, Received]) -> list[tuple[str, str]]:
    """From a span upwards to the root, without the steps of publishing."""
    steps = []
    at_span: Received | None = span
    while at_span is not None:
        if not at_span.name.startswith("publish"):
            steps.append((at_span.service, at_span.name))
        at_span = by_id.get(at_span.parent)
    return steps
