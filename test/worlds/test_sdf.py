"""SDF worlds: the real parser accepts them, and everything stands where it stands in the embedded
world.
"""

import math
import shutil
import subprocess
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest

from liquid_nav.worlds import CameraConfig, generate_layout, load_condition, load_scenario
from liquid_nav.worlds.meshes import MeshData
from liquid_nav.worlds.mjcf import build_mujoco_spec
from liquid_nav.worlds.mjcf_file import write_mjcf
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import Library, wavefront
from liquid_nav.worlds.sdf_drone import DroneSpec

SEEDS = range(10)
SCENARIOS = ("forest", "field")
needs_parser = pytest.mark.skipif(
    shutil.which("ign") is None and shutil.which("gz") is None,
    reason="no SDF parser: apt-get install ignition-tools libsdformat-dev sdformat-sdf",
)


def text_of(scenario, seed, condition="summer", **more):
    layout = generate_layout(load_scenario(scenario), seed)
    library = Library("files")
    more.setdefault("drone", DroneSpec())
    return layout, library, world_sdf(layout, load_condition(condition), library, **more)


def rotation(roll, pitch, yaw):
    cr, sr, cp, sp, cy, sy = (f(a) for a in (roll, pitch, yaw) for f in (math.cos, math.sin))
    x = np.array(((1, 0, 0), (0, cr, -sr), (0, sr, cr)))
    y = np.array(((cp, 0, sp), (0, 1, 0), (-sp, 0, cp)))
    z = np.array(((cy, -sy, 0), (sy, cy, 0), (0, 0, 1)))
    return z @ y @ x


def pose_of(element):
    values = [float(value) for value in (element.findtext("pose") or "0 0 0 0 0 0").split()]
    return np.array(values[:3]), rotation(*values[3:])


def collisions(text):
    """Return {name: (shape, sizes, position, rotation)} in the world's frame of everything but
    ground and drone.
    """
    found = {}
    for model in ElementTree.fromstring(text).iter("model"):
        if model.get("name") in ("ground", "drone", "drone_stand"):
            continue
        origin, turn = pose_of(model)
        for collision in model.iter("collision"):
            shape = collision.find("geometry")[0]
            sizes = [float(v) for child in shape for v in child.text.split()]
            position, rotation = pose_of(collision)
            found[collision.get("name")] = (
                shape.tag,
                sizes,
                origin + turn @ position,
                turn @ rotation,
            )
    return found


