"""People, plans and records of contacts on a real database: imported, and what is said about them."""

from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from contracts.events import EventData
from contracts.followups import FollowUpRecorded, Milestone, PersonChanged, PlanChanged
from contracts.registry import decode
from contracts.vocabulary import Channel, Intent, Objection, PlanStatus
from services.shared.database import Database
from tests.records_rig import NOW, RecordsRig, local_day

E = TypeVar("E", bound=EventData)


@pytest.fixture
def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """Nobody and nothing yet."""
    return RecordsRig(databases, tmp_path)


@pytest.fixture
async def stocked(rig: RecordsRig) -> RecordsRig:
    """One person and one customer with one opportunity."""
    await rig.load("people", "姓名\n张三")
    await rig.load("customers", "客户名称\n远山科技有限公司")
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山科技有限公司,产线改造,谈判")
    return rig


async def told(rig: RecordsRig, event: type[E]) -> list[E]:
    """All events of one type that followups said, in their order."""
    return [data for envelope in await rig.said("followups") if isinstance(data := decode(envelope), event)]


async def people(rig: RecordsRig) -> dict[str, PersonChanged]:
    """The people as they were told last, by name."""
    return {person.name: person for person in await told(rig, PersonChanged)}


async def test_people_are_imported_with_those_they_name_in_any_order(rig: RecordsRig) -> None:
    report = await rig.load(
        "people",
        """
姓名,职务,部门,直属上级,代理人
张三,销售代表,华东区,王五,李四
李四,销售代表,华东区,王五,张三
赵六,销售总监,,,
王五,销售经理,,赵六,
""",
    )
    assert (report.counts.created, report.counts.rejected) == (4, 0)
    found = await people(rig)
    assert sorted(found) == sorted(["张三", "李四", "赵六", "王五"])
    assert found["张三"].manager_id == found["李四"].manager_id == found["王五"].person_id
    assert (found["张三"].deputy_id, found["李四"].deputy_id) == (
        found["李四"].person_id,
        found["张三"].person_id,
    )
    assert found["王五"].manager_id == found["赵六"].person_id
    assert len(await told(rig, PersonChanged)) == 4


async def test_a_manager_may_stand_far_below_in_a_long_file(rig: RecordsRig) -> None:
    """A row of another transaction is the person who was named before it."""
    staff = "".join(f"员工{number},总经理\n" for number in range(250))
    report = await rig.load("people", f"姓名,直属上级\n{staff}总经理,")
    assert (report.counts.created, report.counts.rejected) == (250, 0), report.rejected
    assert len(await people(rig)) == 251


@pytest.mark.parametrize("column", ["直属上级", "团队负责人", "代理人"])
async def test_who_is_named_and_unknown_is_reported_and_not_made_up(rig: RecordsRig, column: str) -> None:
    """R220: a misspelt name makes no further person."""
    report = await rig.load("people", f"姓名,{column}\n张三,王武\n王五,\n李四,王五")
    assert [(each.row, each.column, each.value) for each in report.rejected] == [(2, column, "王武")]
    assert report.rejected[0].reason.zh == "没有名为“王武”的人员：请为其加一行，或改正姓名。"
    assert sorted(await people(rig)) == ["李四", "王五"]


async def test_a_manager_known_before_needs_no_row(rig: RecordsRig) -> None:
    await rig.load("people", "姓名\n王五")
    report = await rig.load("people", "姓名,直属上级\n张三,王五")
    assert report.counts.rejected == 0
    found = await people(rig)
    assert found["张三"].manager_id == found["王五"].person_id


async def test_the_row_of_a_manager_may_be_wrong_without_spoiling_the_others(rig: RecordsRig) -> None:
    report = await rig.load("people", "姓名,直属上级,邮箱\n张三,王五,\n王五,,nobody")
    assert [each.row for each in report.rejected] == [3]
    found = await people(rig)
    assert found["张三"].manager_id == found["王五"].person_id


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        ("赵六,赵六\n张三,赵六", [2]),
        ("环甲,环乙\n环乙,环甲\n张三,环甲", [2, 3]),
        ("环甲,环乙\n环乙,环丙\n环丙,环甲", [2, 3, 4]),
    ],
    ids=["oneself", "two", "three"],
)
@pytest.mark.parametrize("column", ["直属上级", "团队负责人"])
async def test_nobody_is_above_themselves(
    rig: RecordsRig, column: str, rows: str, rejected: list[int]
) -> None:
    """What is refused over HTTP is refused in a file."""
    report = await rig.load("people", f"姓名,{column}\n{rows}")
    assert [each.row for each in report.rejected] == rejected
    assert {each.column for each in report.rejected} == {column}


