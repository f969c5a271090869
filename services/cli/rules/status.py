"""`genjin rules status` and `genjin rules publish`: what came of a save, and saying that it is meant."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from services.cli.connection import connect
from services.cli.console import pick, say, say_json
from services.cli.environment import settings
from services.cli.options import AsJson, DataDir
from services.cli.rules.entries import finding_lines, lines, loss_lines
from services.cli.running import run
from services.client import Json
from services.shared.settings import Settings

WAITING = 1


def show_status(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show what is in force, what waits to be confirmed and why, and what is wrong with a refused save."""
    configured = settings(data_dir)
    found = run(_read(configured))
    if as_json:
        say_json(found)
    else:
        for line in _report(found, configured):
            say(line)


def publish(
    digest: Annotated[
        str | None,
        typer.Argument(metavar="[DIGEST]", help="The edit that is meant; by default the one that waits."),
    ] = None,
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Publish the edit that waits, although something is lost by it.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Publish the edit of the rules that waits; without --confirm, show it only."""
    if digest and not confirm:
        message = "an edit is confirmed with --confirm"
        raise typer.BadParameter(message)
    configured = settings(data_dir)
    before = run(_read(configured))
    pending = before["pending"]
    found = (
        run(_confirm(configured, digest or pending["digest"])) if confirm and (digest or pending) else before
    )
    if as_json:
        say_json(found)
    else:
        for line in _report(found, configured):
            say(line)
    if found["pending"]:
        raise typer.Exit(WAITING)


async def _read(configured: Settings) -> Json:
    async with connect(configured, is_working=False) as client:
        return await client.get("/v1/rulesets/status")


async def _confirm(configured: Settings, digest: str) -> Json:
    async with connect(configured, is_working=True) as client:
        return await client.post("/v1/rulesets/pending/confirm", body={"digest": digest})


def _report(found: Json, configured: Settings) -> Iterator[str]:
    yield from _in_force(found["in_force"], configured)
    if found["pending"]:
        yield from _pending(found["pending"])
    elif found["problems"]:
        yield pick(
            zh="最近一次保存被拒绝，现行规则不变：", en="The last save was refused, the rules in force stay:"
        )
        yield from lines(found["problems"])
    else:
        yield pick(zh="没有等待确认的改动。", en="No edit waits to be confirmed.")


def _in_force(version: Json, configured: Settings) -> Iterator[str]:
    number, rules = version["version"], version["changed_rules"]
    published = datetime.fromisoformat(version["published_at"]).astimezone(configured.zone)
    when = f"{published:%Y-%m-%d %H:%M:%S}"
    yield pick(
        zh=f"现行规则：版本 {number}，{when} 发布，改动的规则：{'、'.join(rules) or '无'}。",
        en=f"In force: version {number}, published {when}; changed rules: {', '.join(rules) or 'none'}.",
    )
    moved = version["moved"]
    counts = pick(
        zh=f"新增任务 {moved['raised']}，升级 {moved['escalated']}，"
        f"调整 {moved['reassigned']}，结束 {moved['resolved']}",
        en=f"{moved['raised']} tasks raised, {moved['escalated']} escalated, "
        f"{moved['reassigned']} changed, {moved['resolved']} resolved",
    )
    if version["settled_at"]:
        yield pick(zh=f"重新评估已完成：{counts}。", en=f"Re-evaluation is done: {counts}.")
    else:
        yield pick(zh=f"正在重新评估，目前：{counts}。", en=f"Re-evaluation goes on; so far: {counts}.")
    yield from lines(version["warnings"], pick(zh="提醒：", en="warning: "))


def _pending(edit: Json) -> Iterator[str]:
    digest, ending = edit["digest"], edit["tasks_ending"]
    yield pick(
        zh=f"改动 {digest[:12]} 等待确认，现行规则不变。",
        en=f"The edit {digest[:12]} waits to be confirmed, the rules in force stay.",
    )
    if edit["losses"]:
        yield pick(
            zh=f"将失去以下内容，可能结束未完成任务 {ending} 个：",
            en=f"These go, and {ending} open tasks may end:",
        )
        yield from loss_lines(edit["losses"])
    yield from finding_lines(edit["findings"])
    yield pick(
        zh=f"确有此意：genjin rules publish --confirm {digest[:12]}；否则把文件改回即可。",
        en=f"If it is meant: genjin rules publish --confirm {digest[:12]}; else put the files back.",
    )
