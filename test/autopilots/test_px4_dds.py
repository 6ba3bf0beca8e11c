"""PX4 over DDS in lock step: the state machine against the PX4 personality, whose MAVLink is turned into DDS values."""

import math

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from pymavlink.dialects.v20 import common as mavlink  # noqa: E402

from liquid_nav import geometry  # noqa: E402
from liquid_nav.autopilots import mavlink_messages as messages  # noqa: E402
from liquid_nav.autopilots import px4_dds  # noqa: E402
from liquid_nav.autopilots.flavours import px4_mode  # noqa: E402
from liquid_nav.autopilots.mavlink_codec import Codec  # noqa: E402
from liquid_nav.autopilots.px4_dds import Order, Px4Dds, SetPoint, topic  # noqa: E402
from liquid_nav.simulation.px4_personality import Px4Vehicle  # noqa: E402
from liquid_nav.simulation.vehicle_body import PointBody  # noqa: E402
from liquid_nav.types import Command  # noqa: E402

FORWARD, STEP = Command(1.0, 0.0, 0.0, 0.2), 0.02
NAV_STATES = {px4_mode(6): 14, px4_mode(4, 3): 4, px4_mode(4, 6): 18, px4_mode(3): 2, px4_mode(4, 5): 5}
IDENTITY = np.array((1.0, 0.0, 0.0, 0.0))


