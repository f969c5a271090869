"""The whole check of a rules directory: the language's own, and that it fits what the services know."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contracts.rules import Problem, Text
from contracts.vocabulary import CustomerGrade
from services.rules.domain import vocabulary
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import Loaded, load_files

VOCABULARY_FILE = "vocabulary.yaml"
GRADE = "grade"


def check(files: Mapping[str, str], *, timezone: str = "Asia/Shanghai") -> Loaded:
    """Read and prove rule files (name to text); a ruleset comes back only when nothing is wrong.

    Without a `vocabulary.yaml` of its own a directory has the one that the services fill; `timezone` counts
    where `calendar.yaml` names none.
    """
    loaded = load_files({VOCABULARY_FILE: vocabulary.as_yaml(), **files}, timezone=timezone)
    if loaded.ruleset is None:
        return loaded
    problems = (*_unset_facts(loaded.ruleset), *_unknown_grades(loaded.ruleset))
    return replace(loaded, ruleset=None, problems=problems) if problems else loaded


def _unset_facts(ruleset: Ruleset) -> Iterable[Problem]:
    known = vocabulary.built_in().entities
    for name, entity in ruleset.vocabulary.entities.items():
        fields = known[name].fields if name in known else {}
        for field in entity.fields.values():
            if field.name not in fields or fields[field.name].type is not field.type:
                yield Problem(
                    file=VOCABULARY_FILE,
                    line=1,
                    column=1,
                    message=Text(
                        zh=f"没有任何服务提供事实 {name}.{field.name};该文件由系统生成,请恢复原样",
                        en=f"no service sets the fact {name}.{field.name}; restore this generated file",
                    ),
                )


def _unknown_grades(ruleset: Ruleset) -> Iterable[Problem]:
    """The grade of a customer is known to every service, so it has the values that they know."""
    known = [grade.value for grade in CustomerGrade]
    for decision in ruleset.decisions_of["customer"]:
        if GRADE in decision.returns and not {*decision.returns[GRADE].values} <= {*known}:
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
