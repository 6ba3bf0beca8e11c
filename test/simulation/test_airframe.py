"""Geometry and mass of the compiled drone, and where its camera looks."""

import math
from dataclasses import replace
from xml.etree.ElementTree import Element

import mujoco
import numpy as np
import pytest

from liquid_nav.simulation import DroneResponse
from liquid_nav.simulation.airframe import add_drone
from liquid_nav.worlds import DRONE_MODEL, CameraConfig
from liquid_nav.worlds.sdf_drone import DroneSpec
from liquid_nav.worlds.sdf_drone import add_drone as add_gazebo_drone


def compiled(response=None, camera=None):
    spec = mujoco.MjSpec()
    add_drone(spec, response or DroneResponse(), camera or CameraConfig())
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def test_mass_and_inertia_follow_the_response():
    model, _ = compiled(DroneResponse(mass=2.3))
    body = model.body("drone")
    assert body.mass[0] == pytest.approx(2.3)
    np.testing.assert_allclose(
        sorted(body.inertia), sorted(2.3 * i for i in DRONE_MODEL.inertia_per_kg)
    )
    np.testing.assert_allclose(body.ipos, 0.0)


def test_rotors_lie_on_an_x_and_their_reactions_cancel():
    model, data = compiled()
    for i, (x, y, _) in enumerate(DRONE_MODEL.rotor_layout):
        assert math.hypot(x, y) == pytest.approx(DRONE_MODEL.arm)
        assert abs(x) == pytest.approx(abs(y))
        np.testing.assert_allclose(data.geom(f"drone.rotor{i}").xpos[:2], (x, y), atol=1e-12)
        assert model.geom(f"drone.rotor{i}").size[0] == DRONE_MODEL.rotor_radius
    assert sum(spin for *_, spin in DRONE_MODEL.rotor_layout) == 0
    for (ax, ay, a), (bx, by, b) in zip(
        DRONE_MODEL.rotor_layout, DRONE_MODEL.rotor_layout[1:], strict=False
    ):
        assert a != b or (ax == -bx and ay == -by), "neighbours turn against each other"


def test_every_solid_part_meets_the_world_and_nothing_is_drawn():
    model, _ = compiled()
    assert (model.geom_conaffinity == 1).all() and not model.geom_contype.any()
    assert (model.geom_group == 4).all()


@pytest.mark.parametrize(
    "pitch, more, roll", [(10.0, 0.0, 0.0), (0.0, 0.02, 0.0), (25.0, -0.01, 0.015)]
)
def test_camera_looks_ahead_and_down(pitch, more, roll):
    camera = CameraConfig(pitch=math.radians(pitch))
    _, data = compiled(DroneResponse(camera_pitch=more, camera_roll=roll), camera)
    right, up, back = data.cam("drone.front").xmat.reshape(3, 3).T
    down = math.radians(pitch) + more
    np.testing.assert_allclose(-back, (math.cos(down), 0.0, -math.sin(down)), atol=1e-9)
    np.testing.assert_allclose(
        right,
        math.cos(roll) * np.array((0, -1, 0))
        + math.sin(roll) * np.array((math.sin(down), 0.0, math.cos(down))),
        atol=1e-9,
    )
    np.testing.assert_allclose(np.cross(right, up), back, atol=1e-9)


def test_the_camera_is_a_pinhole_with_square_pixels():
    camera = CameraConfig(width=256, height=144, fov=math.radians(80))
    assert camera.focal_length == pytest.approx(128 / math.tan(math.radians(40)))
    assert math.tan(camera.vertical_fov / 2) * camera.focal_length == pytest.approx(72)
    model, _ = compiled(camera=camera)
    assert math.radians(model.cam("drone.front").fovy[0]) == pytest.approx(camera.vertical_fov)


def test_another_drone_is_another_value_for_both_worlds():
    """Shape, mount and motors are named once: what is changed there is changed everywhere."""
    other = replace(
        DRONE_MODEL,
        body=(0.2, 0.1, 0.04),
        rotor_radius=0.2,
        rotor_height=0.09,
        camera_position=(0.3, 0.01, -0.05),
        inertia=(0.1, 0.2, 0.3),
    )
    spec = mujoco.MjSpec()
    add_drone(spec, DroneResponse(), CameraConfig(), drone=other)
    model = spec.compile()
    assert model.geom("drone.body").size.tolist() == [0.2, 0.1, 0.04]
    assert model.geom("drone.rotor2").size[0] == 0.2 and model.geom("drone.rotor2").pos[2] == 0.09
    assert model.cam("drone.front").pos.tolist() == [0.3, 0.01, -0.05]
    assert sorted(model.body("drone").inertia) == pytest.approx([0.1, 0.2, 0.3])
    world = Element("world")
    add_gazebo_drone(world, DroneSpec(body=other), 0.0, 0.0, 1.5, 0.0)
    base = world.find("model[@name='drone']/link[@name='base_link']")
    assert base.findtext("collision[@name='body']/geometry/box/size") == "0.4 0.2 0.08"
    assert base.findtext("collision[@name='disc_2']/geometry/cylinder/radius") == "0.2"
    assert base.findtext("collision[@name='disc_2']/pose").split()[2] == "0.09"
    assert base.findtext("sensor[@name='camera']/pose").startswith("0.3 0.01 -0.05 ")
    assert base.findtext("inertial/inertia/izz") == "0.3"
