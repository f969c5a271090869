"""Notices as they are drawn, in Chinese and English."""

from io import StringIO
from typing import Any

from rich.console import Console

from contracts.artefacts import EXAMPLES
from contracts.envelope import Envelope
from services.followups.queries.notices import ReceivedNoticeView
from services.report.notices import draw_notices
from services.shared.errors import Locale
from tests.unit.report_samples import NOW, words


def a_notice(**changes: object) -> ReceivedNoticeView:
    """A notice for somebody, as the golden example has it."""
    message = Envelope.model_validate_json((EXAMPLES / "rules.notice_given.v1.json").read_bytes())
    given: dict[str, Any] = {
        "title": {"zh": "请填写跟进记录", "en": "Write down the contact"},
        "customer_name": "华东精密",
        "recipient": {"role": "owner", "name": "张三", "resolved_from": "owner"},
        "given_at": NOW,
        "version": 1,
        "read_at": None,
        "read_by": None,
    }
    return ReceivedNoticeView.model_validate({**message.data, **given, **changes})


def drawn(*notices: ReceivedNoticeView, locale: Locale = "zh") -> str:
    """What a terminal of 100 columns shows."""
    console = Console(file=StringIO(), width=100, highlight=False)
    console.print(draw_notices(notices, words(locale)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_notice_says_when_to_whom_what_and_about_which_customer() -> None:
    text = drawn(a_notice())
    for part in ("时间", "接收人", "2025-05-20 18:00", "张三", "请填写跟进记录", "华东精密"):
        assert part in text


def test_a_notice_is_drawn_in_english() -> None:
    text = drawn(a_notice(), locale="en")
    assert "Write down the contact" in text
    assert "请填写跟进记录" not in text


def test_a_notice_that_nobody_owns_is_under_a_word_of_its_own() -> None:
    queue = {"role": "owner", "queue": "unassigned", "resolved_from": "fallback"}
    assert "未分配" in drawn(a_notice(recipient=queue))


def test_a_read_notice_shows_when_it_was_read() -> None:
    assert drawn(a_notice(read_at=NOW)).count("2025-05-20 18:00") == 2
