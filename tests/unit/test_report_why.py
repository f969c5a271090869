"""Why something holds, as it is drawn: labels and words, never the names and marks of rule files."""

from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console

from contracts.rules import Because, Subject
from contracts.text import Text
from services.report.why import Why, draw_why
from services.rules.queries import ClockView, DecisionView, NoticeView, ValueView, WhyView
from services.rules.queries.views import RungView
from services.shared.errors import Locale
from tests.unit.report_samples import FOLLOW_UP_BECAUSE, NOW, words

CUSTOMER = UUID(int=1)
DORMANT = Because(
    rule="dormancy",
    row="otherwise",
    fact="dormant",
    label=Text(zh="沉睡", en="dormant"),
    value="false",
    value_text=Text(zh="否", en="no"),
    threshold="otherwise",
    threshold_text=Text(zh="其余条件均不成立", en="nothing else applies"),
)
VIEW = WhyView(
    subject=Subject(kind="customer", id=CUSTOMER),
    subject_name="华东精密",
    customer_id=CUSTOMER,
    customer_name="华东精密",
    as_of=NOW,
    ruleset_version=3,
    next_check_at=None,
    next_touch_at=None,
    decisions=(
        DecisionView(
            rule="cadence",
            title=Text(zh="跟进频率", en="Follow-up cadence"),
            row="B",
            row_title=Text(zh="B级：每两周一次", en="grade B: every two weeks"),
            values={"every": "2w", "channel": "im_mail"},
            shown=(
                ValueView(
                    name="every",
                    label=Text(zh="跟进间隔", en="follow-up gap"),
                    text=Text(zh="每两周一次", en="every two weeks"),
                ),
                ValueView(name="channel", label=Text(zh="跟进渠道", en="channel"), text=None),
            ),
            since=None,
            ruleset_version=3,
            because=(FOLLOW_UP_BECAUSE[1],),
        ),
    ),
    clocks=(
        ClockView(
            rule="followup_due",
            title=Text(zh="到期跟进", en="Follow-up due"),
            is_active=True,
            anchor=datetime(2025, 5, 1, 1, tzinfo=UTC),
            rungs=(
                RungView(
                    rung="due",
                    title=Text(zh="该跟进了", en="Follow-up is due"),
                    at=datetime(2025, 5, 15, 1, tzinfo=UTC),
                    is_reached=True,
                ),
            ),
            because=(FOLLOW_UP_BECAUSE[0], DORMANT),
            why_not=(),
        ),
    ),
    tasks=(),
    notices=(
        NoticeView(
            rule="record_contact",
            rung="nudge",
            given_at=NOW,
            title=Text(zh="请填写跟进记录", en="Write down the contact"),
            to="owner",
            to_title=Text(zh="负责人", en="owner"),
        ),
    ),
)


def drawn(locale: Locale) -> str:
    """What a wide terminal shows."""
    console = Console(file=StringIO(), width=200, highlight=False)
    console.print(draw_why(Why(VIEW, {}), words(locale)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "跟进频率：跟进间隔 每两周一次、跟进渠道 无  B级：每两周一次  [cadence/B]",
        "年合作金额：12万（条件：达到10万且不足50万）",
        "✔ 该跟进了  2025-05-15 09:00",
        "最近联系：2025-05-01 09:00 + 2周 → 2025-05-15 09:00；条件：跟进间隔（每两周一次）",
        "沉睡：否（其余条件均不成立）",
        "请填写跟进记录  已于 2025-05-20 18:00 通知负责人",
    ],
)
def test_an_explanation_reads_as_a_chinese_colleague_writes_it(line: str) -> None:
    assert line in drawn("zh")


@pytest.mark.parametrize(
    "line",
    [
        "Follow-up cadence: follow-up gap every two weeks, channel none  grade B: every two weeks",
        "Annual amount: 120,000 (asked: at least 100,000 and below 500,000)",
        "Last contact: 2025-05-01 09:00 + 2 weeks → 2025-05-15 09:00; asked: follow-up gap (every two weeks)",
        "dormant: no (nothing else applies)",
        "Write down the contact  notified owner at 2025-05-20 18:00",
    ],
)
def test_an_explanation_reads_in_english(line: str) -> None:
    assert line in drawn("en")


@pytest.mark.parametrize("mark", ["every 2w", "{every}", "im_mail", "[10万", "false", " due "])
def test_an_explanation_has_nothing_that_only_a_rule_file_has(mark: str) -> None:
    assert mark not in drawn("zh")
