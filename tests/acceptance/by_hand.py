"""What the sample workbook must come to, worked out from its cells alone; knows nothing of the product."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

AS_OF = datetime(2025, 6, 30, 18, 0)  # noqa: DTZ001 -- local time throughout, as in Excel
DAYS_OFF = {
    *(date(2025, 1, 1), date(2025, 4, 4), date(2025, 6, 2)),
    *(date(2025, 1, 28) + timedelta(days=n) for n in range(8)),
    *(date(2025, 5, 1) + timedelta(days=n) for n in range(5)),
}
MADE_UP = {date(2025, 1, 26), date(2025, 2, 8), date(2025, 4, 27)}
"""Saturdays and Sundays of 2025's first half that were worked."""

SIGNING = ("签约", "合同签订", "签约履约", "签约意向")
EVERY = {"A": timedelta(days=7), "B": timedelta(days=14)}
FOLLOWUP = (("due", None), ("overdue", 3), ("tell", 5))
REVISIT = (("risk", None), ("tell", 5))
STALL = (("warn", None), ("manager", 2), ("director", 5))

Row = Mapping[str, Any]


@dataclass
class Customer:
    """A customer's row, and the rows of other sheets about it."""

    row: Row
    contacts: list[datetime] = field(default_factory=list)
    responses: list[datetime] = field(default_factory=list)
    bought: list[tuple[datetime, Decimal]] = field(default_factory=list)
    is_signing: bool = False

    @property
    def lifecycle(self) -> str:
        """Lost, customer, signing, prospect: in this order."""
        if self.row["客户状态"] == "流失客户":
            return "lost"
        return "customer" if self.bought else "signing" if self.is_signing else "prospect"

    @property
    def grade(self) -> str:
        """By the scheme of its lifecycle."""
        by = {"customer": self._by_value, "signing": self._by_matrix, "prospect": self._by_intent}
        return by[self.lifecycle]() if self.lifecycle in by else "C"

    @property
    def assigned(self) -> datetime:
        """When it got its owner."""
        return moment(self.row["分配时间"])

    @property
    def is_dormant(self) -> bool:
        """Small, old and without a response for 90 days."""
        limit = AS_OF - timedelta(days=90)
        answered = [at for at in self.responses if at > limit]
        return (
            self.grade == "C"
            and self.lifecycle in {"prospect", "customer"}
            and not answered
            and self.assigned <= limit
        )

    def _by_value(self) -> str:
        year_ago = AS_OF.replace(year=AS_OF.year - 1)
        amount = sum(amount for at, amount in self.bought if year_ago < at <= AS_OF)
        if amount >= 500_000 or (self._is("行业标杆潜力") and self._is("决策链短") and self._intent == "高"):
            return "A"
        clear = self._is("需求明确") and self._intent != "低"
        return "B" if amount >= 100_000 or clear else "C"

    def _by_matrix(self) -> str:
        high = [str(self.row[name] or "")[:1] in {"高", "紧"} for name in ("合作潜力", "需求紧急程度")]
        return "CBA"[sum(high)]

    def _by_intent(self) -> str:
        important = self._is("核心业务需求")
        if self._intent == "高" and self._is("影响正常运营") and important:
            return "A"
        return "B" if self._intent == "高" or (self._intent == "中" and important) else "C"

    @property
    def _intent(self) -> str:
        return str(self.row["意向度"] or "")[:1]

    def _is(self, column: str) -> bool:
        return self.row[column] in {"是", "有", "√"}


def customers(workbook: Path) -> dict[str, Customer]:
    """Every customer that can be imported, by name, with all that is told about it."""
    found: dict[str, Customer] = {}
    for row in rows_of(workbook, "客户信息表"):
        if row["所属行业"] and row["首次接触时间"] != "2025-13-40":
            found.setdefault(key(row["客户名称"]), Customer(row))
    _tell(found, workbook)
    return found


