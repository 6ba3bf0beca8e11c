"""The quadrotor for Gazebo: body, rotors, velocity control, and the sensors of the embedded drone.

Size and sensors are those of the embedded drone, mass and motors a set that is known to fly under
Gazebo's ``MulticopterVelocityControl``; the gains make it answer as fast as the drones on which
networks are trained (``simulation/response.py``). That controller keeps the last command for ever:
something must send zero when commands stop. And it reads a command in the tilted body:
``autopilots.plain.in_body`` turns ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from liquid_nav.geometry import euler_angles, rotation_about_y, rotation_from_vector
from liquid_nav.worlds.camera_config import CameraConfig
from liquid_nav.worlds.drone_model import GAZEBO_DRONE_MODEL, DroneModel, Rotor
from liquid_nav.worlds.sdf_look import FAR_CLIP
from liquid_nav.worlds.sdf_xml import Element, add, plugin, pose

MOTOR_CONSTANT = 8.54858e-06
"""Thrust of a rotor per squared speed, N s^2/rad^2."""
TOP_SPEED = 1000.0
"""Largest speed of a rotor, rad/s; hovering takes 660, and where the faster pair cannot follow, a
turn costs 0.1 m of height.
"""
ROTOR_MASS = 0.005
"""kg."""
DIRECTIONS = {"ccw": 1, "cw": -1}
"""Sense of rotation -> its sign."""
BLADE_COLOURS = {"ccw": (0.75, 0.3, 0.1), "cw": (0.3, 0.3, 0.3)}
"""Sense of rotation -> colour of the rotor's blade, RGB, 0 to 1."""
STAND_RADIUS = 0.15
"""Radius of the stand under the drone, m."""
OWN = 0x2
"""Bits of visibility of the drone's own shapes."""
OTHERS = 0x0FFFFFFD
"""Bits of visibility of what its camera sees, which is everything else."""
COMMAND_TOPIC = "cmd_vel"
ENABLE_TOPIC = "velocity_controller/enable"


@dataclass(frozen=True)
class DroneSpec:
    """The drone in a Gazebo world."""

    name: str = "drone"
    """Of the model."""
    camera: CameraConfig = CameraConfig()
    """Its camera."""
    prefix: str = ""
    """Of all frame ids."""
    body: DroneModel = GAZEBO_DRONE_MODEL
    """Its shape, mass and motors."""


