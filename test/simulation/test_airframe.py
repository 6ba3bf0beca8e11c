"""Geometry and mass of the compiled drone, and where its camera looks."""

import math

import mujoco
import numpy as np
import pytest

from liquid_nav.simulation import CameraConfig, DroneResponse
from liquid_nav.simulation.airframe import (
    ARM,
    INERTIA_PER_KG,
    ROTOR_LAYOUT,
    ROTOR_RADIUS,
    add_drone,
)


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
    np.testing.assert_allclose(sorted(body.inertia), sorted(2.3 * i for i in INERTIA_PER_KG))
    np.testing.assert_allclose(body.ipos, 0.0)


def test_rotors_lie_on_an_x_and_their_reactions_cancel():
    model, data = compiled()
    for i, (x, y, _) in enumerate(ROTOR_LAYOUT):
        assert math.hypot(x, y) == pytest.approx(ARM)
        assert abs(x) == pytest.approx(abs(y))
        np.testing.assert_allclose(data.geom(f"drone.rotor{i}").xpos[:2], (x, y), atol=1e-12)
        assert model.geom(f"drone.rotor{i}").size[0] == ROTOR_RADIUS
    assert sum(spin for *_, spin in ROTOR_LAYOUT) == 0
    for (ax, ay, a), (bx, by, b) in zip(ROTOR_LAYOUT, ROTOR_LAYOUT[1:], strict=False):
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
