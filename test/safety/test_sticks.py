"""Whether a pilot has touched anything."""

import math

import pytest

from liquid_nav.safety import FaultKind, Sticks
from liquid_nav.safety.sticks import MOST_SOURCES

REST = (0.0, 0.0, -1.0, 0.0)


def moved(sticks, axes, buttons=(), active=True, name="", now=0.0):
    return sticks.moved(name, axes, buttons, active, now)


def resting(axes=REST, buttons=(), name=""):
    """A device that was received at rest before."""
    sticks = Sticks()
    assert moved(sticks, axes, buttons, False, name) == ""
    return sticks


def test_a_throttle_at_its_end_is_no_input_and_any_movement_is():
    assert moved(resting(), (0.05, 0.0, -1.0, 0.0)) == ""
    assert moved(resting(), (0.0, 0.0, -0.7, 0.0)) == "stick 2"
    assert moved(resting(), (0.0, -0.21, -1.0, 0.0)) == "stick 1"
    assert moved(resting(), (0.0, math.nan, -1.0, 0.0)) == "stick 1"


def test_only_a_change_of_a_button_means_a_pilot():
    pressed = (0, 0, 1)
    sticks = resting(REST, pressed)
    assert moved(sticks, REST, pressed) == "" and moved(sticks, REST, (0, 1, 1)) == "button 1"
    assert moved(resting(REST, pressed), REST, (0, 0, 0)) == "button 2"


def test_a_device_that_comes_in_flight_starts_from_where_it_is():
    sticks = Sticks()
    assert moved(sticks, (0.8, -1.0), (1,)) == ""
    assert moved(sticks, (0.8, -1.0), (1,)) == ""
    assert moved(sticks, (0.5, -1.0), (1,)) == "stick 0"


def test_while_nothing_is_active_the_sticks_define_their_rest():
    sticks = resting()
    assert moved(sticks, (0.0, 0.0, 0.9, 0.0), active=False) == ""
    assert moved(sticks, (0.0, 0.0, 0.9, 0.0)) == ""
    assert moved(sticks, REST) == "stick 2"


@pytest.mark.parametrize("axis", range(16))
@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_each_full_deflection_of_a_remote_control_is_noticed_beside_a_gamepad(axis, value):
    sticks = Sticks()
    radio, pad = [0.0] * 16, (0.0,) * 6
    for _ in range(3):
        assert moved(sticks, radio, active=False, name="rc") == ""
        assert moved(sticks, pad, (0, 0), active=False, name="pad") == ""
    for _ in range(3):
        assert (
            moved(sticks, pad, (0, 0), name="pad") == "" and moved(sticks, radio, name="rc") == ""
        )
    radio[axis] = value
    assert moved(sticks, radio, name="rc") == f"stick {axis}"


@pytest.mark.parametrize("axis", range(6))
def test_each_deflection_of_a_gamepad_is_noticed_beside_a_remote_control(axis):
    sticks = Sticks()
    pad = [0.0] * 6
    for _ in range(3):
        moved(sticks, [0.0] * 16, active=False)
        moved(sticks, pad, active=False)
    pad[axis] = 0.25
    assert moved(sticks, [0.0] * 16) == "" and moved(sticks, pad) == f"stick {axis}"


def test_the_strength_of_a_signal_that_drifts_is_no_pilot():
    """Axis 15 of 16 moves by 0.3 at a time, and over its whole range in the end."""
    sticks, radio = resting([0.0] * 15 + [1.0]), [0.0] * 15 + [1.0]
    for level in (0.7, 0.4, 0.1, -0.2, -0.5, -0.8, -0.5):
        radio[15] = level
        assert moved(sticks, radio) == ""
    radio[15] = 0.2
    assert moved(sticks, radio) == "stick 15"


def test_a_switch_of_a_remote_control_may_creep_a_little_and_not_far():
    sticks, radio = resting([0.0] * 16), [0.0] * 16
    for level in (0.2, 0.4, 0.5):
        radio[5] = level
        assert moved(sticks, radio) == ""
    radio[5] = 0.55
    assert moved(sticks, radio) == "stick 5"


def test_an_axis_of_no_number_takes_its_rest_from_the_first_number():
    sticks = resting((math.nan, 0.0))
    assert moved(sticks, (0.9, 0.0)) == ""
    assert moved(sticks, (0.9, 0.0)) == "" and moved(sticks, (0.5, 0.0)) == "stick 0"


def test_a_device_that_falls_silent_is_a_fault():
    sticks = Sticks()
    assert sticks.faults(5.0, 1.0) == []
    moved(sticks, REST, now=1.0, name="rc")
    assert sticks.faults(2.0, 1.0) == [] and sticks.faults(2.1, 0.0) == []
    (fault,) = sticks.faults(2.1, 1.0)
    assert (
        fault.kind is FaultKind.STICKS_OLD
        and "rc" in str(fault)
        and fault.value == pytest.approx(1.1)
    )
    moved(sticks, REST, now=3.0, name="rc")
    assert sticks.faults(3.5, 1.0) == []
    assert len(sticks.faults(1.0, 1.0)) == 1  # a clock that has gone back is no life


def test_the_silence_of_one_device_is_not_hidden_by_another():
    sticks = Sticks()
    moved(sticks, REST, now=0.0, name="rc")
    for i in range(30):
        moved(sticks, (0.0,) * 6, now=0.1 * i, name="pad")
    assert [fault.subject for fault in sticks.faults(2.9, 1.0)] == ["rc"]


def test_too_many_devices_count_as_touched():
    sticks = Sticks()
    for i in range(MOST_SOURCES):
        assert moved(sticks, REST, name=f"device {i}") == ""
    assert moved(sticks, REST, name="one more") == "an unknown device"


@pytest.mark.parametrize(
    ("axes", "axis", "value", "touched"),
    [
        (8, 7, 0.21, True),
        (8, 0, 0.2, False),
        (9, 3, 0.21, True),
        (9, 4, 0.4, False),
        (9, 4, 0.51, True),
        (9, 7, 0.5, False),
        (9, 8, 0.5, False),
        (9, 8, 0.51, True),
    ],
)
def test_which_axis_must_move_how_far(axes, axis, value, touched):
    sticks, moved_axes = resting([0.0] * axes), [0.0] * axes
    moved_axes[axis] = value
    assert bool(moved(sticks, moved_axes)) is touched


def test_behind_an_axis_of_no_number_the_others_still_count():
    sticks = resting((math.nan, 0.0, 0.0))
    assert moved(sticks, (0.9, 0.0, 0.9)) == "stick 2"
