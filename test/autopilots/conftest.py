"""A supervisor, a bridge's session and a test vehicle in lock step: everything that decides who is
in charge.

``Bench`` joins a session to a vehicle, over MAVLink or as PX4's DDS values. ``Flight`` gives the
orders itself, as the tests of the session want it; ``Chain`` has a real supervisor in front,
processes that can be killed and others on the link. Time is the vehicle's; the clocks of bridge and
supervisor may be set.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import ARDUPILOT, PX4, Px4DdsAdapter, SessionConfig, px4_dds
from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.mavlink_adapter import MavlinkAdapter
from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    MavlinkCodec,
)
from liquid_nav.autopilots.profiles import px4_mode
from liquid_nav.safety import (
    Mode,
    Order,
    Phase,
    SafetyLimits,
    SafetySupervisor,
    WatchLimits,
)
from liquid_nav.sitl.simulated_ardupilot import ArduPilotVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.types import Command

# What several files of tests share.
sys.path.insert(0, str(Path(__file__).parent))
from session_bench import Bench as SessionBench

STEP = 0.02
ZERO = Command()
KINDS = ("px4", "ardupilot", "px4_dds")
PILOT_MODES = {"px4": px4_mode(3), "ardupilot": 5, "px4_dds": px4_mode(3)}
"""The mode that a pilot with a remote control switches to: POSCTL, LOITER."""
RETURN_MODES = {"px4": px4_mode(4, 5), "ardupilot": 6, "px4_dds": px4_mode(4, 5)}
NAV_STATES = {
    px4_mode(1): 0,
    px4_mode(2): 1,
    px4_mode(3): 2,
    px4_mode(4, 4): 3,
    px4_mode(4, 3): 4,
    px4_mode(4, 5): 5,
    px4_mode(5): 10,
    px4_mode(6): 14,
    px4_mode(7): 15,
    px4_mode(4, 2): 17,
    px4_mode(4, 6): 18,
    px4_mode(4, 9): 20,
    px4_mode(4, 1): 4,
}


class MavlinkEnd:
    """The session's end of a MAVLink link; ``others`` share it."""

    def __init__(self, kind, config, codec=None):
        profile = {"px4": PX4, "ardupilot": ARDUPILOT}[kind]
        self.adapter = MavlinkAdapter(profile, config)
        self.codec = codec or MavlinkCodec()

    def down(self, packets, now):
        for packet in packets:
            for message in self.codec.decode(packet):
                self.adapter.receive(message, now)

    def up(self, now):
        return [(message, self.codec.encode(message)) for message in self.adapter.update(now)]


