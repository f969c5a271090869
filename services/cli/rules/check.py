"""`genjin rules check`: what is wrong in a rules directory, before it is in force."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.rules import Problem
from services.cli.console import locale, pick, say, say_json
from services.cli.options import AsJson
from services.hosting.shipped import RULES
from services.rules.domain.checking import check
from services.rules.ruleset.loader import Loaded
from services.rules.ruleset.loader.directory import read_directory
from services.shared import places

REFUSED = 1


def check_rules(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A rules directory; by default the one in use.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Prove a rules directory: every problem at once, with file, line and column."""
    loaded = check(read_directory(directory or _directory_in_use()))
    if as_json:
        say_json(_as_json(loaded))
    else:
        _show(loaded)
    if loaded.ruleset is None:
        raise typer.Exit(REFUSED)


def _directory_in_use() -> Path:
    directory = places.rules_dir()
    # Before the first start nothing was copied there yet: what will be copied is checked.
    return directory if directory.exists() else RULES


def _show(loaded: Loaded) -> None:
    for line in (*_lines(loaded.problems, ""), *_lines(loaded.warnings, pick(zh="提醒:", en="warning: "))):
        say(line)
    if loaded.ruleset is None:
        count = len(loaded.problems)
        say(pick(zh=f"共 {count} 处问题,规则未通过检查。", en=f"{count} problems: the rules are refused."))
        return
    decisions, clocks = len(loaded.ruleset.decisions), len(loaded.ruleset.clocks)
    say(
        pick(
            zh=f"规则检查通过:{decisions} 个规则表,{clocks} 个时钟。",
            en=f"The rules are in order: {decisions} decisions, {clocks} clocks.",
        )
    )


def _lines(problems: Iterable[Problem], prefix: str) -> Iterable[str]:
    for problem in problems:
        rule = f"[{problem.rule}] " if problem.rule else ""
        words = problem.message.zh if locale() == "zh" else problem.message.en
        yield f"{problem.file}:{problem.line}:{problem.column}: {prefix}{rule}{words}"


def _as_json(loaded: Loaded) -> dict[str, Any]:
    ruleset = loaded.ruleset
    decisions = [decision.id for decision in ruleset.decisions] if ruleset else []
    clocks = [clock.id for clock in ruleset.clocks] if ruleset else []
    return {
        "ok": loaded.ruleset is not None,
        "problems": [problem.model_dump(mode="json") for problem in loaded.problems],
        "warnings": [problem.model_dump(mode="json") for problem in loaded.warnings],
        "rules": [*decisions, *clocks],
    }
