"""The look of an SDF world is that of the embedded world of the same seed."""

import math
from xml.etree import ElementTree

import cv2
import mujoco
import numpy as np
import pytest

from liquid_nav.simulation.camera_renderer import CameraRenderer
from liquid_nav.worlds import generate_layout, load_condition, load_scenario
from liquid_nav.worlds.look import draw_look
from liquid_nav.worlds.meshes import MeshData
from liquid_nav.worlds.mjcf import build_mujoco_spec
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import GROUND_DEEP, PATCH, Library, ground_mesh, merged, wavefront
from liquid_nav.worlds.sdf_drone import DroneSpec
from liquid_nav.worlds.sdf_look import (
    FAR_CLIP,
    SKY_HALF,
    WALLS,
    sky_picture,
    sky_wall,
    wall_place,
)
from liquid_nav.worlds.sky import directions


@pytest.mark.parametrize("scenario, name, seed", [("forest", "summer", 3), ("field", "winter", 8)])
def test_light_ground_and_tints_are_those_of_the_embedded_world(scenario, name, seed):
    layout, condition = generate_layout(load_scenario(scenario), seed), load_condition(name)
    look = draw_look(layout, condition)
    spec = build_mujoco_spec(layout, condition)
    (sun,) = spec.lights
    np.testing.assert_allclose(look.sunlight, sun.diffuse, atol=1e-6)
    east, north = math.cos(look.sun[0]), math.sin(look.sun[0])
    np.testing.assert_allclose(
        np.array((east, north)) * math.cos(look.sun[1]), -sun.dir[:2], atol=1e-6
    )
    textures = {texture.name: np.frombuffer(texture.data, np.uint8) for texture in spec.textures}
    np.testing.assert_array_equal(textures["ground"], look.ground_texture().ravel())
    sky = [sky_picture(look, face).ravel() for face in range(6)]
    np.testing.assert_array_equal(textures["sky"], np.concatenate(sky))
    drawn = [geom for geom in spec.geoms if not geom.contype and geom.material != "shadow"]
    for item, tint in zip(layout.items, look.tints):
        own = [
            geom.rgba[:3]
            for geom in drawn
            if np.allclose(geom.pos[:2], (item.x, item.y), atol=1e-9)
        ]
        # Plain materials have no tint: their geoms keep MuJoCo's grey.
        tinted = [rgba for rgba in own if not np.allclose(rgba, 0.5)]
        assert own
        for rgba in tinted:
            np.testing.assert_allclose(rgba, tint, atol=1e-6)


def test_each_wall_of_the_sky_shows_what_is_seen_in_its_direction():
    seen = directions()
    heights = sorted(wall_place(face)[2] for face in WALLS)
    assert heights == [0.0, 0.0, 0.0, 0.0, SKY_HALF]
    for face in WALLS:
        wall = sky_wall(face)
        points = wall.points + wall_place(face)
        for point, uv in zip(points.reshape(-1, 3), wall.uv.reshape(-1, 2)):
            x, y, z = point / np.linalg.norm(point)
            column, row = np.clip((uv * seen.shape[1]).astype(int), 0, seen.shape[1] - 1)
            np.testing.assert_allclose(seen[face, row, column], (x, z, -y), atol=0.01)
        inwards = np.cross(
            wall.points[:, 1] - wall.points[:, 0], wall.points[:, 2] - wall.points[:, 0]
        )
        assert (np.einsum("ij,ij->i", inwards, points[:, 0]) < 0).all()


def test_the_sky_is_nearer_than_the_camera_sees_from_anywhere():
    radius = max(load_scenario(name).geofence.radius for name in ("forest", "field"))
    assert math.sqrt(3.0) * SKY_HALF + radius < FAR_CLIP


def test_the_sky_shines_by_itself_and_trees_do_not():
    layout, condition = generate_layout(load_scenario("forest"), 1), load_condition("summer")
    root = ElementTree.fromstring(world_sdf(layout, condition, Library("f"), drone=DroneSpec()))
    for model in root.iter("model"):
        for material in model.iter("material"):
            if material.find("pbr") is None:
                continue
            shines = material.find("pbr/metal/emissive_map") is not None
            assert shines == (model.get("name") == "sky")
            assert (material.findtext("diffuse") == "0 0 0 1") == shines


