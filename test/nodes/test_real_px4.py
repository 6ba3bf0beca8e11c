"""Supervisor and bridge as processes before a real PX4 with its built-in dynamics (SIH).

``PX4_SITL=BUILD pytest -s test/nodes/test_real_px4.py``, where ``BUILD`` is the folder of a built
``px4_sitl_default`` (it has ``bin/px4`` and ``etc``). Skipped without. Every case prints one line
with measured times, wall seconds from the fault on, for docs/results/safety.md.

The test plays camera and controller. A relay of its own carries the packets between PX4 and the
bridge, so that the link can break and everything that the bridge orders is known. A second ground
station (255/190) on PX4's other link chooses modes, plays joystick and remote control, and sees
what PX4 does.
"""

import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pymavlink")

import rclpy
from geometry_msgs.msg import TwistStamped
from pymavlink.dialects.v20 import development as mavlink
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.autopilots.profiles import PX4, px4_mode
from liquid_nav.bringup.claims import (
    claim,
    claim_ros_domain,
    free_port,
    release,
    release_ros_domain,
)
from liquid_nav.bringup.simulated_flight import SIMULATED_WATCH_PARAMETERS, NodeProcess
from liquid_nav.cli.processes import ChildProcess
from liquid_nav.nodes.messages import command_message, from_seconds, image_message
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.types import Command

BUILD = Path(os.environ.get("PX4_SITL") or "/nowhere")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (BUILD / "bin/px4").exists(),
        reason="no real PX4: PX4_SITL does not name the folder of a built px4_sitl_default",
    ),
]

RETURN = px4_mode(4, 5)
"""AUTO.RTL."""
POSITION = px4_mode(3)
"""POSCTL."""
SYSTEM = 255
"""The second ground station's system id, which is that of QGroundControl."""
COMPONENT = 190
"""Its component id."""
SLOW = 0.3
"""m/s; PX4's hold wanders by 0.1 to 0.4 m/s on a simulated GPS."""
INSTANCES = range(10, 100)
"""PX4 instances that are not started by hand."""
OFFBOARD_PORT = 14580
"""PX4's side of the bridge's link; the instance's number is added."""
STATION_PORT = 18570
"""PX4's side of the second ground station's link; the instance's number is added."""
FRAME = 1.0 / 30.0
"""s between two camera images."""
PATIENCE = 60.0
"""s for whatever a process has to do on a busy machine."""
IDLE = 900
"""Output of a motor that is off, us."""
CENTRE = 1500
"""A stick or switch in the middle, us."""
SWITCH = {PX4.hold: 1083, RETURN: 1583, POSITION: 1917}
"""Positions of the mode switch, us: the first, fourth and sixth of six."""
FAST = (
    mavlink.MAVLINK_MSG_ID_CURRENT_MODE,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE,
    mavlink.MAVLINK_MSG_ID_SERVO_OUTPUT_RAW,
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED,
)
"""Messages that the second ground station asks for 50 times a second."""
REMOTE_CONTROL = {
    "COM_RC_IN_MODE": 0,
    "RC_CHAN_CNT": 8,
    "RC_MAP_ROLL": 1,
    "RC_MAP_PITCH": 2,
    "RC_MAP_THROTTLE": 3,
    "RC_MAP_YAW": 4,
    "RC_MAP_FLTMODE": 5,
    "COM_FLTMODE1": 4,
    "COM_FLTMODE4": 5,
    "COM_FLTMODE6": 2,
}
"""Parameters of a PX4 with a remote control, whose fifth channel chooses the mode."""


