"""`genjin serve`, `genjin migrate`, `genjin audit`: what an operator runs."""

from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from services.audit import Audit, audit
from services.cli.connection import connect
from services.cli.console import pick, say, say_json
from services.cli.environment import settings
from services.cli.options import AsJson, DataDir
from services.cli.running import run
from services.cli.terminal import notes, output
from services.client import Json
from services.distributed import run_service
from services.embedded.databases import databases
from services.hosting.serving import HOST, address, bind
from services.hosting.wiring import BUILDS
from services.shared.logs import configure_logs, origin
from services.shared.settings import SERVICES, Settings
from services.shared.telemetry import tracing

PORTS = {name: 8001 + i for i, name in enumerate(SERVICES)}


class Served(StrEnum):
    """The services, each of which can run as a process of its own."""

    CUSTOMERS = "customers"
    FOLLOWUPS = "followups"
    OPPORTUNITIES = "opportunities"
    RULES = "rules"


def serve(
    service: Annotated[Served, typer.Argument(metavar="SERVICE", help=" | ".join(SERVICES))],
    *,
    host: Annotated[str, typer.Option(help="The address on which its API listens.")] = HOST,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="8001 to 8004 by service.")] = None,
) -> None:
    """Run one service on RabbitMQ and PostgreSQL from GENJIN_AMQP_URL and GENJIN_DATABASE_URL."""
    configured = settings()
    for field, (zh, en) in _NEEDED.items():
        _ = configured.require(field, purpose=pick(zh=zh, en=en))
    listener = bind(PORTS[service.value] if port is None else port, host=host)
    where = address(listener)
    words = pick(zh=f"{service.value} 服务地址 {where}", en=f"The {service.value} service is at {where}")
    name = service.value
    # A service runs unseen: without a wish it tells of each message and request.
    level = configured.log_level if "log_level" in configured.model_fields_set else "info"
    configure_logs(configured.log_format, level, service=name)
    with tracing(configured.otel_exporter_otlp_endpoint, origin(name)):
        run(run_service(name, configured, listener, ready=lambda: notes().print(words)))


def migrate(*, data_dir: DataDir = None) -> None:
    """Bring every service's schema to the version that this release needs."""
    run(_migrate(settings(data_dir)))
    say(pick(zh="数据库结构已是最新。", en="The schemas are up to date."))


def show_audit(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show whether everything that was said has been heard: head = applied + dead + missing."""
    seen, due = run(_audit(settings(data_dir)))
    if as_json:
        say_json(_as_json(seen, due))
    else:
        _show(seen, due)


_NEEDED = {
    "amqp_url": ("服务接收消息的 RabbitMQ", "the RabbitMQ from which the service hears"),
    "database_url": ("服务使用的 PostgreSQL", "the PostgreSQL on which the service works"),
}


async def _migrate(configured: Settings) -> None:
    async with databases(configured, BUILDS):
        pass


async def _audit(configured: Settings) -> tuple[Audit, int]:
    async with connect(configured, is_working=False) as client:
        return await audit(client), (await client.get("/v1/loads/due"))["due"]


def _as_json(seen: Audit, due: int) -> Json:
    lines = [{**vars(line), "missing": line.missing} for line in seen.lines]
    return {"consumers": lines, "missing": seen.missing, "dead": seen.dead, "due": due}


def _show(seen: Audit, due: int) -> None:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold cyan", pad_edge=False)
    table.add_column(pick(zh="消费方", en="Consumer"))
    table.add_column(pick(zh="来源", en="Source"))
    for zh, en in (("日志", "Log"), ("已处理", "Applied"), ("死信", "Dead"), ("缺失", "Missing")):
        table.add_column(pick(zh=zh, en=en), justify="right")
    for line in seen.lines:
        numbers = (str(number) for number in (line.head, line.applied, line.dead, line.missing))
        table.add_row(line.consumer, line.source, *numbers)
    output().print(table)
    say(
        pick(
            zh=f"缺失 {seen.missing},死信 {seen.dead},待评估 {due}。",
            en=f"{seen.missing} missing, {seen.dead} dead, {due} subjects due.",
        )
    )
