"""Dead letters as tables for people."""

import json
from collections.abc import Sequence
from datetime import tzinfo

from services.cli.console import pick, say
from services.cli.tables import add_row, pick_from, printable, second, table_of
from services.cli.terminal import output
from services.client import Json

_STATES = {
    "waiting": ("等待重试", "waiting"),
    "dead": ("待处理", "dead"),
    "discarded": ("已放弃", "discarded"),
}
_RESULTS = {
    "applied": ("已处理", "applied"),
    "failed": ("失败", "failed"),
    "busy": ("正在重试", "busy"),
    "gone": ("已不存在", "gone"),
    "discarded": ("已放弃", "discarded"),
}
_WOULD = {"applied": ("将会成功", "would be applied"), "failed": ("将会失败", "would fail")}


def show_letters(letters: Sequence[Json], zone: tzinfo) -> None:
    """Show one line for each letter."""
    if not letters:
        say(pick(zh="没有死信。", en="There are no dead letters."))
        return
    headings = ("编号", "ID"), ("服务", "Service"), ("类型", "Type"), ("状态", "State"), ("原因", "Reason")
    table = table_of(*headings)
    for letter in letters:
        state = pick_from(_STATES, letter["state"])
        if letter["next_try_at"]:
            state += f" {second(letter['next_try_at'], zone)}"
        reason = f"{letter['error_class']}: {letter['reason']}"
        add_row(
            table, letter["id"], letter["service"], letter["type"], f"{state} ({letter['attempts']})", reason
        )
    output().print(table)
    say(pick(zh=f"共 {len(letters)} 条死信。", en=f"{len(letters)} dead letters."))


def show_groups(groups: Sequence[Json], zone: tzinfo) -> None:
    """Show two lines for each group."""
    if not groups:
        say(pick(zh="没有死信。", en="There are no dead letters."))
        return
    for group in groups:
        # Not a table: a fingerprint is of use only as a whole.
        waiting = pick(zh=f"其中 {group['waiting']} 条等待重试", en=f"{group['waiting']} of them waiting")
        say(printable(f"{group['count']}  {group['service']}  {group['fingerprint']}"))
        say(printable(f"   {second(group['last'], zone)}  {waiting}  {group['reason']}"))


def show_letter(letter: Json, zone: tzinfo) -> None:
    """Show all of a letter, line by line."""
    place = f"{letter['source']}/{letter['shard']}/{letter['position']}" if letter["source"] else None
    lines = {
        pick(zh="编号", en="ID"): letter["id"],
        pick(zh="服务", en="Service"): letter["service"],
        pick(zh="消费方", en="Consumer"): letter["consumer"],
        pick(zh="状态", en="State"): pick_from(_STATES, letter["state"]),
        pick(zh="类型", en="Type"): letter["type"],
        pick(zh="位置", en="Place"): place,
        pick(zh="原因", en="Reason"): f"{letter['error_class']}: {letter['reason']}",
        pick(zh="指纹", en="Fingerprint"): letter["fingerprint"],
        pick(zh="尝试次数", en="Attempts"): letter["attempts"],
        pick(zh="最近失败", en="Failed at"): second(letter["failed_at"], zone),
        pick(zh="下次重试", en="Next try"): second(letter["next_try_at"], zone),
        pick(zh="放弃时间", en="Discarded at"): second(letter["discarded_at"], zone),
        pick(zh="放弃原因", en="Discarded because"): letter["discarded_because"],
    }
    for name, value in lines.items():
        if value not in {None, ""}:
            say(f"{name}: {printable(value)}")
    documents = {
        pick(zh="消息头", en="Headers"): letter["headers"],
        pick(zh="内容", en="Body"): letter["body"],
    }
    for name, value in documents.items():
        if value is not None:
            say(f"{name}:")
            for line in json.dumps(value, ensure_ascii=False, indent=2).splitlines():
                say(printable(line))


def show_outcomes(outcomes: Sequence[Json], *, is_rehearsal: bool) -> None:
    """Show one line for each letter that was or would be tried, and what follows from it."""
    if not outcomes:
        say(pick(zh="没有这样的死信。", en="There are no such dead letters."))
        return
    table = table_of(("编号", "ID"), ("服务", "Service"), ("结果", "Result"), ("说明", "Details"))
    for outcome in outcomes:
        words = {**_RESULTS, **_WOULD} if is_rehearsal else _RESULTS
        details = outcome["reason"] or ", ".join(said["type"] for said in outcome["said"])
        add_row(table, outcome["id"], outcome["service"], pick_from(words, outcome["result"]), details)
    output().print(table)
