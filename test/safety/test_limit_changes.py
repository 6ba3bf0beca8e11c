"""Limits that a person changes: on the ground as wanted, in flight only towards more caution, and
never an act.
"""

from dataclasses import fields, replace

import numpy as np
import pytest

from liquid_nav.safety import BridgeReport, Mode, Phase, SafetyLimits, SafetySupervisor, WatchLimits
from liquid_nav.types import Command

FORWARD = Command(1.0, 0.0, 0.0, 0.0)
USUAL = SafetyLimits(speed=3.0, resume=1.0, acceleration=100.0)
WATCH = WatchLimits(radius=40.0, low=-2.0, high=10.0, battery=0.15)
SAFETY_NAMES = {field.name for field in fields(SafetyLimits)}
WATCH_NAMES = {field.name for field in fields(WatchLimits)}


class Bench:
    """A supervisor with fresh inputs at 1 s."""

    def __init__(self, limits=USUAL, watch=WATCH, place=(0.0, 0.0, 1.0)):
        self.supervisor = SafetySupervisor(limits, watch)
        self.now = 1.0
        self.be_at(place)
        self.fresh()

    def be_at(self, place, stamp=1.0, velocity=(0.0, 0.0, 0.0)):
        self.supervisor.watch.odometry(np.array(place), np.array(velocity), 0.0, stamp, self.now)

    def fresh(self):
        self.supervisor.image(self.now)
        self.supervisor.command(FORWARD, self.now, self.now)

    def charge(self, *charges):
        for charge in charges:
            self.supervisor.watch.battery(charge, self.now)

    def engage(self):
        assert self.supervisor.engage(self.now) == (True, "engaged")
        return self

    def report(self, phase, armed=False, airborne=False):
        order = self.supervisor.order
        self.supervisor.bridge(
            BridgeReport(phase, armed, airborne, order.supervisor, order.act, change=order.change),
            self.now,
        )

    def wanted(self, **values):
        limits = replace(
            self.supervisor.limits, **{k: v for k, v in values.items() if k in SAFETY_NAMES}
        )
        watch = replace(
            self.supervisor.watch.limits, **{k: v for k, v in values.items() if k in WATCH_NAMES}
        )
        return limits, watch

    def change(self, **values):
        """Change limits as a node does; returns why not, or nothing."""
        limits, watch = self.wanted(**values)
        reason = self.supervisor.refuses(limits, watch)
        if not reason:
            self.supervisor.change_limits(limits, watch)
        return reason


LOOSER = [
    ("speed", 5.0),
    ("vertical_speed", 2.0),
    ("yaw_rate", 2.0),
    ("radius", 50.0),
    ("radius", 0.0),
    ("low", -3.0),
    ("low", 0.0),
    ("high", 11.0),
    ("high", 0.0),
    ("battery", 0.1),
    ("battery", 0.0),
    ("resume", 2.0),
    ("resume", 0.5),
]
TIGHTER = [
    ("speed", 1.0),
    ("vertical_speed", 0.5),
    ("yaw_rate", 0.5),
    ("radius", 20.0),
    ("low", -1.0),
    ("high", 5.0),
    ("battery", 0.3),
    ("resume", 0.0),
]
GROUND = [
    ("acceleration", 1.0),
    ("yaw_acceleration", 1.0),
    ("image_age", 0.1),
    ("command_age", 0.1),
    ("descent", 0.2),
    ("odometry_age", 1.0),
    ("autopilot_age", 1.0),
    ("latency", 0.1),
    ("clock_jump", 1.0),
    ("position_jump", 1.0),
    ("pose_frozen", 1.0),
    ("battery_age", 5.0),
    ("joy_age", 1.0),
    ("recorder_age", 1.0),
]


def test_every_limit_is_in_one_of_the_lists():
    assert {name for name, _ in TIGHTER + GROUND} == SAFETY_NAMES | WATCH_NAMES


@pytest.mark.parametrize(("name", "value"), LOOSER + TIGHTER + GROUND)
def test_on_the_ground_every_limit_is_changed_and_nothing_else_follows(name, value):
    bench = Bench()
    before = bench.supervisor.order
    assert bench.change(**{name: value}) == ""
    holder = bench.supervisor.limits if name in SAFETY_NAMES else bench.supervisor.watch.limits
    assert getattr(holder, name) == value
    assert bench.supervisor.order == before


@pytest.mark.parametrize("name, value", LOOSER)
def test_in_flight_no_limit_is_loosened_and_the_reason_has_both_values(name, value):
    bench = Bench().engage()
    before = bench.supervisor.limits, bench.supervisor.watch.limits
    reason = bench.change(**{name: value})
    assert f"{name} " in reason and f"-> {value:g} loosens a limit in flight. Land first" in reason
    assert (bench.supervisor.limits, bench.supervisor.watch.limits) == before


@pytest.mark.parametrize("name, value", GROUND)
def test_what_could_hold_or_brake_late_is_for_the_ground_either_way(name, value):
    bench = Bench().engage()
    for other in (value, 2.0 * value):
        assert f"{name} is changed on the ground only" in bench.change(**{name: other})


@pytest.mark.parametrize("name, value", TIGHTER)
def test_in_flight_limits_are_tightened_without_an_act_or_another_mode(name, value):
    bench = Bench().engage()
    before = bench.supervisor.order
    assert bench.change(**{name: value}) == ""
    bench.now += 0.1
    bench.fresh()
    bench.supervisor.update(bench.now)
    assert bench.supervisor.order == before


