"""What an edit takes away from the rules in force: often by accident, so it has to be confirmed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from contracts.events import Model
from contracts.text import Text
from services.rules.domain.days import lost_days
from services.rules.ruleset.definition import Clock, Decision, Row, Rule, Ruleset, Rung
from services.rules.ruleset.loader import CALENDAR_FILE, ROLES_FILE

Kind = Literal["file", "rule", "row", "rung", "anchor", "part", "role", "day"]

_NAMED_FILES = (CALENDAR_FILE, ROLES_FILE)


class Loss(Model):
    """One thing that is in force and that an edit takes away.

    `rule` is the rule that it belongs to, or is. The open tasks of a clock that is lost, or that starts at
    something else, may end; with `rung`, those that have reached this rung and no higher one.
    """

    kind: Kind
    what: Text
    rule: str | None = None
    rung: str | None = None


def losses(old: Ruleset, new: Ruleset) -> tuple[Loss, ...]:
    """Return what of the rules in force is gone in the edited ones; what is renamed with `was` is not."""
    return (*_files(old, new), *_rules(old, new), *_roles(old, new), *_days(old, new))


def _files(old: Ruleset, new: Ruleset) -> Iterator[Loss]:
    emptied = {rule.where.file for rule in _gone(old.rules, new.rules)}
    for name in sorted(old.files - new.files):
        if name in _NAMED_FILES or name in emptied:
            yield Loss(kind="file", what=Text(zh=f"文件 {name}", en=f"the file {name}"))


def _rules(old: Ruleset, new: Ruleset) -> Iterator[Loss]:
    gone = list(_gone(old.rules, new.rules))
    added = list(_gone(new.rules, old.rules, by_former_ids=False))
    for rule in gone:
        zh, en = _rename_hint(rule.id, [each.id for each in added if type(each) is type(rule)])
        title_zh, title_en = (f"（{rule.title.zh}）", f" ({rule.title.en})") if rule.title else ("", "")
        zh, en = f"规则“{rule.id}”{title_zh}{zh}", f"the rule “{rule.id}”{title_en}{en}"
        yield Loss(kind="rule", rule=rule.id, what=Text(zh=zh, en=en))
    for before, after in _kept(old.rules, new.rules):
        if isinstance(before, Decision) and isinstance(after, Decision):
            yield from _of_decision(before, after)
        elif isinstance(before, Clock) and isinstance(after, Clock):
            yield from _of_clock(before, after)


def _gone(before: Sequence[Rule], after: Sequence[Rule], *, by_former_ids: bool = True) -> Iterator[Rule]:
    known = {(type(each), name) for each in after for name in _names(each, by_former_ids=by_former_ids)}
    return (each for each in before if (type(each), each.id) not in known)


def _names(part: Rule | Row | Rung, *, by_former_ids: bool = True) -> tuple[str, ...]:
    return (part.id, *part.was) if by_former_ids else (part.id,)


def _kept(before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
    known = {(type(each), name): each for each in after for name in _names(each)}
    return ((each, known[type(each), each.id]) for each in before if (type(each), each.id) in known)


def _rename_hint(old: str, added: Sequence[str]) -> tuple[str, str]:
    """Say how a rename keeps what belongs to the old id, where just one thing was added."""
    if len(added) != 1:
        return "", ""
    zh = f"（如果只是改名为“{added[0]}”，请在其中写 was: {old}）"
    return zh, f" (if it is now “{added[0]}”, write was: {old} there)"


def _of_decision(before: Decision, after: Decision) -> Iterator[Loss]:
    known = {name for row in after.rows for name in _names(row)}
    added = [row.id for row in after.rows if row.id not in {each.id for each in before.rows}]
    for row in before.rows:
        if row.id not in known:
            zh, en = _rename_hint(row.id, added)
            yield _of(before.id, f"行“{row.id}”{zh}", f"the row “{row.id}”{en}", kind="row")
    if before.otherwise is not None and after.otherwise is None:
        yield _of(before.id, "“otherwise”", "`otherwise`")
    for name, output in before.returns.items():
        if name not in after.returns:
            yield _of(before.id, f"输出“{name}”", f"the output “{name}”")
            continue
        for value in (each for each in output.values if each not in after.returns[name].values):
            yield _of(before.id, f"“{name}”的取值“{value}”", f"the value “{value}” of “{name}”")


def _of_clock(before: Clock, after: Clock) -> Iterator[Loss]:
    if before.subject != after.subject:
        yield _of(before.id, f"对象“{before.subject}”", f"the subject “{before.subject}”", kind="rule")
    if before.identity != after.identity:
        yield _of(before.id, *_first_id(before.identity), kind="rule")
    known = {name: rung for rung in after.ladder for name in _names(rung)}
    added = [rung.id for rung in after.ladder if rung.id not in {each.id for each in before.ladder}]
    for rung in before.ladder:
        if rung.id in known:
            yield from _of_rung(before.id, rung, known[rung.id])
        else:
            zh, en = _rename_hint(rung.id, added)
            zh, en = f"梯级“{rung.id}”{zh}", f"the rung “{rung.id}”{en}"
            yield _of(before.id, zh, en, kind="rung", rung=rung.id)
    if before.completes == "person" and after.completes == "fact":
        yield _of(before.id, "“completes: person”", "`completes: person`")
    for name in (each for each in before.asks if each not in after.asks):
        yield _of(before.id, f"要填写的“{name}”", f"the question “{name}”")
    for name in (each for each in before.starts_at.fields if each not in after.starts_at.fields):
        yield _of(before.id, f"起点中的“{name}”", f"“{name}” among what it starts at", kind="anchor")


def _first_id(identity: str) -> tuple[str, str]:
    return (
        f"最早编号“{identity}”，任务和通知凭它认出（请写 was: {identity}）",
        f"the first id “{identity}”, by which its tasks and notices are known (write was: {identity})",
    )


def _of_rung(rule: str, before: Rung, after: Rung) -> Iterator[Loss]:
    if before.identity != after.identity:
        zh, en = _first_id(before.identity)
        zh, en = f"梯级“{before.id}”的{zh}", f"{en} of the rung “{before.id}”"
        yield _of(rule, zh, en, kind="rung", rung=before.id)
    for name in ("task", "escalate", "notify", "publishes"):
        if getattr(before, name) and not getattr(after, name):
            yield _of(rule, f"梯级“{before.id}”的“{name}”", f"`{name}` of the rung “{before.id}”")


def _of(rule: str, zh: str, en: str, *, kind: Kind = "part", rung: str | None = None) -> Loss:
    what = Text(zh=f"规则“{rule}”的{zh}", en=f"{en} in the rule “{rule}”")
    return Loss(kind=kind, rule=rule, rung=rung, what=what)


def _roles(old: Ruleset, new: Ruleset) -> Iterator[Loss]:
    for name in sorted(old.roles.roles.keys() - new.roles.roles.keys()):
        yield Loss(kind="role", what=Text(zh=f"角色“{name}”", en=f"the role “{name}”"))


def _days(old: Ruleset, new: Ruleset) -> Iterable[Loss]:
    return (Loss(kind="day", what=what) for what in lost_days(old.calendar, new.calendar))


def ending(found: Iterable[Loss]) -> list[tuple[str, str | None]]:
    """Return the rules whose open tasks may end, each with the rung that they are at; None: at any."""
    kinds = ("rule", "rung", "anchor")
    return [(loss.rule, loss.rung) for loss in found if loss.rule and loss.kind in kinds]
