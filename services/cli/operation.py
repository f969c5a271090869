"""`genjin serve`, `genjin migrate`, `genjin audit`: what an operator runs."""

from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from services.cli.connection import connect
from services.cli.console import notes, output, pick, say, say_json
from services.cli.options import AsJson, DataDir, settings
from services.cli.running import run
from services.client import Json
from services.distributed import run_service
from services.embedded.databases import databases
from services.embedded.serving import address, bind
from services.embedded.wiring import BUILDS
from services.shared.settings import Settings

PORT = 8004


class Served(StrEnum):
    """The services that run as a process of their own."""

    RULES = "rules"


def serve(
    service: Annotated[Served, typer.Argument(metavar="SERVICE", help="rules")],
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where its API listens on 127.0.0.1.")] = PORT,
) -> None:
    """Run one service on RabbitMQ and PostgreSQL from GENJIN_AMQP_URL and GENJIN_DATABASE_URL."""
    configured = settings()
    for field, (zh, en) in _NEEDED.items():
        _ = configured.require(field, purpose=pick(zh=zh, en=en))
    listener = bind(port)
    where = address(listener)
    words = pick(zh=f"{service.value} 服务地址 {where}", en=f"The {service.value} service is at {where}")
    run(run_service(service.value, configured, listener, ready=lambda: notes().print(words)))


def migrate(*, data_dir: DataDir = None) -> None:
    """Bring every service's schema to the version that this release needs."""
    run(_migrate(settings(data_dir)))
    say(pick(zh="数据库结构已是最新。", en="The schemas are up to date."))


def audit(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show whether everything that was said has been heard: head = applied + dead + missing."""
    seen = run(_audit(settings(data_dir)))
    if as_json:
        say_json(seen)
    else:
        _show(seen)


_NEEDED = {
    "amqp_url": ("服务接收消息的 RabbitMQ", "the RabbitMQ from which the service hears"),
    "database_url": ("服务使用的 PostgreSQL", "the PostgreSQL on which the service works"),
}


async def _migrate(configured: Settings) -> None:
    async with databases(configured, BUILDS):
        pass


async def _audit(configured: Settings) -> Json:
    async with connect(configured, is_working=False) as client:
        return {**await client.get("/v1/audit"), **await client.get("/v1/loads/due")}


def _show(seen: Json) -> None:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold cyan", pad_edge=False)
    table.add_column(pick(zh="消费方", en="Consumer"))
    table.add_column(pick(zh="来源", en="Source"))
    for zh, en in (("日志", "Log"), ("已处理", "Applied"), ("死信", "Dead"), ("缺失", "Missing")):
        table.add_column(pick(zh=zh, en=en), justify="right")
    for line in seen["consumers"]:
        numbers = (str(line[name]) for name in ("head", "applied", "dead", "missing"))
        table.add_row(line["consumer"], line["source"], *numbers)
    output().print(table)
    say(
        pick(
            zh=f"缺失 {seen['missing']},死信 {seen['dead']},待评估 {seen['due']}。",
            en=f"{seen['missing']} missing, {seen['dead']} dead, {seen['due']} subjects due.",
        )
    )
