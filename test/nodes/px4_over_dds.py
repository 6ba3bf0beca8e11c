"""A PX4 behind real px4_msgs and real DDS: the test vehicle, its MAVLink turned into topics as
PX4's client does.

Names and qualities of service are those of PX4's ``uxrce_dds_client`` 1.16, written down here a
second time.
"""

import math
from types import SimpleNamespace

import numpy as np
from pymavlink.dialects.v20 import common as mavlink
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from liquid_nav import geometry
from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.mavlink_codec import MavlinkCodec
from liquid_nav.autopilots.profiles import px4_mode
from liquid_nav.nodes.messages import from_seconds, to_stamp
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody

NAV_STATES = {
    px4_mode(6): 14,
    px4_mode(4, 3): 4,
    px4_mode(4, 6): 18,
    px4_mode(3): 2,
    px4_mode(4, 5): 5,
}
US = SimpleNamespace(system=247, component=191)
AGE = 2e6
"""s since PX4's clock began: set back by less it goes on from there, and never stands at zero."""


def quality(durability, depth):
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=durability,
    )


class Px4OverDds:
    """``advance`` flies on and publishes.

    received: what came in, by name; skew: s that PX4 is wrong about our clock; spoilt: its poses
    are no numbers; frozen: its poses repeat the last stamp.
    """

    def __init__(self, node, msgs, height=2.0, truth=False):
        self.vehicle, self.node, self.m = Px4Vehicle(PointBody(height)), node, msgs
        self.there, self.back = MavlinkCodec(US.system, US.component), MavlinkCodec()
        self.skew, self.linked, self.spoilt, self.frozen = 0.0, True, False, None
        self.received = {
            "offboard_control_mode": [],
            "trajectory_setpoint": [],
            "vehicle_command": [],
        }
        self.topics, self.attitude = {}, (1.0, 0.0, 0.0, 0.0)
        names = [
            "vehicle_status",
            "vehicle_command_ack",
            "vehicle_land_detected",
            "vehicle_odometry",
            "battery_status",
            "vehicle_local_position",
        ]
        if truth:
            names += ["vehicle_attitude_groundtruth", "vehicle_local_position_groundtruth"]
        for name in names:
            kind = self.kind(name)
            version = getattr(kind, "MESSAGE_VERSION", 0)
            topic = f"fmu/out/{name}" + (f"_v{version}" if version else "")
            self.topics[name] = node.create_publisher(
                kind, topic, quality(DurabilityPolicy.TRANSIENT_LOCAL, 1)
            )
        for name, listener in (
            ("offboard_control_mode", self._on_mode),
            ("trajectory_setpoint", self._on_point),
            ("vehicle_command", self._on_order),
        ):
            asked = quality(DurabilityPolicy.VOLATILE, 10)
            node.create_subscription(self.kind(name), f"fmu/in/{name}", listener, asked)
        self._clock = node.create_publisher(Clock, "/clock", 10)

    def kind(self, name):
        parts = name.removesuffix("_groundtruth").split("_")
        return getattr(self.m, "".join(part.capitalize() for part in parts))

    @property
    def now(self):
        return self.vehicle.now

    def advance(self, seconds):
        """Fly on, publish what an autopilot publishes, and the time."""
        for packet in self.vehicle.advance(self.now + seconds):
            for message in self.back.decode(packet) if self.linked else ():
                self._publish(message)
        self._clock.publish(Clock(clock=to_stamp(from_seconds(self.now))))

    def publish(self, name, at=None, **fields):
        stamp = int((AGE + (self.now if at is None else at) + self.skew) * 1e6)
        self.topics[name].publish(self.kind(name)(timestamp=stamp, **fields))

    def _publish(self, m):
        kind = m.get_type()
        if kind == "HEARTBEAT":
            armed = bool(m.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
            self.publish(
                "vehicle_status",
                nav_state=NAV_STATES[m.custom_mode],
                arming_state=2 if armed else 1,
                system_id=1,
                pre_flight_checks_pass=not self.vehicle.refuse_arming,
                failsafe=m.system_status == mavlink.MAV_STATE_CRITICAL,
            )
            self.publish(
                "vehicle_local_position",
                xy_valid=True,
                z_valid=True,
                xy_global=self.vehicle.global_position,
            )
        elif kind == "COMMAND_ACK":
            self.publish(
                "vehicle_command_ack",
                command=m.command,
                result=m.result,
                target_system=US.system,
                target_component=US.component,
            )
        elif kind == "EXTENDED_SYS_STATE":
            self.publish("vehicle_land_detected", landed=m.landed_state == 1)
        elif kind == "SYS_STATUS":
            self.publish("battery_status", remaining=m.battery_remaining / 100.0, voltage_v=15.0)
        elif kind == "ATTITUDE_QUATERNION":
            self.attitude = m.q1, m.q2, m.q3, m.q4
        elif kind == "LOCAL_POSITION_NED":
            position = (math.nan,) * 3 if self.spoilt else (m.x, m.y, m.z)
            self.publish(
                "vehicle_odometry",
                at=self.frozen,
                pose_frame=1,
                velocity_frame=1,
                position=single(position),
                q=single(self.attitude),
                velocity=single((m.vx, m.vy, m.vz)),
                angular_velocity=single((0, 0, 0)),
            )

    def publish_true_pose(self):
        """What a simulation publishes beside it, where the client's topics were chosen so."""
        state = self.vehicle.body.state
        q = geometry.attitude_enu_to_ned(state.quaternion)
        self.publish("vehicle_attitude_groundtruth", q=single(q))
        (x, y, z), (vx, vy, vz) = (
            geometry.enu_to_ned(state.position),
            geometry.enu_to_ned(state.velocity),
        )
        self.publish("vehicle_local_position_groundtruth", x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)

    def _on_mode(self, message):
        """The heartbeat: PX4's failsafe watches this one alone, so that here only this refreshes
        the stream.
        """
        if not self.linked or self._age(message) >= self.vehicle.parameters["COM_OF_LOSS_T"][0]:
            return
        self.received["offboard_control_mode"].append((self.now, message))
        points = self.received["trajectory_setpoint"]
        point = points[-1][1] if points else self.m.TrajectorySetpoint()
        self.vehicle.receive(
            self.there.encode(
                mavlink.MAVLink_set_position_target_local_ned_message(
                    0,
                    1,
                    1,
                    mavlink.MAV_FRAME_LOCAL_NED,
                    messages.VELOCITY_YAW_RATE_MASK,
                    0,
                    0,
                    0,
                    *map(float, point.velocity),
                    0,
                    0,
                    0,
                    0,
                    point.yawspeed,
                )
            )
        )

    def _age(self, message):
        """A stamp of 0 is the time of arrival, any other is that of our clock, as far as PX4 knows
        it; s.
        """
        return (
            max(0.0, self.now + self.skew - message.timestamp / 1e6) if message.timestamp else 0.0
        )

    def _on_point(self, message):
        if self.linked:
            self.received["trajectory_setpoint"].append((self.now, message))

    def _on_order(self, message):
        if self.linked and message.target_system == 1:
            self.received["vehicle_command"].append((self.now, message))
            parameters = [getattr(message, f"param{i}") for i in range(1, 8)]
            self.vehicle.receive(
                self.there.encode(messages.command_long(1, message.command, parameters))
            )

    def since(self, name, time):
        return [message for when, message in self.received[name] if when > time]


def single(values):
    return np.array(values, dtype=np.float32)
