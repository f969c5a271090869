"""What the followups service can import."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from contracts.vocabulary import Channel, Intent, PlanStatus
from services.followups.domain.follow_ups import FollowUpRecord
from services.followups.domain.people import (
    AmbiguousPersonError,
    CircleOfPeopleError,
    Person,
    Relation,
    SelfReferenceError,
    UnknownNameError,
    in_circles,
)
from services.followups.domain.plans import FollowUpPlan
from services.followups.handlers.follow_ups import put_follow_ups
from services.followups.handlers.people import put_people
from services.followups.handlers.plans import put_plans
from services.followups.handlers.references import PAST
from services.followups.repository import FOLLOW_UPS, PEOPLE, PLANS, people_by_key
from services.shared.entries import Entry, RecordTarget
from services.shared.errors import GenjinError
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import Choice, Email, Field, Flag, Moment, Name, Ref, Text, field_map
from services.shared.imports.parsed import ParsedRow
from services.shared.imports.table import Table
from services.shared.imports.targets import ImportTarget, Repeated, RowRejectedError
from services.shared.imports.text import normalise_name
from services.shared.imports.unfolding import CONTENT, DATE, HISTORY, PLAN, unfold_history, unfold_plans
from services.shared.unit_of_work import UnitOfWork

OUR_PEOPLE = {"person": PEOPLE.lookup}
CUSTOMER = Field("customer", Ref("customer"), required=True, aliases=("客户名称", "公司名称", "客户"))

PERSON_FIELDS = field_map(
    (
        Field("name", Name(), required=True, aliases=("姓名", "人员姓名", "人员")),
        Field("title", Name(), aliases=("职位", "职务", "岗位")),
        Field("department", Name(), aliases=("部门", "所属部门")),
        Field("manager", Name(), aliases=("直属上级", "上级", "主管", "直接上级")),
        Field("lead", Name(), aliases=("团队负责人", "区域负责人", "销售负责人")),
        Field("deputy", Name(), aliases=("代理人", "代理")),
        Field("email", Email(), aliases=("邮箱", "电子邮箱", "电子邮件")),
    )
)

PLAN_FIELDS = field_map(
    (
        CUSTOMER,
        Field("stage", Name(), aliases=("跟进阶段", "阶段")),
        Field("milestone_at", Moment(), aliases=("时间节点", "首次跟进时间", PLAN + DATE)),
        Field("action", Text(), aliases=("具体动作", "跟进目标", "目标", PLAN + CONTENT)),
        Field("owner", Ref("person"), aliases=("负责人",)),
        Field("assignee", Ref("person"), aliases=("执行人",)),
        Field("expected_outcome", Text(), aliases=("预期成果",)),
        Field("due_at", Moment(is_deadline=True), aliases=("截止时间", "截止日期")),
        Field("channel", Choice.of(Channel), aliases=("跟进方式", "方式")),
        Field("status", Choice.of(PlanStatus), aliases=("跟进状态", "状态")),
    )
)

FOLLOW_UP_FIELDS = field_map(
    (
        CUSTOMER,
        Field("opportunity", Ref("opportunity", within="customer"), aliases=("商机名称", "商机")),
        Field("person", Ref("person"), aliases=("跟进人", "负责人")),
        Field(
            "occurred_at",
            Moment(),
            required=True,
            aliases=("时间", "跟进时间", "跟进日期", "联系日期", HISTORY + DATE),
        ),
        Field("channel", Choice.of(Channel), aliases=("方式", "跟进方式", "沟通方式")),
        Field("participants", Text(), aliases=("参与人员", "参与人")),
        Field("summary", Text(), aliases=("沟通要点", "核心内容", "沟通主题", "沟通内容", HISTORY + CONTENT)),
        Field("feedback", Text(), aliases=("客户反馈", "反馈")),
        Field("objection", Text(), aliases=("异议", "客户异议")),
        Field("next_step", Text(), aliases=("下一步行动", "行动项", "下一步")),
        Field("next_step_due", Moment(is_deadline=True), aliases=("下一步时间", "下一步截止时间")),
        Field("responded", Flag(), aliases=("客户回应", "是否回应")),
        Field("need_raised", Flag(), aliases=("提出需求", "新需求")),
        Field("materials_sent", Flag(), aliases=("已发资料", "资料已发送")),
        Field("proposal_sent", Flag(), aliases=("已发方案", "方案已发送")),
        Field("demo_booked", Flag(), aliases=("已约演示", "演示已预约")),
        Field("intent", Choice.of(Intent), aliases=("意向度", "客户意向")),
        Field("status", Choice.of(PlanStatus), aliases=("跟进状态", "状态")),
    )
)


class PersonTarget(RecordTarget):
    """Our own people, by name; two of one name in a file cannot be told apart.

    Who is named in a row has a row in the file, in any order, or is known before; nobody is above themselves.
    """

    what = "people"
    record_kind = "person"
    fields = PERSON_FIELDS
    repeated = Repeated.ALL_ARE_REJECTED
    lookups = OUR_PEOPLE
    record_type = Person
    records = PEOPLE

    @override
    async def check_file(self, rows: Sequence[ParsedRow], session: AsyncSession) -> None:
        """Reject rows that name nobody, and those of a circle."""
        await _reject_unknown_names(rows, session)
        for relation in (Relation.MANAGER, Relation.LEAD):
            _reject_circles(rows, relation)

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change people."""
        try:
            await put_people(entries, unit)
        except (AmbiguousPersonError, SelfReferenceError, CircleOfPeopleError) as error:
            raise RowRejectedError(field=error.field, reason=_reason(error)) from error


