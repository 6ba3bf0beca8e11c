"""Every change of coordinate frame in one place.

ROS uses ENU (x east, y north, z up) and FLU (x forward, y left, z up); autopilots use NED and FRD.
The *level body frame* has its x axis along the heading and its z axis vertical: it turns with
the drone but never tilts with it. FLU there is what a ``Command`` is given in; FRD there is what
MAVLink calls ``MAV_FRAME_BODY_NED``.

Vectors are float64 [..., 3], quaternions float64 [4] w x y z that rotate body vectors into the
world, angles rad.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liquid_nav.types import Command


def enu_to_ned(vector: np.ndarray) -> np.ndarray:
    """Return a world vector [..., 3] in NED; its own inverse."""
    v = np.asarray(vector, dtype=np.float64)
    return np.stack((v[..., 1], v[..., 0], -v[..., 2]), axis=-1)


def ned_to_enu(vector: np.ndarray) -> np.ndarray:
    """Return a world vector [..., 3] in ENU."""
    return enu_to_ned(vector)


def flu_to_frd(vector: np.ndarray) -> np.ndarray:
    """Return a body vector [..., 3] (velocity, body rates, force) in FRD; its own inverse."""
    return np.asarray(vector, dtype=np.float64) * (1.0, -1.0, -1.0)


def frd_to_flu(vector: np.ndarray) -> np.ndarray:
    """Return a body vector [..., 3] in FLU."""
    return flu_to_frd(vector)


def wrap(angle: float) -> float:
    """Return the angle in (-pi, pi]."""
    wrapped = math.remainder(angle, math.tau)
    return math.pi if wrapped == -math.pi else wrapped


def yaw_enu_to_ned(yaw: float) -> float:
    """Turn a heading counter-clockwise from east into one clockwise from north; its own inverse."""
    return wrap(math.pi / 2.0 - yaw)


def yaw_ned_to_enu(yaw: float) -> float:
    """Turn a heading clockwise from north into one counter-clockwise from east."""
    return yaw_enu_to_ned(yaw)


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton product of two quaternions [4]: first ``b``, then ``a``."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return np.array(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        )
    )


_WORLD = np.array((0.0, math.sqrt(0.5), math.sqrt(0.5), 0.0))
"""Half a turn about the axis between x and y: NED to ENU and back."""
_BODY = np.array((0.0, 1.0, 0.0, 0.0))
"""Half a turn about x: FRD to FLU and back."""


def attitude_enu_to_ned(quaternion: np.ndarray) -> np.ndarray:
    """Turn "FLU body to ENU" into "FRD body to NED", w >= 0; its own inverse."""
    q = multiply(multiply(_WORLD, np.asarray(quaternion, dtype=np.float64)), _BODY)
    return -q if q[0] < 0.0 else q


def attitude_ned_to_enu(quaternion: np.ndarray) -> np.ndarray:
    """Turn "FRD body to NED" into "FLU body to ENU", w >= 0."""
    return attitude_enu_to_ned(quaternion)


def rotate(quaternion: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return a body vector [3] in the world."""
    w = quaternion[0]
    xyz = np.asarray(quaternion[1:], dtype=np.float64)
    v = np.asarray(vector, dtype=np.float64)
    t = 2.0 * np.cross(xyz, v)
    rotated: NDArray[np.float64] = v + w * t + np.cross(xyz, t)
    return rotated


def yaw_of(quaternion: Sequence[float] | np.ndarray) -> float:
    """Heading of a body whose attitude is given, in the world frame of that attitude, in (-pi,
    pi].
    """
    w, x, y, z = quaternion
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def attitude_from_euler(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Return the quaternion of yaw, then pitch, then roll (as aviation counts them)."""
    cr = math.cos(roll / 2)
    sr = math.sin(roll / 2)
    cp = math.cos(pitch / 2)
    sp = math.sin(pitch / 2)
    cy = math.cos(yaw / 2)
    sy = math.sin(yaw / 2)
    return np.array(
        (
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        )
    )


def attitude_from_yaw(yaw: float) -> np.ndarray:
    """Return the quaternion [4] of a turn about the vertical."""
    return np.array((math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)))


Axis = tuple[float, float, float]
"""An axis of one frame, or another vector, in the coordinates of another frame."""


def body_axes(quaternion: Sequence[float] | np.ndarray) -> tuple[Axis, Axis, Axis]:
    """Return the body's x, y and z axes in the world; scalars, for what runs at 250 Hz."""
    w, x, y, z = quaternion
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)),
        (2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)),
        (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)),
    )


