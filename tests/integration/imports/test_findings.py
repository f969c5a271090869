"""What an import has not used or not understood is reported, while the row is imported."""

from collections.abc import Sequence

from services.shared.database import Database
from services.shared.imports import kinds
from services.shared.imports.errors import Reason
from services.shared.imports.kinds import Field, field_map
from services.shared.imports.service import ImportService
from services.shared.imports.targets import ImportRow
from services.shared.unit_of_work import UnitOfWork
from tests.integration.imports.folk import Folk, people, run

ODD = Reason(zh="不常见的鞋", en="An odd shoe")


class Particular(Folk):
    """People whose shoes are looked at, and whose gait is one of two."""

    fields = field_map(
        [
            *Folk.fields.values(),
            Field("gait", kinds.Choice({"快": "fast"}), aliases=("步态",), lenient=True),
        ]
    )

    async def apply_all(self, rows: Sequence[ImportRow], unit: UnitOfWork) -> None:
        """Report odd shoes."""
        for row in rows:
            if row.changes.get("shoe") == "slippers":
                row.note("shoe", ODD)
        await super().apply_all(rows, unit)


async def test_a_value_of_a_lenient_field_is_a_finding_and_the_row_is_imported(
    importer: ImportService, database: Database
) -> None:
    """R220: counted by value, with the first row, also when nothing has changed."""
    importer.targets = {"folk": Particular()}
    for _ in range(2):
        report = await run(importer, "姓名,步态\n甲,慢\n乙,慢\n丙,\n")
        (slow,) = report.findings.not_understood
        assert (slow.column, slow.value, slow.count, slow.row) == ("步态", "慢", 2, 2)
        assert report.rejected == []
    assert set(await people(database)) == {"甲", "乙", "丙"}


async def test_what_a_target_reports_is_counted_once_also_when_a_neighbour_is_refused(
    importer: ImportService,
) -> None:
    importer.targets = {"folk": Particular()}
    report = await run(importer, "姓名,鞋\n甲,slippers\n乙,clogs\n")
    (shoe,) = report.findings.not_understood
    assert (shoe.column, shoe.value, shoe.reason, shoe.count) == ("鞋", "slippers", ODD, 1)
    assert report.counts.created == report.counts.rejected == 1
    assert await importer.report(report.id) == report
    assert report.as_json()["not_understood"][0]["value"] == "slippers"
