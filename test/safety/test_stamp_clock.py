"""Ages do not change because the clock is set."""

import pytest

from liquid_nav.safety import StampClock
from liquid_nav.safety.stamp_clock import OLD_STAMPS


def test_stamps_are_moved_by_the_difference_of_the_clocks():
    clock = StampClock()
    assert clock.steady(7.0) == 7.0
    assert clock.observe(1000.0, 10.0) == 0.0
    assert clock.steady(999.9) == pytest.approx(9.9)


@pytest.mark.parametrize("jump", [60.0, -60.0, 0.2, -5.0])
def test_a_clock_that_is_set_changes_no_age(jump):
    clock = StampClock()
    clock.observe(1000.0, 10.0)
    before = 1000.0 - 0.1  # made 0.1 s ago
    assert clock.observe(1000.5 + jump, 10.5) == pytest.approx(jump)
    after = 1000.5 + jump - 0.1
    assert 10.5 - clock.steady(after) == pytest.approx(0.1)
    if abs(jump) > 1.0:
        assert 10.5 - clock.steady(before + 0.5) == pytest.approx(
            0.1
        )  # of the old clock, and on its way meanwhile
    assert clock.observe(1000.6 + jump, 10.6) == 0.0


def test_old_stamps_are_forgotten_after_a_while():
    clock = StampClock()
    clock.observe(1000.0, 10.0)
    clock.observe(940.5, 10.5)
    clock.observe(942.6, 10.5 + OLD_STAMPS + 0.1)
    assert clock.steady(1002.6) == pytest.approx(72.6)  # in the future, and reported


def test_a_slew_is_followed_without_a_report():
    clock = StampClock()
    for i in range(100):
        assert clock.observe(1000.0 + 1.01 * i, 10.0 + i) == 0.0
    assert clock.steady(1000.0 + 1.01 * 99) == pytest.approx(109.0)


def test_where_a_slew_ends_and_a_jump_begins():
    clock = StampClock()
    clock.observe(1024.0, 0.0)
    assert clock.observe(1024.125 - 0.0625, 0.0) == 0.0
    assert clock.observe(1024.125 + 0.0625, 0.0) == 0.125
