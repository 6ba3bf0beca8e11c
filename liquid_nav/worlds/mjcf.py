"""From a layout and a condition to a MuJoCo model of the place, without a drone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from liquid_nav.geometry import attitude_from_yaw, direction, multiply
from liquid_nav.worlds.backend import load_mujoco
from liquid_nav.worlds.catalogue import SPECIES
from liquid_nav.worlds.condition import Condition
from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.look import Look, draw_look
from liquid_nav.worlds.materials import TILE, Material
from liquid_nav.worlds.pictures import SHADOW, Part, shadow_part
from liquid_nav.worlds.solids import Solid
from liquid_nav.worlds.targets import TARGETS
from liquid_nav.worlds.values import TARGET_GEOM_PREFIX, Layout

if TYPE_CHECKING:
    from mujoco import MjSpec, mjtTexture

mujoco = load_mujoco()

EXTENT = 20.0
"""m; MuJoCo's unit for fog and clipping distances."""


def _pose(solid: Solid) -> dict[str, Any]:
    size = solid.size
    quat = attitude_from_yaw(solid.yaw)
    kind = getattr(mujoco.mjtGeom, f"mjGEOM_{solid.shape.upper()}")
    if solid.shape == "cylinder":
        size = (size[0], size[2], 0.0)
        if solid.lying:  # turn z onto the yawed x: yaw * (90 degrees about y)
            h = math.sqrt(0.5)
            size = (solid.size[1], solid.size[0], 0.0)
            quat = multiply(quat, np.array((h, 0.0, h, 0.0)))
    return {"type": kind, "pos": solid.position, "size": size, "quat": quat}


class _Assets:
    """Adds every mesh, texture and material once."""

    def __init__(self, spec: MjSpec, look: Look) -> None:
        self.spec = spec
        self.look = look
        self._names: set[str] = set()

    def texture(
        self,
        name: str,
        pixels: np.ndarray,
        kind: mjtTexture = mujoco.mjtTexture.mjTEXTURE_2D,
    ) -> str:
        added = self.spec.add_texture(
            name=name, type=kind, width=pixels.shape[1], height=pixels.shape[0], nchannel=3
        )
        added.data = pixels.tobytes()
        return name

    def material(self, material: Material) -> str:
        name = material.name
        if name in self._names:
            return name
        self._names.add(name)
        if material.colour is not None:
            colour = self.look.colour(material)
            self.spec.add_material(name=name, rgba=(*colour, 1), specular=0.1, shininess=0.1)
            return name
        self.texture(name, self.look.texture(material))
        self.surface(name, name)
        return name

    def surface(self, name: str, texture: str, **more: object) -> None:
        material = self.spec.add_material(
            name=name, rgba=(1, 1, 1, 1), specular=0.0, shininess=0.0, **more
        )
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture

    def mesh(self, part: Part) -> str:
        if part.name not in self._names:
            self._names.add(part.name)
            data = part.mesh
            count = data.points.shape[0] * 3
            self.spec.add_mesh(
                name=part.name,
                uservert=data.points.ravel(),
                usernormal=data.normals.ravel(),
                usertexcoord=data.uv.ravel(),
                userface=np.arange(count, dtype=np.int32),
                inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
            )
        return part.name


def _light(spec: MjSpec, look: Look) -> None:
    spec.worldbody.add_light(
        name="sun",
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        dir=tuple(-part for part in direction(*look.sun)),
        castshadow=False,
        diffuse=look.sunlight,
        specular=(0.1, 0.1, 0.1),
        ambient=look.ambient,
    )
    head = spec.visual.headlight
    head.active = 1
    head.ambient = (0.0,) * 3
    head.specular = (0.0,) * 3
    head.diffuse = look.headlight