class Px4:
    """A PX4 in a folder of its own, ready for take-off."""

    def __init__(self, folder, parameters):
        """``parameters``: name -> value, set before it starts."""
        self.instance = _free_instance()
        folder.mkdir()
        settings = {f"PX4_PARAM_{name}": str(value) for name, value in parameters.items()}
        self.log = folder / "px4.log"
        command = [str(BUILD / "bin/px4"), "-d", "-i", str(self.instance), str(BUILD / "etc")]
        with self.log.open("wb") as output:
            self.popen = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | settings | {"PX4_SIM_MODEL": "sihsim_quadx"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def system(self):
        """Its MAVLink system id."""
        return self.instance + 1

    def ready(self):
        assert self.popen.poll() is None, f"PX4 has ended: {self.log.read_text()[-500:]}"
        return "Ready for takeoff" in self.log.read_text()

    def close(self):
        self.popen.kill()
        self.popen.wait()


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_instance():
    for instance in random.sample(INSTANCES, len(INSTANCES)):
        if not claim(f"px4 {instance}"):
            continue
        try:
            for port in (OFFBOARD_PORT, STATION_PORT):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind(("", port + instance))
        except OSError:
            release(f"px4 {instance}")
            continue
        return instance
    raise RuntimeError("no free PX4 instance")


def _socket():
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind(("127.0.0.1", 0))
    found.setblocking(False)
    return found


def _read(wire):
    """Return the datagrams that have arrived."""
    datagrams = []
    while True:
        try:
            datagrams.append(wire.recv(65536))
        except ConnectionRefusedError:
            continue  # the other side is not there now
        except BlockingIOError:
            return datagrams


def _write(wire, data, place):
    try:
        wire.sendto(data, place)
    except (BlockingIOError, ConnectionRefusedError):
        pass


class Reader:
    """Messages of some kinds from datagrams; to decode all of them would cost half a core."""

    def __init__(self, *numbers):
        """``numbers``: MAVLink message ids."""
        self._numbers = numbers
        self._parser = mavlink.MAVLink(None)
        self._parser.robust_parsing = True

    def messages(self, data):
        """Return the messages in one datagram, of MAVLink 2 and without signature."""
        found = []
        while len(data) >= 12 and data[0] == 0xFD:
            length = 12 + data[1]
            if int.from_bytes(data[7:10], "little") in self._numbers:
                found += self._parser.parse_buffer(data[:length]) or []
            data = data[length:]
        return [message for message in found if message.get_type() != "BAD_DATA"]


class Relay:
    """The link between PX4 and the bridge; ``whole`` is False while it is broken."""

    def __init__(self, instance):
        self._vehicle = _socket()
        self._bridge = _socket()
        self._vehicle_place = ("127.0.0.1", OFFBOARD_PORT + instance)
        self.port = free_port()
        self.whole = True
        self.sent = []
        """The bridge's commands and set points: (time, message)."""
        self.answers = []
        """PX4's acknowledgements to it: (time, message)."""
        self._orders = Reader(
            mavlink.MAVLINK_MSG_ID_SET_POSITION_TARGET_LOCAL_NED,
            mavlink.MAVLINK_MSG_ID_COMMAND_LONG,
            mavlink.MAVLINK_MSG_ID_COMMAND_INT,
        )
        self._answers = Reader(mavlink.MAVLINK_MSG_ID_COMMAND_ACK)
        self._received = False
        self._called = 0.0

    def pump(self):
        now = time.monotonic()
        if not self._received and now - self._called >= 0.2:
            self._called = now
            # PX4 answers the first sender that it receives.
            _write(self._vehicle, b"\0", self._vehicle_place)
        for data in _read(self._vehicle):
            self._received = True
            if self.whole:
                self.answers += [(now, message) for message in self._answers.messages(data)]
                _write(self._bridge, data, ("127.0.0.1", self.port))
        for data in _read(self._bridge):
            self.sent += [(now, message) for message in self._orders.messages(data)]
            if self.whole:
                _write(self._vehicle, data, self._vehicle_place)

    def orders(self, since):
        """Return what the bridge has sent since then to move the vehicle, as texts."""
        moving = {
            mavlink.MAV_CMD_DO_SET_MODE: "mode",
            mavlink.MAV_CMD_COMPONENT_ARM_DISARM: "arming",
            mavlink.MAV_CMD_NAV_LAND: "landing",
            mavlink.MAV_CMD_NAV_TAKEOFF: "take-off",
        }
        found = []
        for when, message in self.sent:
            kind = message.get_type()
            if when >= since and kind == "SET_POSITION_TARGET_LOCAL_NED":
                found.append("set point")
            elif when >= since and kind in ("COMMAND_LONG", "COMMAND_INT"):
                found += [moving[message.command]] if message.command in moving else []
        return found

    def accepted_arming(self):
        """Return when PX4 accepted the bridge's arming, or None."""
        asked = [
            when
            for when, m in self.sent
            if m.get_type() == "COMMAND_LONG"
            and m.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM
            and m.param1 == 1.0
        ]
        lines = [
            when
            for when, m in self.answers
            if m.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM
            and m.result == mavlink.MAV_RESULT_ACCEPTED
        ]
        return next((when for when in lines if asked and when >= asked[0]), None)

    def close(self):
        self._vehicle.close()
        self._bridge.close()


class Station:
    """The second ground station; it also plays joystick and remote control."""

    def __init__(self, px4):
        self._wire = _socket()
        self._place = ("127.0.0.1", STATION_PORT + px4.instance)
        self._codec = mavlink.MAVLink(None, SYSTEM, COMPONENT)
        self._system = px4.system
        self._reader = Reader(
            mavlink.MAVLINK_MSG_ID_HEARTBEAT,
            mavlink.MAVLINK_MSG_ID_STATUSTEXT,
            mavlink.MAVLINK_MSG_ID_COMMAND_ACK,
            *FAST,
        )
        self.joystick = False
        """Whether a joystick at rest is streamed, which makes POSCTL available."""
        self.switch = None
        """Position of the remote control's mode switch, us; None: there is no remote control."""
        self.engage_switch = CENTRE
        """Position of its channel 7, us."""
        self.received = []
        """(time, message)."""
        self.modes = []
        """(time, mode, mode that a person or a program has asked for), whenever it changes."""
        self.motors = []
        """(time, output of the first motor in us), whenever it changes."""
        self.speeds = []
        """(time, horizontal speed as PX4 estimates it in m/s)."""
        self.last = {}
        """The last message of each kind."""
        self._beat = 0.0
        self._played = 0.0
        self._asked = 0.0

    def send(self, message):
        _write(self._wire, message.pack(self._codec), self._place)

    def order(self, number, *parameters):
        seven = [float(value) for value in parameters] + [0.0] * (7 - len(parameters))
        self.send(mavlink.MAVLink_command_long_message(self._system, 1, number, 0, *seven))

    def choose(self, mode):
        """Ask for a mode, by PX4's number for it."""
        self.order(mavlink.MAV_CMD_DO_SET_MODE, *PX4.mode_parameters(mode))

    def pump(self):
        now = time.monotonic()
        if now - self._beat >= 1.0:
            self._beat = now
            self.send(
                mavlink.MAVLink_heartbeat_message(
                    mavlink.MAV_TYPE_GCS,
                    mavlink.MAV_AUTOPILOT_INVALID,
                    0,
                    0,
                    mavlink.MAV_STATE_ACTIVE,
                    3,
                )
            )
        if now - self._asked >= 5.0:
            self._asked = now
            for number in FAST:
                self.order(mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, number, 2e4)
        if now - self._played >= 0.04:
            self._played = now
            self._play()
        for data in _read(self._wire):
            for message in self._reader.messages(data):
                self._subscribe_to(now, message)

    def _play(self):
        if self.joystick:
            self.send(mavlink.MAVLink_manual_control_message(self._system, 0, 0, 500, 0, 0))
        if self.switch is not None:
            channels = [CENTRE] * 4 + [self.switch, CENTRE, self.engage_switch, CENTRE]
            self.send(mavlink.MAVLink_rc_channels_override_message(self._system, 1, *channels))

    def _subscribe_to(self, now, message):
        kind = message.get_type()
        if message.get_srcSystem() != self._system:
            return
        self.last[kind] = message
        if kind in ("HEARTBEAT", "STATUSTEXT", "COMMAND_ACK"):
            self.received.append((now, message))
        elif kind == "CURRENT_MODE":
            shown = (message.custom_mode, message.intended_custom_mode)
            if not self.modes or self.modes[-1][1:] != shown:
                self.modes.append((now, *shown))
        elif kind == "LOCAL_POSITION_NED":
            self.speeds.append((now, float(np.hypot(message.vx, message.vy))))
        elif kind == "SERVO_OUTPUT_RAW":
            if not self.motors or self.motors[-1][1] != message.servo1_raw:
                self.motors.append((now, message.servo1_raw))

    @property
    def mode(self):
        """The mode, by PX4's number for it."""
        return self.modes[-1][1] if self.modes else None

    @property
    def spinning(self):
        """Whether motors turn or idle."""
        return bool(self.motors) and self.motors[-1][1] > IDLE

    @property
    def airborne(self):
        landed = self.last.get("EXTENDED_SYS_STATE")
        return landed is not None and landed.landed_state != mavlink.MAV_LANDED_STATE_ON_GROUND

    @property
    def speed(self):
        """Horizontal speed as PX4 estimates it, m/s."""
        return self.speeds[-1][1]

    def slow_after(self, begin):
        """Return s from ``begin`` until it was slow for the first time; None: never."""
        slow = (when - begin for when, speed in self.speeds if when >= begin and speed < SLOW)
        return next(slow, None)

    def shown(self, since):
        """Return the names of the modes shown since then, in order."""
        before = [entry for entry in self.modes if entry[0] < since][-1:]
        after = [entry for entry in self.modes if entry[0] >= since]
        return [PX4.mode_name(mode) for _, mode, _ in before + after]

    def texts(self, since):
        recent = [message for when, message in self.received if when >= since]
        return [message.text.strip() for message in recent if message.get_type() == "STATUSTEXT"]

    def failsafe(self, since):
        """Whether PX4 has acted by itself since then."""
        critical = mavlink.MAV_STATE_CRITICAL
        beats = [m for when, m in self.received if when >= since and m.get_type() == "HEARTBEAT"]
        return any(beat.system_status == critical for beat in beats) or any(
            "Failsafe activated" in text for text in self.texts(since)
        )

    def close(self):
        self._wire.close()


class RealFlight:
    """PX4, relay, second ground station, supervisor and bridge; time is the computer's."""

    def __init__(self, folder, parameters, **bridge):
        """``bridge``: further parameters of the bridge."""
        self.folder, self.bridge = folder, bridge
        self.px4 = Px4(folder / "px4", parameters)
        self.domain = claim_ros_domain()
        self.namespace = f"real_px4_{os.getpid()}_{self.px4.instance}"
        self.relay = Relay(self.px4.instance)
        self.station = Station(self.px4)
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.node = rclpy.create_node("real_flight", context=self.context, namespace=self.namespace)
        self.executor.add_node(self.node)
        self.command = Command(vx=1.0)
        self.phases = []
        """(time, phase of the bridge), whenever it changes."""
        self.text = []
        """(time, mode of the supervisor), whenever it changes."""
        self.faults = {}
        self._images = self.node.create_publisher(Image, "camera/image_raw", sensor_data_qos())
        self._commands = self.node.create_publisher(
            TwistStamped, "liquid_controller/cmd_vel", reliable_qos(10)
        )
        self.node.create_subscription(
            String, "autopilot_bridge/state", self._on_state, latched_qos()
        )
        self.node.create_subscription(
            String, "safety_supervisor/mode", self._on_mode, latched_qos()
        )
        self._frame = 0
        self._played = 0.0
        self.clients = {
            name: self.node.create_client(Trigger, f"safety_supervisor/{name}")
            for name in ("engage", "disengage", "land")
        }
        self.children = {}
        self.start("safety_supervisor", {**SIMULATED_WATCH_PARAMETERS, "use_sim_time": False})
        self.start_bridge()

    def start(self, name, parameters):
        environment = dict(os.environ, ROS_DOMAIN_ID=str(self.domain), OMP_NUM_THREADS="1")
        log = self.folder / f"{name}{len(list(self.folder.glob(name + '*')))}.log"
        process = NodeProcess(name, parameters, self.namespace)
        self.children[name] = ChildProcess(process, log, environment, pipe=False)

    def start_bridge(self):
        connection = f"udp:127.0.0.1:{self.relay.port}"
        settings = {"connection": connection, "target_system": self.px4.system}
        self.start("autopilot_bridge", settings | self.bridge)

    def close(self):
        for child in self.children.values():
            child.popen.kill()
            child.popen.wait()
        self.px4.close()
        self.relay.close()
        self.station.close()
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        release_ros_domain(self.domain)
        release(f"port {self.relay.port}")
        release(f"px4 {self.px4.instance}")

    # Time.

    def step(self):
        now = time.monotonic()
        if now - self._played >= FRAME:
            self._played = now
            self._play()
        self.relay.pump()
        self.station.pump()
        self.executor.spin_once(timeout_sec=0.004)

    def go(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step()

    def until(self, condition, what, seconds=PATIENCE):
        """Go on until something holds; returns how long that took, s."""
        begin = time.monotonic()
        while not condition():
            assert time.monotonic() - begin < seconds, f"{what} did not happen: {self.summary()}"
            self.step()
        return time.monotonic() - begin

    def _play(self):
        stamp = from_seconds(time.time())
        self._frame += 1
        pixels = np.full((8, 8, 3), self._frame % 256, np.uint8)
        self._images.publish(image_message(pixels, stamp, "camera"))
        self._commands.publish(command_message(self.command, stamp))

    # What is received.

    def _on_state(self, message):
        facts = json.loads(message.data)
        self.faults = facts
        if not self.phases or self.phases[-1][1] != facts["phase"]:
            self.phases.append((time.monotonic(), facts["phase"]))

    def _on_mode(self, message):
        if not self.text or self.text[-1][1] != message.data:
            self.text.append((time.monotonic(), message.data))

    @property
    def phase(self):
        return self.phases[-1][1] if self.phases else ""

    @property
    def mode(self):
        return self.text[-1][1] if self.text else ""

    def summary(self):
        begin = time.monotonic() - 60.0
        modes = [mode for _, mode in self.text]
        phases = [phase for _, phase in self.phases]
        logs = {name: child.last_line() for name, child in self.children.items()}
        ours = f"supervisor {modes}, bridge {phases} ({self.faults}), {logs}"
        return f"{ours}; PX4 {self.station.shown(begin)}, {self.station.texts(begin)}"

    # A flight.

    def ask(self, service):
        """Call a Trigger service; its answer is not waited for."""
        client = self.clients[service]
        self.until(client.service_is_ready, f"service {service}")
        return client.call_async(Trigger.Request())

    def engage(self):
        """Engage on the ground, again for as long as it is refused; returns when it was granted."""
        self.until(self.px4.ready, "PX4")
        self.until(lambda: self.phase == "ready", "a connection")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.ask("engage")
            self.until(answer.done, "an answer")
            if answer.result().success:
                return
            self.go(0.5)
        raise AssertionError(f"refused: {answer.result().message}; {self.summary()}")

    def fly(self):
        """Take off and fly forward for some seconds."""
        self.engage()
        self.until(lambda: self.phase == "flying", "a flight")
        self.go(4.0)
        assert (self.phase, self.mode) == ("flying", "engaged"), self.summary()
        assert self.station.mode == PX4.follow, self.summary()
        assert self.station.speed > 0.3, self.summary()

    def history(self, begin):
        """Return the phases that began since then, as texts."""
        return ", ".join(phase for when, phase in self.phases if when >= begin)

    def since(self, begin, entries, value):
        """Return s from ``begin`` to the first entry with this value; None: never."""
        for when, found, *_ in entries:
            if when >= begin and found == value:
                return when - begin
        return None


@pytest.fixture
def flights(tmp_path):
    """Start a flight, with parameters of PX4, and with a channel of the remote control that
    engages.
    """
    begun = []

    def start(engage_channel=0, **parameters):
        begun.append(RealFlight(tmp_path, parameters, engage_channel=engage_channel))
        return begun[-1]

    yield start
    for flight in begun:
        flight.close()


def row(case, *facts):
    """Print a line for docs/results/safety.md."""
    print(f"| {case} | {' | '.join(facts)} |")


def seconds(value):
    return "never" if value is None else f"{value:.2f} s"


def let_go(flight, begin, mode):
    """Wait until PX4 obeys and our side has let go; returns the facts for the table."""
    flight.until(lambda: flight.station.mode == mode, PX4.mode_name(mode), 5.0)
    flight.until(lambda: flight.phase == "released" and flight.mode == "pilot", "letting go", 5.0)
    name = PX4.mode_name(mode)
    return [
        f"{name} after {seconds(flight.since(begin, flight.station.modes, mode))}",
        f"released after {seconds(flight.since(begin, flight.phases, 'released'))}",
        f"supervisor: pilot after {seconds(flight.since(begin, flight.text, 'pilot'))}",
    ]


def never_taken_back(flight, begin, name):
    """Whatever the bridge has sent, PX4 has shown no other mode since it showed this one."""
    shown = flight.station.shown(begin)
    assert name in shown and set(shown[shown.index(name) :]) == {name}, (shown, flight.summary())
    after = begin + flight.since(begin, flight.phases, "released")
    assert not flight.relay.orders(after), (flight.relay.orders(after), flight.summary())


def returns_and_lands(flight, begin):
    """Watch PX4's return until the motors are off; nothing of ours may end it."""
    flight.until(lambda: not flight.station.airborne, "touch-down", 180.0)
    down = time.monotonic() - begin
    never_taken_back(flight, begin, "AUTO.RTL")
    flight.until(lambda: not flight.station.spinning, "motors off", 30.0)
    off = time.monotonic() - begin
    flight.go(3.0)
    assert not flight.relay.orders(begin + off) and not flight.station.spinning, flight.summary()
    return f"on the ground after {down:.0f} s, motors off after {off:.0f} s"


def stays(flight, begin, name, duration=8.0):
    """Watch for a while that the mode stays and that we send nothing."""
    flight.go(duration)
    never_taken_back(flight, begin, name)
    assert flight.phase == "released" and flight.mode == "pilot", flight.summary()
    return f"still {name} after {time.monotonic() - begin:.0f} s, {flight.station.speed:.1f} m/s"


def test_a_return_chosen_at_another_ground_station_goes_on_to_the_ground(flights):
    flight = flights()
    flight.fly()
    begin = time.monotonic()
    flight.station.choose(RETURN)
    facts = let_go(flight, begin, RETURN)
    row("another ground station chooses AUTO.RTL", *facts, returns_and_lands(flight, begin))


def test_position_mode_chosen_at_another_ground_station_stays(flights):
    flight = flights()
    flight.station.joystick = True
    flight.fly()
    begin = time.monotonic()
    flight.station.choose(POSITION)
    facts = let_go(flight, begin, POSITION)
    row("another ground station chooses POSCTL", *facts, stays(flight, begin, "POSCTL"))


@pytest.mark.parametrize("mode", [RETURN, POSITION], ids=PX4.mode_name)
def test_a_mode_chosen_at_the_remote_control_stays(flights, mode):
    """The switch is seen on ``joy`` before a heartbeat shows the mode: no hold may end the mode."""
    flight = flights(**REMOTE_CONTROL)
    flight.station.switch = SWITCH[PX4.hold]
    flight.fly()
    assert flight.node.count_publishers(flight.node.resolve_topic_name("joy")) == 1
    begin = time.monotonic()
    flight.station.switch = SWITCH[mode]
    facts = let_go(flight, begin, mode)
    name = PX4.mode_name(mode)
    end = returns_and_lands(flight, begin) if mode == RETURN else stays(flight, begin, name)
    row(f"remote control's switch chooses {name}", *facts, end)


FLIPS = 24


def test_a_mode_chosen_at_the_remote_control_is_never_taken_back(flights):
    """PX4 shows the mode up to 0.11 s after its switch is seen: a hold asked for in between would
    end it.
    """
    flight = flights(**REMOTE_CONTROL)
    station = flight.station
    station.switch = SWITCH[PX4.hold]
    flight.fly()
    shown_after = []
    for flip in range(FLIPS):
        # At another moment between two heartbeats each time.
        flight.go(0.7 + 0.013 * flip)
        begin = time.monotonic()
        station.switch = SWITCH[POSITION]
        facts = let_go(flight, begin, POSITION)
        shown_after.append(flight.since(begin, station.modes, POSITION))
        flight.go(1.5)
        assert station.mode == POSITION, (flip, facts, flight.summary())
        asked = [order for order in flight.relay.orders(begin) if order != "set point"]
        assert not asked, (flip, asked, facts, flight.summary())
        station.switch = SWITCH[PX4.hold]
        flight.until(lambda: station.mode == PX4.hold, "AUTO.LOITER", 5.0)
        flight.go(0.5)
        answer = flight.ask("engage")
        flight.until(lambda a=answer: a.done() and flight.phase == "flying", "a flight")
    row(
        f"remote control's switch chooses POSCTL, {FLIPS} times in one flight",
        f"POSCTL after {min(shown_after):.2f} to {max(shown_after):.2f} s",
        f"{FLIPS} stay, no mode was asked for",
    )


def test_a_bridge_that_was_killed_in_flight_comes_back_without_touching_anything(flights):
    flight = flights()
    flight.fly()
    begin = time.monotonic()
    child = flight.children.pop("autopilot_bridge")
    child.popen.send_signal(signal.SIGKILL)
    child.popen.wait()
    flight.until(lambda: flight.station.mode == PX4.hold, "the failsafe", 5.0)
    held = flight.since(begin, flight.station.modes, PX4.hold)
    flight.go(1.0)
    flight.phases.clear()
    again = time.monotonic()
    flight.start_bridge()
    flight.until(lambda: flight.phase not in ("", "offline"), "the bridge", 30.0)
    seen = flight.phase
    seen_after = time.monotonic() - again
    flight.go(8.0)
    assert seen == flight.phase == "released", flight.summary()
    assert not flight.relay.orders(again), (flight.relay.orders(again), flight.summary())
    assert flight.station.mode == PX4.hold and flight.station.spinning, flight.summary()
    row(
        "bridge killed (SIGKILL) and started again",
        f"AUTO.LOITER after {seconds(held)} by PX4's failsafe",
        f"{seen} {seen_after:.1f} s after its start, supervisor: {flight.mode}",
        f"nothing sent for {time.monotonic() - again:.0f} s, AUTO.LOITER stays",
    )


def test_it_lands_without_the_link(flights):
    flight = flights()
    flight.fly()
    begin = time.monotonic()
    flight.ask("land")
    flight.until(lambda: flight.station.mode == PX4.land, "AUTO.LAND", 8.0)
    asked = flight.since(begin, flight.station.modes, PX4.land)
    flight.go(0.5)
    flight.relay.whole = False
    flight.go(4.0)
    flight.relay.whole = True
    flight.until(lambda: not flight.station.airborne, "touch-down", 40.0)
    assert set(flight.station.shown(begin)) == {"OFFBOARD", "AUTO.LAND"}, flight.summary()
    down = time.monotonic() - begin
    flight.until(lambda: not flight.station.spinning, "motors off", 20.0)
    off = time.monotonic() - begin
    flight.until(lambda: flight.phase == "ready", "the end of the landing", 10.0)
    lost = flight.since(begin, flight.phases, "offline")
    flight.go(3.0)
    assert not flight.station.spinning and flight.phase == "ready", flight.summary()
    row(
        "link lost for 4 s while landing",
        f"AUTO.LAND after {seconds(asked)}, bridge: offline after {seconds(lost)}",
        f"on the ground after {down:.1f} s, motors off after {off:.1f} s",
        f"bridge: {flight.history(begin)}, supervisor: {flight.mode}",
    )


def test_ctrl_c_to_the_bridge_ends_in_the_autopilots_hold(flights):
    flight = flights()
    flight.fly()
    begin = time.monotonic()
    popen = flight.children["autopilot_bridge"].popen
    popen.send_signal(signal.SIGINT)
    flight.until(lambda: popen.poll() is not None, "the end of the bridge", 20.0)
    ended = time.monotonic() - begin
    flight.until(lambda: flight.station.mode == PX4.hold, "AUTO.LOITER", 5.0)
    held = flight.since(begin, flight.station.modes, PX4.hold)
    flight.until(lambda: flight.station.slow_after(begin) is not None, "rest", 10.0)
    flight.go(4.0)
    assert popen.returncode == 0, flight.summary()
    assert flight.station.mode == PX4.hold, flight.summary()
    assert not flight.station.failsafe(begin), (flight.station.texts(begin), flight.summary())
    row(
        "Ctrl-C (SIGINT) to the bridge",
        f"AUTO.LOITER after {seconds(held)}, no failsafe",
        f"bridge ended after {ended:.2f} s, exit code {popen.returncode}",
        f"below {SLOW} m/s after {seconds(flight.station.slow_after(begin))}",
        f"supervisor: {flight.mode}",
    )


@pytest.mark.parametrize("delay", [0.0, 0.5, 1.0])
def test_disengaging_just_after_arming_stops_the_motors(flights, delay):
    flight = flights()
    flight.engage()
    flight.until(lambda: flight.relay.accepted_arming() is not None, "arming", 30.0)
    armed = flight.relay.accepted_arming()
    flight.until(lambda: time.monotonic() - armed >= delay, "the moment")
    begin = time.monotonic()
    answer = flight.ask("disengage")
    flight.until(lambda: answer.done() and not flight.station.spinning, "motors off", 10.0)
    flight.go(3.0)
    motors = [entry for entry in flight.station.motors if entry[0] >= armed]
    changes = [(when - begin, output > IDLE) for when, output in motors]
    off = next((when for when, turning in reversed(changes) if not turning), 0.0)
    assert not flight.station.spinning and not flight.station.airborne, flight.summary()
    assert delay == 0.0 or any(turning for _, turning in changes), flight.summary()
    assert off <= 1.5, (changes, flight.summary())
    row(
        f"disengaged {begin - armed:.2f} s after arming",
        f"motors off for good after {max(off, 0.0):.2f} s",
        f"bridge: {flight.history(armed)}",
        f"supervisor: {flight.mode}",
    )


OFF, ON = 1000, 2000
"""Positions of the engage switch, us."""


def test_flipping_the_engage_switch_engages_and_nothing_that_looks_like_it_does(flights):
    """PX4 reports in SYS_STATUS whether its receiver receives the transmitter: nothing else
    distinguishes a flip from its return.
    """
    flight = flights(engage_channel=7, **REMOTE_CONTROL)
    station = flight.station
    station.switch = SWITCH[PX4.hold]
    station.engage_switch = ON
    flight.until(flight.px4.ready, "PX4")
    flight.until(lambda: flight.phase == "ready" and flight.faults["switched_on"], "the switch")
    flight.go(3.0)
    station.engage_switch = OFF
    flight.go(4.0)
    # Lost, and received again with the switch on.
    station.switch = None
    flight.go(2.0)
    assert not flight.faults["switched_on"], flight.summary()
    station.switch, station.engage_switch = SWITCH[PX4.hold], ON
    flight.go(5.0)
    assert flight.faults["flips"] == 0 and not station.spinning and flight.mode == "disengaged", (
        flight.summary()
    )
    # Flipped by a hand.
    station.engage_switch = OFF
    flight.go(4.0)
    begin = time.monotonic()
    station.engage_switch = ON
    flight.until(lambda: flight.mode == "engaged", "the engagement", 5.0)
    engaged = flight.since(begin, flight.text, "engaged")
    flight.until(lambda: flight.phase == "flying", "a flight")
    flying = flight.since(begin, flight.phases, "flying")
    flight.go(3.0)
    assert station.mode == PX4.follow, flight.summary()
    # Back: the pilot's.
    back = time.monotonic()
    station.engage_switch = OFF
    flight.until(lambda: flight.phase == "released" and flight.mode == "pilot", "letting go", 5.0)
    released = flight.since(back, flight.phases, "released")
    flight.go(6.0)
    assert station.mode != PX4.follow and not flight.relay.orders(back + released), flight.summary()
    row(
        "engage switch flipped",
        f"engaged after {seconds(engaged)}, flying after {flying:.1f} s",
        f"flipped back: supervisor pilot after {seconds(flight.since(back, flight.text, 'pilot'))}",
        f"released after {seconds(released)}, {PX4.mode_name(station.mode)}",
        "transmitter lost for 2 s and received again with the switch on: nothing",
    )