class Flight:
    """The agent between both: orders become COMMAND_LONG, set points LOCAL_NED; what comes back, the DDS calls."""

    def __init__(self, height=2.0):
        self.vehicle, self.autopilot = Px4Vehicle(PointBody(height)), Px4Dds()
        self.there, self.back = Codec(255, 190), Codec()
        self.command, self.fresh, self.linked, self.seeing = FORWARD, True, True, True
        self.sent, self.said, self.attitude = [], [], None

    @property
    def now(self):
        return self.vehicle.now

    def go(self, seconds, until=None):
        begin = self.now
        while self.now < begin + seconds - 1e-9:
            packets = self.vehicle.advance(self.now + STEP)
            for packet in packets if self.linked else ():
                for message in self.back.decode(packet):
                    self.hear(message)
            if self.fresh:
                self.autopilot.command(self.command, self.now)
            for value in self.autopilot.update(self.now):
                self.sent.append((self.now, value))
                if self.linked:
                    self.vehicle.receive(self.there.encode(self.as_mavlink(value)))
            self.said += [event.words for event in self.autopilot.events()]
            if until is not None and until():
                return self.now - begin
        assert until is None, f"{self.autopilot.phase}, fault '{self.autopilot.fault}': {self.said}"
        return seconds

    def as_mavlink(self, value):
        if isinstance(value, Order):
            return messages.command_long(1, value.number, value.parameters)
        return mavlink.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, mavlink.MAV_FRAME_LOCAL_NED, messages.VELOCITY_AND_YAW_RATE, 0, 0, 0, *value.velocity, 0, 0, 0, 0,
            value.yaw_rate)

    def hear(self, m):
        kind, autopilot = m.get_type(), self.autopilot
        if kind == "HEARTBEAT":
            armed = bool(m.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
            autopilot.status(NAV_STATES[m.custom_mode], armed, 1, not self.vehicle.refuse_arming, self.now)
        elif kind == "COMMAND_ACK":
            autopilot.acknowledge(m.command, m.result, self.now)
        elif kind == "EXTENDED_SYS_STATE":
            autopilot.landed(m.landed_state == 1, self.now)
        elif kind == "ATTITUDE_QUATERNION":
            self.attitude = np.array((m.q1, m.q2, m.q3, m.q4))
        elif kind == "LOCAL_POSITION_NED" and self.attitude is not None and self.seeing:
            autopilot.odometry(np.array((m.x, m.y, m.z)), self.attitude, np.array((m.vx, m.vy, m.vz)), np.zeros(3),
                               (px4_dds.NED, px4_dds.NED), self.now)

    def until(self, phase, seconds=40.0):
        return self.go(seconds, lambda: self.autopilot.phase == phase)

    def word(self, word):
        self.autopilot.follow(word, self.now)

    def fly(self):
        self.until("ready")
        self.go(6.0)
        self.word("engaged")
        self.until("flying")
        self.go(3.0)
        return self

    @property
    def speed(self):
        return float(np.linalg.norm(self.vehicle.body.state.velocity))

    def streamed_since(self, time):
        return [value for when, value in self.sent if when > time and isinstance(value, SetPoint)]


def test_a_flight_from_the_ground_to_the_ground():
    flight = Flight(0.0).fly()
    state = flight.vehicle.body.state
    assert state.level_velocity()[0] == pytest.approx(1.0, abs=0.05)
    assert state.yaw_rate() == pytest.approx(0.2, abs=0.02)
    assert state.position[2] == pytest.approx(1.5, abs=0.35)
    assert any(px4_dds.TO_CHECK in words for words in flight.said)
    flight.word("landing")
    flight.until("ready")
    assert flight.vehicle.body.landed and not flight.vehicle.armed and flight.autopilot.fault == ""


def test_a_silent_supervisor_is_a_hold_and_then_no_heartbeat():
    flight = Flight().fly()
    flight.fresh, silent = False, flight.now
    flight.go(5.0, lambda: not flight.autopilot.streaming)
    assert flight.autopilot.telemetry.mode == px4_dds.LOITER and flight.vehicle.mode == px4_mode(4, 3)
    late = [value for value in flight.streamed_since(silent + 0.55)]
    assert late and all(value.velocity == (0.0, 0.0, 0.0) for value in late)
    ended = flight.now
    flight.go(4.0)
    assert not flight.streamed_since(ended) and flight.speed < 0.05 and flight.autopilot.phase == "holding"


def test_a_mode_of_somebody_else_is_never_asked_back():
    flight = Flight().fly()
    flight.vehicle.sticks, flight.vehicle.mode = (1500,) * 8, px4_mode(3)
    took, begin = flight.until("released", 2.0), flight.now
    assert took <= 1.2 and "POSCTL" in flight.autopilot.fault
    flight.word("holding")
    flight.go(2.0)
    flight.word("engaged")  # the supervisor's faults are gone: not a person's word
    flight.go(3.0)
    assert not [value for when, value in flight.sent if when > begin] and flight.vehicle.mode == px4_mode(3)


def test_a_lost_agent_and_its_return():
    flight = Flight().fly()
    flight.vehicle.parameters["COM_OBL_RC_ACT"] = (5.0, 6)
    flight.linked = False
    flight.until("offline", 4.0)
    assert "link lost" in flight.autopilot.fault and not flight.autopilot.streaming
    flight.linked = True
    # Without odometry we had asked for a hold, which PX4 never heard: the hold it is in is its own.
    flight.until("released", 3.0)
    flight.go(2.0)
    assert flight.speed < 0.1 and not flight.autopilot.streaming and flight.vehicle.shown_mode == px4_mode(4, 3)


def test_without_a_heading_nothing_starts_and_a_flight_holds():
    flight = Flight()
    flight.seeing = False
    flight.until("ready")
    flight.word("engaged")
    flight.go(2.0)
    assert "vehicle_odometry" in flight.autopilot.fault and not flight.sent
    flight.seeing = True
    flight.go(1.0)
    flight.word("disengaged")
    flight.word("engaged")
    flight.until("flying")
    flight.go(2.0)
    flight.seeing, blind = False, flight.now
    flight.until("holding", 2.0)
    flight.go(4.0)
    assert "vehicle_odometry" in flight.autopilot.fault and flight.speed < 0.05
    assert all(value.velocity[:2] == (0.0, 0.0) for value in flight.streamed_since(blind + px4_dds.HEADING_AGE + STEP))


def test_refused_arming_is_told_as_far_as_dds_tells():
    flight = Flight(0.0)
    flight.until("ready")
    flight.vehicle.refuse_arming = "Preflight Fail: compass"
    flight.go(6.0)
    flight.word("engaged")
    flight.go(25.0, lambda: flight.autopilot.phase == "ready" and flight.autopilot.fault != "")
    assert "arming refused" in flight.autopilot.fault and "pre-flight checks" in flight.autopilot.fault
    flight.go(2.0)
    assert not flight.vehicle.armed and not flight.autopilot.streaming


def test_checks_that_fail_for_want_of_set_points_are_no_complaint():
    autopilot = Px4Dds()
    autopilot.status(px4_dds.OFFBOARD, False, 1, False, 0.0)  # as the real PX4 stands there after a landing
    assert autopilot.complaints(0.0) == []
    autopilot.status(px4_dds.LOITER, False, 1, False, 0.1)
    assert "pre-flight checks" in autopilot.complaints(0.0)[0]


def test_other_systems_are_ignored():
    autopilot = Px4Dds()
    autopilot.status(14, True, 7, True, 0.0)
    assert autopilot.phase == "offline" and autopilot.foreign == 1


@pytest.mark.parametrize(("version", "name"), [(None, "vehicle_status"), (0, "vehicle_status"),
                                               (1, "vehicle_status_v1"), (4, "vehicle_status_v4")])
def test_topic_names_follow_the_message_version(version, name):
    kind = type("VehicleStatus", (), {} if version is None else {"MESSAGE_VERSION": version})
    assert topic("fmu/out", "vehicle_status", kind) == f"fmu/out/{name}"


@pytest.mark.parametrize(("yaw_ned", "command", "velocity"), [
    (0.0, Command(vx=1.0), (1.0, 0.0, 0.0)),                    # nose north: forward is north
    (math.pi / 2, Command(vx=1.0), (0.0, 1.0, 0.0)),            # nose east
    (math.pi / 2, Command(vy=1.0), (1.0, 0.0, 0.0)),            # left of east is north
    (math.pi, Command(vz=1.0), (0.0, 0.0, -1.0)),               # up is minus down
])
def test_set_points_are_turned_by_the_heading(yaw_ned, command, velocity):
    autopilot = Px4Dds()
    tilted = geometry.attitude_from_euler(0.2, -0.1, yaw_ned)
    assert autopilot.odometry(np.zeros(3), tilted, np.zeros(3), np.zeros(3), (1, 1), 0.0)
    autopilot._send_set_point(Command(command.vx, command.vy, command.vz, 0.3))
    (point,) = (value for value in autopilot.update(0.1) if isinstance(value, SetPoint))
    assert point.velocity == pytest.approx(velocity, abs=1e-9) and point.yaw_rate == -0.3


def test_odometry_becomes_ours_and_what_cannot_be_used_is_refused():
    autopilot, quarter = Px4Dds(), geometry.attitude_from_euler(0.0, 0.0, math.pi / 2)
    zero, forward = np.zeros(3), np.array((1.0, 0.0, 0.0))
    assert autopilot.odometry(np.array((1.0, 2.0, -3.0)), quarter, forward, np.array((0.1, 0.2, 0.3)), (1, 3), 5.0)
    odometry = autopilot.telemetry.odometry()
    assert odometry.position.tolist() == [2.0, 1.0, 3.0]
    assert odometry.velocity == pytest.approx((1.0, 0.0, 0.0))  # forward with the nose east
    assert geometry.yaw_of(odometry.quaternion) == pytest.approx(0.0, abs=1e-9)
    assert odometry.angular_velocity.tolist() == [0.1, -0.2, -0.3]
    for q, frames_of in ((IDENTITY, (2, 1)), (IDENTITY, (1, 0)), (np.zeros(4), (1, 1)), (np.full(4, math.nan), (1, 1))):
        assert not autopilot.odometry(zero, q, zero, zero, frames_of, 6.0)
    assert not autopilot.odometry(np.full(3, math.nan), IDENTITY, zero, zero, (1, 1), 6.0)