def _shadows(spec: MjSpec, assets: _Assets, layout: Layout, look: Look) -> None:
    """Lay dark soft patches on the ground where things keep the sun off: pictures only."""
    spec.add_material(name=SHADOW.name, rgba=(0, 0, 0, look.shadow), specular=0.0, shininess=0.0)
    azimuth, _ = look.sun
    turn = attitude_from_yaw(azimuth)
    places = [("", item.x, item.y, SPECIES[item.species].shadow) for item in layout.items]
    target = layout.target
    places.append((f"{TARGET_GEOM_PREFIX}shadow", target.x, target.y, TARGETS[target.kind].shadow))
    for name, x, y, half in places:
        if half == 0.0:
            continue
        part = shadow_part(round(half, 2))
        away = 0.35 * half
        spec.worldbody.add_geom(
            name=name,
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=assets.mesh(part),
            material=part.material.name,
            group=part.group,
            pos=(x - away * math.cos(azimuth), y - away * math.sin(azimuth), 0.0),
            quat=turn,
            contype=0,
            conaffinity=0,
        )


def build_mujoco_spec(layout: Layout, condition: Condition) -> MjSpec:
    """Return the static world in a condition, see ``spec_of_look``."""
    return spec_of_look(layout, draw_look(layout, condition))


def spec_of_look(layout: Layout, look: Look) -> MjSpec:
    """Return the static world as it looks. Geoms of solid things are named ``<kind>.<n>`` (the
    plane: ``ground``).
    """
    spec = mujoco.MjSpec()
    view = spec.visual
    view.global_.offwidth = 1280
    view.global_.offheight = 960
    view.quality.shadowsize = 0
    view.quality.offsamples = 0
    view.quality.numslices = 10
    view.quality.numstacks = 6
    spec.stat.extent = EXTENT
    spec.stat.center = (0, 0, 0)
    view.map.znear = 0.05 / EXTENT
    view.map.zfar = 250.0 / EXTENT
    view.rgba.fog = (*look.fog_colour, float(look.fog > 0))
    if look.fog > 0:
        view.map.fogstart = 0.0
        view.map.fogend = 3.0 / look.fog / EXTENT
    _light(spec, look)
    assets = _Assets(spec, look)
    assets.texture("sky", look.sky_texture(), mujoco.mjtTexture.mjTEXTURE_SKYBOX)
    assets.texture("ground", look.ground_texture())
    assets.surface("ground", "ground", texuniform=True, texrepeat=(1 / TILE, 1 / TILE))
    world = spec.worldbody
    size = (120, 120, 12)
    if look.fog > 0:  # fog is computed at the corners of the grid
        size = (60, 60, 2)
    world.add_geom(
        name="ground",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=size,
        material="ground",
        contype=1,
        conaffinity=0,
    )
    _shadows(spec, assets, layout, look)
    for n, solid in enumerate(layout.solids()):
        world.add_geom(
            name=f"{solid.kind}.{n}",
            group=GeomGroup.SOLID,
            contype=1,
            conaffinity=0,
            **_pose(solid),
        )
    items = (*layout.items, *layout.decorations)
    for item, tint in zip(items, (*look.tints, *look.undergrowth)):
        quat = attitude_from_yaw(item.yaw)
        for part in look.parts(item):
            colour: dict[str, Any] = {}
            if part.material.colour is None:
                colour["rgba"] = (*tint, 1.0)
            world.add_geom(
                type=mujoco.mjtGeom.mjGEOM_MESH,
                meshname=assets.mesh(part),
                pos=(item.x, item.y, 0.0),
                quat=quat,
                material=assets.material(part.material),
                group=part.group,
                contype=0,
                conaffinity=0,
                **colour,
            )
    target = layout.target
    quat = attitude_from_yaw(target.yaw)
    for n, part in enumerate(TARGETS[target.kind].parts()):
        world.add_geom(
            name=f"{TARGET_GEOM_PREFIX}{n}",
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=assets.mesh(part),
            pos=(target.x, target.y, 0.0),
            quat=quat,
            material=assets.material(part.material),
            group=part.group,
            contype=0,
            conaffinity=0,
        )
    return spec
