"""Rules of this release that a rules directory lacks: it keeps what its first start gave it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from services.cli.console import pick
from services.hosting.shipped import RULES
from services.rules.domain.checking import check
from services.rules.ruleset.definition import Rule
from services.rules.ruleset.loader.directory import read_directory
from services.shared.errors import RefusedError


def lacking(files: Mapping[str, str], *, timezone: str) -> Sequence[Rule]:
    """Return the shipped rules that are not in these files; none for files of which no rule is shipped."""
    own = check(files, timezone=timezone, is_published=True).ruleset
    shipped = check(read_directory(RULES), timezone=timezone).ruleset
    if own is None or shipped is None:
        return ()
    known = {rule.id for rule in own.rules}
    missing = [rule for rule in shipped.rules if rule.id not in known]
    return missing if len(missing) < len(shipped.rules) else ()


def lacking_in(directory: Path, *, timezone: str) -> Sequence[Rule]:
    """Return the shipped rules that are not in a directory; none of one that cannot be read."""
    try:
        return lacking(read_directory(directory), timezone=timezone)
    except RefusedError:
        return ()


def lacking_lines(missing: Sequence[Rule]) -> Iterator[str]:
    """Yield what the missing rules are called, and from where they can be copied."""
    if not missing:
        return
    names = pick(zh="、", en=", ").join(_title(rule) for rule in missing)
    places = ", ".join(dict.fromkeys(str(RULES / rule.where.file) for rule in missing))
    yield pick(
        zh=f"本版本自带而规则目录中没有的规则：{names}。如需使用，请从以下文件复制：{places}",
        en=f"This release comes with rules that are not in the directory: {names}. To use them, copy them "
        f"from {places}",
    )


def _title(rule: Rule) -> str:
    return pick(zh=rule.title.zh, en=rule.title.en) if rule.title else rule.id