class DdsEnd:
    """The agent between PX4 and the session: its MAVLink becomes calls, our values become
    MAVLink.
    """

    def __init__(self, kind, config, codec=None):
        self.adapter = Px4DdsAdapter(config)
        self.there, self.back = MavlinkCodec(), MavlinkCodec()
        self.attitude, self.seeing, self.stamp = None, True, itertools.count()

    def down(self, packets, now):
        for packet in packets:
            for message in self.back.decode(packet):
                if message.get_srcSystem() == 1 and message.get_srcComponent() == 1:
                    self.receive(message, now)

    def receive(self, m, now):
        kind, adapter = m.get_type(), self.adapter
        if kind == "HEARTBEAT":
            armed = bool(m.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
            failsafe = m.system_status == mavlink.MAV_STATE_CRITICAL
            adapter.status(NAV_STATES[m.custom_mode], armed, 1, self.passes(), failsafe, now)
        elif kind == "COMMAND_ACK":
            adapter.acknowledge(m.command, m.result, now)
        elif kind == "EXTENDED_SYS_STATE":
            adapter.landed(m.landed_state == 1, now)
        elif kind == "ATTITUDE_QUATERNION":
            self.attitude = np.array((m.q1, m.q2, m.q3, m.q4))
        elif kind == "LOCAL_POSITION_NED" and self.attitude is not None and self.seeing:
            adapter.odometry(
                np.array((m.x, m.y, m.z)),
                self.attitude,
                np.array((m.vx, m.vy, m.vz)),
                np.zeros(3),
                (px4_dds.NED, px4_dds.NED),
                m.time_boot_ms,
                now,
            )

    passes = staticmethod(lambda: True)

    def up(self, now):
        return [
            (value, self.there.encode(self.as_mavlink(value))) for value in self.adapter.update(now)
        ]

    def as_mavlink(self, value):
        if isinstance(value, px4_dds.Px4VehicleCommand):
            return messages.command_long(1, value.number, value.parameters)
        return mavlink.MAVLink_set_position_target_local_ned_message(
            0,
            1,
            1,
            mavlink.MAV_FRAME_LOCAL_NED,
            messages.VELOCITY_YAW_RATE_MASK,
            0,
            0,
            0,
            *value.velocity,
            0,
            0,
            0,
            0,
            value.yaw_rate,
        )


class Bench:
    """A session and a vehicle. ``cut`` loses everything in both directions; ``sent`` keeps what the
    session sent.

    ``skew`` is what the bridge's clock is ahead of the vehicle's, s.
    """

    def __init__(self, kind, height=0.0, codecs=(None, None), **config):
        self.kind = kind
        self.config = SessionConfig(**config)
        vehicle = ArduPilotVehicle if kind == "ardupilot" else Px4Vehicle
        self.vehicle = vehicle(PointBody(height), codecs[1])
        if kind == "px4_dds":
            self.vehicle.parameters["COM_OBL_RC_ACT"] = (
                5.0,
                self.vehicle.parameters["COM_OBL_RC_ACT"][1],
            )
        self._codec, self.skew, self.bridges = codecs[0], 0.0, itertools.count(1)
        self.others, self.cut, self.sent, self.log = [], False, [], []
        self.start_bridge()

    def start_bridge(self):
        end = DdsEnd if self.kind == "px4_dds" else MavlinkEnd
        self.end = end(self.kind, self.config, self._codec)
        self.adapter = self.end.adapter
        self.session = self.adapter.session
        self.session.identity = f"bridge {next(self.bridges)}"
        self.changes = []
        enter, session = self.session.enter, self.session

        def noted(phase):
            if phase is not session.phase:
                self.changes.append((session.phase.value, phase.value))
            enter(phase)

        session.enter = noted
        if self.kind == "px4_dds":
            self.end.passes = lambda: not self.vehicle.refuse_arming

    @property
    def profile(self):
        return self.adapter.profile

    @property
    def now(self):
        return self.vehicle.now

    @property
    def bridge_now(self):
        return self.now + self.skew

    @property
    def pilot_mode(self):
        return PILOT_MODES[self.kind]

    @property
    def shown(self):
        """The vehicle's mode, as our profile counts it."""
        return self.mode_number(self.vehicle.shown_mode)

    def mode_number(self, mode):
        """A mode of the vehicle as our profile counts it."""
        return NAV_STATES[mode] if self.kind == "px4_dds" else mode

    @property
    def height(self):
        return float(self.vehicle.body.state.position[2])

    @property
    def speed(self):
        return float(np.linalg.norm(self.vehicle.body.state.velocity))

    def tick(self):
        """Go on by one step: the vehicle, then whoever stands in front, then the session."""
        packets = self.vehicle.advance(self.now + STEP)
        for other in self.others:
            packets = packets + other.packets(self.now)
        if self.session is not None and not self.cut:
            self.end.down(packets, self.bridge_now)
        self.before_update()
        if self.session is None:
            return
        for value, packet in self.end.up(self.bridge_now):
            self.sent.append((self.now, value))
            if not self.cut:
                self.vehicle.receive(packet)
        self.log += [event.text for event in self.session.events()]

    def before_update(self):
        """What happens between the vehicle's messages and the session's answer."""

    def go(self, seconds, until=None):
        """Go on for a time, or until something holds; returns how long it took."""
        begin = self.now
        while self.now < begin + seconds - 1e-9:
            self.tick()
            if until is not None and until():
                return self.now - begin
        assert until is None, self.summary()
        return seconds

    def summary(self):
        session = self.session
        state = "no bridge" if session is None else f"{session.phase}, {session.fault}"
        return (
            f"{state}; {self.profile.mode_name(self.shown)}, armed {self.vehicle.armed}: "
            f"{self.log[-12:]}"
        )

    def until(self, phase, seconds=40.0):
        return self.go(seconds, lambda: self.session.phase.value == phase)

    def logged(self, *parts):
        return any(all(part in line for part in parts) for line in self.log)

    def set_points(self, since=-1.0):
        """The set points that the session has sent, as (time, north-or-forward, east-or-right,
        down, yaw rate).
        """
        found = []
        for time, value in self.sent:
            if time <= since:
                continue
            if isinstance(value, px4_dds.Px4SetPoint):
                found.append((time, *value.velocity, value.yaw_rate))
            elif getattr(value, "get_type", lambda: "")() == "SET_POSITION_TARGET_LOCAL_NED":
                found.append((time, value.vx, value.vy, value.vz, value.yaw_rate))
        return found

    def requests(self, since=-1.0):
        """MAV_CMD numbers with their first two parameters that the session has sent, but for those
        for messages.
        """
        found = []
        for time, value in self.sent:
            if time <= since:
                continue
            if isinstance(value, px4_dds.Px4VehicleCommand):
                found.append((time, value.number, *value.parameters[:2]))
            elif getattr(
                value, "get_type", lambda: ""
            )() == "COMMAND_LONG" and value.command not in (511, 512):
                found.append((time, value.command, value.param1, value.param2))
        return found


class Flight(Bench):
    """The test is the supervisor: it gives orders, and commands as long as it is ``fresh``."""

    def __init__(self, kind, height=0.0, codecs=(None, None), **config):
        super().__init__(kind, height, codecs, **{"resume": 3600.0} | config)
        self.fresh, self.command = True, ZERO
        self._act = self._engagement = 0
        self.order = Order("test", Mode.DISENGAGED)

    def before_update(self):
        if self.fresh:
            self.session.command(self.command, self.now)
        self.session.take_order(self.order, self.now)

    def person(self, *requests):
        """A person asks the supervisor for something, which it grants."""
        for request in requests:
            mode = Mode(request)
            self._act += 1
            self._engagement += mode is Mode.ENGAGED
            self.change(mode)
        return self

    def change(self, mode):
        """The supervisor changes its mode by itself."""
        self.order = Order("test", Mode(mode), self._act, self._engagement, self.now)
        if self.session is not None:
            self.session.take_order(self.order, self.now)
        return self

    def settle(self):
        """Connect, and give the vehicle's estimator its time."""
        self.go(10.0, lambda: self.session.phase is not Phase.OFFLINE)
        self.go(6.0)
        return self

    def fly(self):
        self.settle().person("engaged")
        self.until("flying")
        return self

    def engage_without_orders(self):
        """Engage without a command for the last second, and let 3 s pass: less than the bridge
        waits.
        """
        self.fresh = False
        self.go(1.0)
        self.person("engaged")
        self.go(3.0)
        return self


class Chain(Bench):
    """A real supervisor, a camera and a controller in front; each may be killed and started again.

    The bridge's odometry, its report and the remote control's sticks go to the supervisor, as the
    nodes pass them on.
    """

    WATCH = WatchLimits(
        odometry_age=0.5,
        autopilot_age=1.0,
        latency=0.3,
        clock_jump=2.0,
        position_jump=5.0,
        joy_age=1.0,
    )

    def __init__(self, kind, height=0.0, limits=None, watch=None, **config):
        self.limits, self.watch = limits or SafetyLimits(resume=1.0), watch or self.WATCH
        self.supervisor_skew, self.switch_answers = 0.0, []
        self._started = itertools.count(1)
        self.supervisor = None
        self.camera = self.controller = True
        self.command = Command(vx=1.0)
        self.joysticks = []
        self._reported = None
        self._report_time = -1.0
        self._sticks_time = None
        super().__init__(kind, height, **{"resume": 5.0} | config)
        self.start_supervisor()

    def start_supervisor(self):
        self.supervisor = SafetySupervisor(
            self.limits, self.watch, f"supervisor {next(self._started)}"
        )

    @property
    def supervisor_now(self):
        return self.now + self.supervisor_skew

    def kill_supervisor(self):
        self.supervisor = None

    def kill_bridge(self):
        self.session = None
        self._reported = None

    def close_bridge(self):
        """Ctrl-C: let it end in order, for two seconds at most."""
        self.session.close(self.bridge_now)
        end = self.now + 2.5
        while not self.session.finished and self.now < end:
            self.tick()
        self.kill_bridge()

    def before_update(self):
        supervisor, session, now = self.supervisor, self.session, self.now
        if supervisor is not None:
            self._inputs(supervisor, self.supervisor_now)
            output = supervisor.update(self.supervisor_now)
            if session is not None:
                session.take_order(supervisor.order, self.bridge_now)
                session.command(output.command, self.bridge_now)
        if session is not None:
            report = session.report()
            due = report != self._reported or now - self._report_time >= 0.2
            if due and supervisor is not None:
                answer = supervisor.bridge(report, self.supervisor_now)
                self.switch_answers += [] if answer is None else [answer]
            if due:
                self._reported, self._report_time = report, now

    def _inputs(self, supervisor, now):
        if self.camera:
            supervisor.image(now)
        if self.controller and self.camera:
            supervisor.command(self.command, now, now)
        for name, axes, buttons in self.joysticks:
            supervisor.joy(name, axes, buttons, now)
        if self.session is None:
            return
        vehicle = self.session.vehicle
        odometry = vehicle.odometry()
        if odometry is not None and vehicle.position_time == self.bridge_now:
            supervisor.watch.odometry(odometry.position, odometry.velocity, 0.0, odometry.time, now)
        if vehicle.sticks is not None and vehicle.sticks_time != self._sticks_time:
            self._sticks_time = vehicle.sticks_time
            axes = tuple((channel - 1500) / 500.0 for channel in vehicle.sticks)
            supervisor.joy("remote_control", axes, (), now)

    def engage(self):
        return self.supervisor.engage(self.supervisor_now)

    def settle(self):
        self.go(10.0, lambda: self.session.phase is not Phase.OFFLINE)
        self.go(6.0)
        return self

    def take_off(self):
        """Engage as a person does, and wait until it flies."""
        self.settle()
        done, why = self.engage()
        assert done, why
        self.until("flying")
        return self


@pytest.fixture
def flight():
    return Flight


@pytest.fixture
def chain():
    return Chain


@pytest.fixture
def bench():
    return SessionBench()


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=KINDS[:2])
def over_mavlink(request):
    return request.param


US = (COMPANION_SYSTEM_ID, COMPANION_COMPONENT_ID)
