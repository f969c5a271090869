"""What is right for the crm-sales data, worked out from the CSV files and the written design alone.

It imports nothing of the product, and nothing but the standard library, so that it cannot share a mistake
with it. `python tests/oracle/crm_sales.py DIRECTORY` prints the result as JSON.

The rules, as `rule-language.md` says them, at 2017-12-31 18:00 in Shanghai:

- A customer (lifecycle) is an account with a won opportunity, else it is a prospect. A customer's grade is by
  value (example 1), a prospect's by intent and need (example 2), of which nothing is known here.
- `annual_amount` is the sum of the won opportunities, one of t counting while t <= now < t + 12 months.
- An open opportunity is stalled 14 days after its last progress, in whatever stage; without a date that is
  the import's instant (example 7). The manager hears of it at the close of business of the 2nd working day
  after that day, the director of the 5th.
- A customer's owner is the agent of its opportunity with the latest engage date, on a tie of the later row.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))
AS_OF = datetime(2017, 12, 31, 18, tzinfo=SHANGHAI)
CLOSE_OF_BUSINESS = time(18)

Row = dict[str, str]


def _days(first: str, last: str) -> set[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return {start + timedelta(days=number) for number in range((end - start).days + 1)}


# As the State Council announced them: days off, and weekend days that are worked (调休).
HOLIDAYS = (
    _days("2016-01-01", "2016-01-03")
    | _days("2016-02-07", "2016-02-13")
    | _days("2016-04-02", "2016-04-04")
    | _days("2016-04-30", "2016-05-02")
    | _days("2016-06-09", "2016-06-11")
    | _days("2016-09-15", "2016-09-17")
    | _days("2016-10-01", "2016-10-07")
    | _days("2016-12-31", "2017-01-02")
    | _days("2017-01-27", "2017-02-02")
    | _days("2017-04-02", "2017-04-04")
    | _days("2017-04-29", "2017-05-01")
    | _days("2017-05-28", "2017-05-30")
    | _days("2017-10-01", "2017-10-08")
    | _days("2017-12-30", "2018-01-01")
    | _days("2018-02-15", "2018-02-21")
    | _days("2018-04-05", "2018-04-07")
    | _days("2018-04-29", "2018-05-01")
    | _days("2018-06-16", "2018-06-18")
    | _days("2018-09-22", "2018-09-24")
    | _days("2018-10-01", "2018-10-07")
    | _days("2018-12-30", "2018-12-31")
)
MADE_UP = {
    date.fromisoformat(day)
    for day in (
        *("2016-02-06", "2016-02-14", "2016-06-12", "2016-09-18", "2016-10-08", "2016-10-09"),
        *("2017-01-22", "2017-02-04", "2017-04-01", "2017-05-27", "2017-09-30"),
        *("2018-02-11", "2018-02-24", "2018-04-08", "2018-04-28", "2018-09-29", "2018-09-30"),
        "2018-12-29",
    )
}
LAST_WEEKDAY = 4


def is_working_day(day: date) -> bool:
    """Whether people in China work on a day of 2016 to 2018."""
    if day in MADE_UP:
        return True
    return day.weekday() <= LAST_WEEKDAY and day not in HOLIDAYS


def working_days_after(moment: datetime, count: int) -> datetime:
    """The close of business of the count-th working day after the day of a moment."""
    day = moment.date()
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return datetime.combine(day, CLOSE_OF_BUSINESS, SHANGHAI)


def expected(data_dir: Path) -> dict[str, Any]:
    """All that the product should find: counts, people, customers with owner and grade, stalled ones."""
    teams, accounts, pipeline = (
        _read(data_dir / name) for name in ("sales_teams.csv", "accounts.csv", "sales_pipeline.csv")
    )
    people = _people(teams)
    taken = [row for row in pipeline if row["account"]]
    customers = {row["account"]: _customer(row["account"], taken) for row in accounts}
    stalled = {
        row["opportunity_id"]: found for row in taken if (found := _stall(row, people, customers)) is not None
    }
    return {
        "as_of": AS_OF.isoformat(),
        "counts": {
            "people": len(people),
            "customers": len(customers),
            "opportunities": len(taken),
            "rejected": len(pipeline) - len(taken),
        },
        "opportunities_by_stage": dict(Counter(row["deal_stage"] for row in taken)),
        "people": people,
        "customers": customers,
        "customers_by_grade": dict(Counter(customer["grade"] for customer in customers.values())),
        "stalled": stalled,
        "stalled_by_rung": dict(Counter(each["rung"] for each in stalled.values())),
        "rejected_rows": [number for number, row in enumerate(pipeline, start=2) if not row["account"]],
    }


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _people(teams: Iterable[Row]) -> dict[str, str | None]:
    """Every person's name and the manager's: the agents, and the managers, above whom nobody is named."""
    managers: dict[str, str | None] = {row["manager"]: None for row in teams}
    return managers | {row["sales_agent"]: row["manager"] for row in teams}


def _customer(name: str, taken: Iterable[Row]) -> dict[str, Any]:
    rows = [row for row in taken if row["account"] == name]
    won = [row for row in rows if row["deal_stage"] == "Won"]
    amount = sum(int(row["close_value"]) for row in won if _counts(_midnight(row["close_date"])))
    return {
        "owner": _owner(rows),
        "lifecycle": "customer" if won else "prospect",
        "annual_amount": amount if won else None,
        "grade": _value_grade(amount) if won else "C",
    }


def _owner(rows: Iterable[Row]) -> str | None:
    dated = [row for row in rows if row["engage_date"]]
    if not dated:
        return None
    latest = max(_midnight(row["engage_date"]) for row in dated)
    return [row["sales_agent"] for row in dated if _midnight(row["engage_date"]) == latest][-1]


def _counts(moment: datetime) -> bool:
    return moment <= AS_OF < moment.replace(year=moment.year + 1)


def _value_grade(amount: int) -> str:
    """By amount alone: no account is known as a benchmark, and no need is known to be clear."""
    if amount >= 500_000:
        return "A"
    return "B" if amount >= 100_000 else "C"


def _stall(
    row: Row, people: dict[str, str | None], customers: dict[str, dict[str, Any]]
) -> dict[str, Any] | None:
    """The rung that an open opportunity has reached; one that nobody has engaged yet has no date."""
    if row["deal_stage"] not in {"Prospecting", "Engaging"}:
        return None
    anchor = _midnight(row["engage_date"]) if row["engage_date"] else AS_OF
    warned = anchor + timedelta(days=14)
    rungs = {
        "warn": warned,
        "manager": working_days_after(warned, 2),
        "director": working_days_after(warned, 5),
    }
    reached = [name for name, at in rungs.items() if at <= AS_OF]
    if not reached:
        return None
    return {
        "rung": reached[-1],
        "rung_at": rungs[reached[-1]].isoformat(),
        "anchor": anchor.isoformat(),
        "assignee": row["sales_agent"],
        "manager": people[row["sales_agent"]],
        "customer": row["account"],
        "customer_grade": customers[row["account"]]["grade"],
        # Three working days after it is raised, which is at the import, later than every rung.
        "due_at": working_days_after(AS_OF, 3).isoformat(),
    }


def _midnight(us_date: str) -> datetime:
    month, day, year = us_date.split("/")
    return datetime(int(year), int(month), int(day), tzinfo=SHANGHAI)


if __name__ == "__main__":
    json.dump(expected(Path(sys.argv[1])), sys.stdout, indent=1, ensure_ascii=False)
