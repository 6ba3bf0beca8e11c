"""Engaging by a switch: what a person does counts, and nothing that only looks like it.

Times are written out as numbers here: 3 s of rest, 1 s of passage, 0.5 s on, 0.3 s between two
messages.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.safety import EngageSwitch

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
    """A remote control that is received every ``step`` seconds; keeps when the switch was taken as
    flipped.
    """

    def __init__(self, channel=CHANNEL, step=STEP):
        self.switch, self.step = EngageSwitch(channel), step
        self.now = 100.0
        self.stamp = 7.0
        self.flips = []

    def receive(self, positions, seconds=STEP, active=False, healthy=True):
        for _ in range(round(seconds / self.step)):
            self.now += self.step
            self.stamp += self.step
            if self.switch.flipped(positions, healthy, active, self.stamp, self.now):
                self.flips.append(self.now)
        return self


def rested(seconds=3.0, **others):
    """A remote control whose switch has been off for ``seconds``: by default just long enough."""
    return Remote().receive(axes(-1.0, **others), seconds + STEP)


def test_a_switch_that_is_flipped_and_left_on_engages_once():
    remote = rested()
    begin = remote.now + STEP
    remote.receive(axes(1.0), 20.0)
    assert remote.flips == [begin + 0.5]


def test_it_may_be_flipped_again_after_a_rest():
    remote = (
        rested().receive(axes(1.0), 2.0).receive(axes(-1.0), 3.0 + STEP).receive(axes(1.0), 2.0)
    )
    assert len(remote.flips) == 2


def test_a_switch_that_is_on_when_it_is_first_received_is_no_flip():
    assert not Remote().receive(axes(1.0), 30.0).flips


def test_it_reports_whether_it_is_on():
    remote = Remote()
    assert not remote.switch.on
    assert remote.receive(axes(0.5)).switch.on
    assert not remote.receive(axes(0.49)).switch.on
    assert remote.receive(axes(1.0)).switch.on
    assert not remote.receive(axes(1.0), healthy=False).switch.on
    assert not remote.receive(axes(math.nan)).switch.on
    assert remote.receive(axes(1.0), active=True).switch.on
    assert not Remote(0).receive([1.0] * 8).switch.on


def test_without_a_channel_nothing_engages():
    assert not Remote(channel=0).receive([-1.0] * 8, 5.0).receive([1.0] * 8, 5.0).flips


def test_it_has_to_rest_before():
    assert not rested(3.0 - STEP).receive(axes(1.0), 5.0).flips
    # The rest begins anew with each flutter.
    remote = rested()
    for _ in range(3):
        remote.receive(axes(1.0), 2 * STEP).receive(axes(-1.0), 3.0)
    assert not remote.receive(axes(1.0), 5.0).flips


def test_only_time_that_it_is_off_is_rest():
    """A single wrong message between two positions in the middle is none."""
    remote = (
        Remote()
        .receive(axes(0.0), 5.0)
        .receive(axes(-1.0), STEP)
        .receive(axes(0.0), 1.0)
        .receive(axes(1.0), 5.0)
    )
    assert not remote.flips
    remote = rested().receive(axes(0.0), STEP).receive(axes(-1.0), 3.0).receive(axes(1.0), 5.0)
    assert not remote.flips, "it has left its rest, and begins anew"


def test_it_has_to_stay_on():
    remote = rested().receive(axes(1.0), 0.5).receive(axes(-1.0), 3.0).receive(axes(1.0), 5.0)
    assert not remote.flips


@pytest.mark.parametrize(("seconds", "engages"), [(1.0 - STEP, True), (1.0, False), (5.0, False)])
def test_a_switch_of_three_positions_may_pass_the_middle_on_its_way_up(seconds, engages):
    assert bool(rested().receive(axes(0.0), seconds).receive(axes(1.0), 1.0).flips) is engages


def test_once_it_is_on_it_may_not_go_back_to_the_middle():
    assert (
        not rested().receive(axes(1.0), 0.25).receive(axes(0.0), STEP).receive(axes(1.0), 5.0).flips
    )
    assert not rested().receive(axes(0.0), 5.0).flips


def test_positions_at_their_limits():
    assert Remote().receive(axes(-0.5), 4.0).receive(axes(0.5), 1.0).flips
    assert not Remote().receive(axes(-0.49), 4.0).receive(axes(0.5), 1.0).flips
    assert not Remote().receive(axes(-0.5), 4.0).receive(axes(0.49), 1.0).flips


@pytest.mark.parametrize(
    ("channel", "moved", "engages"),
    [
        ("c1", 0.2, True),
        ("c1", 0.21, False),
        ("c4", -0.21, False),
        ("c5", 0.21, True),
        ("c5", 0.5, True),
        ("c5", 0.51, False),
        ("c8", -0.51, False),
    ],
)
def test_whatever_else_moves_with_it_is_no_deliberate_flip(channel, moved, engages):
    """A receiver that has lost its transmitter may put every channel somewhere at once."""
    remote = rested().receive(axes(1.0, **{channel: moved}), 5.0)
    assert bool(remote.flips) is engages
    # Also later, while it has to stay on.
    remote = rested().receive(axes(1.0), 0.5).receive(axes(1.0, **{channel: moved}), 5.0)
    assert bool(remote.flips) is engages


def test_sticks_may_move_before():
    assert rested().receive(axes(-1.0, c1=1.0), STEP).receive(axes(1.0, c1=1.0), 1.0).flips


@pytest.mark.parametrize(("gap", "engages"), [(0.25, True), (0.375, False), (-STEP, False)])
@pytest.mark.parametrize("where", ["off", "on"])
def test_after_a_gap_or_with_a_clock_that_goes_back_nothing_is_known(where, gap, engages):
    remote = rested()
    if where == "on":
        remote.receive(axes(1.0))
    remote.now += gap - STEP
    remote.stamp += gap - STEP
    remote.receive(axes(1.0), 5.0)
    assert bool(remote.flips) is engages


@pytest.mark.parametrize("where", ["off", "on"])
@pytest.mark.parametrize("slept", [0.375, 10.0])
def test_what_was_flipped_while_we_slept_is_no_flip(where, slept):
    """A computer's steady clock stands still while it sleeps; the vehicle's goes on."""
    remote = rested()
    if where == "on":
        remote.receive(axes(1.0))
    remote.stamp += slept - STEP
    assert not remote.receive(axes(1.0), 5.0).flips


def test_messages_that_were_held_up_and_come_in_a_rush_are_no_flip():
    """A radio that makes up for an outage delivers twice as fast; each message follows closely on
    the one before.
    """
    remote = Remote().receive(axes(-1.0), 4.0)
    for position, count in ((-1.0, 40), (1.0, 40)):
        for _ in range(count):
            remote.now -= 0.5 * STEP
            remote.receive(axes(position))
    assert not remote.flips


def test_the_same_message_again_is_no_progress():
    remote = rested().receive(axes(1.0))
    remote.stamp -= STEP
    assert not remote.receive(axes(1.0), 5.0).flips


@pytest.mark.parametrize("when", ["while it rests", "while it stays on"])
def test_what_was_under_way_can_be_forgotten(when):
    remote = rested()
    if when == "while it stays on":
        remote.receive(axes(1.0), 0.25)
    remote.switch.forget()
    assert not remote.receive(axes(1.0), 5.0).flips


def test_a_few_messages_a_second_are_not_enough():
    assert Remote(step=0.25).receive(axes(-1.0), 4.0).receive(axes(1.0), 2.0).flips
    assert not Remote(step=0.5).receive(axes(-1.0), 10.0).receive(axes(1.0), 10.0).flips


def test_a_flip_while_something_of_ours_goes_on_is_the_pilots_touch_and_never_engages_later():
    remote = rested().receive(axes(1.0), STEP, active=True).receive(axes(1.0), 30.0)
    assert not remote.flips
    assert remote.receive(axes(-1.0), 3.0 + STEP).receive(axes(1.0), 1.0).flips
    # Nor does the rest before it count.
    assert not Remote().receive(axes(-1.0), 5.0, active=True).receive(axes(1.0), 5.0).flips


@pytest.mark.parametrize("when", ["while it rests", "as it is flipped", "while it stays on"])
def test_a_receiver_without_a_signal_reports_nothing(when):
    remote = rested()
    if when == "while it rests":
        remote.receive(axes(-1.0), STEP, healthy=False)
    elif when == "as it is flipped":
        remote.receive(axes(1.0), STEP, healthy=False)
    else:
        remote.receive(axes(1.0), 0.25).receive(axes(1.0), STEP, healthy=False)
    assert not remote.receive(axes(1.0), 10.0).flips


def test_positions_that_are_no_numbers_and_missing_channels_are_no_flip():
    assert not rested().receive(axes(math.nan), STEP).receive(axes(1.0), 5.0).flips
    assert not rested().receive(axes(1.0, c1=math.nan), STEP).receive(axes(1.0), 5.0).flips
    assert not rested(c8=math.nan).receive(axes(1.0), 5.0).flips
    assert not rested().receive(axes(1.0)[:6], 5.0).receive(axes(1.0), 5.0).flips
    assert not rested().receive(axes(1.0, count=9), 5.0).flips
    # A channel that is not used has no position, and may stay so.
    assert rested(c8=math.nan).receive(axes(1.0, c8=math.nan), 5.0).flips


@pytest.mark.parametrize("channel", [-1, 1, 4, 17])
def test_a_stick_is_no_switch(channel):
    with pytest.raises(
        ValueError, match=f"a switch is on one of the channels 5 to 16, not on {channel}"
    ):
        EngageSwitch(channel)


@pytest.mark.parametrize("channel", [5, 16])
def test_the_first_and_the_last_channel_may_be_one(channel):
    remote = Remote(channel)
    off, on = [0.0] * 16, [0.0] * 16
    off[channel - 1], on[channel - 1] = -1.0, 1.0
    assert remote.receive(off, 4.0).receive(on, 1.0).flips


MOMENT = st.tuples(
    st.sampled_from((-1.0, 0.0, 1.0, math.nan)), st.booleans(), st.booleans(), st.integers(1, 30)
)


@given(st.lists(MOMENT, max_size=30))
def test_every_flip_that_counts_has_a_rest_and_a_hold_before_it(story):
    """Whatever came before: off for 3 s, up within 1 s, on for 0.5 s up to now, healthy and with
    nothing of ours on.
    """
    remote = Remote()
    received = []
    for position, active, healthy, count in story:
        for _ in range(count):
            flips = len(remote.flips)
            remote.receive(axes(position), STEP, active, healthy)
            received.append((position, active, healthy))
            if len(remote.flips) == flips:
                continue
            lengths = []
            rest = list(received)
            for wanted in (1.0, 0.0, -1.0):
                length = 0
                while rest and rest[-1] == (wanted, False, True):
                    rest.pop()
                    length += 1
                lengths.append(length * STEP)
            on, passing, off = lengths
            assert on > 0.5 and passing < 1.0 and off > 3.0
