"""The quadrotor for Gazebo: body, rotors, velocity control, and the sensors of the embedded drone.

Size and sensors are those of the embedded drone, mass and motors a set that is known to fly under
Gazebo's ``MulticopterVelocityControl``; the gains make it answer as fast as the drones on which
networks are trained (``simulation/response.py``). That controller keeps the last command for ever:
something must send zero when commands stop. And it reads a command in the tilted body:
``autopilots.plain.in_body`` turns ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from liquid_nav.worlds.condition import DEFAULT_FIELD_OF_VIEW, DEFAULT_FRAME_RATE
from liquid_nav.worlds.mounting import Mounting, euler_angles
from liquid_nav.worlds.sdf_look import FAR_CLIP
from liquid_nav.worlds.sdf_xml import Element, add, plugin, pose

MASS = 1.5  # kg
# kg m^2; more about the vertical, and the motors could not turn it in time
INERTIA = (0.0347563, 0.07, 0.05)
MOTOR_CONSTANT = 8.54858e-06
MOMENT_CONSTANT = 0.016
# rad/s; hovering takes 660, and where the faster pair cannot follow, a turn costs 0.1 m of height
TOP_SPEED = 1000.0
ROTOR_MASS = 0.005  # kg
BODY = (0.24, 0.18, 0.10)  # m
ROTOR_RADIUS = 0.127  # m
ROTOR_HEIGHT = 0.06  # m
ARM = 0.25  # m
ROTORS = ((-45.0, "ccw"), (135.0, "ccw"), (45.0, "cw"), (-135.0, "cw"))
"""Bearing from the nose, degrees counter-clockwise, and sense of rotation."""
DIRECTIONS = {"ccw": 1, "cw": -1}
"""Sense of rotation -> its sign."""
BLADE_COLOURS = {"ccw": (0.75, 0.3, 0.1), "cw": (0.3, 0.3, 0.3)}
"""Sense of rotation -> colour of the rotor's blade, RGB, 0 to 1."""
REST = 0.17  # m from its feet to the centre of the standing drone
STAND_RADIUS = 0.15  # m
OWN = 0x2
"""Bits of visibility of the drone's own shapes."""
OTHERS = 0x0FFFFFFD
"""Bits of visibility of what its camera sees, which is everything else."""
COMMAND_TOPIC = "cmd_vel"
ENABLE_TOPIC = "velocity_controller/enable"


@dataclass(frozen=True)
class DroneSpec:
    """Name and camera of the drone."""

    name: str = "drone"
    """Of the model."""
    width: int = 256
    """Of the image, pixels."""
    height: int = 144
    """Of the image, pixels."""
    fov: float = math.radians(DEFAULT_FIELD_OF_VIEW)
    """Horizontal field of view, rad."""
    pitch: float = math.radians(10.0)
    """Angle by which the camera is mounted nose down, rad."""
    rate: float = DEFAULT_FRAME_RATE
    """Frames per second, Hz."""
    prefix: str = ""
    """Of all frame ids."""
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Rotation vector of the mounting error, rad, in the body's axes: x forward, y left, z up."""


