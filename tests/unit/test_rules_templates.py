"""Titles and channels with names in them, filled in."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.text import Text
from services.rules.domain.templates import Names, channel_of, fill
from services.rules.ruleset.definition import Field, FieldType
from services.shared.business_time import Duration

FIELDS = (
    Field("every", FieldType.DURATION),
    Field("grade", FieldType.ENUM, ("A", "B")),
    Field("channel", FieldType.ENUM, ("visit",), labels={"visit": Text(zh="拜访", en="visit")}),
    Field("owner_level", FieldType.ENUM, ("lead",), labels={"lead": Text(zh="销售负责人", en="lead")}),
    Field("annual_amount", FieldType.MONEY),
    Field("last_contact_at", FieldType.INSTANT, absent="从未联系"),
    Field("dormant", FieldType.BOOL),
)
NAMES = Names(
    customer="华东精密",
    subject="产线改造",
    values={
        "every": Duration.parse("2w"),
        "grade": "A",
        "channel": "visit",
        "owner_level": "lead",
        "annual_amount": 520_000_00,
        "last_contact_at": datetime(2025, 3, 3, 1, tzinfo=UTC),
        "dormant": True,
    },
    fields={field.name: field for field in FIELDS},
    zone=ZoneInfo("Asia/Shanghai"),
)


@pytest.mark.parametrize(
    ("title", "zh", "en"),
    [
        ("{customer.name}/{opportunity.name}", "华东精密/产线改造", "华东精密/产线改造"),
        ("{every}", "每两周一次", "every two weeks"),
        ("{grade}", "A", "A"),
        ("{channel}", "拜访", "visit"),
        ("{owner_level}", "销售负责人", "lead"),
        ("{annual_amount}", "52万", "520,000"),
        ("{last_contact_at}", "2025-03-03 09:00", "2025-03-03 09:00"),
        ("{dormant}", "是", "yes"),
        ("{owner.name}", "", ""),
    ],
)
def test_a_title_shows_values_by_their_labels(title: str, zh: str, en: str) -> None:
    assert fill(Text(zh=title, en=title), NAMES) == Text(zh=zh, en=en)


def test_a_value_that_is_absent_leaves_nothing() -> None:
    names = Names(customer="", subject="", values={"channel": None}, fields=NAMES.fields)
    assert fill(Text(zh="用{channel}联系", en="by {channel}"), names) == Text(zh="用联系", en="by ")


@pytest.mark.parametrize(("channel", "found"), [("mail", "mail"), ("{channel}", "visit"), ("{other}", None)])
def test_a_channel_stays_as_rules_write_it(channel: str, found: str | None) -> None:
    assert channel_of(channel, NAMES) == found
