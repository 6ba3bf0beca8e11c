"""The single watches: what counts as news, where limits lie, and the text of each fault."""

import math

import numpy as np
import pytest

from liquid_nav.safety import BridgeReport, Fault, FaultKind, Phase, Watch, WatchLimits
from liquid_nav.safety.watch import ABSURD, CHARGES, JUMP_MEMORY, LATE, UNDER_COMMAND
from liquid_nav.types import Command

ZERO = np.zeros(3)


def place(watch, x=0.0, speed=0.0, yaw=0.0, stamp=None, now=0.0):
    stamp = now if stamp is None else stamp
    watch.odometry(np.array((x, 0.0, 0.0)), np.array((speed, 0.0, 0.0)), yaw, stamp, now)


def kinds(watch, now=0.0, identity=""):
    return [fault.kind for fault in watch.faults(now, identity)]


def fault(watch, now=0.0, identity=""):
    (found,) = watch.faults(now, identity)
    return found


# Odometry.


@pytest.mark.parametrize(
    "bad",
    [
        {"position": (ABSURD, 0, 0)},
        {"velocity": (0, -ABSURD, 0)},
        {"position": (0, math.nan, 0)},
        {"velocity": (math.inf, 0, 0)},
        {"yaw": math.nan},
        {"stamp": math.inf},
        {"yaw": math.inf, "stamp": 9.0},
    ],
)
def test_odometry_of_no_world_is_no_odometry(bad):
    watch = Watch(WatchLimits(odometry_age=0.5))
    values = {"position": (0, 0, 0), "velocity": (0, 0, 0), "yaw": 0.0, "stamp": 1.0} | bad
    arrays = [np.array(values[name], dtype=np.float64) for name in ("position", "velocity")]
    watch.odometry(*arrays, values["yaw"], values["stamp"], 0.0)
    assert kinds(watch) == [FaultKind.NO_ODOMETRY]
    place(watch)
    assert kinds(watch) == []


@pytest.mark.parametrize("side", [{"radius": 40.0}, {"low": -2.0}, {"high": 10.0}])
def test_a_fence_needs_odometry_even_where_its_age_is_not_watched(side):
    watch = Watch(WatchLimits(**side))
    assert kinds(watch) == [FaultKind.NO_ODOMETRY]
    place(watch, now=0.0)
    assert kinds(watch, 100.0) == []
    assert kinds(Watch(WatchLimits())) == []


def test_odometry_grows_old_and_its_age_is_reported():
    watch = Watch(WatchLimits(odometry_age=0.5))
    place(watch, now=10.0)
    assert kinds(watch, 10.5) == [] and kinds(watch, 9.95) == []
    old = fault(watch, 10.6)
    assert (old.kind, old.limit) == (FaultKind.ODOMETRY_OLD, 0.5) and old.value == pytest.approx(
        0.6
    )
    assert kinds(watch, 9.8) == [FaultKind.ODOMETRY_OLD]


@pytest.mark.parametrize("stamp", [9.0, 3.0, 8.2, 100.0])
def test_only_another_stamp_is_news(stamp):
    watch = Watch(WatchLimits(odometry_age=0.5))
    place(watch, stamp=9.0, now=0.0)
    place(watch, stamp=stamp, now=0.4)
    assert (kinds(watch, 0.7) == []) is (stamp != 9.0)


@pytest.mark.parametrize(
    ("moved", "seconds", "speed", "jumps"),
    [
        (0.99, 0.1, 0.0, False),
        (1.01, 0.1, 0.0, True),
        (1.9, 0.5, 2.0, False),
        (2.1, 0.5, 2.0, True),
        (3.0, 5.0, 2.0, False),
        (3.01, 5.0, 2.0, True),
        (1.01, -1.0, 2.0, True),
        (-1.01, 0.1, 0.0, True),
    ],
)
def test_a_jump_is_what_the_speed_does_not_explain(moved, seconds, speed, jumps):
    """Limit 1 m; a gap explains no more than one second of flight."""
    watch = Watch(WatchLimits(position_jump=1.0))
    place(watch, 20.0, speed, now=10.0)
    place(watch, 20.0 + moved, speed, stamp=99.0, now=10.0 + seconds)
    assert (kinds(watch, 10.0 + seconds) == [FaultKind.POSITION_JUMP]) is jumps
    if jumps:
        assert fault(watch, 10.0 + seconds).value == pytest.approx(abs(moved))


@pytest.mark.parametrize(("before", "after"), [(4.0, 0.0), (0.0, 4.0)])
def test_the_faster_of_both_speeds_explains(before, after):
    watch = Watch(WatchLimits(position_jump=1.0))
    place(watch, 0.0, before, now=0.0)
    place(watch, 2.5, after, now=0.5)
    assert kinds(watch, 0.5) == []


