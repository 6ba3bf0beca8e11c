"""What a frame means, from stamps and pixels alone."""

import numpy as np
import pytest

from liquid_nav.camera.frame_guard import FrameAction, FrameGuard

MS = 1_000_000


@pytest.fixture
def guard():
    return FrameGuard(nominal_period=1 / 30, longest_gap=1.0, frozen_after=0.5)


def test_elapsed_time_is_the_difference_of_stamps(guard, pictures):
    first, second = guard.see(1000 * MS, pictures[0]), guard.see(1040 * MS, pictures[1])
    assert (first.action, first.elapsed) == (FrameAction.RESTART, 1 / 30)
    assert (second.action, second.elapsed) == (FrameAction.STEP, pytest.approx(0.04))


def test_a_repeated_stamp_is_not_a_step(guard, pictures):
    guard.see(0, pictures[0])
    assert guard.see(0, pictures[1]).action is FrameAction.REPEAT
    assert guard.see(40 * MS, pictures[1]).elapsed == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("stamp", "text"), [(500 * MS, "backwards by 0.50 s"), (9000 * MS, "ahead by 8.00 s")]
)
def test_a_jump_of_the_clock_restarts(guard, pictures, stamp, text):
    guard.see(1000 * MS, pictures[0])
    verdict = guard.see(stamp, pictures[1])
    assert verdict.action is FrameAction.RESTART and text in verdict.reason
    assert verdict.elapsed == 1 / 30


def test_a_clock_that_was_set_back_resets_once(guard, pictures):
    stamps = (6000, 6033, 1066, 1100, 1133)
    seen = [guard.see(stamp * MS, picture).action for stamp, picture in zip(stamps, pictures)]
    assert seen == [
        FrameAction.RESTART,
        FrameAction.STEP,
        FrameAction.RESTART,
        FrameAction.STEP,
        FrameAction.STEP,
    ]


def test_an_image_from_the_future_is_ignored_and_the_next_one_steps_on(guard, pictures):
    """Every third is 0.3 s ahead."""
    times = [1000 + 40 * k for k in range(6)]
    verdicts = [
        guard.see((time + 300 * (k % 3 == 1)) * MS, pictures[k], time * MS)
        for k, time in enumerate(times)
    ]
    expected = [
        FrameAction.RESTART,
        FrameAction.IGNORE,
        FrameAction.STEP,
        FrameAction.STEP,
        FrameAction.IGNORE,
        FrameAction.STEP,
    ]
    assert [verdict.action for verdict in verdicts] == expected
    # The time of the ignored one belongs to the next.
    assert [verdict.elapsed for verdict in verdicts[2:]] == pytest.approx([0.08, 0.04, 0.0, 0.08])
    assert "stamps in the future" in verdicts[1].reason and "chrony" in verdicts[1].reason
    assert (guard.early, guard.early_in_a_row, guard.ahead) == (2, 0, pytest.approx(0.3))


@pytest.mark.parametrize(
    ("ahead", "action"),
    [
        (-60_000, FrameAction.RESTART),
        (0, FrameAction.RESTART),
        (100, FrameAction.RESTART),
        (101, FrameAction.IGNORE),
        (60_000, FrameAction.IGNORE),
    ],
)
def test_clocks_that_differ_a_little_are_no_future(guard, pictures, ahead, action):
    assert guard.see((100_000 + ahead) * MS, pictures[0], 100_000 * MS).action is action


def test_an_image_from_the_future_is_reported_for_a_while(guard, pictures):
    assert not guard.was_early(1000 * MS)
    guard.see(1300 * MS, pictures[0], 1000 * MS)
    assert guard.was_early(1000 * MS) and guard.was_early(11_000 * MS)
    assert not guard.was_early(11_001 * MS)
    assert not guard.was_early(999 * MS)


def test_images_all_from_the_future_are_counted_in_a_row(guard, pictures):
    for k in range(3):
        guard.see((1300 + 40 * k) * MS, pictures[k], (1000 + 40 * k) * MS)
    assert (guard.early_in_a_row, guard.frames) == (3, 0)


def test_identical_pixels_mean_a_frozen_camera(guard, pictures):
    verdicts = [guard.see(k * 100 * MS, pictures[0].copy()).action for k in range(8)]
    assert verdicts[1:5] == [FrameAction.STEP] * 4
    assert verdicts[5:] == [FrameAction.IGNORE] * 3
    assert guard.see(800 * MS, pictures[1]).action is FrameAction.STEP


