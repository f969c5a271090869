"""Who is asked: roles resolve from the owner; who is missing falls to the nearest above, then back."""

from dataclasses import replace

import pytest

from contracts.followups import PersonChanged
from contracts.identity import new_id
from contracts.text import Text
from services.rules.domain.recipients import Asked, Recipients
from services.rules.ruleset.definition import Role, Roles
from tests import builders

ROLES = Roles(
    roles={
        "manager": Role("manager", ("manager",)),
        "director": Role("director", ("manager", "manager")),
        "lead": Role("lead", ("lead",)),
        "department.product": Role("department.product", department="产品部"),
    },
    fallback_queue="sales-desk",
)


def _recipients(*people: PersonChanged) -> Recipients:
    return Recipients(ROLES, {person.person_id: person for person in people})


def test_roles_resolve_along_the_managers_of_the_owner() -> None:
    director = builders.person("赵总")
    manager = builders.person("钱经理", manager_id=director.person_id)
    owner = builders.person("孙销售", manager_id=manager.person_id)
    recipients = _recipients(director, manager, owner)

    names = {
        role: recipients.resolve(role, owner.person_id).name for role in ("owner", "manager", "director")
    }

    assert names == {"owner": "孙销售", "manager": "钱经理", "director": "赵总"}


def test_a_missing_director_falls_to_the_manager_and_says_so() -> None:
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id)

    recipient = _recipients(manager, owner).resolve("director", owner.person_id)

    assert (recipient.name, recipient.role, recipient.resolved_from) == ("钱经理", "director", "manager")


def test_a_missing_lead_falls_to_the_manager() -> None:
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id)

    assert _recipients(manager, owner).resolve("lead", owner.person_id).name == "钱经理"


def test_with_nobody_above_the_fallback_queue_is_asked() -> None:
    owner = builders.person("孙销售")

    recipient = _recipients(owner).resolve("manager", owner.person_id)

    assert (recipient.queue, recipient.resolved_from) == ("sales-desk", "fallback")


def test_what_nobody_owns_goes_to_the_queue_unassigned() -> None:
    recipient = _recipients().resolve("owner", None)

    assert (recipient.queue, recipient.person_id) == ("unassigned", None)


def test_a_plan_asks_its_assignee_and_the_managers_of_its_owner() -> None:
    """R097, R218: the executor is reminded; the owner's manager hears of what stays undone."""
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id)
    expert = builders.person("周工")

    asked = _recipients(manager, owner, expert).ask(
        owner.person_id, "assignee", ["manager"], assignee_id=expert.person_id
    )

    assert (asked.assignee.name, asked.assignee.resolved_from) == ("周工", "assignee")
    assert [watcher.name for watcher in asked.watchers] == ["钱经理"]
    assert asked.missing == ()


def test_a_plan_without_an_assignee_asks_its_owner() -> None:
    owner = builders.person("孙销售")

    found = _recipients(owner).find("assignee", owner.person_id)

    assert (found.recipient.name, found.recipient.role, found.reason) == ("孙销售", "assignee", None)


def test_an_assignee_whom_nobody_knows_falls_to_the_owner_and_says_so() -> None:
    owner = builders.person("孙销售")

    asked = _recipients(owner).ask(owner.person_id, "assignee", [], assignee_id=new_id())

    assert asked.assignee.name == "孙销售"
    (missing,) = asked.missing
    assert missing.title == Text(zh="执行人", en="assignee")
    assert missing.reason.zh == "执行人不在人员名单中"


def test_a_plan_that_nobody_owns_or_carries_out_goes_to_the_queue_unassigned() -> None:
    assert _recipients().resolve("assignee", None).queue == "unassigned"


def test_a_department_is_asked_through_its_head() -> None:
    head = builders.person("李部长", department="产品部")
    member = builders.person("周工", department="产品部", manager_id=head.person_id)

    assert _recipients(head, member).resolve("department.product", None).name == "李部长"


def _reasons(asked: Asked) -> dict[str, str]:
    return {missing.role: missing.reason.zh for missing in asked.missing}


def test_who_is_asked_instead_comes_with_the_role_and_the_reason() -> None:
    manager = builders.person("赵文博")
    owner = builders.person("孙销售", manager_id=manager.person_id)

    asked = _recipients(manager, owner).ask(owner.person_id, "owner", ["manager", "director"])

    assert asked.assignee.name == "孙销售"
    assert _reasons(asked) == {"director": "赵文博没有经理"}


def test_an_escalation_beyond_the_last_superior_reaches_the_fallback() -> None:
    manager = builders.person("赵文博")
    owner = builders.person("孙销售", manager_id=manager.person_id)

    asked = _recipients(manager, owner).ask(owner.person_id, "owner", ["manager", "director"])

    assert [watcher.name or watcher.queue for watcher in asked.watchers] == ["赵文博", "sales-desk"]


def test_people_who_manage_each_other_lead_to_the_fallback_with_the_reason() -> None:
    first, second = builders.person("环甲"), builders.person("环乙")
    first = first.model_copy(update={"manager_id": second.person_id})
    second = second.model_copy(update={"manager_id": first.person_id})

    asked = _recipients(first, second).ask(first.person_id, "owner", ["manager", "director"])

    assert [watcher.name or watcher.queue for watcher in asked.watchers] == ["环乙", "sales-desk"]
    assert _reasons(asked) == {"director": "环甲和环乙互为上级"}


def test_who_manages_themselves_is_never_escalated_to_themselves() -> None:
    owner = builders.person("自管")
    owner = owner.model_copy(update={"manager_id": owner.person_id})

    asked = _recipients(owner).ask(owner.person_id, "owner", ["manager"])

    assert [watcher.queue for watcher in asked.watchers] == ["sales-desk"]
    assert _reasons(asked) == {"manager": "自管的经理是本人"}


def test_a_head_of_department_who_has_the_task_already_is_not_escalated_to() -> None:
    owner = builders.person("李部长", department="产品部")

    asked = _recipients(owner).ask(owner.person_id, "owner", ["department.product"])

    assert [watcher.queue for watcher in asked.watchers] == ["sales-desk"]
    assert _reasons(asked) == {"department.product": "李部长已经负责此任务"}


def test_who_is_found_for_two_roles_watches_once() -> None:
    manager = builders.person("钱经理")
    owner = builders.person("孙销售", manager_id=manager.person_id, lead_id=manager.person_id)

    asked = _recipients(manager, owner).ask(owner.person_id, "owner", ["manager", "lead"])

    assert ([watcher.name for watcher in asked.watchers], asked.missing) == (["钱经理"], ())


@pytest.mark.parametrize(
    ("owner", "role", "reason"),
    [
        (builders.person("孙销售"), "lead", "孙销售没有团队负责人"),
        (builders.person("孙销售", manager_id=new_id()), "manager", "孙销售的经理不在人员名单中"),
        (builders.person("孙销售"), "department.product", "产品部没有成员"),
    ],
)
def test_each_way_to_miss_a_role_has_its_reason(owner: PersonChanged, role: str, reason: str) -> None:
    assert _reasons(_recipients(owner).ask(owner.person_id, role, [])) == {role: reason}


def test_a_fallback_person_who_does_not_exist_is_named() -> None:
    owner = builders.person("孙销售")
    recipients = Recipients(replace(ROLES, fallback_person="李四"), {owner.person_id: owner})

    asked = recipients.ask(owner.person_id, "manager", [])

    assert _reasons(asked) == {"manager": "孙销售没有经理，也没有名为李四的人"}


def test_a_subject_without_an_owner_misses_no_role() -> None:
    assert _recipients().ask(None, "owner", ["manager"]).missing == ()