def test_a_jump_is_remembered_for_a_while():
    watch = Watch(WatchLimits(position_jump=1.0))
    place(watch, 0.0, now=0.0)
    place(watch, 9.0, now=0.1)
    assert kinds(watch, 0.1 + JUMP_MEMORY - 0.01) and not kinds(watch, 0.1 + JUMP_MEMORY)
    assert not kinds(watch, 0.1)  # it was forgotten


@pytest.mark.parametrize(
    "command",
    [
        Command(vx=0.3),
        Command(vy=-0.3),
        Command(vz=0.3),
        Command(yaw_rate=-0.3),
    ],
)
def test_a_pose_that_stays_the_same_under_command_is_frozen(command):
    watch = Watch(WatchLimits(pose_frozen=1.0))
    for i in range(13):
        place(watch, 1.0, now=0.1 * i)
        watch.sent(command, 0.1 * i)
    found = fault(watch, 1.2)
    assert (found.kind, found.limit) == (
        FaultKind.POSE_FROZEN,
        1.0,
    ) and found.value == pytest.approx(1.2)
    assert kinds(watch, 1.0) == []


@pytest.mark.parametrize("alive", ["position", "yaw", "slow", "pauses", "other phase"])
def test_what_is_no_frozen_pose(alive):
    watch = Watch(WatchLimits(pose_frozen=1.0))
    phase = Phase.CLIMBING if alive == "other phase" else Phase.FLYING
    watch.bridge(BridgeReport(phase), 0.0)
    for i in range(30):
        now = 0.1 * i
        place(
            watch,
            1e-9 * i if alive == "position" else 0.0,
            yaw=1e-9 * i if alive == "yaw" else 0.0,
            now=now,
        )
        moves = UNDER_COMMAND if alive == "slow" or (alive == "pauses" and i % 8 == 0) else 1.0
        watch.sent(Command(vx=moves), now)
        assert kinds(watch, now) == []


def test_a_frozen_pose_counts_from_when_the_bridge_flies():
    watch = Watch(WatchLimits(pose_frozen=1.0))
    watch.bridge(BridgeReport(Phase.FLYING), 10.0)
    for i in range(12):
        place(watch, now=10.0 + 0.1 * i)
        watch.sent(Command(vx=1.0), 10.0 + 0.1 * i)
    assert kinds(watch, 11.1) == [FaultKind.POSE_FROZEN]
    place(watch, 1.0, stamp=99.0, now=5.0)  # the clock has gone back: begin anew
    watch.sent(Command(vx=1.0), 5.0)
    assert kinds(watch, 5.9) == [] and kinds(watch, 6.1) == [FaultKind.POSE_FROZEN]


# The others.


def test_late_commands_in_a_row():
    watch = Watch(WatchLimits(latency=0.3))
    for _ in range(LATE - 1):
        watch.command(0.0, 0.31)
    assert kinds(watch) == []
    watch.command(0.0, 0.3)
    for _ in range(LATE - 1):
        watch.command(0.0, 0.31)
    assert kinds(watch) == []
    watch.command(0.0, 0.4)
    late = fault(watch)
    assert (late.kind, late.value, late.limit) == (FaultKind.LATENCY, 0.4, 0.3)
    watch.command(math.nan, 0.4)
    assert kinds(watch) == [FaultKind.LATENCY]


@pytest.mark.parametrize(
    ("step", "jumps"), [(1.0, False), (1.01, True), (-0.009, False), (-0.02, True), (0.0, False)]
)
def test_the_clock(step, jumps):
    watch = Watch(WatchLimits(clock_jump=1.0))
    watch.clock(100.0)
    watch.clock(100.0 + step)
    assert (kinds(watch, 100.0 + step) == [FaultKind.CLOCK_JUMP]) is jumps
    if jumps:
        assert fault(watch, 100.0 + step).value == pytest.approx(step)


def test_a_jump_of_the_clock_forgets_other_jumps():
    watch = Watch(WatchLimits(clock_jump=1.0, position_jump=1.0))
    watch.clock(10.0)
    place(watch, 0.0, now=10.0)
    place(watch, 9.0, now=10.1)
    watch.clock(12.0)
    assert kinds(watch, 12.0) == [FaultKind.CLOCK_JUMP]


@pytest.mark.parametrize(
    ("fraction", "lands"), [(0.2, True), (0.21, False), (0.0, True), (1.0, False)]
)
def test_the_battery(fraction, lands):
    watch = Watch(WatchLimits(battery=0.2))
    assert not watch.must_land
    for _ in range(CHARGES):
        watch.battery(fraction, 0.0)
    assert watch.must_land is lands and (kinds(watch) == [FaultKind.BATTERY_LOW]) is lands
    for unknown in (None, math.nan, -0.01):
        watch.battery(unknown, 0.1)
        assert watch.must_land is lands
    if lands:
        assert (fault(watch).value, fault(watch).limit) == (fraction, 0.2)


