"""The whole check of a rules directory: the language's own, and that it fits what the services know."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contracts.text import Problem, Text
from contracts.vocabulary import CustomerGrade
from services.rules.domain.vocabulary import built_in
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import Loaded, load_files

GRADE = "grade"


def check(
    files: Mapping[str, str],
    *,
    timezone: str = "Asia/Shanghai",
    before: Mapping[str, str] | None = None,
    is_published: bool = False,
) -> Loaded:
    """Read and prove rule files (name to text); a ruleset comes back only when nothing is wrong.

    `timezone` counts where `calendar.yaml` names none; `before` are the files before the edit; `is_published`
    when they were published before, maybe by a release that checked less.
    """
    loaded = load_files(files, built_in(), timezone=timezone, before=before, is_published=is_published)
    if loaded.ruleset is None:
        return loaded
    problems = tuple(_unknown_grades(loaded.ruleset))
    return replace(loaded, ruleset=None, problems=problems) if problems else loaded


def _unknown_grades(ruleset: Ruleset) -> Iterable[Problem]:
    """The grade of a customer is known to every service, so it has the values that they know."""
    known = [grade.value for grade in CustomerGrade]
    for decision in ruleset.decisions:
        if decision.subject != "customer" or GRADE not in decision.returns:
            continue
        if not {*decision.returns[GRADE].values} <= {*known}:
            yield Problem(
                file=decision.where.file,
                line=decision.where.line,
                column=decision.where.column,
                rule=decision.id,
                message=Text(
                    zh=f"客户分级只能取 {'、'.join(known)}。",
                    en=f"The grade of a customer is one of {', '.join(known)}.",
                ),
            )
