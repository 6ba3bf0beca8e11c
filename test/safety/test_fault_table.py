"""One test per row of the fault table in docs/reference/safety.md: what happens, how
fast, and the text that names the cause.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_nav.safety import BridgeReport, Phase, SafetyLimits, SafetySupervisor, WatchLimits
from liquid_nav.types import Command

ZERO, FORWARD = Command(), Command(vx=1.0)
WATCH = WatchLimits(
    odometry_age=0.5,
    autopilot_age=0.5,
    latency=0.3,
    clock_jump=1.0,
    position_jump=1.0,
    battery=0.2,
    battery_age=2.0,
    joy_age=1.0,
    pose_frozen=1.0,
    recorder_age=0.5,
    radius=10.0,
    low=-1.0,
    high=2.0,
)
STEP = 0.05
REST = (0.0, 0.0, 0.0, 0.0)


def report(supervisor, phase=Phase.FLYING, text="", kind=""):
    """What a bridge reports that has received the supervisor's last act."""
    order = supervisor.order
    return BridgeReport(phase, True, True, order.supervisor, order.act, kind, text, order.change)


class Flight:
    """A supervisor with healthy inputs at 20 Hz, of which some can be taken away."""

    def __init__(self, watch=WATCH):
        self.supervisor = SafetySupervisor(SafetyLimits(), watch)
        self.now, self.late, self.wanted = 20.0, 0.0, FORWARD
        self.place, self.velocity, self.yaw = np.zeros(3), np.zeros(3), 0.0
        self.off, self.phase, self.text = set(), Phase.FLYING, ""
        self.stamp, self.frozen_stamp, self.axes = 5.0, False, REST
        self.step()
        assert self.supervisor.engage(self.now) == (True, "engaged")
        self.go(1.0)
        assert self.output.command == FORWARD

    def move(self, place):
        """Be somewhere else, as far as the speed explains it."""
        self.place, self.velocity = place, place * 60.0

    def charge(self, *charges):
        """From now on the battery reports only this: one charge three times in a row, or several
        once.
        """
        self.off.add("battery")
        for charge in charges * 3 if len(charges) == 1 else charges:
            self.supervisor.watch.battery(charge, self.now)

    def step(self):
        s, now = self.supervisor, self.now
        if "image" not in self.off:
            s.image(now)
        if "command" not in self.off:
            s.command(self.wanted, now - self.late, now)
        if "odometry" not in self.off:
            self.stamp += 0.0 if self.frozen_stamp else STEP
            # An estimate is never the same to the last bit.
            noise = 0.0 if "noise" in self.off else 1e-9 * self.stamp
            s.watch.odometry(self.place + noise, self.velocity, self.yaw, self.stamp, now)
        if "autopilot" not in self.off:
            s.bridge(report(s, self.phase, self.text), now)
        if "battery" not in self.off:
            s.watch.battery(0.9, now)
        if "joy" not in self.off:
            s.joy("rc", self.axes, (), now)
        self.output = s.update(now)
        return self.output

    def go(self, seconds, until=None):
        begin = self.now
        while self.now < begin + seconds - 1e-9:
            self.now += STEP
            self.step()
            if until and until():
                return self.now - begin
        assert until is None, self.output
        return seconds

    def safe_within(self, seconds, mode, text):
        """The time until the mode is safe, its text, and that nothing moves from then on."""
        took = self.go(seconds + STEP, lambda: self.output.mode == mode)
        assert took <= seconds + STEP and any(text in str(fault) for fault in self.output.faults), (
            self.output
        )
        assert mode == "landing" or self.output.command == ZERO
        return took


