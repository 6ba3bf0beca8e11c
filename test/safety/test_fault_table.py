"""One test per row of the fault table in docs/safety.md: what happens, how fast, and the words that name the cause."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_nav.safety import SafetyLimits, SafetySupervisor, WatchLimits
from liquid_nav.types import Command

ZERO, FORWARD = Command(), Command(vx=1.0)
WATCH = WatchLimits(odometry_age=0.5, autopilot_age=0.5, latency=0.3, clock_jump=1.0, position_jump=1.0, battery=0.2,
                    radius=10.0, low=-1.0, high=2.0)
STEP = 0.05


class Flight:
    """A supervisor with healthy inputs at 20 Hz, of which some can be taken away."""

    def __init__(self, watch=WATCH):
        self.supervisor = SafetySupervisor(SafetyLimits(), watch)
        self.now, self.late, self.wanted = 20.0, 0.0, FORWARD
        self.place, self.velocity, self.yaw = np.zeros(3), np.zeros(3), 0.0
        self.off, self.trouble = set(), ""
        self.step()
        assert self.supervisor.engage(self.now) == (True, "engaged")
        self.go(1.0)
        assert self.output.command == FORWARD

    def step(self):
        s, now = self.supervisor, self.now
        if "image" not in self.off:
            s.image(now, now)
        if "command" not in self.off:
            s.command(self.wanted, now - self.late, now)
        if "odometry" not in self.off:
            s.watch.odometry(self.place, self.velocity, self.yaw, now)
        if "autopilot" not in self.off:
            s.watch.autopilot(self.trouble, now)
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

    def safe_within(self, seconds, mode, words):
        """The time until the mode is safe, its words, and that nothing moves from then on."""
        took = self.go(seconds + STEP, lambda: self.output.mode == mode)
        assert took <= seconds + STEP and any(words in fault for fault in self.output.faults), self.output
        assert mode == "landing" or self.output.command == ZERO
        return took


ROWS = {
    "camera image": (lambda f: f.off.add("image"), 0.55, "holding"),
    "command is": (lambda f: f.off.add("command"), 0.55, "holding"),
    "odometry": (lambda f: f.off.add("odometry"), 0.55, "holding"),
    "autopilot bridge": (lambda f: f.off.add("autopilot"), 0.55, "holding"),
    "link lost": (lambda f: setattr(f, "trouble", "link lost"), 0.05, "holding"),
    "not finite": (lambda f: setattr(f, "wanted", Command(vx=math.nan)), 0.05, "holding"),
    "latency": (lambda f: setattr(f, "late", 0.4), 0.25, "holding"),
    "clock jumped by +": (lambda f: setattr(f, "now", f.now + 5.0), 0.05, "holding"),
    "clock jumped by -": (lambda f: setattr(f, "now", f.now - 5.0), 0.05, "holding"),
    "position estimate jumped": (lambda f: setattr(f, "place", np.array((4.0, 0.0, 0.0))), 0.05, "holding"),
    "geofence: 15": (lambda f: [f.supervisor.watch.odometry(np.array((x, 0.0, 0.0)), np.array((60.0, 0, 0)), 0.0, f.now)
                                for x in range(0, 16, 3)] and setattr(f, "place", np.array((15.0, 0.0, 0.0))), 0.05,
                     "holding"),
    "publishers on cmd_vel": (lambda f: f.supervisor.watch.publishers("cmd_vel", 2), 0.05, "holding"),
    "battery": (lambda f: f.supervisor.watch.battery(0.15), 0.05, "landing"),
}


@pytest.mark.parametrize("words", ROWS)
def test_a_row_of_the_table(words):
    flight = Flight()
    fault, limit, mode = ROWS[words]
    fault(flight)
    flight.safe_within(limit, mode, words.split(":")[0] if words.startswith("geofence") else words)


@pytest.mark.parametrize("words", [w for w in ROWS if "clock" not in w and "jumped" not in w])
def test_nothing_engages_while_the_fault_is_there(words):
    flight = Flight()
    ROWS[words][0](flight)
    flight.go(0.6)
    flight.supervisor.disengage(flight.now)
    flight.step()
    done, reason = flight.supervisor.engage(flight.now)
    assert not done and reason


def test_a_pilot_wins_at_once_and_only_a_person_ends_it():
    flight = Flight()
    flight.supervisor.pilot(flight.now)
    assert flight.step().command == ZERO and flight.output.mode == "pilot"
    flight.go(10.0)
    assert flight.output.mode == "pilot" and flight.output.command == ZERO
    assert flight.supervisor.engage(flight.now)[0]


def test_low_battery_lands_even_from_a_hold_and_stays_landing():
    flight = Flight()
    flight.supervisor.hold(flight.now)
    flight.supervisor.watch.battery(0.1)
    flight.go(3.0)
    assert flight.output.mode == "landing" and flight.output.command.vz < 0.0
    flight.supervisor.watch.battery(math.nan)
    assert flight.step().mode == "landing"


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
    watch.odometry(np.array((9.6, 0.0, 1.9)), np.zeros(3), math.pi / 2, flight.now)  # east of home, nose north
    cut = watch.fence(Command(1.0, -1.0, 1.0, 0.3))  # to the right is east: outwards
    assert (cut.vx, cut.vy, cut.vz, cut.yaw_rate) == pytest.approx((1.0, -0.4, 0.1, 0.3))
    assert watch.fence(Command(1.0, 1.0, -1.0, 0.3)) == Command(1.0, 1.0, -1.0, 0.3)
    watch.odometry(np.array((0.0, 12.0, -1.5)), np.zeros(3), math.pi / 2, flight.now)
    assert watch.fence(Command(1.0, 0.0, -1.0, 0.0)).vx == pytest.approx(0.0)
    assert watch.fence(Command(1.0, 0.0, -1.0, 0.0)).vz == 0.0


def test_without_limits_nothing_is_watched():
    flight = Flight(WatchLimits())
    flight.off |= {"odometry", "autopilot"}
    flight.trouble, flight.late = "anything", 0.4
    flight.supervisor.watch.battery(0.0)
    flight.place = np.array((1e6, 0.0, 0.0))
    flight.go(2.0)
    assert flight.output.mode == "engaged" and flight.output.command == FORWARD


number = st.floats()
vector = st.tuples(number, number, number).map(np.array)
events = st.one_of(
    st.tuples(st.just("odometry"), vector, vector, number),
    st.tuples(st.just("autopilot"), st.sampled_from(("", "link lost"))),
    st.tuples(st.just("battery"), number | st.none()),
    st.tuples(st.just("publishers"), st.just("cmd_vel"), st.integers(0, 3)),
    st.tuples(st.just("image"), number), st.tuples(st.just("command"), st.builds(Command, *[number] * 4), number),
    st.tuples(st.just("fresh"), st.builds(Command, *[st.floats(-3, 3)] * 4)),
    st.tuples(st.sampled_from(("engage", "disengage", "hold", "land", "pilot"))),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from((0.0, 0.02, 0.3, 2.0, -5.0)), events), max_size=25))
def test_whatever_comes_in_it_stays_inside_and_still_where_it_must(timed):
    supervisor, now, limits = SafetySupervisor(SafetyLimits(), WATCH), 100.0, SafetyLimits()
    for pause, (kind, *values) in timed:
        now += pause
        if kind in ("autopilot", "odometry"):
            getattr(supervisor.watch, kind)(*values, now)
        elif kind in ("battery", "publishers"):
            getattr(supervisor.watch, kind)(*values)
        elif kind == "fresh":
            supervisor.image(now, now)
            supervisor.command(values[0], now, now)
            supervisor.watch.odometry(np.zeros(3), np.zeros(3), 0.0, now)
            supervisor.watch.autopilot("", now)
        else:
            getattr(supervisor, kind)(*values, now)
        output = supervisor.update(now)
        c = output.command
        assert c.is_finite() and math.hypot(c.vx, c.vy) <= limits.speed * (1 + 1e-9)
        assert abs(c.vz) <= limits.vertical_speed and abs(c.yaw_rate) <= limits.yaw_rate
        assert output.mode in ("engaged", "landing") or c == ZERO
        assert output.mode != "engaged" or not output.faults
