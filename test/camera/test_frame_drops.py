"""The share of missing frames, from stamps alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.camera.frame_drops import RECENT, FrameDrops
from liquid_nav.camera.frame_guard import FrameGuard

MS = 1_000_000
PERIOD = 1.0 / 30.0


def guarded(pictures, times):
    """Return a guard of a camera with 30 Hz that has seen frames at these times, s."""
    guard = FrameGuard(nominal_period=PERIOD, longest_gap=1.0, frozen_after=0.0)
    for number, time in enumerate(times):
        guard.see(round(time * 1000) * MS, pictures[number % len(pictures)])
    return guard


def test_before_the_first_frame_nothing_is_missing(pictures):
    assert FrameDrops().ratio == 0.0
    assert guarded(pictures, []).drop_ratio == 0.0


@pytest.mark.parametrize("every", [1, 2, 3, 4])
def test_of_every_n_frames_one_arrives(pictures, every):
    guard = guarded(pictures, [every * PERIOD * k for k in range(100)])
    assert guard.drop_ratio == pytest.approx(1.0 - 1.0 / every, abs=0.02)


def test_a_gap_counts_once_for_the_recent_past_and_then_no_more(pictures):
    # Four frames are missing before the second one.
    times = [0.0, 5 * PERIOD, 6 * PERIOD, 7 * PERIOD]
    assert guarded(pictures, times[:1]).drop_ratio == 0.0
    assert guarded(pictures, times[:2]).drop_ratio == pytest.approx(4 / 6)
    assert guarded(pictures, times).drop_ratio == pytest.approx(4 / 8)
    later = [5 * PERIOD + PERIOD * k for k in range(1, 80)]
    before = [time for time in later if time < 5 * PERIOD + RECENT]
    assert guarded(pictures, [*times[:2], *before]).drop_ratio > 0.0
    assert guarded(pictures, [*times[:2], *later]).drop_ratio == 0.0


def test_a_period_that_varies_by_less_than_half_is_no_loss(pictures):
    assert guarded(pictures, [0.0, 0.045, 0.066, 0.113, 0.134]).drop_ratio == 0.0


def test_a_repeated_frame_and_one_from_the_future_do_not_count(pictures):
    guard = guarded(pictures, [0.0, 0.033, 0.033])
    guard.see(9_000 * MS, pictures[0], now=66 * MS)
    guard.see(67 * MS, pictures[2], now=67 * MS)
    assert guard.drop_ratio == 0.0


@pytest.mark.parametrize("jump", [-3.0, 3.0])
def test_a_jump_of_the_stamps_begins_a_new_count(pictures, jump):
    times = [2 * PERIOD * k for k in range(10)]
    assert guarded(pictures, times).drop_ratio > 0.3
    guard = guarded(pictures, [*times, times[-1] + jump])
    assert guard.drop_ratio == 0.0


def test_the_count_agrees_with_that_of_the_whole_flight(pictures):
    guard = guarded(pictures, [0.0, 0.1, 0.133, 0.3, 0.333])
    assert guard.drop_ratio == pytest.approx(guard.lost / (guard.lost + guard.frames))
    assert guard.lost == 6


@given(
    st.lists(st.tuples(st.integers(1, 1_000_000_000), st.integers(0, 30)), min_size=1, max_size=200)
)
def test_it_is_always_a_share_of_the_recent_frames(steps):
    drops, stamp, seen = FrameDrops(), 0, []
    for step, missing in steps:
        stamp += step
        drops.add(stamp, missing)
        seen.append((stamp, missing))
        recent = [(at, lost) for at, lost in seen if at > stamp - RECENT * 1e9]
        lost = sum(lost for _, lost in recent)
        assert drops.ratio == lost / (lost + len(recent)) and 0.0 <= drops.ratio < 1.0
