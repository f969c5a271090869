"""Golden values: slots, routing keys and task ids are the same in every process and every version."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import SHARDS, SLOTS, Envelope, shard_of, slot_of
from contracts.identity import new_id, notice_id, task_id
from tests.contracts.examples import example

CUSTOMER = "01976a10-7c00-7001-8a00-000000000001"
OPPORTUNITY = UUID("01976a10-7c00-7005-8a00-000000000005")
ANCHOR = datetime(2025, 4, 20, 16, tzinfo=UTC)


@pytest.mark.parametrize(("key", "slot"), [(CUSTOMER, 47), ("", 52), ("客户", 1)])
def test_the_slot_of_a_key_never_changes(key: str, slot: int) -> None:
    assert slot_of(key) == slot


@given(st.text())
def test_every_key_has_a_slot_and_a_shard(key: str) -> None:
    assert 0 <= slot_of(key) < SLOTS == 64
    assert shard_of(slot_of(key)) == slot_of(key) % SHARDS


def test_a_message_is_routed_by_its_customer() -> None:
    envelope = Envelope.model_validate(example("opportunities.stage_changed.v1"))

    assert str(envelope.customerid) == CUSTOMER
    assert envelope.slot == 47
    assert envelope.shard == 7
    assert envelope.routing_key == "s47.opportunities.stage_changed.v1"


def test_a_message_that_concerns_no_customer_is_routed_by_its_subject() -> None:
    envelope = Envelope.model_validate(example("followups.person_changed.v1"))

    assert envelope.customerid is None
    assert envelope.slot == slot_of(envelope.subject)


def test_a_slot_below_ten_has_two_digits_in_the_routing_key() -> None:
    message = example("followups.person_changed.v1") | {"subject": "客户"}

    assert Envelope.model_validate(message).routing_key == "s01.followups.person_changed.v1"


def test_the_id_of_a_task_never_changes() -> None:
    task = task_id(rule="stall", subject=OPPORTUNITY, anchor=ANCHOR)

    assert task == UUID("405b1116-61cc-5b09-9c08-edd4a06ba3a6")


def test_the_id_of_a_task_does_not_depend_on_the_zone_of_its_anchor() -> None:
    shanghai = ANCHOR.astimezone(timezone(timedelta(hours=8)))

    assert task_id(rule="stall", subject=OPPORTUNITY, anchor=shanghai) == task_id(
        rule="stall", subject=OPPORTUNITY, anchor=ANCHOR
    )


def test_another_rule_subject_or_anchor_is_another_task() -> None:
    ids = {
        task_id(rule="stall", subject=OPPORTUNITY, anchor=ANCHOR),
        task_id(rule="cadence", subject=OPPORTUNITY, anchor=ANCHOR),
        task_id(rule="stall", subject=UUID(CUSTOMER), anchor=ANCHOR),
        task_id(rule="stall", subject=OPPORTUNITY, anchor=ANCHOR + timedelta(microseconds=1)),
    }

    assert len(ids) == 4


def test_a_notice_is_given_once_for_an_episode_and_a_rung() -> None:
    ids = {notice_id(rule="stall", subject=OPPORTUNITY, anchor=ANCHOR, rung=rung) for rung in ("a", "b", "a")}

    assert len(ids) == 2


def test_the_examples_name_the_ids_that_the_code_gives() -> None:
    task = example("rules.task_raised.v1")["data"]
    notice = example("rules.notice_given.v1")["data"]

    assert task["task_id"] == str(task_id(rule="stall", subject=OPPORTUNITY, anchor=ANCHOR))
    assert notice["notice_id"] == str(
        notice_id(rule="stall", subject=OPPORTUNITY, anchor=ANCHOR, rung="inform")
    )


def test_new_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(100)]

    assert ids == sorted(ids)
    assert {made.version for made in ids} == {7}