ROWS = {
    "camera image": (lambda f: f.off.add("image"), 0.55, "holding"),
    "command is": (lambda f: f.off.add("command"), 0.55, "holding"),
    "odometry": (lambda f: f.off.add("odometry"), 0.55, "holding"),
    "autopilot bridge": (lambda f: f.off.add("autopilot"), 0.55, "holding"),
    "link lost": (
        lambda f: f.__dict__.update(phase=Phase.OFFLINE, text="link lost"),
        0.05,
        "holding",
    ),
    "not finite": (lambda f: setattr(f, "wanted", Command(vx=math.nan)), 0.05, "holding"),
    "latency": (lambda f: setattr(f, "late", 0.4), 0.25, "holding"),
    "clock jumped by +": (lambda f: setattr(f, "now", f.now + 5.0), 0.05, "holding"),
    "clock jumped by -": (lambda f: setattr(f, "now", f.now - 5.0), 0.05, "holding"),
    "position estimate jumped": (
        lambda f: setattr(f, "place", np.array((4.0, 0.0, 0.0))),
        0.05,
        "holding",
    ),
    "geofence: 15": (lambda f: f.move(np.array((15.0, 0.0, 0.0))), 0.05, "holding"),
    "geofence: +": (lambda f: f.move(np.array((0.0, 0.0, 4.0))), 0.05, "holding"),
    "geofence: -": (lambda f: f.move(np.array((0.0, 0.0, -2.5))), 0.05, "holding"),
    "odometry is": (lambda f: setattr(f, "frozen_stamp", True), 0.55, "holding"),
    "pose has not changed": (lambda f: f.off.add("noise"), 1.1, "holding"),
    "battery state is": (lambda f: f.off.add("battery"), 2.05, "holding"),
    "joy (rc) is silent": (lambda f: f.off.add("joy"), 1.05, "holding"),
    "publishers on cmd_vel": (
        lambda f: f.supervisor.watch.publishers("cmd_vel", 2),
        0.05,
        "holding",
    ),
    "recorder has died": (lambda f: f.supervisor.watch.recorder_lost(f.now), 0.05, "holding"),
    "battery is": (lambda f: f.charge(0.15), 0.05, "landing"),
    "battery_state reported 78": (lambda f: f.charge(78.0), 0.05, "holding"),
}
LATER = {
    "recorder has died",
    "pose has not changed",
    "clock jumped by +",
    "clock jumped by -",
    "position estimate jumped",
}
"""Rows that are over, or not yet there, when a person engages again on the ground of the same
fault.
"""


@pytest.mark.parametrize("text", ROWS)
def test_a_row_of_the_table(text):
    flight = Flight()
    fault, limit, mode = ROWS[text]
    fault(flight)
    flight.safe_within(limit, mode, text)


@pytest.mark.parametrize("text", [w for w in ROWS if w not in LATER and "geofence" not in w])
def test_nothing_engages_while_the_fault_is_there(text):
    flight = Flight()
    ROWS[text][0](flight)
    flight.go(2.2)
    flight.supervisor.disengage(flight.now)
    flight.phase = Phase.READY if flight.phase is Phase.FLYING else flight.phase
    flight.step()
    done, reason = flight.supervisor.engage(flight.now)
    assert not done and text in reason
    assert flight.step().mode == "disengaged"


@pytest.mark.parametrize("text", [w for w in ROWS if "geofence" in w])
def test_a_crossed_fence_waits_for_a_person_whose_new_home_counts_first(text):
    flight = Flight()
    ROWS[text][0](flight)
    flight.go(0.2)
    flight.place, flight.velocity = np.zeros(3), np.zeros(3)
    flight.go(10.0)
    assert (
        flight.output.mode == "holding" and flight.output.faults == ()
    )  # back inside, and no person has engaged
    ROWS[text][0](flight)
    flight.go(0.2)
    assert flight.output.faults
    assert flight.supervisor.engage(flight.now) == (True, "engaged")
    assert flight.go(0.5) and flight.output.mode == "engaged" and flight.output.faults == ()


def test_an_engagement_that_is_refused_leaves_the_fence_where_it_is():
    flight = Flight()
    flight.move(np.array((15.0, 0.0, 0.0)))
    flight.go(0.2)
    flight.off.add("image")
    flight.go(1.0)
    assert not flight.supervisor.engage(flight.now)[0]
    flight.off.remove("image")
    flight.go(0.2)
    assert any("geofence" in str(fault) for fault in flight.output.faults)