def _tell(found: Mapping[str, Customer], workbook: Path) -> None:
    for row in rows_of(workbook, "购买记录"):
        if not str(row["购买金额"]).startswith("$"):
            found[key(row["客户名称"])].bought.append((moment(row["购买时间"]), amount(row["购买金额"])))
    for row in rows_of(workbook, "跟进记录表"):
        if row["时间"] != "上周三" and key(row["客户名称"]) in found:
            _talked(found[key(row["客户名称"])], row)
    for row in opportunities(workbook):
        if row["商机状态"] == "进行中" and row["当前阶段"] in SIGNING:
            found[key(row["客户名称"])].is_signing = True


def _talked(customer: Customer, row: Row) -> None:
    at = moment(row["时间"])
    customer.contacts.append(at)
    if row["客户反馈"] or row["提出需求"] == "是":
        customer.responses.append(at)


def opportunities(workbook: Path) -> list[Row]:
    """The rows of the opportunities that can be imported."""
    return [row for row in rows_of(workbook, "商机跟踪表") if row["当前阶段"] != "观望中"]


def tasks(workbook: Path) -> dict[tuple[str, str], str]:
    """The rung of every task, by rule and the name of what it is about."""
    found: dict[tuple[str, str], str | None] = {}
    for name, customer in customers(workbook).items():
        anchor = max([customer.assigned, *customer.contacts])
        if customer.lifecycle != "lost" and not customer.is_dormant:
            every = EVERY.get(customer.grade)
            due = anchor + every if every else months_later(anchor, 1)
            found["followup_due", name] = rung(due, FOLLOWUP)
        if customer.lifecycle == "customer":
            found["churn_revisit", name] = rung(months_later(anchor, 3), REVISIT)
    for row in opportunities(workbook):
        if row["商机状态"] == "进行中":
            begins = moment(row["最近进展"]) + timedelta(days=14)
            found["opportunity_stalled", row["商机名称"]] = rung(begins, STALL)
    found |= {("record_contact", name): "breach" for name in unrecorded(workbook)}
    return {what: reached for what, reached in found.items() if reached}


def unrecorded(workbook: Path) -> Iterator[str]:
    """The customers with a planned contact of over a day ago that no record since its day writes down."""
    known = customers(workbook)
    for row in rows_of(workbook, "跟进计划表"):
        name, planned = key(row["客户名称"]), moment(row["时间节点"])
        is_late = row["跟进状态"] != "已完成" and planned + timedelta(days=1) <= AS_OF
        if is_late and not any(at >= planned for at in known[name].contacts):
            yield name


def rung(first: datetime, ladder: tuple[tuple[str, int | None], ...]) -> str | None:
    """The highest rung that is reached, of a ladder that begins at an instant."""
    reached = None
    for name, working_days in ladder:
        at = first if working_days is None else _closing(first, working_days)
        reached = name if at <= AS_OF else reached
    return reached


def _closing(start: datetime, working_days: int) -> datetime:
    day = start.date()
    while working_days:
        day += timedelta(days=1)
        working_days -= (day.weekday() < 5 and day not in DAYS_OFF) or day in MADE_UP
    return datetime.combine(day, time(18))


def months_later(start: datetime, months: int) -> datetime:
    """The same day and time of a later month; the days of the sample are short enough for any month."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    day = start.day
    while True:
        try:
            return start.replace(year=year, month=month, day=day)
        except ValueError:
            day -= 1


def rows_of(workbook: Path, title: str) -> Iterator[Row]:
    """The rows of a sheet, by their headers."""
    book = openpyxl.load_workbook(workbook, read_only=True)
    header, *rows = book[title].iter_rows(values_only=True)
    for row in rows:
        yield dict(zip(header, row, strict=True))
    book.close()


def key(name: object) -> str:
    """A name without spaces of any width."""
    return re.sub(r"\s", "", str(name))


def amount(written: object) -> Decimal:
    """An amount in yuan."""
    text = unicodedata.normalize("NFKC", str(written)).replace(",", "").strip("¥元")
    unit = {"万": 10_000, "亿": 100_000_000}.get(text[-1:], 1)
    return Decimal(text.rstrip("万亿")) * unit


def moment(written: object) -> datetime:
    """A day or a day with a time, as people write them."""
    if isinstance(written, datetime):
        return written
    year, month, day, hour, minute = (*map(int, re.findall(r"\d+", str(written))), 0, 0)[:5]
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001 -- local time
