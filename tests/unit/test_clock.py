from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from services.shared.clock import (
    BadClockFileError,
    Clock,
    ClockFileAwayError,
    FileClock,
    FrozenClock,
    RunningClock,
)
from services.shared.errors import TransientError

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


@pytest.mark.parametrize("content", ["", "tomorrow", "2025-05-20T18:00", None])
def test_a_file_without_an_instant_is_refused_at_first_and_waited_for_later(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "clock"
    file.write_text("2025-05-20T18:00+08:00\n", encoding="utf-8")
    clock = FileClock.of(file)
    assert clock.now() == datetime(2025, 5, 20, 10, tzinfo=UTC)
    file.unlink()
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(BadClockFileError) as refused:
        FileClock.of(file)
    assert refused.value.exit_status == 2
    with pytest.raises(ClockFileAwayError) as away:
        clock.now()
    assert isinstance(away.value, TransientError)
