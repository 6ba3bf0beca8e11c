"""From a layout and a condition to a Gazebo world (SDF 1.9), with the files it needs beside it. No
MuJoCo in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from liquid_nav.errors import UserError
from liquid_nav.geometry import direction
from liquid_nav.worlds.condition import AppearanceSpec, Condition
from liquid_nav.worlds.look import Look, draw_look
from liquid_nav.worlds.meshes import MeshData
from liquid_nav.worlds.pictures import Part
from liquid_nav.worlds.sdf_assets import (
    FOGGY_HALF,
    GROUND_DEEP,
    GROUND_HALF,
    Library,
    ground_mesh,
    merged,
    near_parts,
)
from liquid_nav.worlds.sdf_drone import DroneSpec, add_drone
from liquid_nav.worlds.sdf_look import (
    WALLS,
    ambient_light,
    sky_picture,
    sky_wall,
    wall_place,
)
from liquid_nav.worlds.sdf_xml import add, mesh_visual, plugin, pose, solid_collision, text_of
from liquid_nav.worlds.solids import Solid
from liquid_nav.worlds.targets import TARGETS
from liquid_nav.worlds.textures import Colour
from liquid_nav.worlds.values import Layout

STEP = 0.004
"""s of a physics step; the velocity controller's gains are for this one."""


def world_sdf(
    layout: Layout,
    condition: Condition,
    library: Library,
    engine: str = "ogre2",
    drone: DroneSpec | None = None,
    autopilot: bool = False,
) -> str:
    """Return the world as SDF text and fill ``library`` with the files it refers to.

    Solids are collisions named ``<kind>.<n>`` with the numbers of the embedded world; every item is
    a static model. Without ``drone`` the world has none; with ``autopilot`` it has what the sensors
    of PX4's own drone measure.
    """
    root = Element("sdf", version="1.9")
    world = add(root, "world", name=f"{layout.world}_{layout.seed}")
    physics = add(world, "physics", name="steps", type="ignored")
    add(physics, "max_step_size", STEP)
    add(physics, "real_time_factor", 1.0)
    # Flights in Gazebo refuse invented colours; a world that is only written is without them.
    look = draw_look(layout, replace(condition, appearance=AppearanceSpec()))
    _systems(world, engine, look.horizon)
    if autopilot:
        _autopilot_systems(world)
    _light(world, look)
    _sky(world, library, look)
    ground = _static(world, "ground")
    flat = add(add(add(ground, "collision", name="ground"), "geometry"), "plane")
    add(flat, "normal", (0.0, 0.0, 1.0))
    surface = library.picture("ground", look.ground_texture)
    counted_from = FOGGY_HALF if look.fog > 0 else GROUND_HALF
    uri = library.mesh("ground", lambda: ground_mesh(counted_from))
    mesh_visual(ground, "ground", uri, surface, False, (0.0, 0.0, -GROUND_DEEP))
    number = 0
    for count, item in enumerate(layout.items):
        link = _static(world, f"{item.kind}_{count}", item.x, item.y, item.yaw)
        for solid in item.solids:
            solid_collision(link, f"{solid.kind}.{number}", _local(solid, item.x, item.y, item.yaw))
            number += 1
        _dress(link, library, look, near_parts(item, look), look.tints[count])
    target = layout.target
    link = _static(world, "target", target.x, target.y, target.yaw)
    for solid in target.solids:
        solid_collision(
            link, f"{solid.kind}.{number}", _local(solid, target.x, target.y, target.yaw)
        )
        number += 1
    _dress(link, library, look, TARGETS[target.kind].parts())
    link = _static(world, "undergrowth")
    undergrowth = look.mean_undergrowth(layout)
    for (material, *square), (make, place) in merged(layout.decorations, look).items():
        name = ".".join((material.name, *map(str, square)))
        uri = library.mesh(f"undergrowth.{name}", make)
        surface = library.material(material, look, undergrowth)
        mesh_visual(link, name, uri, surface, False, place)
    if drone is not None:
        start = layout.start
        add_drone(world, drone, start.x, start.y, start.z, start.yaw)
    return text_of(root)


