"""A flight through real node processes in simulated time: the test flies the vehicle and owns the
clock.

Supervisor and bridge (and, where asked for, camera and controller) are processes of their own, as
on a drone; the vehicle is the simulated PX4 behind real MAVLink over UDP. Simulated time never
runs far ahead (``SLACK``) of the signs of life of those that are alive, so that what is measured
does not depend on the speed of the machine.
"""

import json
import os
import signal
import time as wall

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, Joy
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.bringup.claims import claim_ros_domain, free_port, release, release_ros_domain
from liquid_nav.bringup.simulated_flight import SIMULATED_RESUME, NodeProcess
from liquid_nav.cli.processes import ChildProcess
from liquid_nav.nodes.messages import (
    NANO,
    command_from,
    command_message,
    from_seconds,
    image_message,
    nanoseconds,
    to_stamp,
)
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.sitl.simulated_px4 import LOITER, OFFBOARD, Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody
from liquid_nav.sitl.vehicle_server import UdpServer
from liquid_nav.types import Command

TICK, SLACK = 0.04, 0.16
"""s of simulated time."""
SLACKS = {"safety_supervisor": 0.4, "autopilot_bridge": 0.4}
"""The supervisor may be silent for 0.25 s before it publishes by itself, and the bridge publishes
its state every 0.2 s.
"""
PATIENCE = 240.0
"""s of wall time in which a process must show a sign of life on a busy machine."""
REPEAT = 5.0
"""s of wall time without an answer after which an image is shown again."""
FORWARD, ZERO = Command(vx=1.0), Command()
REST = 0.1
"""m/s that count as standing still."""
WATCH = {
    "odometry_age": 0.5,
    "autopilot_age": 1.0,
    "latency": 0.3,
    "clock_jump": 2.0,
    "position_jump": 2.0,
}


