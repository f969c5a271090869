"""Which rows are applied and in what order: repetitions, competing rows, rows that refer to each other."""

from datetime import UTC, datetime
from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from services.shared.imports import kinds
from services.shared.imports.conversion import Written
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import Field, field_map
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.planning import Plan, make_plan
from services.shared.imports.stored import sealing_with
from services.shared.imports.targets import ImportRow, ImportTarget, Repeated
from services.shared.unit_of_work import UnitOfWork

SEAL = sealing_with(b"a key of the test")


class People(ImportTarget):
    """People with managers; applying them is not the matter here."""

    what = "people"
    record_kind = "person"
    fields = field_map([Field("name", kinds.Name(), required=True), Field("manager", kinds.Ref("person"))])

    async def apply(self, row: ImportRow, unit: UnitOfWork) -> None:
        """Write nothing."""


class Namesakes(People):
    """People of whom none is meant when two have a name."""

    repeated = Repeated.ALL_ARE_REJECTED


class Purchases(People):
    """Things that may happen twice."""

    repeated = Repeated.IS_ANOTHER


class Contacts(People):
    """Records whose names are private."""

    fields: ClassVar = field_map([Field("name", kinds.Name(), required=True, private=True)])


def row(number: int, name: str, **more: object) -> ParsedRow:
    """A row of a file; `manager`, `id`, `day` (of a month) and `own` say more of it."""
    manager, day = more.get("manager"), more.get("day")
    parsed = ParsedRow(number, is_own=bool(more.get("own", True)), values={"name": name})
    if manager:
        parsed.values["manager"] = Written("person", str(manager))
    if "id" in more:
        parsed.source_system, parsed.external_id = "hr", str(more["id"])
    if isinstance(day, int):
        parsed.rank = datetime(2025, 6, day, tzinfo=UTC)
    return parsed


def plan(*rows: ParsedRow, target: ImportTarget | None = None, keep: bool = False) -> Plan:
    return make_plan(rows, target or People(), keep=keep, seal=SEAL)


def numbers(found: Plan) -> list[list[int]]:
    """The numbers of the rows in each group."""
    return [[planned.parsed.number for planned in group] for group in found.groups]


def rejected(found: Plan) -> dict[int, str]:
    return {each.number: each.bad[0].reason.en for each in found.rejected}


def test_a_second_row_with_the_same_key_is_rejected_naming_the_first() -> None:
    """A12."""
    found = plan(row(2, "Ana"), row(3, "Bob"), row(7, " ANA"))
    assert numbers(found) == [[2, 3]]
    assert rejected(found) == {7: "This repeats row 2"}


def test_a_bad_row_is_not_the_first_of_its_key() -> None:
    first = row(2, "Ana")
    first.reject("name", Reason(zh="不行", en="No"))
    assert numbers(plan(first, row(3, "Ana"))) == [[3]]


def test_the_external_id_decides_and_the_name_does_not() -> None:
    found = plan(row(2, "Ana", id=1), row(3, "Ana", id=2), row(4, "Eve", id=1))
    assert numbers(found) == [[2, 3]]
    assert rejected(found) == {4: "This repeats row 2"}


def test_a_row_without_an_id_repeats_one_with_an_id_and_the_same_name() -> None:
    assert rejected(plan(row(2, "Ana"), row(3, "Ana", id=2))) == {2: "This repeats row 3"}


def test_people_with_one_name_are_all_rejected_where_none_can_be_told_apart() -> None:
    found = plan(row(2, "Ana"), row(3, "Ana"), target=Namesakes())
    assert rejected(found) == dict.fromkeys((2, 3), "Rows 2, 3 have the same name")


def test_what_may_happen_twice_gets_the_number_of_its_occurrence() -> None:
    found = plan(row(2, "a"), row(3, "a"), row(4, "a"), target=Purchases())
    assert [planned.identity for planned in found.groups[0]] == ["key:a", "key:a#2", "key:a#3"]


def test_private_names_are_not_legible_in_identities() -> None:
    (group,) = plan(row(2, "王小明"), target=Contacts()).groups
    assert "王小明" not in group[0].identity
    assert group[0].identity == plan(row(9, " 王小明"), target=Contacts()).groups[0][0].identity


def test_of_competing_rows_the_latest_counts_and_on_a_tie_the_later_row() -> None:
    found = plan(
        row(2, "a", day=5), row(3, "a", day=9), row(4, "a", day=9), row(5, "a", day=1), row(6, "b"), keep=True
    )
    assert numbers(found) == [[4, 6]]
    assert found.left_out == 3


def test_a_row_with_a_date_outranks_one_without() -> None:
    assert numbers(plan(row(2, "a", day=1), row(3, "a"), keep=True)) == [[2]]


def test_an_extra_row_gives_way_to_a_row_of_its_own_and_to_an_earlier_one() -> None:
    found = plan(row(2, "Eve", own=False), row(2, "Ana"), row(3, "Eve", own=False), row(4, "Bob", own=False))
    assert numbers(found) == [[2, 2, 4]]
    found = plan(row(2, "Eve", own=False), row(2, "Ana"), row(9, "Eve"))
    assert numbers(found) == [[2, 9]]
    assert found.left_out == 0


def test_rows_come_after_the_rows_they_refer_to() -> None:
    found = plan(row(2, "c", manager="b"), row(3, "b", manager=" A"), row(4, "a"), row(5, "d", manager="x"))
    assert numbers(found) == [[4, 5], [3], [2]]


def test_rows_that_refer_to_each_other_are_rejected() -> None:
    found = plan(row(2, "a", manager="b"), row(3, "b", manager="a"), row(4, "c"), row(5, "d", manager="d"))
    assert numbers(found)[0] == [4]
    assert set(rejected(found)) == {2, 3, 5}


def test_a_row_without_what_identifies_it_is_rejected() -> None:
    parsed = ParsedRow(2, is_own=True, values={"name": None})
    assert rejected(plan(parsed)) == {2: "What identifies the record is missing"}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdefgh"])), max_size=10))
def test_every_row_is_planned_once_or_rejected_and_never_before_its_manager(
    told: list[tuple[str, str]],
) -> None:
    rows = [row(number, name, manager=manager) for number, (name, manager) in enumerate(told, start=2)]
    found = plan(*rows)
    planned_once = [number for group in numbers(found) for number in group]
    assert sorted([*planned_once, *rejected(found)]) == [each.number for each in rows]
    seen: set[str] = set()
    in_file = {str(planned.parsed.values["name"]) for group in found.groups for planned in group}
    for group in found.groups:
        for planned in group:
            manager = planned.parsed.values.get("manager")
            if isinstance(manager, Written):
                assert manager.text in seen or manager.text not in in_file
        seen |= {str(planned.parsed.values["name"]) for planned in group}
