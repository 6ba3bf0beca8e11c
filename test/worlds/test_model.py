"""The MuJoCo model: what is solid is where the layout places it, and the camera shows it."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.evaluation.contact_sheet import draw_contact_sheet, save_picture, views
from liquid_nav.simulation import World
from liquid_nav.simulation.camera_renderer import CameraRenderer, apply_camera_faults, draw_exposure
from liquid_nav.worlds import (
    AppearanceSpec,
    CameraFaults,
    build_mujoco_spec,
    generate_layout,
    load_condition,
    load_scenario,
)

CONDITIONS = ("summer", "autumn", "winter", "fog", "dusk")


def model_of(name, seed, condition):
    return build_mujoco_spec(
        generate_layout(load_scenario(name), seed), load_condition(condition)
    ).compile()


@pytest.mark.parametrize("name", ["forest", "field"])
def test_solids_do_not_depend_on_the_condition(name):
    layout = generate_layout(load_scenario(name), 11)
    solids = []
    for condition in CONDITIONS:
        model = model_of(name, 11, condition)
        hard = np.flatnonzero(model.geom_contype)
        assert len(hard) == len(layout.solids()) + 1
        names = [model.geom(i).name for i in hard]
        assert "ground" in names and any(n.startswith("chair.") for n in names)
        solids.append((names, model.geom_pos[hard], model.geom_quat[hard], model.geom_type[hard]))
        assert not model.geom_conaffinity.any()
    for other in solids[1:]:
        assert other[0] == solids[0][0]
        for a, b in zip(solids[0][1:], other[1:], strict=True):
            np.testing.assert_array_equal(a, b)


def test_lying_cylinders_lie_along_their_own_x():
    import mujoco

    for seed in range(30):
        layout = generate_layout(load_scenario("field"), seed)
        lying = [(n, s) for n, s in enumerate(layout.solids()) if s.lying]
        if lying:
            break
    model = build_mujoco_spec(layout, load_condition("summer")).compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    for n, solid in lying:
        axis = data.geom(f"{solid.kind}.{n}").xmat.reshape(3, 3)[:, 2]
        np.testing.assert_allclose(
            np.abs(axis @ (math.cos(solid.yaw), math.sin(solid.yaw), 0.0)), 1.0, atol=1e-6
        )


def test_pictures_stay_inside_what_is_solid():
    """Nothing that can be flown through at cruise height looks solid: visible parts keep to the
    discs of the layout.
    """
    from liquid_nav.worlds.catalogue import SPECIES, form, parts

    for species, record in SPECIES.items():
        for variant in range(record.variants):
            shape = form(species, variant)
            discs = np.array([d for s in shape.solids for d in s.discs(1.1, 1.9)]).reshape(-1, 3)
            for part in parts(species, variant, "summer"):
                corners = part.mesh.points.reshape(-1, 3)
                corners = corners[(corners[:, 2] > 1.1) & (corners[:, 2] < 1.9)]
                if not len(corners):
                    continue
                away = (
                    np.linalg.norm(corners[:, None, :2] - discs[None, :, :2], axis=2)
                    - discs[None, :, 2]
                )
                assert away.min(axis=1).max() < 0.25, (species, variant, part.name)


@pytest.fixture(scope="module")
def sight():
    return {
        name: views(load_scenario(name), load_condition("summer"), 5, (256, 144))
        for name in ("forest", "field")
    }


def test_the_chair_is_in_the_middle_of_the_near_view(sight):
    for name, (_, near) in sight.items():
        values = near.astype(int)
        red = (values[..., 0] > 110) & (values[..., 1] < 60) & (values[..., 2] < 70)
        assert red.sum() > 150, name
        rows, columns = np.nonzero(red)
        assert abs(columns.mean() - 128) < 25 and 50 < rows.mean() < 125


def test_sky_is_up_and_ground_is_down(sight):
    start = sight["field"][0].astype(float)
    assert start[:20, :, 2].mean() > start[:20, :, 0].mean() + 20
    assert start[-20:, :, 2].mean() < start[-20:, :, 1].mean()


def test_conditions_look_different():
    scenario = load_scenario("forest")
    means = {
        name: views(scenario, load_condition(name), 5, (128, 72))[0].mean() for name in CONDITIONS
    }
    assert means["dusk"] < 0.7 * means["summer"]
    assert means["winter"] > 1.2 * means["summer"]
    assert means["fog"] > means["summer"]


def test_rendering_is_repeatable_and_culling_changes_nothing():
    import mujoco

    layout = generate_layout(load_scenario("forest"), 2)
    spec = build_mujoco_spec(layout, load_condition("summer"))
    viewpoint = spec.worldbody.add_body(
        pos=(0, 0, 1.5), quat=(math.cos(layout.start.yaw / 2), 0, 0, math.sin(layout.start.yaw / 2))
    )
    viewpoint.add_camera(name="front", quat=(0.5, 0.5, -0.5, -0.5), fovy=50.5)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    groups = model.geom_group.copy()
    with CameraRenderer(model, 256, 144) as renderer:
        first, second = renderer.render(data), renderer.render(data)
        assert first.dtype == np.uint8 and first.shape == (144, 256, 3) and first.flags.c_contiguous
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(groups, model.geom_group)
        renderer._radii = renderer._radii + 1000.0
        np.testing.assert_array_equal(first, renderer.render(data))
        with pytest.raises(ValueError, match="no camera"):
            renderer.render(data, "rear")


def test_a_target_and_its_shadow_are_drawn_within_sight_alone():
    """Out of sight the picture is that of a place whose target stands elsewhere; in sight it is the
    usual one.
    """
    scenario = load_scenario("field")
    layout = generate_layout(scenario, 5)
    target = layout.target
    # Near enough for its shadow to be in the picture.
    start = replace(layout.start, x=target.x - 4.0, y=target.y, yaw=0.0)
    layout = replace(layout, start=start)
    distance = math.dist((start.x, start.y, start.z), (target.x, target.y, 0.5))
    behind = replace(
        layout, target=replace(target, x=2.0 * start.x - target.x, y=2.0 * start.y - target.y)
    )

    def seen(layout, sight):
        look = AppearanceSpec(sight=(sight, sight))
        condition = replace(load_condition("summer"), camera=CameraFaults(), appearance=look)
        with World(scenario, 5, condition, layouts=[layout]) as world:
            return world.drones[0].render()

    usual = seen(layout, AppearanceSpec().sight[0])
    np.testing.assert_array_equal(seen(layout, distance + 1.0), usual)
    hidden = seen(layout, distance - 1.0)
    np.testing.assert_array_equal(hidden, seen(behind, distance + 1.0))
    assert (np.abs(hidden.astype(int) - usual).max(axis=-1) > 8).sum() >= 4, "the chair is in view"


def test_camera_faults():
    image = np.full((72, 128, 3), 100, np.uint8)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(apply_camera_faults(image, CameraFaults(0.0, 0.0), rng), image)
    noisy = apply_camera_faults(image, CameraFaults(5.0, 0.0), rng)
    assert 4.0 < noisy.std() < 6.0 and abs(noisy.mean() - 100) < 0.5
    bright = apply_camera_faults(image, CameraFaults(0.0, 0.0, (1.5, 1.5)), rng)
    assert (bright == 150).all()
    fixed = draw_exposure(CameraFaults(exposure=(0.5, 2.0)), 0)
    assert fixed.exposure[0] == fixed.exposure[1]
    edge = np.zeros((72, 128, 3), np.uint8)
    edge[:, 64:] = 200
    assert len(np.unique(apply_camera_faults(edge, CameraFaults(0.0, 2.0), rng))) > 4


def test_contact_sheet():
    sheet = draw_contact_sheet(
        load_scenario("field"), [load_condition("summer"), load_condition("dusk")], [1], (128, 72)
    )
    assert sheet.dtype == np.uint8 and sheet.shape[1] > 2 * 128 and sheet.shape[0] > 2 * 72


def test_a_sheet_shows_the_camera_and_the_veil_of_a_condition():
    """A wider view shows everything smaller, a turned camera shows it elsewhere, a veil pales
    it.
    """
    scenario, size = load_scenario("field"), (128, 72)
    summer = load_condition("summer")
    usual, _ = views(scenario, summer, 5, size)
    for name, changed in (
        ("view", replace(summer, camera=CameraFaults(view=(110.0, 110.0)))),
        ("mounting", replace(summer, camera=CameraFaults(mounting=10.0))),
        ("veil", load_condition("pseudo/stripes")),
    ):
        seen, _ = views(scenario, changed, 5, size)
        assert (np.abs(seen.astype(int) - usual) > 10).mean() > 0.2, name
    np.testing.assert_array_equal(
        views(scenario, load_condition("irregular_frames"), 5, size)[0], usual
    )


def test_a_sheet_leaves_out_a_target_that_is_out_of_sight():
    scenario = load_scenario("field")
    far, near = views(scenario, load_condition("summer"), 5)
    hidden, found = views(scenario, load_condition("pseudo/hidden"), 5)
    np.testing.assert_array_equal(found, near)
    assert 4 <= (np.abs(hidden.astype(int) - far).max(axis=-1) > 8).sum() <= 1000


@pytest.mark.parametrize("name", ["new/sheet.png", "sheet.jpg"])
def test_a_sheet_is_saved_without_a_warning(tmp_path, capfd, name):
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, 30:] = (200, 30, 10)
    save_picture(tmp_path / name, image)
    saved = cv2.imread(str(tmp_path / name))[..., ::-1]
    assert np.abs(saved[:, 40:].astype(int) - (200, 30, 10)).max() < 12 and saved[:, :20].max() < 12
    assert capfd.readouterr().err == ""
    with pytest.raises(UserError, match="does not end in"):
        save_picture(tmp_path / "sheet.bmp", image)
