"""Limits of the watches, the fence, the sticks and the clock of stamps, met to the last bit.

Numbers are written out here, so that no one changes one in the code without noticing what it
decides.
"""

import math

import numpy as np
import pytest

from liquid_nav.safety import (
    BridgeReport,
    Fault,
    FaultKind,
    Phase,
    StampClock,
    Sticks,
    Watch,
    WatchLimits,
    fence,
)
from liquid_nav.types import Command


def test_a_clock_that_moves_by_the_limit_is_followed_and_by_more_has_jumped():
    clock = StampClock()
    clock.observe(0.0, 0.0)
    assert clock.observe(0.1, 0.0) == 0.0
    assert clock.observe(0.25, 0.0) == pytest.approx(0.15)


def test_stamps_from_before_a_jump_are_understood_for_exactly_their_time():
    clock = StampClock()
    clock.observe(1000.0, 10.0)
    clock.observe(960.0, 10.0)  # set back by 40 s
    clock.observe(960.0 + 2.0, 10.0 + 2.0)
    assert clock.steady(1000.0 + 2.0) == 10.0 + 2.0
    clock.observe(960.125 + 2.0, 10.125 + 2.0)
    assert clock.steady(1000.125 + 2.0) == 50.125 + 2.0  # in the future, and reported


@pytest.mark.parametrize(("axis", "touched"), [(7, True), (8, False), (15, False)])
def test_from_the_ninth_axis_on_only_a_jump_is_a_touch(axis, touched):
    """What creeps over the whole range in steps of 0.3 is a switch that a person moves, or a
    signal's strength.
    """
    sticks = Sticks()
    axes = [0.0] * 16
    sticks.moved("rc", axes, (), False, 0.0)
    found = []
    for level in (0.3, 0.6, 0.9):
        axes[axis] = level
        found.append(sticks.moved("rc", axes, (), True, 0.0))
    assert any(found) is touched


@pytest.mark.parametrize(
    ("offset", "wanted", "field"),
    [
        ((9.0, 0.0, 0.0), Command(vx=3.0), "vx"),
        ((0.0, 0.0, 2.0), Command(vz=3.0), "vz"),
        ((0.0, 0.0, -2.0), Command(vz=-3.0), "vz"),
    ],
)
@pytest.mark.parametrize("look_ahead", [0.5, 1.0, 2.0])
def test_the_fence_is_reached_no_sooner_than_the_look_ahead(
    monkeypatch, look_ahead, offset, wanted, field
):
    """1 m before each side of the fence."""
    monkeypatch.setattr(fence, "LOOK_AHEAD", look_ahead)
    made = fence.Fence(fence.FenceLimits(10.0, -3.0, 3.0))
    made.home = np.zeros(3)
    speed = getattr(made.cut(wanted, np.array(offset), 0.0), field)
    assert abs(speed) == pytest.approx(min(3.0, 1.0 / look_ahead))


@pytest.mark.parametrize("distance", [0.0, 1e-6])
def test_at_home_no_direction_leads_out(distance):
    """Even of a fence that is smaller than the noise of the position."""
    made = fence.Fence(fence.FenceLimits(radius=1e-9))
    made.home = np.zeros(3)
    assert made.cut(Command(vx=3.0), np.array((distance, 0.0, 0.0)), 0.0) == Command(vx=3.0)


@pytest.mark.parametrize(
    ("step", "jumps"),
    [
        (-0.01, False),
        (math.nextafter(-0.01, -1.0), True),
        (1.0, False),
        (math.nextafter(1.0, 2.0), True),
    ],
)
def test_a_step_of_the_clock_at_its_limits(step, jumps):
    watch = Watch(WatchLimits(clock_jump=1.0))
    watch.clock(0.0)
    watch.clock(step)
    assert watch.faults(step) == ([Fault(FaultKind.CLOCK_JUMP, step)] if jumps else [])


def test_what_is_not_named_need_not_be_received():
    watch = Watch(WatchLimits(autopilot_age=1.0))
    watch.bridge(BridgeReport(Phase.READY, supervisor="another"), 0.0)
    assert watch.faults(0.0) == []
    assert watch.faults(0.0, "us") == [Fault(FaultKind.ORDER_NOT_RECEIVED)]