def test_a_hold_by_a_fault_that_needs_a_person_does_not_end_with_another_fault():
    """The fence is crossed while the camera is away: both must be over, and a person must
    engage.
    """
    flight = Flight()
    flight.off.add("image")
    flight.go(0.7)
    flight.move(np.array((15.0, 0.0, 0.0)))
    flight.go(0.2)
    flight.off.remove("image")
    flight.place, flight.velocity = np.zeros(3), np.zeros(3)
    flight.go(10.0)
    assert flight.output.mode == "holding"


def test_the_death_of_the_recorder_is_one_hold_that_only_a_person_ends():
    flight = Flight()
    flight.supervisor.watch.recorder_lost(flight.now)
    flight.go(10.0)
    assert flight.output.mode == "holding" and flight.output.faults == ()
    assert flight.supervisor.engage(flight.now) == (True, "engaged"), (
        "a person may fly on without it"
    )
    flight.go(1.0)
    assert flight.output.mode == "engaged"


def test_a_clock_that_jumps_does_not_forget_a_recorder_that_has_died():
    """After a stall of the machine both are news at once, and only one of them ends by itself."""
    flight = Flight()
    flight.now += 10.0
    flight.supervisor.watch.recorder_lost(flight.now)
    flight.go(10.0)
    assert flight.output.mode == "holding"


def test_what_must_hold_is_known_before_anything_is_received():
    flight = Flight()
    assert not flight.supervisor.must_hold(flight.now)
    flight.supervisor.watch.recorder_lost(flight.now)
    assert flight.supervisor.must_hold(flight.now) and flight.supervisor.mode == "engaged"
    flight.step()
    assert flight.supervisor.mode == "holding" and not flight.supervisor.must_hold(flight.now)


def test_a_pilot_wins_at_once_and_only_a_person_ends_it():
    flight = Flight()
    flight.axes = (0.0, 0.9, 0.0, 0.0)
    assert flight.step().command == ZERO and flight.output.mode == "pilot"
    flight.go(10.0)
    assert flight.output.mode == "pilot" and flight.output.command == ZERO
    flight.phase = Phase.RELEASED
    assert flight.supervisor.engage(flight.now)[0]


@pytest.mark.parametrize("unknown", [math.nan, -0.01, None])
def test_low_battery_lands_even_from_a_hold_and_stays_landing(unknown):
    flight = Flight()
    flight.supervisor.hold(flight.now)
    flight.charge(0.1)
    flight.phase = Phase.LANDING
    flight.go(1.5)
    assert flight.output.mode == "landing" and flight.output.command.vz < 0.0
    flight.supervisor.watch.battery(unknown, flight.now)
    assert flight.step().mode == "landing"


def test_one_low_charge_neither_lands_nor_holds():
    flight = Flight()
    flight.charge(0.9, 0.0, 0.0)
    flight.go(1.0)
    assert flight.output.mode == "engaged" and flight.output.command == FORWARD
    flight.charge(0.9)
    flight.charge(0.9, 0.0)
    flight.go(1.0)
    assert flight.output.mode == "engaged"


def test_one_low_charge_is_enough_not_to_engage():
    flight = Flight()
    flight.supervisor.disengage(flight.now)
    flight.charge(0.9, 0.1)
    assert flight.supervisor.engage(flight.now) == (False, "battery is at 10 %, limit 20 %")
    flight.charge(0.9)
    assert flight.supervisor.engage(flight.now)[0]


def test_a_person_may_stop_a_landing_that_the_battery_began():
    flight = Flight()
    flight.charge(0.1)
    flight.step()
    assert flight.output.mode == "landing"
    flight.supervisor.hold(flight.now)  # a person stands below
    flight.go(1.0)
    assert flight.output.mode == "holding"


def test_transient_faults_end_by_themselves():
    flight = Flight()
    flight.now += 5.0
    flight.step()
    assert flight.output.mode == "holding"
    flight.go(2.0)
    assert flight.output.mode == "engaged"