class GraphFlight:
    """The processes, the vehicle and what was received; see the module."""

    def __init__(self, folder):
        self.folder, self.domain = folder, claim_ros_domain()
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.node = rclpy.create_node("flight_test", context=self.context)
        self.executor.add_node(self.node)
        self.port = free_port()
        self.server, self.vehicle = UdpServer(port=self.port), Px4Vehicle(PointBody(3.0))
        self.offset, self.linked, self.frozen, self.command, self.late = (
            0.0,
            True,
            False,
            FORWARD,
            0.0,
        )
        self.children, self.plans, self.signs, self.received = {}, {}, {}, {}
        self.diagnostics, self.intruder, self.disconnected, self.joy = [], None, set(), None
        self.plays = {"camera", "controller"}
        self._frame, self._sent = 0, 0.0
        create, listen = self.node.create_publisher, self.node.create_subscription
        self._clock = create(Clock, "/clock", sensor_data_qos())
        self._publishers = {}
        listen(
            DiagnosticArray,
            "/diagnostics",
            lambda m: self.diagnostics.extend(m.status),
            reliable_qos(50),
        )
        listen(String, "autopilot_bridge/state", self._on_state, latched_qos())
        listen(
            String,
            "safety_supervisor/mode",
            lambda m: self.received.update(mode=m.data),
            latched_qos(),
        )
        listen(
            String,
            "safety_supervisor/order",
            lambda m: self.received.update(order=json.loads(m.data)),
            latched_qos(),
        )
        listen(TwistStamped, "cmd_vel", self._on_output, reliable_qos(50))
        listen(
            TwistStamped,
            "liquid_controller/cmd_vel",
            lambda m: self._sign("liquid_controller", m),
            reliable_qos(50),
        )
        listen(Image, "camera/image_raw", lambda m: self._sign("camera", m), sensor_data_qos())
        self.start(NodeProcess("safety_supervisor", WATCH))
        bridge = {
            "connection": f"udp:127.0.0.1:{self.port}",
            "use_sim_time": True,
            "resume": SIMULATED_RESUME,
        }
        self.start(NodeProcess("autopilot_bridge", bridge))

    # Processes.

    def start(self, process, name=""):
        """Start a node; it is waited for in simulated time from its first sign of life on."""
        name = name or process.executable
        environment = dict(os.environ, ROS_DOMAIN_ID=str(self.domain), OMP_NUM_THREADS="1")
        self.plans[name] = process
        self.children[name] = ChildProcess(
            process, self.folder / f"{name}.log", environment, pipe=False
        )
        self.disconnected.discard(name)

    def kill(self, name, *silenced):
        """SIGKILL: no last message. ``silenced``: processes that then publish nothing either."""
        child = self.children.pop(name)
        child.popen.send_signal(signal.SIGKILL)
        child.popen.wait()
        self.disconnected = {name, *silenced}
        for quiet in self.disconnected:
            self.signs.pop(quiet, None)

    def freeze(self, silenced):
        """Show one image for ever."""
        self.frozen, self.disconnected = True, {silenced}
        self.signs.pop(silenced, None)

    def jump(self, seconds):
        """Move the clock; the vehicle's own time goes on."""
        self.offset += seconds
        self.signs = {name: sign + seconds for name, sign in self.signs.items()}

    def intrude(self, topic):
        """Begin to publish 3 m/s to the left on a topic that another node publishes on."""
        self.intruder = self.node.create_publisher(TwistStamped, topic, reliable_qos(10))

    def close(self):
        for name in list(self.children):
            self.kill(name)
        self.server.close()
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        release_ros_domain(self.domain)
        release(f"port {self.port}")

    # Time.

    @property
    def now(self):
        """Simulated time as the nodes see it, s."""
        return self.vehicle.now + self.offset

    @property
    def state(self):
        return self.vehicle.body.state

    @property
    def speed(self):
        return float(np.linalg.norm(self.state.velocity))

    def step(self):
        """Go on by one tick, then wait for those that are alive."""
        packets = self.vehicle.advance(self.vehicle.now + TICK)
        if self.linked:
            self.server.send(packets)
        self._publish_time()
        self._frame += 1
        self._play()
        begin = wall.monotonic()
        again = begin + REPEAT
        while True:
            if wall.monotonic() > again:
                # Images are sent with best effort: on a busy machine one may be lost.
                again += REPEAT
                self._play()
            self.executor.spin_once(timeout_sec=0.002)
            for data in self.server.receive():
                if self.linked:
                    self.vehicle.receive(data)
            behind = [
                name
                for name, sign in self.signs.items()
                if self.now - sign > SLACKS.get(name, SLACK)
            ]
            if not behind and wall.monotonic() - begin > 0.008:
                return
            for name in behind:
                child = self.children.get(name)
                assert child is None or child.popen.poll() is None, (
                    f"{name} ended: {child.last_line()}"
                )
            assert wall.monotonic() - begin < PATIENCE, f"no sign of life of {behind}"
            if wall.monotonic() - self._sent > 0.05:
                self._publish_time()

    def go(self, seconds):
        end = self.vehicle.now + seconds
        while self.vehicle.now < end - 1e-9:
            self.step()

    def until(self, condition, what, seconds=60.0):
        """Go on until something holds; returns how long that took, s of simulated time."""
        begin = self.vehicle.now
        while not condition():
            assert self.vehicle.now - begin < seconds, f"{what} did not happen: {self.summary()}"
            self.step()
        return self.vehicle.now - begin

    def alive(self, condition, what):
        """Go on, no faster than real time, until something holds that processes need wall time
        for.
        """
        end = wall.monotonic() + PATIENCE
        while not condition():
            for name, child in self.children.items():
                assert child.popen.poll() is None, f"{name} ended: {child.last_line()}"
            assert wall.monotonic() < end, f"{what} did not happen: {self.summary()}"
            begin = wall.monotonic()
            self.step()
            while wall.monotonic() - begin < TICK:
                self.executor.spin_once(timeout_sec=0.005)

    def _publish_time(self):
        self._sent = wall.monotonic()
        self._clock.publish(Clock(clock=to_stamp(from_seconds(self.now))))

    def _play(self):
        """Be the camera, the controller and the joystick, where no process is."""
        stamp = from_seconds(self.now)
        if "camera" in self.plays:
            pixels = np.full((8, 8, 3), 0 if self.frozen else self._frame % 256, np.uint8)
            self.publisher(Image, "camera/image_raw", sensor_data_qos()).publish(
                image_message(pixels, stamp, "camera")
            )
        if "controller" in self.plays:
            stamp = from_seconds(self.now - self.late)
            publisher = self.publisher(TwistStamped, "liquid_controller/cmd_vel", reliable_qos(10))
            publisher.publish(command_message(self.command, stamp))
        if self.joy is not None:
            self.publisher(Joy, "joy", sensor_data_qos(10)).publish(self.joy)
        if self.intruder is not None:
            self.intruder.publish(command_message(Command(vy=3.0), from_seconds(self.now)))

    def publisher(self, kind, topic, quality):
        """Return our publisher of a topic, created at its first use."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(kind, topic, quality)
        return self._publishers[topic]

    def leave(self, player):
        """Stop to be the camera or the controller: a process is."""
        self.plays.discard(player)
        topic = {"camera": "camera/image_raw", "controller": "liquid_controller/cmd_vel"}[player]
        if topic in self._publishers:
            self.node.destroy_publisher(self._publishers.pop(topic))

    # What is received.

    def _sign(self, name, message):
        if name in self.children and name not in self.disconnected:
            self.signs[name] = nanoseconds(message.header.stamp) / NANO + self.late

    def _on_output(self, message):
        self._sign("safety_supervisor", message)
        self.received["output"] = command_from(message)

    def _on_state(self, message):
        if "autopilot_bridge" in self.children and "autopilot_bridge" not in self.disconnected:
            self.signs["autopilot_bridge"] = self.now
        self.received["bridge"] = json.loads(message.data)

    def phase(self):
        return self.received.get("bridge", {}).get("phase")

    def reported(self, name, *parts):
        """Whether a status of that name has had all these texts since ``diagnostics`` was
        cleared.
        """
        return any(
            name in s.name and all(part in s.message for part in parts) for s in self.diagnostics
        )

    def summary(self):
        lines = dict.fromkeys(
            f"{s.name}: {s.message}" for s in self.diagnostics[-40:] if s.level != b"\0"
        )
        return (
            f"supervisor {self.received.get('mode')}, bridge {self.received.get('bridge')}, "
            f"vehicle mode {self.vehicle.shown_mode:#x}, speed {self.speed:.2f} m/s; {list(lines)}"
        )

    # A flight.

    def call(self, service):
        """Call a Trigger service of the supervisor; returns its answer."""
        client = self.node.create_client(Trigger, f"safety_supervisor/{service}")
        self.alive(client.service_is_ready, f"service {service}")
        future = client.call_async(Trigger.Request())
        self.alive(future.done, f"answer of {service}")
        self.node.destroy_client(client)
        return future.result()

    def engage(self):
        """Fly forward at 1 m/s on the supervisor's command, from wherever it is now."""
        self.until(lambda: self.phase() in ("ready", "holding", "released"), "a connection")
        self.until(lambda: self.call("engage").success, "engaging")
        self.until(lambda: self.phase() == "flying", "a flight")
        self.go(3.0)
        assert self.received["mode"] == "engaged" and self.driven(), self.summary()
        self.diagnostics.clear()

    def driven(self):
        """Whether set points of ours move it."""
        vehicle = self.vehicle
        follows = vehicle.armed and vehicle.shown_mode == OFFBOARD and vehicle.streamed
        return follows and vehicle.set_point != ZERO

    def measure(self, fault, who, text, limit):
        """Let a fault happen; returns what it did, when, as a row of the table. ``limit``: s until
        it stands still.
        """
        fault(self)
        begin, place = self.vehicle.now, self.state.position
        stop = self.until(lambda: not self.driven(), "the end of its set points", limit)
        rest = stop + self.until(lambda: self.speed < REST, "rest", limit)
        moved = float(np.linalg.norm(self.state.position - place))
        self.until(lambda: self.reported(who, text), f"'{text}'", 10.0)
        assert rest <= limit, (
            f"driven for {stop:.2f} s, at rest after {rest:.2f} s: {self.summary()}"
        )
        return f"{stop:.2f} s | {rest:.2f} s | {moved:.2f} m | {self.vehicle.now - begin:.2f} s"

    def ends_in(self, mode, phase):
        """Wait until supervisor (None: whatever) and bridge report it, and see that the drone stays
        where it is then.
        """
        self.until(
            lambda: mode in (None, self.received["mode"]) and self.phase() == phase,
            f"{mode} and {phase}",
            10.0,
        )
        self.go(1.0)
        place = self.state.position
        self.go(2.0)
        assert np.linalg.norm(self.state.position - place) < 0.1 and self.speed < REST, (
            self.summary()
        )
        assert self.vehicle.shown_mode == LOITER and self.vehicle.armed, self.summary()

    def restore(self):
        """Everything healthy, disengaged, whatever was before."""
        vehicle = self.vehicle
        self.linked, self.frozen, self.command, self.late = True, False, FORWARD, 0.0
        self.plays = {"camera", "controller"}
        for name in set(self.children) - {"safety_supervisor", "autopilot_bridge"}:
            self.kill(name)
        self.disconnected.clear()
        for name in ("safety_supervisor", "autopilot_bridge"):
            if name not in self.children:
                self.start(self.plans[name])
        if self.intruder is not None:
            self.node.destroy_publisher(self.intruder)
            self.intruder = None
        vehicle.sticks, vehicle.refuse_arming, self.joy = None, "", None
        if vehicle.armed:
            # Also out of a failsafe that looks the same: from that it would go back by itself.
            vehicle._change(LOITER)
        self.alive(lambda: set(self.children) <= set(self.signs), "signs of life")
        # DDS believes in a killed process for 20 s more: until then the bridge sees two supervisors
        # and obeys none.
        self.diagnostics.clear()
        self.alive(
            lambda: self.reported("autopilot_bridge: cmd_vel", "one publisher"),
            "the end of who was killed",
        )
        self.call("disengage")
        self.until(
            lambda: (
                self.received.get("mode") == "disengaged" and self.phase() not in (None, "offline")
            ),
            "rest",
        )
        self.go(2.0)
        self.diagnostics.clear()