async def test_a_file_closes_no_circle_with_the_people_known_before(rig: RecordsRig) -> None:
    await rig.load("people", "姓名,直属上级\n张三,王五\n王五,")
    report = await rig.load("people", "姓名,直属上级\n王五,张三")
    assert [(each.row, each.column) for each in report.rejected] == [(2, "直属上级")]
    assert report.rejected[0].reason.zh == "“王五”的上级会成为其下级的下级：上下级关系不能成环。"
    assert (await people(rig))["王五"].manager_id is None


async def test_manager_and_report_may_change_places_in_one_file(rig: RecordsRig) -> None:
    await rig.load("people", "姓名,直属上级\n张三,王五\n王五,")
    report = await rig.load("people", "姓名,直属上级\n王五,张三\n张三,")
    assert report.rejected == []
    found = await people(rig)
    assert (found["王五"].manager_id, found["张三"].manager_id) == (found["张三"].person_id, None)


async def test_two_people_of_one_name_cannot_be_meant_by_it(rig: RecordsRig) -> None:
    mapping = "what: people\nsource_system: hr\nexternal_id: 工号\nfields: {name: 姓名}"
    await rig.load("people", "工号,姓名\n1,王五\n2,王五", mapping=mapping)
    report = await rig.load("people", "姓名,直属上级\n张三,王五\n李四,")
    assert (report.counts.created, [rejection.row for rejection in report.rejected]) == (1, [2])
    assert "王五" in report.rejected[0].reason.zh


async def test_the_same_people_again_say_nothing(rig: RecordsRig) -> None:
    text = "姓名,直属上级\n张三,王五\n王五,"
    await rig.load("people", text)
    await rig.load("people", text)
    assert await rig.types_said("followups") == ["person_changed", "person_changed"]


async def test_a_plan_is_imported_and_its_deadline_is_the_end_of_the_day(stocked: RecordsRig) -> None:
    """R094, R095, A11."""
    report = await stocked.load(
        "plans",
        """
客户名称,跟进阶段,时间节点,具体动作,负责人,预期成果,截止时间,跟进方式,跟进状态
远山科技有限公司,方案呈现,2025-03-10 10:00,演示产品,张三,确认方案,2025-03-12,拜访,进行中
""",
    )
    assert report.counts.created == 1, report.rejected
    (plan,) = await told(stocked, PlanChanged)
    assert plan.due_at == local_day("2025-03-13")
    at = local_day("2025-03-10") + timedelta(hours=10)
    assert plan.milestones == (Milestone(at=at, channel=Channel.VISIT),)
    assert (plan.has_outcome, plan.status, plan.owner_id is None) == (True, PlanStatus.OPEN, False)
    assert "演示产品" not in (await stocked.said("followups"))[-1].model_dump_json()
    shown = (await stocked.ask("/v1/plans", status="open"))["items"]
    assert [(each["action"], each["expected_outcome"]) for each in shown] == [("演示产品", "确认方案")]
    assert (await stocked.ask("/v1/plans", status="done"))["items"] == []


@pytest.mark.parametrize(
    ("columns", "owner", "assignee"),
    [
        ("负责人,执行人\n{plan},张三,李四", "张三", "李四"),
        ("执行人,负责人\n{plan},李四,张三", "张三", "李四"),
        ("执行人\n{plan},李四", None, "李四"),
        ("负责人\n{plan},张三", "张三", None),
    ],
)
async def test_who_carries_a_plan_out_is_another_column_than_who_owns_it(
    stocked: RecordsRig, columns: str, owner: str | None, assignee: str | None
) -> None:
    """R094, R097, R218: 负责人 and 执行人."""
    await stocked.load("people", "姓名\n李四")
    text = "客户名称,截止时间," + columns.format(plan="远山科技有限公司,2025-03-12")
    report = await stocked.load("plans", text)
    assert report.counts.created == 1, report.rejected
    names = {person.person_id: name for name, person in (await people(stocked)).items()}
    (plan,) = await told(stocked, PlanChanged)
    found = [names[each] if each else None for each in (plan.owner_id, plan.assignee_id)]
    assert found == [owner, assignee]


