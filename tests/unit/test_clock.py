from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.shared.clock import Clock, FrozenClock, RunningClock

SHANGHAI = timezone(timedelta(hours=8))


def test_a_frozen_clock_never_moves() -> None:
    instant = datetime(2025, 9, 30, 8, tzinfo=UTC)
    clock: Clock = FrozenClock(instant)
    assert [instant, instant] == [clock.now(), clock.now()]


def test_a_frozen_clock_answers_in_utc() -> None:
    now = FrozenClock(datetime(2025, 9, 30, 16, tzinfo=SHANGHAI)).now()
    assert (datetime(2025, 9, 30, 8, tzinfo=UTC), timedelta(0)) == (now, now.utcoffset())


def test_a_clock_frozen_at_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an instant with a time zone, not 2025-09-30T16:00:00"):
        FrozenClock(datetime(2025, 9, 30, 16))  # noqa: DTZ001 - the naive instant is what is refused


def test_a_running_clock_does_not_go_back() -> None:
    clock: Clock = RunningClock()
    first, second = clock.now(), clock.now()
    assert first <= second


def test_a_running_clock_is_ahead_by_its_offset() -> None:
    before = RunningClock().now()
    ahead = RunningClock(timedelta(days=365)).now()
    after = RunningClock().now()
    assert before <= ahead - timedelta(days=365) <= after


def test_a_running_clock_answers_in_utc() -> None:
    assert timedelta(0) == RunningClock(timedelta(days=-1)).now().utcoffset()