def embedded(layout):
    """Return the same of the embedded world."""
    found = {}
    for geom in build_mujoco_spec(layout, load_condition("summer")).geoms:
        if geom.contype and geom.name != "ground":
            kind = geom.type.name.removeprefix("mjGEOM_").lower()
            a, b, c = geom.size
            sizes = {"cylinder": [a, 2 * b], "ellipsoid": [a, b, c], "box": [2 * a, 2 * b, 2 * c]}[
                kind
            ]
            axes = np.zeros(9)
            mujoco.mju_quat2Mat(axes, geom.quat)
            found[geom.name] = kind, sizes, geom.pos, axes.reshape(3, 3)
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("seed", (0, 7))
def test_every_solid_is_where_it_is_in_the_embedded_world(scenario, seed):
    layout, _, text = text_of(scenario, seed)
    ours, theirs = collisions(text), embedded(layout)
    assert set(ours) == set(theirs) and len(ours) == len(layout.solids())
    for name, (shape, sizes, position, turn) in theirs.items():
        kind, lengths, place, axes = ours[name]
        assert kind == shape, name
        np.testing.assert_allclose(lengths, sizes, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(place, position, atol=1e-6, err_msg=name)
        # A cylinder may be turned about its own axis.
        columns = [2] if kind == "cylinder" else [0, 1, 2]
        np.testing.assert_allclose(axes[:, columns], turn[:, columns], atol=1e-6, err_msg=name)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_tree_and_the_target_are_models(scenario):
    for seed in SEEDS:
        layout, _, text = text_of(scenario, seed)
        models = {model.get("name"): model for model in ElementTree.fromstring(text).iter("model")}
        for count, item in enumerate(layout.items):
            position, turn = pose_of(models[f"{item.kind}_{count}"])
            np.testing.assert_allclose(position, (item.x, item.y, 0.0), atol=1e-6)
            np.testing.assert_allclose(turn, rotation(0, 0, item.yaw), atol=1e-6)
        position, turn = pose_of(models["target"])
        np.testing.assert_allclose(position[:2], (layout.target.x, layout.target.y), atol=1e-6)
        position, turn = pose_of(models["drone"])
        start = layout.start
        np.testing.assert_allclose(position, (start.x, start.y, start.z), atol=1e-6)
        np.testing.assert_allclose(turn, rotation(0, 0, start.yaw), atol=1e-6)


def check(path):
    program = "ign" if shutil.which("ign") else "gz"
    return subprocess.run(
        [program, "sdf", "-k", str(path)], capture_output=True, text=True, timeout=280
    )


@needs_parser
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_real_parser_accepts_ten_seeds(scenario, seed, tmp_path):
    path = tmp_path / "world.sdf"
    path.write_text(text_of(scenario, seed)[2])
    result = check(path)
    assert result.returncode == 0 and "Valid." in result.stdout, result.stderr[-2000:]
    assert "Warning" not in result.stderr, result.stderr


@needs_parser
@pytest.mark.parametrize(
    "more",
    [
        {"drone": None},
        {"engine": "ogre"},
        {"condition": "winter"},
        {"drone": None, "autopilot": True},
    ],
)
def test_the_real_parser_accepts_the_variants(more, tmp_path):
    path = tmp_path / "world.sdf"
    path.write_text(text_of("field", 3, **more)[2])
    assert check(path).returncode == 0


@needs_parser
def test_the_real_parser_would_notice(tmp_path):
    path = tmp_path / "world.sdf"
    path.write_text(text_of("field", 3)[2].replace('name="target"', 'name="ground"'))
    result = check(path)
    assert result.returncode != 0 and "Valid." not in result.stdout


def test_every_file_that_is_named_is_kept():
    _, library, text = text_of("forest", 1)
    named = {
        element.text
        for kind in ("uri", "albedo_map")
        for element in ElementTree.fromstring(text).iter(kind)
    }
    assert named == {f"files/{name}" for name in library.files}
    assert "http" not in text and "model://" not in text


def test_a_season_without_flowers_has_none():
    _, summer, _ = text_of("field", 3)
    _, winter, _ = text_of("field", 3, condition="winter")
    poppies = [
        [name for name in library.files if name.startswith("undergrowth.poppy")]
        for library in (summer, winter)
    ]
    assert poppies[0] and not poppies[1]


def test_a_mesh_survives_its_file():
    points = np.float32([[[0, 0, 0], [1, 0, 0], [0, 2, 0]], [[1, 0, 0], [0, 2, 0], [1, 2, 0.5]]])
    normals = np.broadcast_to(np.float32((0, 0, 1)), points.shape)
    lines = wavefront(MeshData(points, normals, points[..., :2])).decode().splitlines()
    corners = np.array([line.split()[1:] for line in lines if line.startswith("v ")], dtype=float)
    faces = [
        [int(field.split("/")[0]) - 1 for field in line.split()[1:]]
        for line in lines
        if line.startswith("f ")
    ]
    assert len(corners) == 4
    np.testing.assert_allclose(corners[faces], points, atol=1e-4)


def test_the_drone_is_controlled_and_senses_like_the_embedded_one():
    _, _, text = text_of("forest", 1)
    drone = next(
        model
        for model in ElementTree.fromstring(text).iter("model")
        if model.get("name") == "drone"
    )
    plugins = [plugin.get("name").split("::")[-1] for plugin in drone.iter("plugin")]
    assert plugins.count("MulticopterMotorModel") == 4
    assert "MulticopterVelocityControl" in plugins and "OdometryPublisher" in plugins
    thrust = sum(
        float(plugin.findtext("motorConstant")) * float(plugin.findtext("maxRotVelocity")) ** 2
        for plugin in drone.iter("plugin")
        if plugin.find("maxRotVelocity") is not None
    )
    mass = sum(float(link.findtext("inertial/mass")) for link in drone.iter("link"))
    assert 2.0 < thrust / (9.8 * mass) < 2.6  # as a real X500, and enough to turn without sinking
    sensors = {sensor.get("type"): sensor for sensor in drone.iter("sensor")}
    assert set(sensors) == {"camera", "imu", "contact"}
    camera = sensors["camera"].find("camera")
    assert float(camera.findtext("horizontal_fov")) == pytest.approx(math.radians(80))
    assert (camera.findtext("image/width"), camera.findtext("image/height")) == ("256", "144")
    assert float(sensors["camera"].findtext("pose").split()[4]) == pytest.approx(math.radians(10))
    mask = int(camera.findtext("visibility_mask"))
    assert [int(flags.text) & mask for flags in drone.iter("visibility_flags")] == [0] * len(
        list(drone.iter("visual"))
    )
    assert sensors["imu"].findtext("imu/orientation_reference_frame/localization") == "ENU"


@pytest.mark.parametrize("name", ["plain", 'a & b\'s "c"'])
def test_the_mjcf_file_is_the_embedded_world_wherever_its_folder_is_moved(tmp_path, name):
    layout, condition = generate_layout(load_scenario("field"), 3), load_condition("summer")
    (tmp_path / name).mkdir()
    write_mjcf(tmp_path / name / f"{name}.xml", layout, condition)
    moved = (tmp_path / name).rename(tmp_path / "moved")
    written = mujoco.MjModel.from_xml_path(str(moved / f"{name}.xml"))
    model = build_mujoco_spec(layout, condition).compile()
    assert written.ngeom == model.ngeom
    np.testing.assert_allclose(written.geom_pos, model.geom_pos, atol=1e-3)
    np.testing.assert_array_equal(written.tex_data, model.tex_data)


def test_a_turned_camera_looks_where_the_embedded_one_looks():
    """MuJoCo's camera looks along its -z with +y up, Gazebo's along its +x with +z up."""
    from liquid_nav.simulation.airframe import add_drone
    from liquid_nav.simulation.response import DroneResponse
    from liquid_nav.worlds import CameraFaults

    faults = CameraFaults(mounting=7.0, view=(60.0, 100.0))
    for seed in range(5):
        camera = CameraConfig().of(faults, seed)
        spec = mujoco.MjSpec()
        add_drone(spec, DroneResponse(), camera)
        model = spec.compile()
        embedded = np.zeros(9)
        mujoco.mju_quat2Mat(embedded, model.cam_quat[0])
        embedded = embedded.reshape(3, 3)
        text = text_of("field", 1, drone=DroneSpec(camera=camera))[2]
        sensor = next(
            s for s in ElementTree.fromstring(text).iter("sensor") if s.get("name") == "camera"
        )
        _, gazebo = pose_of(sensor)
        np.testing.assert_allclose(gazebo[:, 0], -embedded[:, 2], atol=1e-6)
        np.testing.assert_allclose(gazebo[:, 2], embedded[:, 1], atol=1e-6)
        assert float(sensor.findtext("camera/horizontal_fov")) == pytest.approx(camera.fov)
        assert math.radians(model.cam_fovy[0]) == pytest.approx(camera.vertical_fov)
