"""Tasks and results as the report gets them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.artefacts import EXAMPLES
from contracts.envelope import Envelope
from contracts.rules import Because
from contracts.text import Text
from services.report.result import Assignee, Rejected, Result, Stalled, Task, assignee_of
from services.report.words import Words
from services.shared.errors import Locale

NOW = datetime(2025, 5, 20, 10, tzinfo=UTC)
"""18:00 in Shanghai."""

FOLLOW_UP_BECAUSE = (
    Because(
        rule="followup_due",
        row="due",
        fact="last_contact_at",
        label=Text(zh="最近联系", en="Last contact"),
        value="2025-05-01 09:00",
        value_text=Text(zh="2025-05-01 09:00", en="2025-05-01 09:00"),
        threshold="{every}",
        threshold_text=Text(zh="跟进间隔（每两周一次）", en="follow-up gap (every two weeks)"),
        anchor=datetime(2025, 5, 1, 1, tzinfo=UTC),
        reached_at=datetime(2025, 5, 15, 1, tzinfo=UTC),
        arithmetic=Text(
            zh="2025-05-01 09:00 + 2周 → 2025-05-15 09:00",
            en="2025-05-01 09:00 + 2 weeks → 2025-05-15 09:00",
        ),
    ),
    Because(
        rule="grade_by_value",
        row="B-amount",
        fact="annual_amount",
        label=Text(zh="年合作金额", en="Annual amount"),
        value="12万",
        value_text=Text(zh="12万", en="120,000"),
        threshold="[10万, 50万)",
        threshold_text=Text(zh="达到10万且不足50万", en="at least 100,000 and below 500,000"),
    ),
)


def words(locale: Locale = "zh") -> Words:
    """Words of a reader in Shanghai."""
    return Words(locale, ZoneInfo("Asia/Shanghai"), NOW)


def stall_task(**changes: object) -> Task:
    """An escalated warning about an opportunity, as the golden example has it."""
    message = Envelope.model_validate_json((EXAMPLES / "rules.task_escalated.v1.json").read_bytes())
    return Task.model_validate({**message.data, **changes})


def follow_up_task(**changes: object) -> Task:
    """A reminder about a customer of grade B."""
    reminder: dict[str, Any] = {
        "kind": "reminder",
        "severity": "normal",
        "rule": "followup_due",
        "rung": "due",
        "grade": "B",
        "title": {
            "zh": "跟进华东远景智能制造有限公司(B级)",
            "en": "Follow up 华东远景智能制造有限公司 (grade B)",
        },
        "because": FOLLOW_UP_BECAUSE,
        "watchers": (),
        "due_at": "2025-05-21T10:00:00Z",
    }
    return stall_task(
        **{**reminder, "subject": {"kind": "customer", "id": stall_task().customer_id}, **changes}
    )


def result(**changes: object) -> Result:
    """A small result with something in every part."""
    given: dict[str, Any] = {
        "as_of": NOW,
        "ruleset_version": 3,
        "counts": {
            "customers": 61,
            "contacts": 80,
            "people": 14,
            "purchases": 120,
            "follow_ups": 98,
            "opportunities": 70,
        },
        "customers_by_grade": {"A": 10, "B": 20, "C": 0},
        "rejected": [Rejected("sample.xlsx", 54, "首次接触时间", "2025-13-40", "不是有效日期")],
        "rejected_files": ["/data/rejected/customers.csv"],
    }
    return Result(**{**given, **changes})


def of_people(tasks: Sequence[Task], *, most: int = 100) -> list[Assignee]:
    """Who has these tasks, as the API gives them; at most so many of each."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(assignee_of(task), []).append(task)
    return [
        Assignee(name, len(group), sum(task.is_overdue for task in group), group[:most])
        for name, group in groups.items()
    ]


STALLED = Stalled(1, [stall_task()])
"""The only warning of the small result."""
