"""The working periods of one day, as a measure: how much is worked before a time, and the way back."""

from datetime import timedelta
from itertools import accumulate

from services.shared.business_time.definition import Period


class WorkingHours:
    """Working time within a day; times of day are counted from the local midnight."""

    def __init__(self, periods: tuple[Period, ...]) -> None:
        self._periods = [(timedelta(minutes=p.start), timedelta(minutes=p.end)) for p in periods]
        lengths = [end - start for start, end in self._periods]
        self._worked_before = list(accumulate(lengths[:-1], initial=timedelta()))
        self.total = sum(lengths, timedelta())

    def worked(self, time_of_day: timedelta) -> timedelta:
        """Return the working time between midnight and the time of day."""
        return sum(
            (min(time_of_day, end) - start for start, end in self._periods if start < time_of_day),
            timedelta(),
        )

    def earliest(self, worked: timedelta) -> timedelta:
        """Return the first time of day by which so much was worked (0 < worked ≤ total)."""
        index = max(i for i, before in enumerate(self._worked_before) if before < worked)
        return self._periods[index][0] + worked - self._worked_before[index]

    def latest(self, worked: timedelta) -> timedelta:
        """Return the last time of day by which no more was worked (0 ≤ worked < total)."""
        index = max(i for i, before in enumerate(self._worked_before) if before <= worked)
        return self._periods[index][0] + worked - self._worked_before[index]
