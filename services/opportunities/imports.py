"""What the opportunities service can import."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar

from typing_extensions import override

from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import Opportunity
from services.opportunities.handlers.opportunities import put_opportunities
from services.opportunities.handlers.references import PAST
from services.opportunities.repository import OPPORTUNITIES
from services.shared.entries import Entry, RecordTarget
from services.shared.imports.kinds import Amount, Choice, Day, Field, Moment, Name, Ref, Text, field_map
from services.shared.imports.targets import ImportTarget
from services.shared.unit_of_work import UnitOfWork

OUR_OPPORTUNITIES = {"opportunity": OPPORTUNITIES.lookup}
STATUSES = {**Choice.of(OpportunityStatus).values, "签约完成": "won", "已赢单": "won", "已输单": "lost"}
OUTCOMES = {word: status for word, status in STATUSES.items() if status != OpportunityStatus.OPEN}
STAGES = {**OUTCOMES, **Choice.of(OpportunityStage).values}
"""People write the outcome where the stage is asked for."""

FIELDS = field_map(
    (
        Field("customer", Ref("customer"), required=True, aliases=("客户名称", "客户", "公司名称")),
        Field("name", Name(), required=True, aliases=("商机名称", "商机")),
        Field("owner", Ref("person"), aliases=("负责人", "销售代表", "商机负责人")),
        Field("stage", Choice(STAGES), required=True, aliases=("当前阶段", "商机阶段", "阶段")),
        Field("stage_entered_at", Moment(), aliases=("进入阶段时间", "阶段进入时间", "进入当前阶段时间")),
        Field("progressed_at", Moment(), aliases=("最近进展", "最近进展时间", "最近进展日期")),
        Field("expected_amount", Amount(), aliases=("预计成交金额", "预计签约金额", "预计金额")),
        Field("expected_close_on", Day(), aliases=("预计成交时间", "预计成交日期", "预计签约时间")),
        Field("competition", Text(), aliases=("竞争态势", "竞争分析")),
        Field("status", Choice(STATUSES), aliases=("商机状态", "状态", "结果")),
        Field("closed_at", Moment(), aliases=("成交时间", "成交日期", "关闭时间", "结束时间", "签约时间")),
        Field("amount", Amount(), aliases=("成交金额", "签约金额", "实际成交金额")),
    )
)


class OpportunityTarget(RecordTarget):
    """Opportunities, by customer and name (R131)."""

    what = "opportunities"
    record_kind = "opportunity"
    fields = FIELDS
    identified_by = ("customer", "name")
    lookups = OUR_OPPORTUNITIES
    past = PAST
    record_type = Opportunity
    records = OPPORTUNITIES
    decided = frozenset({"stage", "status"})
    words: ClassVar[Mapping[str, type[StrEnum]]] = {"status": OpportunityStatus}

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change opportunities."""
        for entry in entries:
            _sort_out_stage(entry.values)
        await put_opportunities(entries, unit)


def import_targets() -> dict[str, ImportTarget]:
    """Return what can be imported, by name."""
    return {OpportunityTarget.what: OpportunityTarget()}


def _sort_out_stage(values: dict[str, object]) -> None:
    """Read an outcome in the place of the stage as the status, unless the status says another outcome."""
    stage = values.pop("stage", None)
    if stage in OUTCOMES.values():
        if values.get("status", OpportunityStatus.OPEN) is OpportunityStatus.OPEN:
            values["status"] = OpportunityStatus(str(stage))
    elif stage is not None:
        values["stage"] = OpportunityStage(str(stage))
