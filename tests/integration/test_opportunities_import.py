"""Opportunities on a real database: imported, followed, and what is said about them."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import NotHeldError, UnknownOpportunityError
from services.opportunities.handlers import opportunities as handlers
from services.shared.database import Database
from services.shared.unit_of_work import unit_of_work
from tests.records_rig import NOW, RecordsRig, local_day

CUSTOMERS = """
客户名称
远山科技有限公司
"""

PEOPLE = """
姓名
张三
"""


@pytest.fixture
async def rig(databases: dict[str, Database], tmp_path: Path) -> RecordsRig:
    """One customer and one person, whom opportunities can name."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", PEOPLE)
    await rig.load("customers", CUSTOMERS)
    return rig


async def test_an_opportunity_is_imported_with_its_references(rig: RecordsRig) -> None:
    """R131."""
    report = await rig.load(
        "opportunities",
        """
客户名称,商机名称,负责人,当前阶段,进入阶段时间,预计成交金额,预计成交时间,竞争态势
远山科技有限公司,产线改造,张三,方案报价,2025-02-10,52万,2025-06-30,B公司也在报价
""",
    )
    assert (report.counts.created, report.counts.rejected) == (1, 0)
    told = await rig.opportunity("产线改造")
    assert told.customer_id == (await rig.customer("远山科技有限公司")).customer_id
    assert told.owner_id is not None
    assert (told.stage, told.stage_entered_at) == (OpportunityStage.PROPOSAL, local_day("2025-02-10"))
    assert told.progressed_at == local_day("2025-02-10")
    assert not told.stage_estimated
    assert told.expected_amount == Money(amount=Decimal("520000.00"))
    assert await rig.types_said("opportunities") == ["opportunity_created"]
    assert "B公司" not in (await rig.said("opportunities"))[0].model_dump_json()


async def test_a_stage_that_no_source_dates_was_entered_now_as_an_estimate(rig: RecordsRig) -> None:
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山科技有限公司,产线改造,谈判")
    told = await rig.opportunity("产线改造")
    assert (told.stage_entered_at, told.progressed_at, told.stage_estimated) == (NOW, NOW, True)


@pytest.mark.parametrize("word", ["赢单", "签约完成", "Won"])
async def test_an_outcome_in_the_place_of_the_stage_closes_the_opportunity(
    rig: RecordsRig, word: str
) -> None:
    await rig.load(
        "opportunities",
        f"客户名称,商机名称,当前阶段,成交时间,成交金额\n远山科技有限公司,产线改造,{word},2025-01-15,12万",
    )
    told = await rig.opportunity("产线改造")
    assert told.status is OpportunityStatus.WON
    assert (told.closed_at, told.amount) == (local_day("2025-01-15"), Money(amount=Decimal("120000.00")))


async def test_an_outcome_in_the_place_of_the_stage_outranks_a_status_of_open(rig: RecordsRig) -> None:
    await rig.load("opportunities", "客户名称,商机名称,当前阶段,状态\n远山科技有限公司,产线改造,失单,进行中")
    assert (await rig.opportunity("产线改造")).status is OpportunityStatus.LOST


async def test_importing_the_same_file_again_says_nothing(rig: RecordsRig) -> None:
    """K19: no import noise."""
    text = "客户名称,商机名称,当前阶段,预计成交金额\n远山科技有限公司,产线改造,谈判,10万"
    await rig.load("opportunities", text)
    rig.now += timedelta(days=5)
    report = await rig.load("opportunities", text)
    assert report.counts.unchanged == 1
    assert await rig.types_said("opportunities") == ["opportunity_created"]
    assert (await rig.opportunity("产线改造")).progressed_at == NOW


async def test_a_changed_amount_is_progress_and_a_changed_competition_is_not(rig: RecordsRig) -> None:
    """K19."""
    text = "客户名称,商机名称,当前阶段,预计成交金额,竞争态势\n远山科技有限公司,产线改造,谈判,{},{}"
    await rig.load("opportunities", text.format("10万", "无"))
    rig.now += timedelta(days=5)
    await rig.load("opportunities", text.format("10万", "B公司"))
    assert (await rig.opportunity("产线改造")).progressed_at == NOW
    await rig.load("opportunities", text.format("12万", "B公司"))
    assert (await rig.opportunity("产线改造")).progressed_at == rig.now
    assert [envelope.sequence for envelope in await rig.said("opportunities")] == [1, 2, 3]


async def test_a_source_moves_an_opportunity_on_and_closes_it(rig: RecordsRig) -> None:
    text = "客户名称,商机名称,当前阶段,进入阶段时间,成交金额\n远山科技有限公司,产线改造,{}"
    await rig.load("opportunities", text.format("方案报价,2025-02-10,"))
    await rig.load("opportunities", text.format("商务谈判,2025-02-20,"))
    await rig.load("opportunities", text.format("赢单,2025-02-20,9万"))
    assert await rig.types_said("opportunities") == [
        "opportunity_created",
        "stage_changed",
        "opportunity_won",
    ]
    told = await rig.opportunity("产线改造")
    assert (told.stage, told.stage_entered_at) == (OpportunityStage.NEGOTIATION, local_day("2025-02-20"))
    assert (told.closed_at, told.amount) == (NOW, Money(amount=Decimal("90000.00")))


