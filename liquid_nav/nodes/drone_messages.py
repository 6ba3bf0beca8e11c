"""Messages that describe the drone itself: odometry, inertial data, camera model, battery."""

from __future__ import annotations

import math

import numpy as np
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, CameraInfo, Imu

from liquid_nav.geometry import rotation_from_attitude
from liquid_nav.nodes.messages import NANO, nanoseconds, to_stamp
from liquid_nav.simulation import DroneState

UNIT = 0.01
"""By how much the length of a quaternion may differ from 1."""


def odometry_message(state: DroneState, time: int, prefix: str = "") -> Odometry:
    """Pose in ``odom`` (ENU), twist in ``base_link`` (FLU, tilted with the drone), by REP-105."""
    message = Odometry()
    message.header.stamp = to_stamp(time)
    message.header.frame_id = f"{prefix}odom"
    message.child_frame_id = f"{prefix}base_link"
    pose = message.pose.pose
    twist = message.twist.twist
    position = pose.position
    q = pose.orientation
    position.x, position.y, position.z = map(float, state.position)
    q.w, q.x, q.y, q.z = map(float, state.quaternion)
    body = rotation_from_attitude(state.quaternion).T @ state.velocity
    twist.linear.x, twist.linear.y, twist.linear.z = map(float, body)
    twist.angular.x, twist.angular.y, twist.angular.z = map(float, state.angular_velocity)
    return message


def state_from(message: Odometry) -> DroneState:
    """Read odometry back; the accelerometer reading is not part of it and is NaN.

    Raises ValueError for an orientation that is no unit quaternion: of a message whose fields were
    never set, or of an estimator that has not begun.
    """
    position = message.pose.pose.position
    q = message.pose.pose.orientation
    linear = message.twist.twist.linear
    angular = message.twist.twist.angular
    quaternion = np.array((q.w, q.x, q.y, q.z))
    length = float(np.linalg.norm(quaternion))
    if not abs(length - 1.0) < UNIT:
        raise ValueError(f"the orientation is a quaternion of length {length:g}, expected 1")
    return DroneState(
        time=nanoseconds(message.header.stamp) / NANO,
        position=np.array((position.x, position.y, position.z)),
        quaternion=quaternion,
        velocity=rotation_from_attitude(quaternion) @ np.array((linear.x, linear.y, linear.z)),
        angular_velocity=np.array((angular.x, angular.y, angular.z)),
        acceleration=np.full(3, math.nan),
    )


def imu_message(state: DroneState, time: int, prefix: str = "") -> Imu:
    """Attitude, body rates (rad/s) and specific force (m/s^2) in ``base_link``."""
    message = Imu()
    message.header.stamp = to_stamp(time)
    message.header.frame_id = f"{prefix}base_link"
    q = message.orientation
    rates = message.angular_velocity
    force = message.linear_acceleration
    q.w, q.x, q.y, q.z = map(float, state.quaternion)
    rates.x, rates.y, rates.z = map(float, state.angular_velocity)
    force.x, force.y, force.z = map(float, state.acceleration)
    return message


def camera_info_message(
    width: int, height: int, fov: float, time: int, frame_id: str
) -> CameraInfo:
    """Ideal pinhole camera with square pixels; ``fov`` is horizontal, in rad."""
    focal = 0.5 * width / math.tan(0.5 * fov)
    cx = 0.5 * (width - 1)
    cy = 0.5 * (height - 1)
    message = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
    message.header.stamp = to_stamp(time)
    message.header.frame_id = frame_id
    message.k = [focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def battery_message(flown: float, time: int, endurance: float = 1200.0) -> BatteryState:
    """A four-cell battery that empties evenly over ``endurance`` seconds.

    ``flown``: seconds in the air.
    """
    left = max(0.0, 1.0 - flown / endurance)
    message = BatteryState(present=True, percentage=left, voltage=14.0 + 2.8 * left)
    message.header.stamp = to_stamp(time)
    message.current = math.nan
    message.charge = math.nan
    message.capacity = math.nan
    message.design_capacity = math.nan
    message.temperature = math.nan
    message.power_supply_status = BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    message.power_supply_technology = BatteryState.POWER_SUPPLY_TECHNOLOGY_LIPO
    return message