def test_one_low_charge_among_others_is_a_mistake_of_the_driver():
    watch = Watch(WatchLimits(battery=0.2))
    assert CHARGES == 3
    for charge in (0.0, 0.8, 0.0, 0.0, 0.8, math.nan, 0.0, None, 0.1):
        assert watch.battery(charge, 0.0) == ""
        assert not watch.must_land and watch.faults(0.0) == []
    watch.battery(0.15, 0.0)  # the third in a row: what is unknown does not count
    assert watch.must_land and watch.faults(0.0) == [Fault(FaultKind.BATTERY_LOW, 0.15, 0.2)]
    watch.battery(0.8, 0.0)
    assert not watch.must_land


def test_a_charge_that_is_unknown_is_neither_full_nor_empty():
    """percentage of other drivers: -0.01 of MAVROS, NaN where only the voltage is measured, -1."""
    watch = Watch(WatchLimits(battery=0.2, battery_age=1.0))
    for unknown in (-0.01, math.nan, -1.0, math.inf, -math.inf, None):
        for _ in range(5):
            assert watch.battery(unknown, 7.0) == ""
    assert not watch.must_land and watch.faults(7.0) == []


def test_a_battery_that_counts_to_100_is_refused_aloud_and_never_full():
    watch = Watch(WatchLimits(battery=0.2))
    text = (
        "battery_state reported 78, and 1 is full: divide its percentage by 100 if it counts to "
        "100, "
        "or fly without it (battery: 0.0)"
    )
    for i, charge in enumerate((77.0, 78.0, 77.0, 1.0, 0.5, 0.0)):
        assert watch.battery(charge, 0.0) == (text if i else text.replace("78", "77"))
        assert not watch.must_land
        assert watch.faults(0.0) == ([Fault(FaultKind.BATTERY_UNIT, 78.0)] if i >= 2 else [])
    assert not Fault(FaultKind.BATTERY_UNIT, 78.0).ends_by_itself
    watch.battery(math.nan, 0.0)
    assert watch.faults(0.0) == [Fault(FaultKind.BATTERY_UNIT, 78.0)]


@pytest.mark.parametrize("beyond", [math.nextafter(1.0, 2.0), 1.01, 100.0])
def test_one_charge_beyond_full_is_refused_and_the_battery_is_believed_again(beyond):
    watch = Watch(WatchLimits(battery=0.2, battery_age=1.0))
    watch.battery(0.5, 0.0)
    for _ in range(2):
        assert "and 1 is full" in watch.battery(beyond, 5.0)
    assert [fault.kind for fault in watch.faults(5.0)] == [
        FaultKind.BATTERY_OLD
    ]  # it has reported nothing since
    watch.battery(1.0, 5.0)
    for _ in range(2):
        assert "and 1 is full" in watch.battery(beyond, 5.0)
    assert watch.faults(5.0) == []


def test_a_battery_that_no_longer_knows_its_charge_is_as_good_as_silent():
    """A driver that has lost its battery management goes on to report NaN: no one would see the
    charge fall.
    """
    watch = Watch(WatchLimits(battery=0.2, battery_age=1.0))
    watch.battery(0.1, 0.0)
    for unknown in (math.nan, None, -1.0):
        watch.battery(unknown, 1.0)
    assert watch.faults(1.0) == []
    assert watch.faults(1.25) == [Fault(FaultKind.BATTERY_OLD, 1.25, 1.0)]
    watch.battery(0.8, 1.25)
    assert watch.faults(1.25) == []


def test_charges_beyond_full_in_between_do_not_keep_a_low_battery_up():
    watch = Watch(WatchLimits(battery=0.2))
    for charge in (0.1, 78.0, 0.1, 78.0, 78.0, 0.1):
        assert not watch.must_land
        watch.battery(charge, 0.0)
    assert watch.must_land


def test_a_battery_whose_charge_is_not_needed_is_not_silent_while_it_counts_to_100():
    """As the text of the refusal advises; its first message may have had no charge."""
    watch = Watch(WatchLimits(battery_age=1.0))
    watch.battery(math.nan, 0.0)
    watch.battery(78.0, 2.0)
    assert watch.faults(2.5) == []
    assert watch.faults(3.5) == [Fault(FaultKind.BATTERY_OLD, 1.5, 1.0)]
    asked_for = Watch(WatchLimits(battery=0.2, battery_age=1.0))
    asked_for.battery(0.9, 0.0)
    asked_for.battery(78.0, 2.0)
    assert asked_for.faults(2.5)[0].kind is FaultKind.BATTERY_OLD


