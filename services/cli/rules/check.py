"""`genjin rules check`: what is wrong in a rules directory, before it is in force."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.console import pick, say, say_json
from services.cli.options import AsJson
from services.cli.rules.entries import finding_lines, lines, loss_lines
from services.cli.rules.shipped import lacking, lacking_lines
from services.hosting.instance import announced
from services.hosting.shipped import RULES
from services.rules.domain.checking import check
from services.rules.ruleset.loader.directory import read_directory
from services.shared import places

REFUSED = 1

Json = dict[str, Any]


def check_rules(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A rules directory; by default the one in use.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Prove a rules directory: every problem at once, with file, line and column.

    A running instance is asked, which knows the people and what is in force.
    """
    place = directory or _directory_in_use()
    files = read_directory(place)
    found = _asked(files) or _checked(files)
    missing = lacking(files, timezone=places.timezone())
    if as_json:
        ids = [rule.id for rule in missing]
        say_json({"ok": _is_ok(found), "directory": str(place), **found, "shipped_only": ids})
    else:
        for line in (*_report(place, found), *lacking_lines(missing)):
            say(line)
    if not _is_ok(found):
        raise typer.Exit(REFUSED)


def _directory_in_use() -> Path:
    directory = places.rules_dir()
    # Before the first start nothing was copied there yet: what will be copied is checked.
    return directory if directory.exists() else RULES


def _asked(files: Mapping[str, str]) -> Json | None:
    """What the running instance says of the files; None when none runs."""
    data_dir = places.data_dir()
    if announced(data_dir) is None:
        return None
    # What it takes to ask is loaded only when there is an instance to ask.
    answer: Json | None = import_module("services.cli.rules.asking").ask(data_dir, files)
    return answer


def _checked(files: Mapping[str, str]) -> Json:
    """What this program says of the files, beside the rules that it ships."""
    loaded = check(files, timezone=places.timezone(), before=read_directory(RULES))
    return {
        **{
            name: [entry.model_dump(mode="json") for entry in getattr(loaded, name)]
            for name in ("problems", "findings", "warnings")
        },
        "rules": [rule.id for rule in loaded.ruleset.rules] if loaded.ruleset else [],
        "losses": [],
        "version": None,
        "is_in_force": None,
    }


def _is_ok(found: Json) -> bool:
    return not found["problems"] and not found["findings"]


def _report(place: Path, found: Json) -> Iterator[str]:
    yield from lines(found["problems"])
    yield from finding_lines(found["findings"])
    yield from lines(found["warnings"], pick(zh="提醒：", en="warning: "))
    problems, findings, rules = (len(found[name]) for name in ("problems", "findings", "rules"))
    if problems:
        yield pick(
            zh=f"{place} 有 {problems} 处问题，规则未通过检查。",
            en=f"{place}: {problems} problems; the rules are refused.",
        )
    elif findings:
        yield pick(
            zh=f"{place} 有 {findings} 处存疑：请改正，或在规则中写明理由。",
            en=f"{place}: {findings} findings; mend them, or accept them in the rules with the reason.",
        )
    else:
        yield pick(
            zh=f"{place} 规则检查通过：共 {rules} 条规则。",
            en=f"{place}: the rules are in order, {rules} of them.",
        )
    if found["version"] is not None:
        yield from _beside_running(found)


def _beside_running(found: Json) -> Iterator[str]:
    version = found["version"]
    if found["is_in_force"]:
        yield pick(
            zh=f"运行中的系统正在使用这些规则（版本 {version}）。",
            en=f"The running instance has these rules in force (version {version}).",
        )
        return
    yield pick(
        zh=f"运行中的系统使用的是版本 {version}，与这个目录不同。",
        en=f"The running instance has something else in force (version {version}).",
    )
    if found["losses"]:
        yield pick(
            zh="与它相比，将失去以下内容，需要确认：",
            en="Beside it these go, which has to be confirmed:",
        )
        yield from loss_lines(found["losses"])
