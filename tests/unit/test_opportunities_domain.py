"""What may happen to an opportunity, and what moves its stall clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from contracts.identity import new_id
from contracts.money import Money
from contracts.vocabulary import OpportunityStage, OpportunityStatus
from services.opportunities.domain import (
    ClosedInFutureError,
    HoldInPastError,
    HoldReasonMissingError,
    LostReasonMissingError,
    NotHeldError,
    Opportunity,
    OpportunityClosedError,
)

START = datetime(2025, 3, 3, 1, tzinfo=UTC)
NOW = START + timedelta(days=5)
YUAN = Money(amount=Decimal("120000.00"))


def an_opportunity(**values: object) -> Opportunity:
    """An open opportunity in the stage of proposal since START."""
    opportunity = Opportunity(
        opportunity_id=new_id(),
        customer_id=new_id(),
        name="产线改造",
        natural_key="产线改造",
        stage=OpportunityStage.PROPOSAL,
        stage_entered_at=START,
        progressed_at=START,
        updated_at=START,
        created_at=START,
    )
    for name, value in values.items():
        setattr(opportunity, name, value)
    return opportunity


@pytest.mark.parametrize(
    "values",
    [
        {"expected_amount": YUAN},
        {"expected_close_on": date(2025, 6, 1)},
        {"decision_maker_id": UUID(int=7)},
    ],
)
def test_amount_close_date_and_decision_maker_are_progress(values: dict[str, object]) -> None:
    """K19."""
    opportunity = an_opportunity()
    assert opportunity.update(values, now=NOW) == tuple(values)
    assert (opportunity.progressed_at, opportunity.updated_at, opportunity.sequence) == (NOW, NOW, 2)


@pytest.mark.parametrize("values", [{"competition": "B公司"}, {"owner_id": UUID(int=1)}, {"name": "二期"}])
def test_other_changes_are_no_progress(values: dict[str, object]) -> None:
    """K19: a stall is not reset by a change that nobody would call progress."""
    opportunity = an_opportunity()
    opportunity.update(values, now=NOW)
    assert (opportunity.progressed_at, opportunity.updated_at, opportunity.sequence) == (START, NOW, 2)


def test_the_same_values_move_nothing() -> None:
    """K19: importing the same again is no progress."""
    opportunity = an_opportunity(expected_amount=YUAN)
    assert opportunity.update({"expected_amount": YUAN, "name": opportunity.name}, now=NOW) == ()
    assert (opportunity.progressed_at, opportunity.updated_at, opportunity.sequence) == (START, START, 1)


def test_a_source_that_dates_progress_outranks_the_instant_of_the_import() -> None:
    opportunity = an_opportunity()
    dated = NOW - timedelta(days=2)
    opportunity.update({"expected_amount": YUAN, "progressed_at": dated}, now=NOW)
    assert dated == opportunity.progressed_at


def test_another_stage_is_entered_now_and_is_progress() -> None:
    opportunity = an_opportunity(stage_estimated=True)
    assert opportunity.enter_stage(OpportunityStage.NEGOTIATION, now=NOW) is OpportunityStage.PROPOSAL
    assert (
        opportunity.stage_entered_at,
        opportunity.progressed_at,
        opportunity.stage_estimated,
    ) == (NOW, NOW, False)


def test_the_same_stage_again_changes_nothing() -> None:
    opportunity = an_opportunity()
    assert opportunity.enter_stage(OpportunityStage.PROPOSAL, now=NOW) is None
    assert (opportunity.progressed_at, opportunity.sequence) == (START, 1)


def test_a_hold_rests_until_an_instant_to_come() -> None:
    opportunity = an_opportunity()
    opportunity.hold(until=NOW + timedelta(days=30), reason=" 客户预算延迟 ", now=NOW)
    assert (NOW + timedelta(days=30), "客户预算延迟") == (opportunity.held_until, opportunity.hold_reason)
    assert opportunity.progressed_at == START


def test_a_hold_that_would_have_ended_is_refused() -> None:
    with pytest.raises(HoldInPastError):
        an_opportunity().hold(until=NOW, reason="预算", now=NOW)


def test_a_hold_without_a_reason_is_refused() -> None:
    with pytest.raises(HoldReasonMissingError):
        an_opportunity().hold(until=NOW + timedelta(days=1), reason="  ", now=NOW)


def test_resuming_ends_the_hold_now() -> None:
    opportunity = an_opportunity(held_until=NOW + timedelta(days=30), hold_reason="预算")
    opportunity.resume(now=NOW)
    assert (opportunity.held_until, opportunity.hold_reason) == (NOW, None)


@pytest.mark.parametrize("held_until", [None, NOW, START])
def test_what_is_not_on_hold_cannot_be_resumed(held_until: datetime | None) -> None:
    with pytest.raises(NotHeldError):
        an_opportunity(held_until=held_until).resume(now=NOW)


def test_a_win_has_an_amount_and_an_instant() -> None:
    opportunity = an_opportunity()
    opportunity.win(amount=YUAN, closed_at=NOW, now=NOW)
    assert (opportunity.status, opportunity.amount, opportunity.closed_at) == (
        OpportunityStatus.WON,
        YUAN,
        NOW,
    )


def test_a_win_without_an_amount_takes_the_expected_one() -> None:
    opportunity = an_opportunity(expected_amount=YUAN)
    opportunity.win(amount=None, closed_at=NOW, now=NOW)
    assert opportunity.amount == YUAN


def test_a_loss_keeps_its_reason() -> None:
    opportunity = an_opportunity()
    opportunity.lose(reason="价格", closed_at=NOW, now=NOW)
    assert (
        opportunity.status,
        opportunity.lost_reason,
        opportunity.amount,
    ) == (OpportunityStatus.LOST, "价格", None)


@pytest.mark.parametrize("status", [OpportunityStatus.WON, OpportunityStatus.LOST])
@pytest.mark.parametrize(
    "move",
    [
        lambda o: o.enter_stage(OpportunityStage.SIGNING, now=NOW),
        lambda o: o.hold(until=NOW + timedelta(days=1), reason="预算", now=NOW),
        lambda o: o.resume(now=NOW),
        lambda o: o.win(amount=YUAN, closed_at=NOW, now=NOW),
        lambda o: o.lose(reason="价格", closed_at=NOW, now=NOW),
    ],
)
def test_a_closed_opportunity_stays_as_it_ended(
    status: OpportunityStatus, move: Callable[[Opportunity], object]
) -> None:
    opportunity = an_opportunity(status=status)
    with pytest.raises(OpportunityClosedError) as refused:
        move(opportunity)
    assert "产线改造" in refused.value.message("zh")
    assert opportunity.sequence == 1


def test_the_amount_of_a_closed_opportunity_can_be_corrected() -> None:
    opportunity = an_opportunity(status=OpportunityStatus.WON, amount=YUAN)
    assert opportunity.update({"amount": Money(amount=Decimal(1))}, now=NOW) == ("amount",)


def entered(**told: object) -> Opportunity:
    """An opportunity as a source tells it, taken in at NOW."""
    values = {"customer_id": new_id(), "name": "产线改造", "natural_key": "产线改造", **told}
    return Opportunity.enter(new_id(), values, now=NOW)


def test_a_dated_stage_entry_is_no_estimate_and_was_progress() -> None:
    opportunity = entered(stage=OpportunityStage.PROPOSAL, stage_entered_at=START)
    assert (opportunity.stage_entered_at, opportunity.progressed_at) == (START, START)
    assert (opportunity.stage_estimated, opportunity.created_at, opportunity.sequence) == (False, NOW, 1)


def test_an_undated_stage_entry_is_estimated_as_now() -> None:
    opportunity = entered(stage=OpportunityStage.PROPOSAL)
    assert (opportunity.stage_entered_at, opportunity.progressed_at) == (NOW, NOW)
    assert opportunity.stage_estimated


def test_a_source_may_date_progress_apart_from_the_stage() -> None:
    later = START + timedelta(days=1)
    opportunity = entered(stage=OpportunityStage.PROPOSAL, stage_entered_at=START, progressed_at=later)
    assert (opportunity.stage_entered_at, opportunity.progressed_at) == (START, later)


def test_what_was_won_without_a_date_was_won_now_for_the_expected_amount() -> None:
    opportunity = entered(status=OpportunityStatus.WON, expected_amount=YUAN)
    assert (opportunity.closed_at, opportunity.amount) == (NOW, YUAN)
    assert opportunity.stage is OpportunityStage.SIGNING


def test_what_was_lost_without_a_stage_is_taken_as_lost_at_first_contact() -> None:
    opportunity = entered(status=OpportunityStatus.LOST, closed_at=START)
    assert (opportunity.closed_at, opportunity.stage) == (START, OpportunityStage.FIRST_CONTACT)


def test_a_stage_entered_before_the_last_progress_does_not_take_it_back() -> None:
    opportunity = an_opportunity(progressed_at=NOW)
    opportunity.enter_stage(OpportunityStage.NEGOTIATION, at=START + timedelta(days=1), now=NOW)
    assert (opportunity.stage_entered_at, opportunity.progressed_at) == (START + timedelta(days=1), NOW)


@pytest.mark.parametrize("status", [OpportunityStatus.WON, OpportunityStatus.LOST])
def test_a_source_ends_an_open_opportunity_and_opens_no_closed_one(status: OpportunityStatus) -> None:
    opportunity = an_opportunity()
    opportunity.end(status, amount=None, closed_at=None, now=NOW)
    assert (opportunity.status, opportunity.closed_at) == (status, NOW)
    with pytest.raises(OpportunityClosedError):
        opportunity.end(OpportunityStatus.OPEN, amount=None, closed_at=None, now=NOW)


def test_an_opportunity_is_lost_for_a_reason() -> None:
    """R150."""
    opportunity = an_opportunity()
    with pytest.raises(LostReasonMissingError):
        opportunity.lose(reason=" ", closed_at=NOW, now=NOW)
    assert opportunity.status is OpportunityStatus.OPEN


def test_a_source_that_gives_a_reason_for_a_loss_keeps_it() -> None:
    opportunity = an_opportunity(lost_reason="价格")
    opportunity.end(OpportunityStatus.LOST, amount=None, closed_at=None, now=NOW)
    assert (opportunity.lost_reason, opportunity.closed_at) == ("价格", NOW)


def test_an_end_that_is_yet_to_come_is_none() -> None:
    opportunity = an_opportunity()
    opportunity.check_closing(NOW, now=NOW)
    with pytest.raises(ClosedInFutureError):
        opportunity.check_closing(NOW + timedelta(seconds=1), now=NOW)
