"""The body of an X500-class quadrotor: geometry, inertia, rotors and the camera mount."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from liquid_nav.simulation.response import DroneResponse
from liquid_nav.worlds import (
    DEFAULT_FIELD_OF_VIEW,
    DEFAULT_FRAME_RATE,
    CameraFaults,
    GeomGroup,
    Mounting,
    draw_mounting,
    euler_angles,
    load_mujoco,
)

if TYPE_CHECKING:
    import mujoco

ROTOR_RADIUS = 0.127
ARM = 0.25
INERTIA_PER_KG = (0.0108, 0.0108, 0.020)
MOTOR_THRUST_LIMIT = 9.8
MOTOR_YAW_MOMENT = 0.016
"""Yaw moment per thrust of one rotor, m."""
ROTOR_LAYOUT = tuple(
    (ARM * math.cos(a), ARM * math.sin(a), spin)
    for a, spin in (
        (math.pi / 4, -1.0),
        (3 * math.pi / 4, 1.0),
        (-3 * math.pi / 4, -1.0),
        (-math.pi / 4, 1.0),
    )
)
"""x forward and y left of the centre in m, and the sign of the reaction moment about body z."""
STANDING_HEIGHT = 0.12
"""m from the ground to the centre of a standing drone."""
CAMERA_POSITION = (0.13, 0.0, 0.02)
"""Where the camera is mounted, m: x forward, y left, z up from the centre of the body."""


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """The forward camera."""

    width: int = 256
    """Pixels."""
    height: int = 144
    """Pixels."""
    fov: float = math.radians(DEFAULT_FIELD_OF_VIEW)
    """Horizontal field of view, rad."""
    pitch: float = math.radians(10.0)
    """Angle by which it is mounted nose down, rad."""
    rate: float = DEFAULT_FRAME_RATE
    """Frames per second, Hz."""
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Rotation vector of the mounting error, rad, in the body's axes: x forward, y left, z up."""

    def of(self, faults: CameraFaults, seed: int) -> CameraConfig:
        """Return the camera of the flight with this seed, as a condition has it mounted."""
        mounting = draw_mounting(faults, seed)
        fov = mounting.view
        if faults.view == CameraFaults().view:
            fov = self.fov
        return replace(self, fov=fov, turn=mounting.turn)

    @property
    def vertical_fov(self) -> float:
        """Vertical field of view in rad of the pinhole with square pixels."""
        return 2.0 * math.atan(math.tan(self.fov / 2.0) * self.height / self.width)

    @property
    def focal_length(self) -> float:
        """Focal length in pixels."""
        return self.width / (2.0 * math.tan(self.fov / 2.0))


def camera_rotation(camera: CameraConfig, response: DroneResponse) -> np.ndarray:
    """Return how a drone's camera is turned, errors of its mounting included: rotation matrix [3,3]
    to the body's axes.

    The camera's own axes are those of MuJoCo: x to the right, y up, z backwards.
    """
    # Before it is pitched and rolled: x axis = body -y, y axis = body z.
    pitch = camera.pitch + response.camera_pitch
    right = np.array([0.0, -1.0, 0.0])
    up = np.array([math.sin(pitch), 0.0, math.cos(pitch)])
    c = math.cos(response.camera_roll)
    s = math.sin(response.camera_roll)
    x_axis = c * right + s * up
    y_axis = -s * right + c * up
    return Mounting(camera.fov, camera.turn).rotation @ np.stack(
        (x_axis, y_axis, np.cross(x_axis, y_axis)), axis=1
    )


def camera_angles(camera: CameraConfig, response: DroneResponse) -> tuple[float, float, float]:
    """Return roll, pitch and yaw, rad, of a drone's camera in the body: of its axes x forward, y
    left, z up.
    """
    right, up, back = camera_rotation(camera, response).T
    return euler_angles(np.stack((-back, -right, up), axis=1))


def add_drone(
    spec: mujoco.MjSpec,
    response: DroneResponse,
    camera: CameraConfig,
    name: str = "drone",
    shared: bool = False,
) -> None:
    """Add the free-flying body ``name`` with camera ``<name>.front`` to a world. The body and rotor
    discs are solid.

    In a ``shared`` world several of them touch and see each other.
    """
    mujoco = load_mujoco()
    body = spec.worldbody.add_body(name=name)
    body.add_freejoint(name=name)
    body.explicitinertial = True
    body.mass = response.mass
    body.inertia = [i * response.mass for i in INERTIA_PER_KG]
    solid = {
        "contype": 0,
        "conaffinity": 1,
        "group": GeomGroup.SOLID,
        "rgba": [0.1, 0.1, 0.1, 1.0],
    }
    if shared:
        solid |= {"contype": 2, "conaffinity": 3}
    body.add_geom(
        name=f"{name}.body", type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.12, 0.09, 0.05], **solid
    )
    for i, (x, y, _) in enumerate(ROTOR_LAYOUT):
        body.add_geom(
            name=f"{name}.rotor{i}",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            pos=[x, y, 0.06],
            size=[ROTOR_RADIUS, 0.01, 0.0],
            **solid,
        )
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, camera_rotation(camera, response).ravel())
    body.add_camera(
        name=f"{name}.front",
        pos=list(CAMERA_POSITION),
        quat=quaternion,
        fovy=math.degrees(camera.vertical_fov),
    )
    if shared:
        _add_looks(body)


def _add_looks(body: mujoco.MjsBody) -> None:
    """Add what other drones see: body, arms and rotor discs, without mass and touching nothing."""
    mujoco = load_mujoco()
    looks = {"contype": 0, "conaffinity": 0, "group": GeomGroup.ALWAYS}
    dark = [0.08, 0.08, 0.09, 1.0]
    grey = [0.35, 0.35, 0.37, 1.0]
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.12, 0.09, 0.05], rgba=dark, **looks)
    for x, y, _ in ROTOR_LAYOUT:
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=[0.0, 0.0, 0.03, x, y, 0.05],
            size=[0.012, 0.0, 0.0],
            rgba=dark,
            **looks,
        )
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            pos=[x, y, 0.06],
            size=[ROTOR_RADIUS, 0.004, 0.0],
            rgba=grey,
            **looks,
        )