async def test_a_closed_opportunity_is_not_opened_again_by_a_file(rig: RecordsRig) -> None:
    text = "客户名称,商机名称,当前阶段,状态\n远山科技有限公司,产线改造,谈判,{}"
    await rig.load("opportunities", text.format("输单"))
    report = await rig.load("opportunities", text.format("进行中"))
    assert report.counts.rejected == 1
    assert "产线改造" in report.rejected[0].reason.zh


async def test_rows_without_a_known_customer_or_stage_are_rejected_and_the_others_come_in(
    rig: RecordsRig,
) -> None:
    report = await rig.load(
        "opportunities",
        """
客户名称,商机名称,当前阶段
没有的公司,甲,谈判
远山科技有限公司,乙,神秘阶段
远山科技有限公司,丙,谈判
""",
    )
    assert [rejection.row for rejection in report.rejected] == [2, 3]
    assert report.counts.created == 1


async def test_orders_move_hold_resume_and_end_an_opportunity(rig: RecordsRig) -> None:
    customer_id = (await rig.customer("远山科技有限公司")).customer_id
    database = rig.databases["opportunities"]
    values = {
        "customer_id": customer_id,
        "name": "扩产",
        "natural_key": "扩产",
        "stage": OpportunityStage.PROPOSAL,
    }
    later = NOW + timedelta(days=30)
    async with unit_of_work(database, now=NOW) as unit:
        opportunity_id = await handlers.create_opportunity(values, unit)
        await handlers.change_stage(opportunity_id, OpportunityStage.NEGOTIATION, unit)
        await handlers.update_opportunity(opportunity_id, {"competition": "无"}, unit)
        await handlers.hold(opportunity_id, until=later, reason="预算延迟", unit=unit)
        await handlers.resume(opportunity_id, unit)
        await handlers.win(opportunity_id, amount=Money(amount=Decimal(5)), closed_at=NOW, unit=unit)
    assert await rig.types_said("opportunities") == [
        "opportunity_created",
        "stage_changed",
        "opportunity_updated",
        "opportunity_held",
        "opportunity_resumed",
        "opportunity_won",
    ]
    assert [envelope.sequence for envelope in await rig.said("opportunities")] == [1, 2, 3, 4, 5, 6]


async def test_a_refused_order_changes_and_says_nothing(rig: RecordsRig) -> None:
    await rig.load("opportunities", "客户名称,商机名称,当前阶段\n远山科技有限公司,产线改造,谈判")
    opportunity_id = (await rig.opportunity("产线改造")).opportunity_id
    with pytest.raises(NotHeldError):
        async with unit_of_work(rig.databases["opportunities"], now=NOW) as unit:
            await handlers.resume(opportunity_id, unit)
    with pytest.raises(UnknownOpportunityError):
        async with unit_of_work(rig.databases["opportunities"], now=NOW) as unit:
            await handlers.lose(uuid4(), reason="价格", closed_at=NOW, unit=unit)
    assert await rig.types_said("opportunities") == ["opportunity_created"]


async def test_opportunities_are_listed_by_what_is_asked_for(rig: RecordsRig) -> None:
    await rig.load(
        "opportunities",
        """
客户名称,商机名称,负责人,当前阶段
远山科技有限公司,甲,张三,谈判
远山科技有限公司,乙,,方案报价
远山科技有限公司,丙,,赢单
""",
    )
    path = "/v1/opportunities"
    everything = (await rig.ask(path))["items"]
    assert [each["name"] for each in everything] == ["甲", "乙", "丙"]
    queries: tuple[tuple[dict[str, str], list[str]], ...] = (
        ({"owner": everything[0]["owner_id"]}, ["甲"]),
        ({"status": "open"}, ["甲", "乙"]),
        ({"stage": "proposal"}, ["乙"]),
        ({"customer": str(uuid4())}, []),
    )
    for query, names in queries:
        assert [each["name"] for each in (await rig.ask(path, **query))["items"]] == names
    one = await rig.ask(f"{path}/{everything[0]['opportunity_id']}")
    assert one == everything[0]
    response = await rig.request("GET", f"{path}/{uuid4()}")
    assert (response.status_code, response.json()["code"]) == (404, "unknown-opportunity")


async def test_a_list_goes_on_after_the_page_before(rig: RecordsRig) -> None:
    rows = "\n".join(f"远山科技有限公司,商机{n},谈判" for n in range(5))
    await rig.load("opportunities", f"客户名称,商机名称,当前阶段\n{rows}")
    names: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await rig.ask("/v1/opportunities", limit=2, **after)
        names += [each["name"] for each in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert names == [f"商机{n}" for n in range(5)]