def test_a_check_that_was_off_may_be_turned_on_in_flight():
    bench = Bench(watch=WatchLimits()).engage()
    assert bench.change(radius=20.0, low=-1.0, high=5.0, battery=0.3) == ""


def test_one_that_loosens_refuses_those_that_tighten_beside_it():
    bench = Bench().engage()
    assert "speed" in bench.change(radius=10.0, speed=9.0)
    assert bench.supervisor.watch.limits.radius == 40.0


def test_a_lower_speed_is_obeyed_with_the_next_command():
    bench = Bench().engage()
    bench.supervisor.update(bench.now)
    bench.change(speed=0.5)
    bench.now += 0.1
    bench.fresh()
    assert bench.supervisor.update(bench.now).command.vx == pytest.approx(0.5)


def test_the_same_value_is_no_change_in_flight():
    bench = Bench().engage()
    assert bench.change(speed=3.0, image_age=0.5) == ""


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"radius": 5.0}, "the drone would hold there"),
        ({"high": 1.0}, "the drone would hold there"),
    ],
)
def test_a_fence_that_the_drone_is_outside_of_is_refused_in_flight(change, text):
    bench = Bench().engage()
    bench.be_at((12.0, 0.0, 4.0), stamp=2.0)
    assert text in bench.change(**change)
    assert bench.change(radius=15.0, high=4.0) == ""


def test_a_fence_without_a_home_would_be_none():
    bench = Bench(watch=WatchLimits())
    bench.supervisor.watch._pose = None
    bench.engage()
    assert "no fence in this flight" in bench.change(radius=10.0)
    assert bench.supervisor.watch.limits.radius == 0.0


def test_a_fence_that_knows_no_place_is_refused_on_the_ground():
    bench = Bench()
    bench.supervisor.watch._pose = None
    assert bench.supervisor.engage(bench.now) == (False, "no odometry yet")
    bench.be_at((0.0, 0.0, 1.0))
    bench.engage()


def test_a_charge_below_the_new_limit_would_land_it_and_is_refused_in_flight():
    bench = Bench()
    bench.charge(0.4)
    bench.engage()
    assert "the drone would land at once: 0.4 of the battery is left" in bench.change(battery=0.4)
    assert bench.change(battery=0.39) == ""


def test_on_the_ground_a_charge_below_the_new_limit_keeps_it_from_engaging_at_once():
    bench = Bench()
    bench.charge(0.4)
    assert bench.change(battery=0.5) == ""
    engaged, text = bench.supervisor.engage(bench.now)
    assert not engaged and "battery" in text
    assert bench.change(battery=0.3) == ""
    bench.engage()


def test_late_commands_are_counted_anew_against_another_latency():
    bench = Bench(watch=WatchLimits(latency=0.1))
    for _ in range(5):
        bench.supervisor.command(FORWARD, bench.now - 0.2, bench.now)
    assert not bench.supervisor.engage(bench.now)[0]
    assert bench.change(latency=0.3) == ""
    bench.engage()


@pytest.mark.parametrize(
    ("phase", "armed", "airborne", "flies"),
    [
        (Phase.READY, False, False, False),
        (Phase.OFFLINE, False, False, False),
        (Phase.READY, True, False, True),
        (Phase.RELEASED, True, True, True),
        (Phase.RELEASED, False, True, True),
        (Phase.OFFLINE, True, True, True),
        (Phase.HOLDING, False, False, True),
    ],
)
def test_the_bridge_reports_whether_it_flies_while_we_are_disengaged(phase, armed, airborne, flies):
    """After a restart, in the hand of a pilot, or with a link that was lost in the air."""
    bench = Bench()
    bench.report(phase, armed, airborne)
    assert bench.supervisor.state is Mode.DISENGAGED
    assert bench.supervisor.in_flight == flies
    assert bool(bench.change(speed=9.0)) == flies


@pytest.mark.parametrize("act", ["hold", "land"])
def test_holding_and_landing_are_in_flight(act):
    bench = Bench().engage()
    getattr(bench.supervisor, act)(bench.now)
    assert "loosens" in bench.change(speed=9.0)
    bench.supervisor.disengage(bench.now)
    assert bench.change(speed=9.0) == ""


def test_a_fence_is_not_tightened_where_a_moving_drone_cannot_stop_before_it():
    bench = Bench().engage()
    bench.be_at((19.95, 0.0, 1.0), 2.0, velocity=(3.0, 0.0, 0.0))
    assert "the drone would hold there" in bench.change(radius=20.0)
    bench.be_at((19.95, 0.0, 1.0), 3.0, velocity=(-3.0, 0.0, 0.0))
    assert bench.change(radius=20.0) == ""


def test_a_limit_on_a_battery_that_counts_to_100_is_not_turned_on_in_flight():
    bench = Bench(watch=WatchLimits(battery_age=5.0))
    bench.charge(87.0, 87.0, 87.0)
    bench.engage()
    assert "counts to 100" in bench.change(battery=0.15)


def test_a_pilot_of_a_vehicle_that_never_reports_that_it_is_armed_counts_as_flight():
    bench = Bench().engage()
    bench.report(Phase.RELEASED)
    assert bench.supervisor.state is Mode.PILOT
    assert "loosens a limit in flight" in bench.change(speed=20.0)
