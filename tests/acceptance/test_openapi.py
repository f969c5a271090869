"""The API keeps what its OpenAPI document says, whatever is asked of it: no failure, no undeclared answer.

Requests are made up from the document, every other one with ids that exist. What a schema cannot say, like
which people there are, is refused with a declared problem, so valid data need not be accepted.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import CacheConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.cli.connection import attached
from services.client import Client
from services.embedded import Embedded
from services.hosting.serving import address, bind, serve
from services.hosting.shipped import RULES
from services.loading import load
from services.shared.imports.requests import ImportRequest
from services.shared.settings import Settings
from tests.acceptance.story import PEOPLE, Place, Quiet, Stage
from tests.postgres import Template
from tests.rules_rig import MovableClock

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
"""Of each operation, and as many again that break its schema."""

FILES = {
    "people": PEOPLE,
    "customers": "客户名称,负责人,意向度\n远山科技有限公司,王海涛,高",
    "contacts": "客户名称,姓名,职务\n远山科技有限公司,刘经理,采购经理",
    "opportunities": "客户名称,商机名称,当前阶段,负责人\n远山科技有限公司,产线改造,方案报价,王海涛",
    "purchases": "客户名称,产品或服务,购买时间,购买金额\n远山科技有限公司,机床,2025-01-02,1万",
    "plans": "客户名称,跟进阶段,时间节点,负责人\n远山科技有限公司,方案呈现,2025-06-30,王海涛",
    "follow_ups": "客户名称,跟进时间,跟进人,沟通要点\n远山科技有限公司,2025-06-02,王海涛,交付周期",
}

LISTS = {
    "/v1/people": "person_id",
    "/v1/customers": "customer_id",
    "/v1/customers/{customer_id}/contacts": "contact_id",
    "/v1/customers/{customer_id}/purchases": "purchase_id",
    "/v1/opportunities": "opportunity_id",
    "/v1/plans": "plan_id",
    "/v1/follow-ups": "follow_up_id",
    "/v1/tasks": "task_id",
}


async def test_no_request_breaks_the_api_or_gets_an_answer_that_is_not_declared(
    migrated_template: Template,
) -> None:
    async with Stage(migrated_template).place(RULES, at="2025-06-30T18:00") as place:
        clock = MovableClock(place.instant)
        async with Embedded.open(configured(place), clock=clock) as embedded, attached(embedded) as client:
            await load(client, requests(), Quiet())
            ids = await known_ids(client)
            async with served(embedded.app) as url:
                tried = Tried(ids)
                await asyncio.to_thread(tried.try_everything, embedded.app.openapi(), url)
    assert not tried.found, "\n\n".join(tried.found)
    assert {200, 201, 403, 404, 412, 422} <= tried.statuses.keys(), tried.statuses


def configured(place: Place) -> Settings:
    """The settings of an instance in this process."""
    urls = {"database_url": place.database_url, "data_dir": place.directory / "data"}
    # Made-up ids are not worth waiting for.
    return Settings.load({**urls, "rules_dir": place.rules_dir, "locale": "en", "reference_wait": 0})


def requests() -> list[ImportRequest]:
    """Something of every kind of record."""
    return [
        ImportRequest(what=what, file=f"{what}.csv", content=text.strip().encode())
        for what, text in FILES.items()
    ]


async def known_ids(client: Client) -> dict[str, str]:
    """One id of each kind, by the names that parameters and fields have for it."""
    ids: dict[str, str] = {}
    for path, name in LISTS.items():
        async for item in client.items(path.format(**ids)):
            ids[name] = str(item[name])
    person, customer = ids["person_id"], ids["customer_id"]
    people = dict.fromkeys(("owner_id", "owner", "person", "assignee"), person)
    return {**ids, **people, "customer": customer, "subject": customer, "version": "1"}


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve the application on a port; its URL."""
    listener = bind(0)
    serving = asyncio.create_task(serve(app, listener))
    try:
        yield address(listener)
    finally:
        serving.cancel()
        await asyncio.wait([serving])


@dataclass
class Tried:
    """What came of the requests: what was `found` to be wrong, and how often there was which status."""

    ids: Mapping[str, str]
    found: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def try_everything(self, document: dict[str, Any], url: str) -> None:
        """Make up requests for every operation of a document, and hold the answers against it."""
        config = SchemathesisConfig(cache=CacheConfig(enabled=False))
        schema = schemathesis.openapi.from_dict(document, config=config)
        schema.config.update(base_url=url)
        for result in schema.get_all_operations():
            operation: Operation = result.ok()  # type: ignore[union-attr]  # the document is valid
            for mode in GenerationMode:
                try:
                    self.try_operation(operation, mode)
                except (FailureGroup, ExceptionGroup) as failure:
                    self.found.append(f"{operation.label} ({mode.value}): {told(failure)}")
                except Unsatisfiable:
                    continue  # nothing can be made up that breaks its schema

    def try_operation(self, operation: Operation, mode: GenerationMode) -> None:
        """Make up requests for one operation; raises what is wrong with the answers."""
        turns = cycle((True, False))

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: AnyCase) -> None:
            """Ask, and hold the answer against the document."""
            if next(turns):
                meant(case, self.ids)
            answer = case.call(timeout=30)
            self.statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        ask()


def meant(case: AnyCase, ids: Mapping[str, str]) -> None:
    """Put ids that exist into the path, and into the query and the body where they have their place."""
    if "file" in case.path or "import_id" in case.path:
        return
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({name: ids[name] for name in part.keys() & ids.keys()})


def told(failure: BaseException) -> str:
    """What is wrong, with the request."""
    if isinstance(failure, BaseExceptionGroup):
        return "\n".join(map(told, failure.exceptions))
    return str(failure)
