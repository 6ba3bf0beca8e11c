"""The drone in the embedded world, written from its ``DroneModel``, and where its camera looks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from liquid_nav.geometry import camera_axes, euler_angles, rotation_from_vector
from liquid_nav.simulation.response import DroneResponse
from liquid_nav.worlds import (
    DRONE_MODEL,
    CameraConfig,
    DroneModel,
    GeomGroup,
    load_mujoco,
)

if TYPE_CHECKING:
    import mujoco


def camera_rotation(camera: CameraConfig, response: DroneResponse) -> np.ndarray:
    """Return how a drone's camera is turned, errors of its mounting included: rotation matrix [3,3]
    to the body's axes.

    The camera's own axes are those of MuJoCo: x to the right, y up, z backwards.
    """
    axes = camera_axes(camera.pitch + response.camera_pitch, response.camera_roll)
    rotation: NDArray[np.float64] = rotation_from_vector(camera.turn) @ axes
    return rotation


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
    drone: DroneModel = DRONE_MODEL,
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
    body.inertia = [i * response.mass for i in drone.inertia_per_kg]
    solid = {
        "contype": 0,
        "conaffinity": 1,
        "group": GeomGroup.SOLID,
        "rgba": [0.1, 0.1, 0.1, 1.0],
    }
    if shared:
        solid |= {"contype": 2, "conaffinity": 3}
    body.add_geom(
        name=f"{name}.body", type=mujoco.mjtGeom.mjGEOM_BOX, size=list(drone.body), **solid
    )
    for i, (x, y, _) in enumerate(drone.rotor_layout):
        body.add_geom(
            name=f"{name}.rotor{i}",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            pos=[x, y, drone.rotor_height],
            size=[drone.rotor_radius, drone.rotor_thickness / 2, 0.0],
            **solid,
        )
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, camera_rotation(camera, response).ravel())
    body.add_camera(
        name=f"{name}.front",
        pos=list(drone.camera_position),
        quat=quaternion,
        fovy=math.degrees(camera.vertical_fov),
    )
    if shared:
        _add_looks(body, drone)


def _add_looks(body: mujoco.MjsBody, drone: DroneModel) -> None:
    """Add what other drones see: body, arms and rotor discs, without mass and touching nothing."""
    mujoco = load_mujoco()
    looks = {"contype": 0, "conaffinity": 0, "group": GeomGroup.ALWAYS}
    dark = [0.08, 0.08, 0.09, 1.0]
    grey = [0.35, 0.35, 0.37, 1.0]
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=list(drone.body), rgba=dark, **looks)
    for x, y, _ in drone.rotor_layout:
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=[0.0, 0.0, 0.03, x, y, 0.05],
            size=[0.012, 0.0, 0.0],
            rgba=dark,
            **looks,
        )
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            pos=[x, y, drone.rotor_height],
            size=[drone.rotor_radius, 0.004, 0.0],
            rgba=grey,
            **looks,
        )