@pytest.mark.parametrize("place", [(0, 0, 0), (15, 5, 1), (16, 0, 0), (71, 127, 2)])
def test_one_other_pixel_anywhere_is_another_picture(guard, pictures, place):
    other = pictures[0].copy()
    other[place] ^= 1
    for k in range(8):
        assert guard.see(k * 100 * MS, (pictures[0], other)[k % 2]).action is not FrameAction.IGNORE


def test_another_size_is_another_picture(guard, pictures):
    for k in range(8):
        assert (
            guard.see(k * 100 * MS, pictures[0][: 72 - 24 * (k % 2)]).action
            is not FrameAction.IGNORE
        )


def test_lost_frames_are_counted(guard, pictures):
    for stamp, picture in zip((0, 33, 133, 167), pictures):
        guard.see(stamp * MS, picture)
    assert (guard.frames, guard.lost) == (4, 2)


def test_frozen_can_be_switched_off(pictures):
    guard = FrameGuard(1 / 30, 1.0, 0.0)
    assert all(
        guard.see(k * 100 * MS, pictures[0]).action is not FrameAction.IGNORE for k in range(30)
    )


def noise(k, level=40.0):
    """A picture of a covered camera: another one for each ``k``."""
    pixels = np.random.default_rng(k).normal(level, 5.0, (72, 128, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.fixture
def squares():
    """A picture of coloured squares, uint8 [72,128,3]."""
    few = np.random.default_rng(0).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    return few.repeat(8, axis=0).repeat(8, axis=1)


def actions(guard, pictures):
    """What becomes of pictures that come every 100 ms from 1 s on."""
    return [guard.see((1000 + 100 * k) * MS, picture).action for k, picture in enumerate(pictures)]


def test_noise_alone_means_a_blind_camera_until_something_is_seen(squares):
    guard = FrameGuard(1 / 30, 1.0, 0.5, blind_after=0.4)
    seen = actions(guard, [squares, *(noise(k) for k in range(6)), squares, noise(6), squares])
    assert seen[1:4] == [FrameAction.STEP] * 3
    assert seen[4:7] == [FrameAction.IGNORE] * 3
    assert seen[7:] == [FrameAction.STEP] * 3


def test_a_camera_that_is_blind_from_the_first_frame_is_noticed_too():
    guard = FrameGuard(1 / 30, 1.0, 0.5, blind_after=0.4)
    seen = actions(guard, [noise(k) for k in range(6)])
    assert seen == [
        FrameAction.RESTART,
        *[FrameAction.STEP] * 3,
        FrameAction.IGNORE,
        FrameAction.IGNORE,
    ]


@pytest.mark.parametrize(
    ("level", "part"), [(3, "black"), (128, "without contrast"), (252, "white")]
)
def test_the_text_states_how_the_camera_is_blind(level, part):
    guard = FrameGuard(1 / 30, 1.0, 0.5, blind_after=0.1)
    guard.see(0, noise(0, level))
    verdict = guard.see(100 * MS, noise(1, level))
    assert f"camera is blind: pictures for 0.1 s are {part}" in verdict.reason


def test_a_jump_of_the_clock_begins_the_time_of_blindness_anew(squares):
    guard = FrameGuard(1 / 30, 1.0, 0.5, blind_after=0.4)
    guard.see(0, squares)
    guard.see(5000 * MS, noise(0))
    assert guard.see(5300 * MS, noise(1)).action is FrameAction.STEP
    assert guard.see(5400 * MS, noise(2)).action is FrameAction.IGNORE


def test_the_time_of_ignored_frames_is_made_up_for(squares):
    guard = FrameGuard(1 / 30, 1.0, 0.5, blind_after=0.3)
    actions(guard, [squares, *(noise(k) for k in range(5))])
    # Stepped last at 1.2 s.
    verdict = guard.see(1700 * MS, squares)
    assert (verdict.action, verdict.elapsed) == (FrameAction.STEP, pytest.approx(0.5))
    assert guard.see(1740 * MS, 255 - squares).elapsed == pytest.approx(0.04)


def test_after_longer_silence_than_a_gap_the_state_begins_anew(squares):
    guard = FrameGuard(1 / 30, 1.0, 0.5, blind_after=0.3)
    actions(guard, [squares, *(noise(k) for k in range(12))])
    verdict = guard.see(2300 * MS, squares)
    assert (verdict.action, verdict.elapsed) == (FrameAction.RESTART, 1 / 30)
    assert "frames were ignored for 1.10 s" in verdict.reason
