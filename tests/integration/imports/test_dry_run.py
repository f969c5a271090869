"""A dry run says what the real one would do, in numbers and rows, and keeps nothing."""

from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Table, func, select

from services.shared.database import Database, event_log
from services.shared.imports.preview import MOST_ROWS
from services.shared.imports.report import ImportReport
from services.shared.imports.requests import ImportRequest
from services.shared.imports.service import ImportService
from services.shared.imports.tables import import_rows
from tests.integration.imports.folk import note_customer, people
from tests.records_rig import RecordsRig

HEADER = "编号,姓名,上级,客户,鞋"
MAPPING = """
what: folk
source_system: hr
external_id: 编号
fields: {name: 姓名, manager: 上级, customer: 客户, shoe: 鞋}
"""


async def run(importer: ImportService, text: str, *, mapping: str | None, dry_run: bool) -> ImportReport:
    content = mapping.encode() if mapping else None
    return await importer.run(
        ImportRequest("folk", "folk.csv", text.encode(), mapping=content, dry_run=dry_run)
    )


def some_rows(random: Random) -> str:
    """Rows that name each other, repeat, are refused by the target, or refer to nobody."""
    names = [f"人{n}" for n in range(12)]
    rows = [
        [
            random.choice(["", str(random.randrange(9))]),
            random.choice([*names, ""]),
            random.choice(["", *names, "无此人"]),
            random.choice(["", "", "甲公司", "无此客户"]),
            random.choice(["", "boots", "clogs", "sandals"]),
        ]
        for _ in range(random.randrange(1, 30))
    ]
    return "\n".join([HEADER, *map(",".join, rows)])


@pytest.mark.parametrize("seed", range(12))
async def test_the_numbers_and_rejections_of_a_dry_run_are_those_of_the_real_one(
    importer: ImportService, database: Database, seed: int
) -> None:
    """Also where rows refer to rows above and below, and where something was imported before."""
    random = Random(seed)
    await note_customer(database, "甲公司")
    mapping = MAPPING if random.random() < 0.5 else None
    if random.random() < 0.7:
        await run(importer, some_rows(random), mapping=mapping, dry_run=False)
    text = some_rows(random)
    before = await people(database), await _count(database, import_rows)
    dry = await run(importer, text, mapping=mapping, dry_run=True)
    assert (await people(database), await _count(database, import_rows)) == before
    real = await run(importer, text, mapping=mapping, dry_run=False)
    assert asdict(dry.counts) == asdict(real.counts)
    assert dry.rejected == real.rejected
    assert dry.findings.not_understood == real.findings.not_understood
    shown = [(row.row, row.action) for row in dry.findings.preview]
    assert len(shown) == min(MOST_ROWS, real.counts.created + real.counts.changed)
    assert sum(action == "create" for _, action in shown) == min(MOST_ROWS, real.counts.created)
    assert real.findings.preview == []


FILES: dict[str, list[str]] = {
    "people": [
        "姓名,直属上级,部门",
        "张三,李四,华东",
        "李四,王五,华东",
        "王五,,",
        "赵六,张三,华北",
        "张三,,",
    ],
    "customers": ["客户ID,客户名称,负责人", "C1,甲公司,张三", "C1,乙公司,", ",丙公司,无此人", "C4,丁公司,"],
    "contacts": ["客户名称,姓名,电话", "甲公司,刘一,021-55556666", "甲公司,刘一,", "无公司,刘二,"],
    "purchases": [
        "客户名称,产品,购买时间,购买金额",
        *("甲公司,轴承,2025-01-01,1万", "甲公司,轴承,2025-01-01,1万", "甲公司,轴承,,1"),
    ],
    "opportunities": [
        "客户名称,商机名称,当前阶段",
        "甲公司,扩产,签约",
        "甲公司,扩产,签约",
        "甲公司,改造,观望",
    ],
    "follow_ups": [
        "客户名称,跟进时间,方式",
        *("甲公司,2025-02-01,电话", "甲公司,2062-02-01,电话", "甲公司,2025-02-01,电话"),
    ],
    "plans": ["客户名称,跟进阶段,时间节点", "甲公司,签约,2025-04-01", "甲公司,签约,2025-04-01"],
}


@pytest.mark.parametrize("what", FILES)
async def test_a_dry_run_of_every_kind_says_nothing_and_comes_true(
    databases: dict[str, Database], tmp_path: Path, what: str
) -> None:
    """Nothing is emitted, and no number of a customer is used up."""
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三")
    await rig.load("customers", "客户名称,备注\n甲公司,旧")
    said = [await _count(database, event_log) for database in databases.values()]
    text = "\n".join(FILES[what])
    dry = await rig.load(what, text, dry_run=True)
    assert [await _count(database, event_log) for database in databases.values()] == said
    real = await rig.load(what, text)
    assert asdict(dry.counts) == asdict(real.counts)
    assert dry.rejected == real.rejected
    if what == "customers":
        assert (await rig.customer("丁公司")).customer_number == "CUS202503002"


async def test_the_preview_says_what_would_change_and_masks_what_is_private(
    databases: dict[str, Database], tmp_path: Path
) -> None:
    rig = RecordsRig(databases, tmp_path)
    await rig.load("people", "姓名\n张三\n李四")
    await rig.load("customers", "客户名称,备注,负责人\n甲公司,旧,张三")
    await rig.load("contacts", "客户名称,姓名,电话\n甲公司,刘一,021-55556666")
    changed = await rig.load("customers", "客户名称,备注,负责人\n甲公司,新,李四", dry_run=True)
    (row,) = changed.findings.preview
    assert (row.row, row.action, row.record) == (2, "change", "甲公司")
    fields = {(each.column, each.before, each.after) for each in row.fields}
    assert fields == {("备注", "旧", "新"), ("负责人", "张三", "李四")}
    contact = await rig.load("contacts", "客户名称,姓名,电话\n甲公司,刘一,021-77778888", dry_run=True)
    shown = repr(contact.findings.preview)
    assert "5555" not in shown
    assert "7777" not in shown


async def _count(database: Database, table: Table) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0