class PlanTarget(RecordTarget):
    """Follow-up plans, by customer, stage and date (R094)."""

    what = "plans"
    record_kind = "plan"
    fields = PLAN_FIELDS
    identified_by = ("customer", "stage", "milestone_at")
    lookups = OUR_PEOPLE
    record_type = FollowUpPlan
    records = PLANS
    words: ClassVar[Mapping[str, type[StrEnum]]] = {"channel": Channel, "status": PlanStatus}

    @override
    def unfold(self, table: Table) -> Table:
        """Make a plan of every dated line of 跟进计划 (D4)."""
        return unfold_plans(table)

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change plans."""
        await put_plans(entries, unit)


class FollowUpTarget(RecordTarget):
    """Records of contacts, by customer, time, person and channel (R112 to R115)."""

    what = "follow_ups"
    record_kind = "follow_up"
    fields = FOLLOW_UP_FIELDS
    identified_by = ("customer", "occurred_at", "person", "channel")
    lookups = OUR_PEOPLE
    record_type = FollowUpRecord
    records = FOLLOW_UPS
    past = PAST
    words: ClassVar[Mapping[str, type[StrEnum]]] = {
        "channel": Channel,
        "intent": Intent,
        "status": PlanStatus,
    }

    @override
    def unfold(self, table: Table) -> Table:
        """Make a record of every dated line of 互动历史, and of the last contact (D4, K16)."""
        return unfold_history(table)

    @override
    async def put(self, entries: Sequence[Entry], unit: UnitOfWork) -> None:
        """Enter and change records of contacts."""
        await put_follow_ups(entries, unit)


def import_targets() -> dict[str, ImportTarget]:
    """Return what can be imported, by name."""
    targets: tuple[ImportTarget, ...] = (PersonTarget(), PlanTarget(), FollowUpTarget())
    return {target.what: target for target in targets}


async def _reject_unknown_names(rows: Sequence[ParsedRow], session: AsyncSession) -> None:
    """Reject rows in which somebody is named who is neither known nor has a row in the file."""
    named = [(row, field, key) for row in rows for field in Relation if (key := _key(row, field))]
    unknown = {key for _, _, key in named} - {_key(row, "name") for row in rows}
    unknown -= {key for key, _ in await people_by_key(session, unknown)}
    for row, field, key in named:
        if key in unknown:
            row.reject(field, _reason(UnknownNameError(name=str(row.values[field]))))


def _reject_circles(rows: Sequence[ParsedRow], relation: Relation) -> None:
    """Reject the rows of people who, by the rows of the file, stand above themselves."""
    # Of rows of one person by time (`keep`) it is not known yet which one counts.
    above = {
        key: (row, named)
        for row in rows
        if not row.rank and (key := _key(row, "name")) and (named := _key(row, relation))
    }
    for key in sorted(in_circles({key: named for key, (_, named) in above.items()})):
        row, named = above[key]
        row.reject(relation, _reason(_circle(relation, str(row.values["name"]), is_own=key == named)))


def _circle(relation: Relation, name: str, *, is_own: bool) -> GenjinError:
    return SelfReferenceError(field=relation) if is_own else CircleOfPeopleError(field=relation, name=name)


def _key(row: ParsedRow, field: str) -> str:
    """The normalised name that a row has in a field; empty without one."""
    name = row.values.get(field)
    return normalise_name(str(name)) if name else ""


def _reason(error: GenjinError) -> Reason:
    return Reason(zh=error.message("zh"), en=error.message("en"))