def rotation_from_attitude(quaternion: np.ndarray) -> np.ndarray:
    """Return the rotation matrix [3, 3] of a unit quaternion: body to world."""
    return np.array(tuple(zip(*body_axes(quaternion))))


def rotation_about(axis: Axis, angle: float) -> np.ndarray:
    """Return the rotation matrix [3, 3] about an axis of length 1 (Rodrigues' formula)."""
    x, y, z = axis
    cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
    rotation: NDArray[np.float64] = (
        np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
    )
    return rotation


def rotation_from_vector(turn: Axis) -> np.ndarray:
    """Return the rotation matrix [3, 3] of a rotation vector: its axis, as long as its angle."""
    angle = math.sqrt(sum(part * part for part in turn))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = (part / angle for part in turn)
    return rotation_about((x, y, z), angle)


def rotation_about_y(angle: float) -> np.ndarray:
    """Return the rotation matrix [3, 3] that lowers x, in FLU, by a positive angle."""
    c = math.cos(angle)
    s = math.sin(angle)
    return np.array(((c, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, c)))


def rotation_about_z(angle: float) -> np.ndarray:
    """Return the rotation matrix [3, 3] of a turn about the vertical."""
    c = math.cos(angle)
    s = math.sin(angle)
    return np.array(((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)))


def euler_angles(rotation: np.ndarray) -> tuple[float, float, float]:
    """Return roll, pitch and yaw, rad, of a rotation matrix [3, 3] that is yaw after pitch after
    roll.
    """
    roll = math.atan2(rotation[2, 1], rotation[2, 2])
    pitch = math.asin(float(np.clip(-rotation[2, 0], -1.0, 1.0)))
    yaw = math.atan2(rotation[1, 0], rotation[0, 0])
    return roll, pitch, yaw


def camera_axes(pitch: float, roll: float = 0.0) -> np.ndarray:
    """Return the rotation matrix [3, 3] from a camera's axes to the body's (FLU).

    The camera's axes are those of OpenGL and MuJoCo: x to the right, y up, z backwards. Without
    ``pitch`` (nose down) and ``roll`` (right side up) it looks ahead.
    """
    right = np.array([0.0, -1.0, 0.0])
    up = np.array([math.sin(pitch), 0.0, math.cos(pitch)])
    c = math.cos(roll)
    s = math.sin(roll)
    x_axis = c * right + s * up
    y_axis = -s * right + c * up
    return np.stack((x_axis, y_axis, np.cross(x_axis, y_axis)), axis=1)


def direction(azimuth: float, elevation: float) -> Axis:
    """Return the unit vector at an azimuth, counter-clockwise from x, and an elevation."""
    return (
        math.cos(azimuth) * math.cos(elevation),
        math.sin(azimuth) * math.cos(elevation),
        math.sin(elevation),
    )


def turned(
    x: float, y: float, yaw: float, origin: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """Return in the outer frame the point (x, y) of a frame at ``origin`` that is turned by
    ``yaw``.
    """
    c = math.cos(yaw)
    s = math.sin(yaw)
    return origin[0] + c * x - s * y, origin[1] + s * x + c * y


def level_from_world(vector: np.ndarray | tuple[float, float, float], yaw: float) -> np.ndarray:
    """Return an ENU vector [3] in the level body frame (FLU) of a drone with this ENU heading."""
    c = math.cos(yaw)
    s = math.sin(yaw)
    x, y, z = vector
    return np.array((c * x + s * y, -s * x + c * y, z), dtype=np.float64)


def world_from_level(vector: np.ndarray | tuple[float, float, float], yaw: float) -> np.ndarray:
    """Return a level body vector (FLU) [3] in ENU."""
    return level_from_world(vector, -yaw)


def command_to_body_ned(command: Command) -> tuple[float, float, float, float]:
    """Return forward, right, down in m/s and the clockwise yaw rate in rad/s:
    MAV_FRAME_BODY_NED.
    """
    return command.vx, -command.vy, -command.vz, -command.yaw_rate


def command_from_body_ned(vx: float, vy: float, vz: float, yaw_rate: float) -> Command:
    """Return the command for forward, right, down in m/s and a clockwise yaw rate in rad/s."""
    return Command(vx, -vy, -vz, -yaw_rate)


def command_to_ned(command: Command, yaw: float) -> tuple[float, float, float, float]:
    """Return north, east, down in m/s and the clockwise yaw rate, for a drone with this ENU
    heading.
    """
    north, east, down = (
        float(v) for v in enu_to_ned(world_from_level((command.vx, command.vy, command.vz), yaw))
    )
    return north, east, down, -command.yaw_rate
