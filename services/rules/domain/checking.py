"""The whole check of a rules directory: the language's own, and that every fact is set by something."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contracts.rules import Problem, Text
from services.rules.domain import vocabulary
from services.rules.ruleset.definition import Ruleset
from services.rules.ruleset.loader import Loaded, load_files

VOCABULARY_FILE = "vocabulary.yaml"


def check(files: Mapping[str, str], *, timezone: str = "Asia/Shanghai") -> Loaded:
    """Read and prove rule files (name to text); a ruleset comes back only when nothing is wrong.

    Without a `vocabulary.yaml` of its own a directory has the one that the services fill; `timezone` counts
    where `calendar.yaml` names none.
    """
    loaded = load_files({VOCABULARY_FILE: vocabulary.as_yaml(), **files}, timezone=timezone)
    if loaded.ruleset is None:
        return loaded
    problems = tuple(_unset_facts(loaded.ruleset))
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