def add_drone(world: Element, spec: DroneSpec, x: float, y: float, z: float, yaw: float) -> Element:
    """Append the drone at (x, y, z), looking along ``yaw``, and a stand under it; returns the
    drone's model.

    Without commands the velocity control lets the drone fall: on the stand it waits at flight
    height, where the embedded drone begins too.
    """
    stand = add(world, "model", name=f"{spec.name}_stand")
    add(stand, "static", True)
    pose(stand, x, y, (z - REST) / 2)
    link = add(stand, "link", name="link")
    _painted(link, "stand", "cylinder", (0.4, 0.4, 0.42), radius=STAND_RADIUS, length=z - REST)
    shape = add(add(add(link, "collision", name="stand"), "geometry"), "cylinder")
    add(shape, "radius", STAND_RADIUS)
    add(shape, "length", z - REST)
    model = add(world, "model", name=spec.name)
    pose(model, x, y, z, yaw=yaw)
    _base(model, spec)
    for number, (bearing, sense) in enumerate(ROTORS):
        _rotor(model, number, math.radians(bearing), sense)
    for number, (_, sense) in enumerate(ROTORS):
        plugin(
            model,
            "gz-sim-multicopter-motor-model-system",
            "gz::sim::systems::MulticopterMotorModel",
            robotNamespace=f"model/{spec.name}",
            jointName=f"rotor_{number}_joint",
            linkName=f"rotor_{number}",
            turningDirection=sense,
            timeConstantUp=0.0125,
            timeConstantDown=0.025,
            maxRotVelocity=TOP_SPEED,
            motorConstant=MOTOR_CONSTANT,
            momentConstant=MOMENT_CONSTANT,
            commandSubTopic="command/motor_speed",
            actuator_number=number,
            rotorDragCoefficient=8.06428e-05,
            rollingMomentCoefficient=1e-06,
            motorSpeedPubTopic=f"motor_speed/{number}",
            rotorVelocitySlowdownSim=10,
            motorType="velocity",
        )
    _control(model, spec)
    plugin(
        model,
        "gz-sim-odometry-publisher-system",
        "gz::sim::systems::OdometryPublisher",
        odom_frame=f"{spec.prefix}odom",
        robot_base_frame=f"{spec.prefix}base_link",
        odom_topic=f"/model/{spec.name}/odometry",
        odom_publish_frequency=50.0,
        dimensions=3,
    )
    return model


def _inertial(link: Element, mass: float, moments: tuple[float, float, float]) -> None:
    inertial = add(link, "inertial")
    add(inertial, "mass", mass)
    inertia = add(inertial, "inertia")
    for name, value in zip(("ixx", "iyy", "izz"), moments):
        add(inertia, name, value)


def _painted(
    link: Element, name: str, shape: str, colour: tuple[float, float, float], **sizes: object
) -> Element:
    visual = add(link, "visual", name=f"{name}_visual")
    geometry = add(add(visual, "geometry"), shape)
    for key, value in sizes.items():
        add(geometry, key, value)
    material = add(visual, "material")
    add(material, "ambient", (*colour, 1.0))
    add(material, "diffuse", (*colour, 1.0))
    return visual


def _own(
    link: Element, name: str, shape: str, colour: tuple[float, float, float], **sizes: object
) -> Element:
    """Append a shape of the drone itself, which its camera does not see."""
    visual = _painted(link, name, shape, colour, **sizes)
    add(visual, "visibility_flags", OWN)
    return visual


def _base(model: Element, spec: DroneSpec) -> None:
    base = add(model, "link", name="base_link")
    _inertial(base, MASS, INERTIA)
    _own(base, "body", "box", (0.15, 0.15, 0.17), size=BODY)
    shape = add(add(base, "collision", name="body"), "geometry")
    add(add(shape, "box"), "size", BODY)
    # Rotor discs are solid on the body, as in the embedded drone; the links that turn have no
    # collision.
    for number, (bearing, _) in enumerate(ROTORS):
        angle = math.radians(bearing)
        disc = add(base, "collision", name=f"disc_{number}")
        pose(disc, ARM * math.cos(angle), ARM * math.sin(angle), ROTOR_HEIGHT)
        cylinder = add(add(disc, "geometry"), "cylinder")
        add(cylinder, "radius", ROTOR_RADIUS)
        add(cylinder, "length", 0.02)
    for number, side in enumerate((-0.12, 0.12)):
        leg = _own(
            base, f"leg_{number}", "box", (0.1, 0.1, 0.1), size=(0.2, 0.015, REST - BODY[2] / 2)
        )
        pose(leg, 0.0, side, -(REST + BODY[2] / 2) / 2)
        foot = add(base, "collision", name=f"leg_{number}")
        pose(foot, 0.0, side, -(REST + BODY[2] / 2) / 2)
        add(add(add(foot, "geometry"), "box"), "size", (0.2, 0.015, REST - BODY[2] / 2))
    _camera(base, spec)
    imu = add(base, "sensor", name="imu", type="imu")
    add(imu, "always_on", True)
    add(imu, "update_rate", 125.0)
    add(imu, "topic", f"/model/{spec.name}/imu")
    add(imu, "gz_frame_id", f"{spec.prefix}base_link")
    # Without this Gazebo reports attitude from where the drone stood at the start.
    add(add(add(imu, "imu"), "orientation_reference_frame"), "localization", "ENU")
    contact = add(base, "sensor", name="contact", type="contact")
    add(contact, "always_on", True)
    add(contact, "update_rate", 50.0)
    touch = add(contact, "contact")
    for name in ("body", *(f"disc_{number}" for number in range(len(ROTORS)))):
        add(touch, "collision", name)
    add(touch, "topic", f"/model/{spec.name}/contact")


