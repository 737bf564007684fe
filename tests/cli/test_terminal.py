"""What the terminal shows of rates."""

from __future__ import annotations

from curate.cli.terminal import Pace


def test_the_rate_is_that_of_work_alone() -> None:
    pace = Pace(100, began=0.0)
    for _ in range(50):  # answered before
        pace.advance(1, 0.1, fresh=False)
    assert str(pace) == "ETA –"
    for second in (2, 4, 6, 8, 10):
        pace.advance(1, float(second))
    assert str(pace) == "30/min ETA 0:01:30"


def test_the_time_left_can_be_hours() -> None:
    pace = Pace(36_010, began=0.0)
    pace.advance(10, 5.0)
    assert str(pace) == "2.0/s ETA 5:00:00"