async def test_an_assignee_whom_nobody_knows_is_refused(stocked: RecordsRig) -> None:
    report = await stocked.load("plans", "客户名称,截止时间,执行人\n远山科技有限公司,2025-03-12,李四")
    assert [(each.row, each.column, each.value) for each in report.rejected] == [(2, "执行人", "李四")]


async def test_a_plan_that_is_done_says_so(stocked: RecordsRig) -> None:
    text = "客户名称,跟进阶段,时间节点,跟进状态\n远山科技有限公司,方案呈现,2025-03-10,{}"
    await stocked.load("plans", text.format("进行中"))
    await stocked.load("plans", text.format("已完成"))
    assert [plan.status for plan in await told(stocked, PlanChanged)] == [PlanStatus.OPEN, PlanStatus.DONE]


async def test_a_record_of_a_contact_is_imported_and_its_words_stay_here(stocked: RecordsRig) -> None:
    """R112 to R115, A15."""
    report = await stocked.load(
        "follow_ups",
        """
客户名称,商机名称,跟进人,跟进时间,沟通方式,参与人员,沟通要点,客户反馈,异议,下一步时间,已发方案,意向度
远山科技有限公司,产线改造,张三,2025-02-28 15:30,电话,刘七,谈了交付周期,对比3家供应商,价格偏高,2025-03-04,是,高
""",
    )
    assert report.counts.created == 1, report.rejected
    (record,) = await told(stocked, FollowUpRecorded)
    opportunity = await stocked.opportunity("产线改造")
    assert record.opportunity_id == opportunity.opportunity_id
    assert record.occurred_at == local_day("2025-02-28") + timedelta(hours=15, minutes=30)
    assert (record.recorded_at, record.channel) == (NOW, Channel.CALL)
    assert (record.responded, record.need_raised, record.proposal_sent) == (True, False, True)
    assert record.objection is Objection.PRICE
    text = (await stocked.said("followups"))[-1].model_dump_json()
    assert not any(words in text for words in ("刘七", "交付周期", "供应商", "偏高"))
    query = {"customer": str(record.customer_id), "person": str(record.person_id)}
    shown = (await stocked.ask("/v1/follow-ups", **query))["items"]
    assert [(each["feedback"], each["intent"]) for each in shown] == [("对比3家供应商", "high")]
    assert shown[0]["next_step_due"] == "2025-03-04T16:00:00Z"


async def test_a_contact_without_an_answer_is_no_response_and_a_correction_says_so(
    stocked: RecordsRig,
) -> None:
    text = "客户名称,跟进时间,沟通方式,客户反馈\n远山科技有限公司,2025-02-28,电话,{}"
    await stocked.load("follow_ups", text.format(""))
    stocked.now += timedelta(hours=2)
    await stocked.load("follow_ups", text.format("同意见面"))
    records = await told(stocked, FollowUpRecorded)
    assert [record.responded for record in records] == [False, True]
    assert [record.recorded_at for record in records] == [NOW, NOW]
    assert [envelope.sequence for envelope in (await stocked.said("followups"))[-2:]] == [1, 2]


async def test_a_record_says_where_the_follow_up_stands_and_by_when_its_next_step_is_due(
    stocked: RecordsRig,
) -> None:
    """R118, R120, R203: of what was written down the event carries what has an effect, and no free text."""
    report = await stocked.load(
        "follow_ups",
        """
客户名称,跟进时间,意向度,下一步行动,下一步截止时间,跟进状态
远山科技有限公司,2025-03-01,高意向,反馈修改后方案,2025-03-05,待客户反馈
""",
    )
    assert report.rejected == []
    [record] = await told(stocked, FollowUpRecorded)
    assert (record.intent, record.status) == (Intent.HIGH, PlanStatus.WAITING_CUSTOMER)
    assert record.next_step_due == local_day("2025-03-06")
    assert "反馈修改后方案" not in record.model_dump_json()