def _camera_angles(spec: DroneSpec) -> tuple[float, float, float]:
    """Return roll, pitch and yaw of the camera on the body, rad."""
    down = math.sin(spec.pitch)
    level = math.cos(spec.pitch)
    pitched = np.array(((level, 0.0, down), (0.0, 1.0, 0.0), (-down, 0.0, level)))
    return euler_angles(Mounting(spec.fov, spec.turn).rotation @ pitched)


def _camera(base: Element, spec: DroneSpec) -> None:
    sensor = add(base, "sensor", name="camera", type="camera")
    pose(sensor, 0.13, 0.0, 0.02, *_camera_angles(spec))
    add(sensor, "always_on", True)
    add(sensor, "update_rate", spec.rate)
    add(sensor, "topic", f"/model/{spec.name}/camera/image_raw")
    add(sensor, "gz_frame_id", f"{spec.prefix}camera_optical_frame")
    camera = add(sensor, "camera")
    add(camera, "camera_info_topic", f"/model/{spec.name}/camera/camera_info")
    add(camera, "horizontal_fov", spec.fov)
    image = add(camera, "image")
    add(image, "width", spec.width)
    add(image, "height", spec.height)
    add(image, "format", "R8G8B8")
    clip = add(camera, "clip")
    add(clip, "near", 0.05)
    add(clip, "far", FAR_CLIP)
    add(camera, "visibility_mask", OTHERS)  # the tip of a rotor would cross a corner of the picture


def _rotor(model: Element, number: int, bearing: float, sense: str) -> None:
    link = add(model, "link", name=f"rotor_{number}")
    pose(link, ARM * math.cos(bearing), ARM * math.sin(bearing), ROTOR_HEIGHT)
    _inertial(link, ROTOR_MASS, (9.75e-07, 4.17041e-05, 4.26041e-05))
    blade = _own(link, "blade", "box", BLADE_COLOURS[sense], size=(2 * ROTOR_RADIUS, 0.02, 0.004))
    add(blade, "cast_shadows", False)
    joint = add(model, "joint", name=f"rotor_{number}_joint", type="revolute")
    add(joint, "parent", "base_link")
    add(joint, "child", f"rotor_{number}")
    axis = add(joint, "axis")
    add(axis, "xyz", (0.0, 0.0, 1.0))
    limit = add(axis, "limit")
    add(limit, "lower", -1e16)
    add(limit, "upper", 1e16)


def _control(model: Element, spec: DroneSpec) -> None:
    control = plugin(
        model,
        "gz-sim-multicopter-control-system",
        "gz::sim::systems::MulticopterVelocityControl",
        robotNamespace=f"model/{spec.name}",
        commandSubTopic=COMMAND_TOPIC,
        enableSubTopic=ENABLE_TOPIC,
        comLinkName="base_link",
        velocityGain=(4.2, 4.2, 6.0),
        attitudeGain=(2.0, 3.0, 0.15),
        angularRateGain=(0.4, 0.52, 0.3),
        maximumLinearAcceleration=(3.0, 3.0, 2.0),
    )
    rotors = add(control, "rotorConfiguration")
    for number, (_, sense) in enumerate(ROTORS):
        rotor = add(rotors, "rotor")
        add(rotor, "jointName", f"rotor_{number}_joint")
        add(rotor, "forceConstant", MOTOR_CONSTANT)
        add(rotor, "momentConstant", MOMENT_CONSTANT)
        add(rotor, "direction", DIRECTIONS[sense])
