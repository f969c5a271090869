"""Who is asked: roles resolve from the owner; who is missing falls to the nearest above, then back."""

from contracts.followups import PersonChanged
from services.rules.domain.recipients import Recipients
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


def test_a_department_is_asked_through_its_head() -> None:
    head = builders.person("李部长", department="产品部")
    member = builders.person("周工", department="产品部", manager_id=head.person_id)

    assert _recipients(head, member).resolve("department.product", None).name == "李部长"
