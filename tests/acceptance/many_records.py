"""A few hundred customers with what belongs to them, made by a formula: enough to be killed in the middle."""

from datetime import UTC, datetime, timedelta

from services.shared.imports.requests import ImportRequest

AS_OF = "2025-06-30T18:00"
PEOPLE = 12
CUSTOMERS = 240
_DAY = datetime(2025, 6, 27, tzinfo=UTC)


def requests() -> list[ImportRequest]:
    """The files, in the order of a load."""
    tables = {
        "people": ["name,manager", *(_person(n) for n in range(PEOPLE))],
        "customers": [
            "name,owner,intent,need_urgent,need_important",
            *(_customer(n) for n in range(CUSTOMERS)),
        ],
        "opportunities": [
            "customer,name,owner,stage,stage_entered_at",
            *(_opportunity(n) for n in range(CUSTOMERS)),
        ],
        "purchases": [
            "customer,product,purchased_at,amount",
            *(_purchase(n) for n in range(0, CUSTOMERS, 2)),
        ],
        "follow_ups": ["customer,person,occurred_at,channel", *(_follow_up(n) for n in range(CUSTOMERS))],
    }
    return [
        ImportRequest(what=what, file=f"{what}.csv", content="\n".join(lines).encode())
        for what, lines in tables.items()
    ]


def _person(n: int) -> str:
    return f"Person {n},{f'Person {n // 3}' if n else ''}"


def _customer(n: int) -> str:
    intent = ("high", "mid", "low")[n % 3]
    return f"Customer {n},Person {n % PEOPLE},{intent},{n % 2 == 0},{n % 4 == 0}"


def _opportunity(n: int) -> str:
    stage = ("first_contact", "need_confirmed", "proposal", "negotiation", "signing")[n % 5]
    return f"Customer {n},Deal {n},Person {n % PEOPLE},{stage},{_DAY - timedelta(days=n % 40):%Y-%m-%d}"


def _purchase(n: int) -> str:
    return f"Customer {n},Product {n % 7},{_DAY - timedelta(days=3 * n % 300):%Y-%m-%d},{1000 * (n + 1)}.00"


def _follow_up(n: int) -> str:
    channel = ("call", "visit", "email")[n % 3]
    return f"Customer {n},Person {n % PEOPLE},{_DAY - timedelta(days=n % 120):%Y-%m-%d %H:%M},{channel}"