def test_what_is_far_has_its_place_far():
    """The engine ``ogre`` draws from far to near by the places of visuals: sky, ground, then what
    stands on it.
    """
    layout, condition = generate_layout(load_scenario("field"), 3), load_condition("summer")
    world = ElementTree.fromstring(world_sdf(layout, condition, Library("f"))).find("world")
    places = {
        model.get("name"): [
            [float(v) for v in pose.text.split()[:3]] for pose in model.findall("link/visual/pose")
        ]
        for model in world.iter("model")
    }
    assert min(np.linalg.norm(place) for place in places["sky"]) == SKY_HALF > GROUND_DEEP
    assert (
        places["ground"] == [[0.0, 0.0, -GROUND_DEEP]]
        and (ground_mesh().points[..., 2] == GROUND_DEEP).all()
    )
    standing = [(item.x, item.y) for item in (*layout.items, *layout.decorations)]
    assert np.linalg.norm(standing, axis=1).max() + 40.0 < GROUND_DEEP


@pytest.mark.parametrize("name", ["summer", "fog"])
def test_the_ground_has_its_pattern_where_the_embedded_ground_has(name):
    layout, condition = generate_layout(load_scenario("field"), 3), load_condition(name)
    spec, side, height, at = build_mujoco_spec(layout, condition), 160, 4.0, np.array((7.0, -5.0))
    for geom in list(spec.geoms):
        if geom.name != "ground":
            spec.delete(geom)
    spec.worldbody.add_camera(name="down", pos=(*at, height), fovy=80.0)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    with CameraRenderer(model, side, side) as renderer:
        seen = renderer.render(data, "down").astype(float).mean(axis=2)
    places = (np.arange(side) + 0.5) / side * 2.0 - 1.0
    east, north = (
        part * height * math.tan(math.radians(40.0)) for part in np.meshgrid(places, -places)
    )
    library = Library("f")
    world_sdf(layout, condition, library)
    lines = [line.split() for line in library.files["ground.obj"]().decode().splitlines()]
    corners = np.array([fields[1:3] for fields in lines if fields[0] == "v"], dtype=float)
    uv = np.array([fields[1:3] for fields in lines if fields[0] == "vt"], dtype=float)
    laid, *_ = np.linalg.lstsq(np.c_[corners, np.ones(len(corners))], uv, rcond=None)
    u, v = np.moveaxis(
        np.stack((east + at[0], north + at[1], np.ones_like(east)), axis=-1) @ laid, -1, 0
    )
    picture = cv2.imdecode(
        np.frombuffer(library.files["ground.png"](), np.uint8), cv2.IMREAD_COLOR
    ).mean(axis=2)
    rows, columns = (
        ((1.0 - v) % 1.0 * len(picture)).astype(int),
        (u % 1.0 * len(picture)).astype(int),
    )
    ours = cv2.GaussianBlur(picture[rows, columns], (0, 0), 2)
    assert np.corrcoef(cv2.GaussianBlur(seen, (0, 0), 2).ravel(), ours.ravel())[0, 1] > 0.9


def test_patches_of_undergrowth_lie_where_their_plants_are():
    layout = generate_layout(load_scenario("forest"), 1)
    patches, plants = (
        merged(layout.decorations, draw_look(layout, load_condition("summer"))),
        np.array([(item.x, item.y) for item in layout.decorations]),
    )
    points = [make().points.reshape(-1, 3) + place for make, place in patches.values()]
    assert len(points) > 20
    for (make, place), found in zip(patches.values(), points):
        assert (
            np.abs(found - place)[:, :2].max() < PATCH / 2 + 1.5
        )  # a plant reaches beyond its root
        nearest = np.linalg.norm(plants[None] - found[::20, None, :2], axis=-1).min(axis=1)
        assert nearest.max() < 1.5


def test_a_texture_stands_upright():
    """The first row of a picture is at v = 0 in our meshes and at v = 1 in Wavefront files, which
    Gazebo reads.
    """
    points = np.float32([[[0, 0, 0], [1, 0, 0], [0, 0, 1]]])
    uv = np.float32([[[0, 0], [1, 0], [0, 1]]])
    lines = wavefront(MeshData(points, np.zeros_like(points), uv)).decode().splitlines()
    corners = {tuple(map(float, line.split()[1:])) for line in lines if line.startswith("vt ")}
    assert corners == {(0.0, 1.0), (1.0, 1.0), (0.0, 0.0)}


def test_a_picture_of_the_sky_is_written_as_it_is():
    layout, condition = generate_layout(load_scenario("forest"), 1), load_condition("summer")
    library = Library("f")
    world_sdf(layout, condition, library)
    pixels = cv2.imdecode(np.frombuffer(library.files["sky.0.png"](), np.uint8), cv2.IMREAD_COLOR)[
        ..., ::-1
    ]
    np.testing.assert_array_equal(pixels, sky_picture(draw_look(layout, condition), 0))
