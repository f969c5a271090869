"""`genjin topology`: puts on the broker what the services need there, as a step of deploying."""

from typing import Annotated

import typer

from services.cli.console import complain, pick, say, say_json
from services.cli.environment import settings
from services.cli.options import AsJson
from services.cli.running import run
from services.hosting.wiring import described_services
from services.shared.errors import Locale, RefusedError
from services.shared.messaging import ConsumerTopology
from services.shared.messaging.preflight import differences
from services.shared.messaging.topology import Topology, topology_of
from services.shared.settings import Settings

OnlyCheck = Annotated[bool, typer.Option("--check", help="Only compare what is there; declare nothing.")]


def topology(*, check: OnlyCheck = False, as_json: AsJson = False) -> None:
    """Declare all exchanges, queues and bindings on the broker of GENJIN_AMQP_URL; its user may configure."""
    configured = settings()
    purpose = pick(zh="要在其上声明队列的 RabbitMQ", en="the RabbitMQ on which queues are declared")
    url = configured.require("amqp_url", purpose=purpose)
    wanted = topology_of(_consumers(configured))
    problems = run(differences(url, wanted, is_declaring=not check))
    if as_json:
        say_json(_shown(wanted, problems, configured.locale))
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(RefusedError.exit_status)
    if not as_json:
        counts = len(wanted.exchanges), len(wanted.queues), len(wanted.bindings)
        _say_done(*counts, check=check)


def _consumers(configured: Settings) -> list[ConsumerTopology]:
    """What every service needs, as it says itself."""
    services = described_services(configured).values()
    return [ConsumerTopology.of(each.subscriptions, each.commands) for each in services]


def _shown(wanted: Topology, problems: list[RefusedError], locale: Locale) -> dict[str, object]:
    return {
        "exchanges": [
            {"name": each.name, "type": each.type, "arguments": each.arguments} for each in wanted.exchanges
        ],
        "queues": [{"name": each.name, "arguments": dict(each.arguments)} for each in wanted.queues],
        "bindings": [
            {"queue": each.queue, "exchange": each.exchange, "key": each.key} for each in wanted.bindings
        ],
        "seals": [{"queue": each.queue, "name": each.name} for each in wanted.seals],
        "problems": [{"code": each.slug, "detail": each.message(locale)} for each in problems],
    }


def _say_done(exchanges: int, queues: int, bindings: int, *, check: bool) -> None:
    if check:
        say(pick(zh="消息代理的拓扑符合要求。", en="The broker has all that is needed, as it is needed."))
        return
    say(
        pick(
            zh=f"已声明 {exchanges} 个交换机、{queues} 个队列、{bindings} 个绑定。",
            en=f"Declared: {exchanges} exchanges, {queues} queues, {bindings} bindings.",
        )
    )
