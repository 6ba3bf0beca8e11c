"""Engaging by a switch: what a person does counts, and nothing that only looks like it."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.safety import EngageSwitch
from liquid_nav.safety.switch import GAP, HELD, OFF, ON, RESTED

CHANNEL = 7
STEP = 0.125
"""s between two messages; exact in binary, so that limits can be met to the last bit."""


def axes(switch, count=8, **others):
    """Positions of a remote control; ``others`` are channels by name: c1 to c18."""
    positions = [0.0] * count
    positions[CHANNEL - 1] = switch
    for name, value in others.items():
        positions[int(name[1:]) - 1] = value
    return positions


class Remote:
    """A remote control that is heard every ``STEP`` seconds; keeps when the switch was taken as flipped."""

    def __init__(self, channel=CHANNEL):
        self.switch = EngageSwitch(channel)
        self.now = 100.0
        self.flips = []

    def hear(self, positions, seconds=STEP, active=False):
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if self.switch.flipped(positions, active, self.now):
                self.flips.append(self.now)
        return self


def rested(**others):
    """A remote control whose switch has been off for just long enough to be flipped with the next message."""
    return Remote().hear(axes(-1.0, **others), RESTED)


def test_a_switch_that_is_flipped_and_left_on_engages_once():
    remote = rested()
    begin = remote.now + STEP
    remote.hear(axes(1.0), 20.0)
    assert remote.flips == [begin + HELD]


def test_it_may_be_flipped_again_after_a_rest():
    remote = rested().hear(axes(1.0), 2.0).hear(axes(-1.0), RESTED).hear(axes(1.0), 2.0)
    assert len(remote.flips) == 2


def test_a_switch_that_is_on_when_it_is_first_heard_is_no_flip():
    assert not Remote().hear(axes(1.0), 30.0).flips


def test_without_a_channel_nothing_engages():
    remote = Remote(channel=0)
    assert not remote.hear([-1.0] * 8, 2.0).hear([1.0] * 8, 2.0).flips


def test_it_has_to_rest_before():
    remote = Remote().hear(axes(-1.0), RESTED - STEP).hear(axes(1.0), 5.0)
    assert not remote.flips
    # The rest begins anew with each flutter.
    for _ in range(5):
        remote.hear(axes(-1.0), RESTED - STEP).hear(axes(1.0), 2 * STEP)
    assert not remote.flips


def test_it_has_to_stay_on():
    remote = rested().hear(axes(1.0), HELD).hear(axes(-1.0), RESTED - STEP).hear(axes(1.0), 5.0)
    assert not remote.flips


def test_a_switch_of_three_positions_may_pass_the_middle_on_its_way_up_but_not_back():
    assert rested().hear(axes(0.0), 1.0).hear(axes(1.0), 1.0).flips
    assert not rested().hear(axes(1.0), HELD).hear(axes(0.0), STEP).hear(axes(1.0), 5.0).flips
    assert not rested().hear(axes(0.0), 5.0).flips


def test_positions_at_their_limits():
    assert Remote().hear(axes(OFF), RESTED).hear(axes(ON), 1.0).flips
    assert not Remote().hear(axes(math.nextafter(OFF, 0.0)), RESTED).hear(axes(ON), 1.0).flips
    assert not Remote().hear(axes(OFF), RESTED).hear(axes(math.nextafter(ON, 0.0)), 1.0).flips


@pytest.mark.parametrize("channel, moved, engages", [
    ("c1", 0.2, True), ("c1", 0.21, False), ("c4", -0.21, False), ("c5", 0.21, True), ("c5", 0.5, True),
    ("c5", 0.51, False), ("c8", -0.51, False),
])  # fmt: skip
def test_whatever_else_moves_with_it_is_no_deliberate_flip(channel, moved, engages):
    """A receiver that has lost its transmitter may put every channel somewhere at once."""
    remote = rested().hear(axes(1.0, **{channel: moved}), 5.0)
    assert bool(remote.flips) is engages
    # Also later, while it has to stay on.
    remote = rested().hear(axes(1.0), HELD).hear(axes(1.0, **{channel: moved}), 5.0)
    assert bool(remote.flips) is engages


def test_sticks_may_move_before():
    remote = Remote().hear(axes(-1.0), RESTED).hear(axes(-1.0, c1=1.0), STEP).hear(axes(1.0, c1=1.0), 1.0)
    assert remote.flips


@pytest.mark.parametrize("gap, engages", [(GAP, True), (GAP + STEP, False), (-STEP, False)])
@pytest.mark.parametrize("where", ["off", "on"])
def test_after_a_gap_or_with_a_clock_that_goes_back_nothing_is_known(where, gap, engages):
    remote = rested()
    if where == "on":
        remote.hear(axes(1.0))
    remote.now += gap - STEP
    remote.hear(axes(1.0), 5.0)
    assert bool(remote.flips) is engages


def test_a_flip_while_something_of_ours_goes_on_is_the_pilots_touch_and_never_engages_later():
    remote = rested().hear(axes(1.0), STEP, active=True).hear(axes(1.0), 30.0)
    assert not remote.flips
    assert remote.hear(axes(-1.0), RESTED).hear(axes(1.0), 1.0).flips
    # Nor does the rest before it count.
    assert not Remote().hear(axes(-1.0), 5.0, active=True).hear(axes(1.0), 5.0).flips


def test_positions_that_are_no_numbers_and_missing_channels_are_no_flip():
    assert not rested().hear(axes(math.nan), STEP).hear(axes(1.0), 5.0).flips
    assert not rested().hear(axes(1.0, c1=math.nan), STEP).hear(axes(1.0), 5.0).flips
    assert not rested().hear(axes(1.0)[:6], 5.0).hear(axes(1.0), 5.0).flips
    assert not rested().hear(axes(1.0, count=9), 5.0).flips
    assert rested().hear(axes(1.0), 5.0).flips


@pytest.mark.parametrize("channel", [-1, 1, 4, 19])
def test_a_stick_is_no_switch(channel):
    with pytest.raises(ValueError, match="channels 5 to 18"):
        EngageSwitch(channel)


@pytest.mark.parametrize("channel", [5, 18])
def test_the_first_and_the_last_channel_may_be_one(channel):
    remote = Remote(channel)
    off, on = [0.0] * 18, [0.0] * 18
    off[channel - 1], on[channel - 1] = -1.0, 1.0
    assert remote.hear(off, RESTED).hear(on, 1.0).flips


@given(st.lists(st.tuples(st.sampled_from((-1.0, 0.0, 1.0, math.nan)), st.booleans(), st.integers(1, 12)), max_size=30))
def test_every_flip_that_counts_has_a_rest_and_a_hold_before_it(story):
    """Whatever came before: off for ``RESTED``, then on for ``HELD`` up to now, and nothing of ours went on."""
    remote = Remote()
    heard = []
    for position, active, count in story:
        for _ in range(count):
            flips = len(remote.flips)
            remote.hear(axes(position), STEP, active)
            heard.append((position, active))
            if len(remote.flips) == flips:
                continue
            held = list(itertools.takewhile(lambda entry: entry == (1.0, False), reversed(heard)))
            assert len(held) > HELD / STEP
            before = heard[: len(heard) - len(held)]
            passed = list(itertools.takewhile(lambda entry: entry == (0.0, False), reversed(before)))
            before = before[: len(before) - len(passed)]
            off = list(itertools.takewhile(lambda entry: entry == (-1.0, False), reversed(before)))
            assert off and (len(off) + len(passed)) * STEP >= RESTED