def test_a_battery_whose_charge_is_not_needed_may_use_any_unit():
    watch = Watch(WatchLimits(battery_age=1.0))
    for _ in range(3):
        assert "and 1 is full" in watch.battery(78.0, 0.0)
    assert watch.faults(0.0) == []


def test_a_battery_whose_charge_is_not_needed_may_report_that_it_is_empty():
    """As drivers do that do not know it: no reason to land, and none to stay on the ground."""
    watch = Watch(WatchLimits(battery_age=1.0))
    for _ in range(CHARGES):
        watch.battery(0.0, 0.0)
    assert not watch.must_land and watch.faults(0.0) == [] and watch.battery_low(1) == []


def test_a_battery_that_falls_silent():
    watch = Watch(WatchLimits(battery_age=2.0))
    assert kinds(watch, 99.0) == []  # it was never there
    watch.battery(None, 10.0)
    assert kinds(watch, 12.0) == [] and kinds(watch, 9.95) == []
    silent = fault(watch, 12.5)
    assert (silent.kind, silent.value, silent.limit) == (FaultKind.BATTERY_OLD, 2.5, 2.0)
    assert kinds(watch, 9.0) == [FaultKind.BATTERY_OLD]


def test_publishers():
    watch = Watch()
    watch.publishers("odom", 1)
    watch.publishers("joy", 0)
    assert kinds(watch) == []
    watch.publishers("odom", 3)
    found = fault(watch)
    assert (found.kind, found.value, found.subject) == (
        FaultKind.PUBLISHERS,
        3,
        "odom",
    ) and found.limit == 1.0
    watch.publishers("odom", 1)
    assert kinds(watch) == []


def test_the_bridge():
    watch = Watch(WatchLimits(autopilot_age=1.0))
    assert kinds(watch, 5.0, "us") == [FaultKind.NO_BRIDGE]
    watch.bridge(BridgeReport(Phase.READY, supervisor="us"), 5.0)
    assert (
        kinds(watch, 6.0, "us") == [] and kinds(watch, 4.95, "us") == [] and kinds(watch, 5.0) == []
    )
    assert kinds(watch, 5.0, "them") == [FaultKind.ORDER_NOT_RECEIVED]
    old = fault(watch, 6.5, "us")
    assert (old.kind, old.value, old.limit) == (FaultKind.BRIDGE_OLD, 1.5, 1.0)
    assert kinds(watch, 4.0, "us") == [FaultKind.BRIDGE_OLD]
    watch.bridge(BridgeReport(Phase.OFFLINE, text="link lost"), 7.0)
    assert fault(watch, 7.0, "us").subject == "link lost"
    watch.bridge(BridgeReport(Phase.OFFLINE), 7.0)
    assert fault(watch, 7.0, "us").subject == "offline"
    assert kinds(Watch(), 99.0, "us") == []


def test_without_a_pose_nothing_is_cut_and_home_is_nowhere():
    watch = Watch(WatchLimits(radius=1.0))
    watch.set_home()
    assert watch.fence.home is None and watch.cut(Command(vx=9.0)) == Command(vx=9.0)
    place(watch, 5.0)
    watch.set_home()
    place(watch, 6.0, yaw=math.pi, now=1.0)
    assert (
        watch.cut(Command(vx=-1.0)).vx == pytest.approx(0.0)
        and watch.cut(Command(vx=1.0)).vx == 1.0
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FaultKind.IMAGE_OLD, "camera image is 0.50 s old, limit 0.25 s"),
        (FaultKind.CLOCK_JUMP, "clock jumped by +0.5 s"),
        (FaultKind.PUBLISHERS, "0 publishers on it, expected one: end the others"),
        (
            FaultKind.FENCE_HEIGHT,
            "geofence: +0.5 m above where it was engaged, limits 0.25 and 3 m",
        ),
    ],
)
def test_sentences_carry_the_numbers(kind, text):
    assert str(Fault(kind, 0.5, 0.25, "it", 3.0)) == text


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_headline_does_not_change_with_what_is_measured(kind):
    ages = {
        FaultKind.PUBLISHERS,
        FaultKind.CLOCK_JUMP,
        FaultKind.POSITION_JUMP,
        FaultKind.STOOD_STILL,
        FaultKind.TAKE_OFF_SLOW,
        FaultKind.LINK_SLOW,
    }
    first, later = (Fault(kind, value, 0.25, "it", 3.0).headline for value in (1.04, 2.6))
    assert (first == later) or kind in ages
    assert first and "\n" not in first


def test_a_battery_is_reported_in_per_cent():
    assert str(Fault(FaultKind.BATTERY_LOW, 0.9, 0.8)) == "battery is at 90 %, limit 80 %"
    assert Fault(FaultKind.BATTERY_LOW, 0.9, 0.8).headline == "battery beyond its limit of 80 %"