def test_commands_towards_the_fence_are_cut_and_others_pass():
    flight = Flight()
    watch = flight.supervisor.watch
    watch.odometry(
        np.array((9.6, 0.0, 1.9)), np.zeros(3), math.pi / 2, 100.0, flight.now
    )  # east of home, nose north
    cut = watch.cut(Command(1.0, -1.0, 1.0, 0.3))  # to the right is east: outwards
    assert (cut.vx, cut.vy, cut.vz, cut.yaw_rate) == pytest.approx((1.0, -0.4, 0.1, 0.3))
    assert watch.cut(Command(1.0, 1.0, -1.0, 0.3)) == Command(1.0, 1.0, -1.0, 0.3)
    watch.odometry(np.array((0.0, 12.0, -1.5)), np.zeros(3), math.pi / 2, 101.0, flight.now)
    assert watch.cut(Command(1.0, 0.0, -1.0, 0.0)).vx == pytest.approx(0.0)
    assert watch.cut(Command(1.0, 0.0, -1.0, 0.0)).vz == 0.0


def test_without_limits_nothing_is_watched():
    flight = Flight(WatchLimits())
    flight.off |= {"odometry", "autopilot", "battery", "joy"}
    flight.late = 0.4
    flight.charge(0.0)
    flight.charge(78.0)
    flight.supervisor.watch.recorder_lost(flight.now)
    flight.place = np.array((1e6, 0.0, 0.0))
    flight.go(2.0)
    assert flight.output.mode == "engaged" and flight.output.command == FORWARD


number = st.floats()
vector = st.tuples(number, number, number).map(np.array)
events = st.one_of(
    st.tuples(st.just("odometry"), vector, vector, number, number),
    st.tuples(
        st.just("bridge"),
        st.sampled_from(Phase),
        st.booleans(),
        st.sampled_from(("", "foreign_mode")),
    ),
    st.tuples(
        st.just("joy"), st.lists(number, max_size=17), st.lists(st.integers(-2, 2), max_size=3)
    ),
    st.tuples(st.just("battery"), number | st.none()),
    st.tuples(st.just("publishers"), st.just("cmd_vel"), st.integers(0, 3)),
    st.tuples(st.just("image"), number),
    st.tuples(st.just("command"), st.builds(Command, *[number] * 4), number),
    st.tuples(st.just("fresh"), st.builds(Command, *[st.floats(-3, 3)] * 4)),
    st.tuples(st.sampled_from(("engage", "disengage", "hold", "land"))),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from((0.0, 0.02, 0.3, 2.0, -5.0)), events), max_size=25))
def test_whatever_comes_in_it_stays_inside_and_still_where_it_must(timed):
    supervisor, now, limits = SafetySupervisor(SafetyLimits(), WATCH), 100.0, SafetyLimits()
    for pause, (kind, *values) in timed:
        now += pause
        if kind in ("battery", "odometry"):
            getattr(supervisor.watch, kind)(*values, now)
        elif kind == "publishers":
            supervisor.watch.publishers(*values)
        elif kind == "joy":
            supervisor.joy("rc", *values, now)
        elif kind == "bridge":
            phase, receives, fault = values
            change = supervisor.order.change - (not receives)
            supervisor.bridge(
                BridgeReport(phase, True, True, supervisor.identity, 0, fault, fault, change), now
            )
        elif kind == "image":
            supervisor.image(*values)
        elif kind == "fresh":
            supervisor.image(now)
            supervisor.command(values[0], now, now)
            supervisor.watch.odometry(np.zeros(3), np.zeros(3), 0.0, now, now)
            supervisor.bridge(report(supervisor), now)
        else:
            getattr(supervisor, kind)(*values, now)
        output = supervisor.update(now)
        c = output.command
        assert c.is_finite() and math.hypot(c.vx, c.vy) <= limits.speed * (1 + 1e-9)
        assert abs(c.vz) <= limits.vertical_speed and abs(c.yaw_rate) <= limits.yaw_rate
        assert output.mode in ("engaged", "landing") or c == ZERO
        assert output.mode != "engaged" or not output.faults
