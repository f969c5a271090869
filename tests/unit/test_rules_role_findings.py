"""Before anything is raised: which roles of the rules lead to no person, and for whom."""

from dataclasses import replace

from contracts.followups import PersonChanged
from services.rules.domain.role_findings import RoleFinding, people_findings
from services.rules.ruleset.definition import (
    Clock,
    Offset,
    Role,
    Roles,
    Ruleset,
    Rung,
    StartMode,
    StartsAt,
    TaskAction,
)
from services.shared.business_time import Duration
from tests import builders
from tests.generators import HERE, ruleset_of

ROLES = Roles(
    {
        "owner": Role("owner"),
        "manager": Role("manager", ("manager",)),
        "lead": Role("lead", ("lead",)),
        "department.product": Role("department.product", department="产品部"),
    }
)


def _ruleset(*asked: str, roles: Roles = ROLES, enabled: bool = True) -> Ruleset:
    ladder = tuple(
        Rung(f"r{place}", Offset(Duration.parse("1d")), HERE, TaskAction(role))
        for place, role in enumerate(asked)
    )
    clock = Clock(
        "stall", "opportunity", StartsAt(StartMode.FIELD, ("at",)), {}, ladder, HERE, enabled=enabled
    )
    return replace(ruleset_of(entities={}, clocks=[clock]), roles=roles)


def _findings(ruleset: Ruleset, *people: PersonChanged) -> list[RoleFinding]:
    return list(people_findings(ruleset, {person.person_id: person for person in people}))


def test_nothing_is_found_while_no_people_are_known() -> None:
    assert _findings(_ruleset("manager", "department.product")) == []


def test_a_role_that_some_owners_miss_names_up_to_three_of_them() -> None:
    manager = builders.person("钱经理")
    managed = builders.person("孙销售", manager_id=manager.person_id)
    others = [builders.person(name) for name in ("甲", "乙", "丙")]

    (finding,) = _findings(_ruleset("owner", "manager"), manager, managed, *others)

    assert (finding.role, finding.for_all, finding.rules) == ("manager", False, ("stall",))
    assert "5名负责人中的4名找不到人（丙、乙、甲等）" in finding.text.zh


def test_a_role_that_every_owner_misses_is_found_for_all() -> None:
    (finding,) = _findings(_ruleset("lead"), builders.person("孙销售"))

    assert finding.for_all
    assert finding.text.zh == "角色“lead”对所有负责人都找不到人，例如孙销售没有团队负责人。"


def test_a_department_without_members_is_found_for_all() -> None:
    (finding,) = _findings(_ruleset("department.product"), builders.person("孙销售"))

    assert (finding.for_all, finding.text.zh) == (
        True,
        "角色“department.product”找不到人：产品部没有成员。",
    )


def test_a_fallback_person_who_does_not_exist_is_found() -> None:
    ruleset = _ruleset("owner", roles=replace(ROLES, fallback_person="李四"))

    (finding,) = _findings(ruleset, builders.person("孙销售"))

    assert (finding.role, finding.for_all) == ("fallback", True)
    assert "没有名为“李四”的人" in finding.text.zh


def test_a_rule_that_is_switched_off_addresses_no_role() -> None:
    assert _findings(_ruleset("lead", enabled=False), builders.person("孙销售")) == []
