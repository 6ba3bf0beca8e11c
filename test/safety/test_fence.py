"""The fence, compared with a second implementation that turns the command into the world, and at
its corners.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.safety import FaultKind
from liquid_nav.safety.fence import LOOK_AHEAD, OUTSIDE, Fence, FenceLimits
from liquid_nav.types import Command

place = st.floats(-30.0, 30.0)
speed = st.floats(-3.0, 3.0)
HOME = np.array((100.0, -50.0, 7.0))


def fence(radius=10.0, low=-1.0, high=3.0, home=HOME):
    made = Fence(FenceLimits(radius, low, high))
    made.home = home
    return made


def expected(command, offset, yaw, radius, low, high):
    """The command without its part outwards, by way of the world frame."""
    east = math.cos(yaw) * command.vx - math.sin(yaw) * command.vy
    north = math.sin(yaw) * command.vx + math.cos(yaw) * command.vy
    velocity = np.array((east, north))
    distance = float(np.linalg.norm(offset[:2]))
    if distance > 1e-6:
        outwards = np.array(offset[:2]) / distance
        allowed = max(0.0, radius - distance) / LOOK_AHEAD
        surplus = float(velocity @ outwards) - allowed
        if surplus > 0.0:
            velocity = velocity - surplus * outwards
    vx = math.cos(yaw) * velocity[0] + math.sin(yaw) * velocity[1]
    vy = -math.sin(yaw) * velocity[0] + math.cos(yaw) * velocity[1]
    vz = min(command.vz, max(0.0, high - offset[2]) / LOOK_AHEAD)
    vz = max(vz, min(0.0, low - offset[2]) / LOOK_AHEAD)
    return vx, vy, vz, command.yaw_rate


@given(
    st.tuples(place, place, place),
    st.floats(-math.pi, math.pi),
    st.builds(Command, speed, speed, speed, speed),
)
def test_it_cuts_what_leads_out_and_nothing_else(offset, yaw, command):
    cut = fence().cut(command, HOME + offset, yaw)
    assert cut.as_array() == pytest.approx(
        expected(command, offset, yaw, 10.0, -1.0, 3.0), abs=1e-6
    )


@given(st.tuples(place, place, place), st.builds(Command, speed, speed, speed, speed))
def test_sides_that_are_off_cut_nothing(offset, command):
    assert fence(0.0, 0.0, 0.0).cut(command, HOME + offset, 0.3) == command


def test_without_a_home_or_a_place_nothing_is_cut():
    command = Command(3.0, 3.0, 3.0, 3.0)
    assert fence(home=None).cut(command, HOME, 0.0) == command
    assert fence().cut(command, None, 0.0) == command
    assert fence(home=None).faults(HOME) == [] and fence().faults(None) == []


def test_at_home_itself_there_is_no_way_out():
    """No direction is outwards; a division by the distance would be one by zero."""
    assert fence().cut(Command(vx=30.0), HOME, 0.0) == Command(vx=30.0)


def test_close_to_home_the_look_ahead_still_cuts():
    assert fence(radius=0.5).cut(Command(vx=3.0), HOME + (0.1, 0.0, 0.0), 0.0).vx == pytest.approx(
        0.4
    )


@pytest.mark.parametrize(
    ("offset", "kind"),
    [
        ((10.0 + OUTSIDE + 0.01, 0.0, 0.0), FaultKind.FENCE_RADIUS),
        ((0.0, -11.01, 0.0), FaultKind.FENCE_RADIUS),
        ((8.0, 8.0, 0.0), FaultKind.FENCE_RADIUS),
        ((0.0, 0.0, 4.01), FaultKind.FENCE_HEIGHT),
        ((0.0, 0.0, -2.01), FaultKind.FENCE_HEIGHT),
        ((10.99, 0.0, 0.0), None),
        ((7.7, 7.7, 0.0), None),
        ((0.0, 0.0, 3.99), None),
        ((0.0, 0.0, -1.99), None),
        ((0.0, 0.0, 0.0), None),
    ],
)
def test_being_out_is_a_fault(offset, kind):
    found = fence().faults(HOME + offset)
    assert [fault.kind for fault in found] == ([] if kind is None else [kind])
    if kind is FaultKind.FENCE_RADIUS:
        assert found[0].value == pytest.approx(math.hypot(*offset[:2])) and found[0].limit == 10.0
    if kind is FaultKind.FENCE_HEIGHT:
        assert (found[0].value, found[0].limit, found[0].limit_high) == (
            pytest.approx(offset[2]),
            -1.0,
            3.0,
        )


@pytest.mark.parametrize("limits", [(5.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 2.0)])
def test_each_side_alone_makes_a_fence(limits):
    made = Fence(FenceLimits(*limits))
    made.home = HOME
    outside = {0: (7.0, 0.0, 0.0), 1: (0.0, 0.0, -3.0), 2: (0.0, 0.0, 4.0)}
    for i, offset in outside.items():
        assert bool(made.faults(HOME + offset)) is bool(limits[i])
        inward = made.cut(Command(*(3.0 * np.sign(offset)), 0.0), HOME + offset, 0.0)
        assert bool(np.abs(inward.as_array()).max() == 0.0) is bool(limits[i])
