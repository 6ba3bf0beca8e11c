"""What a frame means, from stamps and pixels alone."""

import pytest

from liquid_nav.nodes.frame_guard import Action, FrameGuard

MS = 1_000_000


@pytest.fixture
def guard():
    return FrameGuard(nominal_period=1 / 30, longest_gap=1.0, frozen_after=0.5)


def test_elapsed_time_is_the_difference_of_stamps(guard, pictures):
    first, second = guard.see(1000 * MS, pictures[0]), guard.see(1040 * MS, pictures[1])
    assert (first.action, first.elapsed) == (Action.RESTART, 1 / 30)
    assert (second.action, second.elapsed) == (Action.STEP, pytest.approx(0.04))


def test_a_repeated_stamp_is_not_a_step(guard, pictures):
    guard.see(0, pictures[0])
    assert guard.see(0, pictures[1]).action is Action.REPEAT
    assert guard.see(40 * MS, pictures[1]).elapsed == pytest.approx(0.04)


@pytest.mark.parametrize(("stamp", "words"), [(500 * MS, "backwards by 0.50 s"), (9000 * MS, "ahead by 8.00 s")])
def test_a_jump_of_the_clock_restarts(guard, pictures, stamp, words):
    guard.see(1000 * MS, pictures[0])
    verdict = guard.see(stamp, pictures[1])
    assert verdict.action is Action.RESTART and words in verdict.reason
    assert verdict.elapsed == 1 / 30


def test_identical_pixels_mean_a_frozen_camera(guard, pictures):
    verdicts = [guard.see(k * 100 * MS, pictures[0].copy()).action for k in range(8)]
    assert verdicts[1:5] == [Action.STEP] * 4
    assert verdicts[5:] == [Action.IGNORE] * 3
    assert guard.see(800 * MS, pictures[1]).action is Action.STEP


@pytest.mark.parametrize("place", [(0, 0, 0), (15, 5, 1), (16, 0, 0), (71, 127, 2)])
def test_one_other_pixel_anywhere_is_another_picture(guard, pictures, place):
    other = pictures[0].copy()
    other[place] ^= 1
    for k in range(8):
        assert guard.see(k * 100 * MS, (pictures[0], other)[k % 2]).action is not Action.IGNORE


def test_another_size_is_another_picture(guard, pictures):
    for k in range(8):
        assert guard.see(k * 100 * MS, pictures[0][: 72 - 24 * (k % 2)]).action is not Action.IGNORE


def test_lost_frames_are_counted(guard, pictures):
    for stamp, picture in zip((0, 33, 133, 167), pictures):
        guard.see(stamp * MS, picture)
    assert (guard.frames, guard.lost) == (4, 2)


def test_frozen_can_be_switched_off(pictures):
    guard = FrameGuard(1 / 30, 1.0, 0.0)
    assert all(guard.see(k * 100 * MS, pictures[0]).action is not Action.IGNORE for k in range(30))
