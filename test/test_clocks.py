"""Stamps are believed where they agree with the time of arrival; elsewhere arrival counts, or a
measured offset.
"""

import numpy as np
import pytest

from liquid_nav.clocks import GAIN, NANO, SAME_CLOCK, Arrivals, OffsetClock, on_clock_of

UNIX = 1_790_000_000 * NANO


def grid(count, period=NANO // 20, start=UNIX):
    return start + np.arange(count, dtype=np.int64) * period


def test_an_offset_is_measured_and_keeps_the_distances_of_stamps():
    clock = OffsetClock()
    assert clock.moved(3.0) is None
    rng = np.random.default_rng(1)
    moved = []
    for k in range(300):
        reported = 300.0 + 0.02 * k
        clock.observe(reported, reported + 1000.0 + 0.005 + rng.uniform(0.0, 0.01))
        moved.append(clock.moved(reported))
    steps = np.diff(moved)
    assert np.abs(steps - 0.02).max() < 0.001, "arrival jitters by 10 ms, the stamps do not"
    assert moved[-1] == pytest.approx(300.0 + 0.02 * 299 + 1000.01, abs=0.003)


def test_a_first_message_that_was_late_never_makes_stamps_go_back():
    clock = OffsetClock()
    moved = []
    for k in range(500):
        reported = 0.02 * k
        clock.observe(reported, reported + 1000.0 + (0.99 if k == 0 else 0.0))
        moved.append(clock.moved(reported))
    assert np.diff(moved).min() >= 0.0
    assert moved[-1] == pytest.approx(1000.0 + 0.02 * 499, abs=0.001)


@pytest.mark.parametrize("shift", [-SAME_CLOCK - 0.01, SAME_CLOCK + 0.01, -3600.0])
def test_another_start_or_a_clock_that_was_set_is_followed_at_once(shift):
    clock = OffsetClock()
    clock.observe(50.0, 1050.0)
    clock.observe(50.1, 1050.1 + shift)
    assert clock.moved(50.1) == pytest.approx(1050.1 + shift)


def test_a_message_that_was_late_by_as_much_as_one_clock_allows_is_no_other_clock():
    clock = OffsetClock()
    clock.observe(50.0, 1050.0)
    clock.observe(51.0, 1051.0 + SAME_CLOCK)
    assert clock.moved(51.0) == pytest.approx(1051.0 + GAIN * SAME_CLOCK)


def test_stamps_of_one_clock_stay_to_the_nanosecond():
    stamps = grid(30) + 1
    images = Arrivals(grid(30), grid(30) + 80_000_000)
    times, by_arrival = on_clock_of(images, Arrivals(stamps, stamps + 500_000_000))
    assert times.tolist() == stamps.tolist() and not by_arrival.any()


def test_arrival_on_the_images_clock_takes_the_place_of_foreign_stamps():
    images = Arrivals(grid(30, start=7 * NANO), grid(30))
    foreign = Arrivals(grid(30, start=300 * NANO), grid(30) + 3)
    times, by_arrival = on_clock_of(images, foreign)
    assert times.tolist() == (grid(30, start=7 * NANO) + 3).tolist() and by_arrival.all()


def test_what_comes_before_and_after_the_images_goes_on_at_the_same_rate():
    images = Arrivals(grid(20, start=7 * NANO), grid(20))
    received = np.array([UNIX - 2 * NANO, UNIX + 9 * NANO])
    times, _ = on_clock_of(images, Arrivals(np.zeros(2, np.int64), received))
    assert times.tolist() == [5 * NANO, 16 * NANO]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 8, 9])
def test_few_messages_are_enough(count):
    images = Arrivals(grid(count), grid(count))
    times, by_arrival = on_clock_of(images, Arrivals(grid(count, start=NANO), grid(count)))
    assert times.tolist() == grid(count).tolist() and by_arrival.all()


def test_images_without_stamps_are_on_the_clock_of_arrival():
    images = Arrivals(np.zeros(20, np.int64), grid(20))
    times, by_arrival = on_clock_of(images, Arrivals(grid(20), grid(20)))
    assert images.times().tolist() == grid(20).tolist() == times.tolist() and not by_arrival.any()


def test_a_message_that_repeats_its_stamp_keeps_it():
    """An estimator that has died repeats its last: with a new stamp it would look alive."""
    clock = OffsetClock()
    clock.observe(50.0, 1050.0)
    clock.observe(50.1, 1050.1)
    before = clock.moved(50.1)
    for late in (0.3, 0.6, 5.0):
        clock.observe(50.1, 1050.1 + late)
        assert clock.moved(50.1) == before


@pytest.mark.parametrize("count", [2, 3, 30])
def test_where_all_was_recorded_at_one_time_the_stamps_count(count):
    """As in bags that a script has written: arrival has no information."""
    at_once = np.full(count, UNIX + NANO, dtype=np.int64)
    stamps = grid(count, start=300 * NANO)
    stamps[-1] = 0
    times, by_arrival = on_clock_of(Arrivals(grid(count), at_once), Arrivals(stamps, at_once))
    assert times.tolist() == [*stamps[:-1].tolist(), UNIX + NANO]
    assert by_arrival.dtype == bool and by_arrival.tolist() == [False] * count


def test_messages_without_stamps_follow_the_images_clock_when_that_is_set():
    """The camera's clock is 5 s behind, and is set back by 10 s in the middle."""
    received = grid(200)
    behind = np.where(np.arange(200) < 100, 5, 15) * NANO
    others = Arrivals(np.zeros(200, dtype=np.int64), received + 1_000_000)
    times, by_arrival = on_clock_of(Arrivals(received - behind, received), others)
    shift = received + 1_000_000 - times
    assert shift[:90].tolist() == [5 * NANO] * 90 and shift[110:].tolist() == [15 * NANO] * 90
    assert by_arrival.all()


def test_messages_without_stamps_beside_images_of_the_same_clock_stay_as_they_arrived():
    received = grid(60)
    stamps = received.copy()
    stamps[::2] = 0
    images = Arrivals(received - round(SAME_CLOCK * NANO / 2), received)
    times, by_arrival = on_clock_of(images, Arrivals(stamps, received))
    assert times.tolist() == received.tolist() and not by_arrival.any()
