"""Work that names what is on its way is done again, for a time that ends."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.errors import AwaitedError
from services.shared.patience import SharedPatience, until_known


class Work:
    """Names what is not known so many times, then is done."""

    def __init__(self, unknown: int | None) -> None:
        self.tries = 0
        self._unknown: Iterator[int] = repeat(0) if unknown is None else iter(range(unknown))

    async def __call__(self) -> str:
        """Be tried once."""
        self.tries += 1
        if next(self._unknown, None) is not None:
            raise AwaitedError
        return "done"


async def test_work_is_done_as_soon_as_what_it_names_is_known() -> None:
    work = Work(unknown=3)
    assert await until_known(work, seconds=30) == "done"
    assert work.tries == 4


async def test_without_patience_work_is_tried_once() -> None:
    work = Work(unknown=1)
    with pytest.raises(AwaitedError):
        await until_known(work, seconds=0)
    assert work.tries == 1


async def test_what_never_comes_is_refused_when_patience_has_ended() -> None:
    started = monotonic()
    work = Work(unknown=None)
    with pytest.raises(AwaitedError):
        await until_known(work, seconds=0.1)
    assert 0.1 <= monotonic() - started < 10
    assert work.tries > 1


class Watch:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Seconds since the beginning."""
        return self.seconds


async def test_waits_in_vain_leave_less_to_those_who_follow_until_time_has_passed() -> None:
    watch = Watch()
    patience = SharedPatience(0.002, elapsed=watch)
    for _ in range(5):
        assert patience.seconds == 0.002
        with suppress(AwaitedError):
            await patience.until_known(Work(unknown=None))
    assert patience.seconds == pytest.approx(0)
    watch.seconds += 0.002
    assert patience.seconds == pytest.approx(0.001)
    assert await patience.until_known(Work(unknown=0)) == "done"
    watch.seconds += 60
    assert patience.seconds == 0.002


@given(st.lists(st.floats(0, 5), max_size=50))
def test_in_the_long_run_waits_in_vain_take_half_of_the_time_at_most(pauses: list[float]) -> None:
    watch = Watch()
    patience = SharedPatience(2, elapsed=watch)
    waited = 0.0
    for pause in pauses:
        watch.seconds += pause
        seconds = patience.seconds
        patience.waited_in_vain(seconds)
        watch.seconds += seconds
        waited += seconds
    assert waited <= 5 * 2 + watch.seconds / 2 + 1e-6