def write_sdf(
    path: Path,
    layout: Layout,
    condition: Condition,
    engine: str = "ogre2",
    drone: DroneSpec | None = None,
    on_file: Callable[[], object] = lambda: None,
    autopilot: bool = False,
) -> int:
    """Write the world to ``path`` and its files into ``<stem>_files`` beside it; returns the number
    of files.

    Raises:
        UserError: the place cannot be written.
    """
    library = Library(f"{path.stem}_files")
    text = world_sdf(layout, condition, library, engine, drone, autopilot)
    try:
        folder = path.parent / library.folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, make in library.files.items():
            (folder / name).write_bytes(make())
            on_file()
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {error.filename}: {error.strerror}", "choose another file with --out"
        ) from error
    return 1 + len(library.files)


def _static(world: Element, name: str, x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> Element:
    model = add(world, "model", name=name)
    add(model, "static", True)
    pose(model, x, y, 0.0, yaw=yaw)
    return add(model, "link", name="link")


def _dress(
    link: Element,
    library: Library,
    look: Look,
    pieces: Iterable[Part],
    tint: Colour = (1.0, 1.0, 1.0),
) -> None:
    for part in pieces:
        uri = library.mesh(part.name, partial(_mesh, part))
        mesh_visual(link, part.name, uri, library.material(part.material, look, tint))


def _mesh(part: Part) -> MeshData:
    return part.mesh


def _local(solid: Solid, x: float, y: float, yaw: float) -> Solid:
    """Return a solid of the world in the frame of a model that stands at (x, y) turned by
    ``yaw``.
    """
    px, py, pz = solid.position
    moved = Solid(solid.kind, solid.shape, (px - x, py - y, pz), solid.size, solid.yaw, solid.lying)
    return moved.placed(0.0, 0.0, -yaw)


def _systems(world: Element, engine: str, sky: Colour) -> None:
    for file, name in (
        ("physics", "Physics"),
        ("user-commands", "UserCommands"),
        ("scene-broadcaster", "SceneBroadcaster"),
        ("imu", "Imu"),
        ("contact", "Contact"),
    ):
        plugin(world, f"gz-sim-{file}-system", f"gz::sim::systems::{name}")
    # The scene's own background may come out black: the sensors' one is what the camera sees.
    plugin(
        world,
        "gz-sim-sensors-system",
        "gz::sim::systems::Sensors",
        render_engine=engine,
        background_color=(*sky, 1.0),
    )


def _autopilot_systems(world: Element) -> None:
    """Add what barometer, compass and GPS of an autopilot's drone measure, at the place where PX4's
    own worlds are.
    """
    for file, name in (
        ("air-pressure", "AirPressure"),
        ("magnetometer", "Magnetometer"),
        ("navsat", "NavSat"),
    ):
        plugin(world, f"gz-sim-{file}-system", f"gz::sim::systems::{name}")
    add(world, "magnetic_field", (6e-06, 2.3e-05, -4.2e-05))
    place = add(world, "spherical_coordinates")
    add(place, "surface_model", "EARTH_WGS84")
    add(place, "world_frame_orientation", "ENU")
    for name, value in (
        ("latitude_deg", 47.397971),
        ("longitude_deg", 8.546164),
        ("elevation", 0.0),
    ):
        add(place, name, value)
    add(place, "heading_deg", 0.0)


def _light(world: Element, look: Look) -> None:
    """Set the sun where the embedded sky of the same seed has it."""
    scene = add(world, "scene")
    add(scene, "ambient", (*ambient_light(look), 1.0))
    add(scene, "background", (*look.horizon, 1.0))
    add(scene, "shadows", True)
    add(scene, "grid", False)
    sun = add(world, "light", name="sun", type="directional")
    add(sun, "cast_shadows", True)
    pose(sun, 0.0, 0.0, 30.0)
    add(sun, "diffuse", (*look.sunlight, 1.0))
    add(sun, "specular", (0.1, 0.1, 0.1, 1.0))
    add(sun, "direction", tuple(-part for part in direction(*look.sun)))


def _sky(world: Element, library: Library, look: Look) -> None:
    """Put the embedded world's sky and its line of trees around: Gazebo's own skies are not in
    every render engine.
    """
    link = _static(world, "sky")
    for face in WALLS:
        surface = library.picture(f"sky.{face}", partial(sky_picture, look, face))
        uri = library.mesh(f"sky.{face}", partial(sky_wall, face))
        mesh_visual(link, f"wall_{face}", uri, {**surface, "shines": True}, False, wall_place(face))