@pytest.mark.parametrize(
    ("ahead", "good"),
    [
        (0.1, True),
        (math.nextafter(0.1, 1.0), False),
        (-1.0, True),
        (math.nextafter(-1.0, -2.0), False),
    ],
)
@pytest.mark.parametrize("what", ["odometry", "bridge", "battery"])
def test_ages_at_their_limits(what, ahead, good):
    """From 0.1 s in the future to an age of 1 s: both ends count as good."""
    watch = Watch(WatchLimits(odometry_age=1.0, autopilot_age=1.0, battery_age=1.0))
    arrival = {"odometry": 0.0, "bridge": 0.0, "battery": 0.0} | {what: ahead}
    watch.odometry(np.zeros(3), np.zeros(3), 0.0, 7.0, arrival["odometry"])
    watch.bridge(BridgeReport(Phase.READY), arrival["bridge"])
    watch.battery(0.9, arrival["battery"])
    kinds = {
        "odometry": FaultKind.ODOMETRY_OLD,
        "bridge": FaultKind.BRIDGE_OLD,
        "battery": FaultKind.BATTERY_OLD,
    }
    assert watch.faults(0.0) == ([] if good else [Fault(kinds[what], -ahead, 1.0)])


@pytest.mark.parametrize(
    ("now", "silent"),
    [
        (1.0, False),
        (math.nextafter(1.0, 2.0), True),
        (-1.0, False),
        (math.nextafter(-1.0, -2.0), True),
    ],
)
def test_the_silence_of_a_device_at_its_limits(now, silent):
    sticks = Sticks()
    sticks.moved("rc", (0.0,), (), False, 0.0)
    assert sticks.faults(now, 1.0) == (
        [Fault(FaultKind.STICKS_OLD, now, 1.0, "rc")] if silent else []
    )


@pytest.mark.parametrize(
    ("axis", "limit", "kind"),
    [
        (0, 8.0, FaultKind.FENCE_RADIUS),
        (2, 8.0, FaultKind.FENCE_HEIGHT),
        (2, -8.0, FaultKind.FENCE_HEIGHT),
    ],
)
def test_being_out_by_exactly_the_margin_is_no_fault_yet(axis, limit, kind):
    made = fence.Fence(fence.FenceLimits(8.0, -8.0, 8.0))
    made.home = np.zeros(3)
    position = np.zeros(3)
    position[axis] = limit + math.copysign(fence.OUTSIDE, limit)
    assert made.faults(position) == []
    position[axis] = math.nextafter(position[axis], math.copysign(math.inf, limit))
    assert [fault.kind for fault in made.faults(position)] == [kind]


@pytest.mark.parametrize(("count", "late"), [(4, False), (5, True)])
def test_five_late_commands_in_a_row_are_a_fault(count, late):
    watch = Watch(WatchLimits(latency=0.25))
    for _ in range(count):
        watch.command(0.0, 0.5)
    assert watch.faults(0.5) == ([Fault(FaultKind.LATENCY, 0.5, 0.25)] if late else [])


@pytest.mark.parametrize(("speed", "frozen"), [(0.2, False), (math.nextafter(0.2, 1.0), True)])
def test_from_which_command_on_the_pose_must_change(speed, frozen):
    watch = Watch(WatchLimits(pose_frozen=1.0))
    watch.odometry(np.zeros(3), np.zeros(3), 0.0, 0.0, 0.0)
    watch.sent(Command(vx=speed), 0.0)
    assert watch.faults(1.0) == []
    assert watch.faults(1.25) == ([Fault(FaultKind.POSE_FROZEN, 1.25, 1.0)] if frozen else [])


@pytest.mark.parametrize(("later", "remembered"), [(0.0, True), (0.4375, True), (0.5, False)])
def test_a_jump_of_the_clock_is_a_fault_for_half_a_second(later, remembered):
    watch = Watch(WatchLimits(clock_jump=1.0))
    watch.clock(0.0)
    watch.clock(4.0)
    assert watch.faults(4.0 + later) == ([Fault(FaultKind.CLOCK_JUMP, 4.0)] if remembered else [])