def add_drone(world: Element, spec: DroneSpec, x: float, y: float, z: float, yaw: float) -> Element:
    """Append the drone at (x, y, z), looking along ``yaw``, and a stand under it; returns the
    drone's model.

    Without commands the velocity control lets the drone fall: on the stand it waits at flight
    height, where the embedded drone begins too.
    """
    stand = add(world, "model", name=f"{spec.name}_stand")
    add(stand, "static", True)
    pose(stand, x, y, (z - spec.body.standing_height) / 2)
    link = add(stand, "link", name="link")
    _painted(
        link,
        "stand",
        "cylinder",
        (0.4, 0.4, 0.42),
        radius=STAND_RADIUS,
        length=z - spec.body.standing_height,
    )
    shape = add(add(add(link, "collision", name="stand"), "geometry"), "cylinder")
    add(shape, "radius", STAND_RADIUS)
    add(shape, "length", z - spec.body.standing_height)
    model = add(world, "model", name=spec.name)
    pose(model, x, y, z, yaw=yaw)
    _base(model, spec)
    for number, rotor in enumerate(spec.body.rotors):
        _rotor(model, spec.body, number, rotor)
    for number, rotor in enumerate(spec.body.rotors):
        plugin(
            model,
            "gz-sim-multicopter-motor-model-system",
            "gz::sim::systems::MulticopterMotorModel",
            robotNamespace=f"model/{spec.name}",
            jointName=f"rotor_{number}_joint",
            linkName=f"rotor_{number}",
            turningDirection=rotor.sense,
            timeConstantUp=0.0125,
            timeConstantDown=0.025,
            maxRotVelocity=TOP_SPEED,
            motorConstant=MOTOR_CONSTANT,
            momentConstant=spec.body.rotor_yaw_moment,
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
    body = spec.body
    size = tuple(2.0 * half for half in body.body)
    base = add(model, "link", name="base_link")
    _inertial(base, body.mass, body.inertia)
    _own(base, "body", "box", (0.15, 0.15, 0.17), size=size)
    shape = add(add(base, "collision", name="body"), "geometry")
    add(add(shape, "box"), "size", size)
    # Rotor discs are solid on the body, as in the embedded drone; the links that turn have no
    # collision.
    for number, rotor in enumerate(body.rotors):
        disc = add(base, "collision", name=f"disc_{number}")
        pose(disc, *body.rotor_position(rotor), body.rotor_height)
        cylinder = add(add(disc, "geometry"), "cylinder")
        add(cylinder, "radius", body.rotor_radius)
        add(cylinder, "length", body.rotor_thickness)
    leg_size = (0.2, 0.015, body.standing_height - size[2] / 2)
    leg_height = -(body.standing_height + size[2] / 2) / 2
    for number, side in enumerate((-0.12, 0.12)):
        leg = _own(base, f"leg_{number}", "box", (0.1, 0.1, 0.1), size=leg_size)
        pose(leg, 0.0, side, leg_height)
        foot = add(base, "collision", name=f"leg_{number}")
        pose(foot, 0.0, side, leg_height)
        add(add(add(foot, "geometry"), "box"), "size", leg_size)
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
    for name in ("body", *(f"disc_{number}" for number in range(len(body.rotors)))):
        add(touch, "collision", name)
    add(touch, "topic", f"/model/{spec.name}/contact")


def _camera_angles(camera: CameraConfig) -> tuple[float, float, float]:
    """Return roll, pitch and yaw of the camera on the body, rad."""
    return euler_angles(rotation_from_vector(camera.turn) @ rotation_about_y(camera.pitch))


def _camera(base: Element, spec: DroneSpec) -> None:
    sensor = add(base, "sensor", name="camera", type="camera")
    pose(sensor, *spec.body.camera_position, *_camera_angles(spec.camera))
    add(sensor, "always_on", True)
    add(sensor, "update_rate", spec.camera.rate)
    add(sensor, "topic", f"/model/{spec.name}/camera/image_raw")
    add(sensor, "gz_frame_id", f"{spec.prefix}camera_optical_frame")
    camera = add(sensor, "camera")
    add(camera, "camera_info_topic", f"/model/{spec.name}/camera/camera_info")
    add(camera, "horizontal_fov", spec.camera.fov)
    image = add(camera, "image")
    add(image, "width", spec.camera.width)
    add(image, "height", spec.camera.height)
    add(image, "format", "R8G8B8")
    clip = add(camera, "clip")
    add(clip, "near", 0.05)
    add(clip, "far", FAR_CLIP)
    add(camera, "visibility_mask", OTHERS)  # the tip of a rotor would cross a corner of the picture


def _rotor(model: Element, body: DroneModel, number: int, rotor: Rotor) -> None:
    link = add(model, "link", name=f"rotor_{number}")
    pose(link, *body.rotor_position(rotor), body.rotor_height)
    _inertial(link, ROTOR_MASS, (9.75e-07, 4.17041e-05, 4.26041e-05))
    colour = BLADE_COLOURS[rotor.sense]
    blade = _own(link, "blade", "box", colour, size=(2 * body.rotor_radius, 0.02, 0.004))
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
    for number, rotor in enumerate(spec.body.rotors):
        entry = add(rotors, "rotor")
        add(entry, "jointName", f"rotor_{number}_joint")
        add(entry, "forceConstant", MOTOR_CONSTANT)
        add(entry, "momentConstant", spec.body.rotor_yaw_moment)
        add(entry, "direction", DIRECTIONS[rotor.sense])
