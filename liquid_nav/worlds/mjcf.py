"""From a layout and a condition to a MuJoCo model of the place, without a drone."""

import math

import mujoco
import numpy as np

from liquid_nav.worlds.condition import Condition
from liquid_nav.worlds.values import Layout, Solid

SOLID_GROUP, PICTURE_GROUP = 4, 1
COLOURS = {"trunk": (0.35, 0.27, 0.2, 1), "crown": (0.2, 0.42, 0.14, 1), "bush": (0.22, 0.4, 0.12, 1),
           "boulder": (0.5, 0.5, 0.48, 1), "bale": (0.78, 0.68, 0.36, 1), "post": (0.45, 0.36, 0.25, 1),
           "barrel": (0.5, 0.26, 0.15, 1), "chair": (0.8, 0.07, 0.08, 1)}


def _pose(solid: Solid) -> dict:
    c, s = math.cos(solid.yaw / 2), math.sin(solid.yaw / 2)
    size, quat = solid.size, (c, 0.0, 0.0, s)
    kind = getattr(mujoco.mjtGeom, f"mjGEOM_{solid.shape.upper()}")
    if solid.shape == "cylinder":
        size = (size[0], size[2], 0.0)
        if solid.lying:  # turn z onto the yawed x: yaw * (90 degrees about y)
            h = math.sqrt(0.5)
            size, quat = (solid.size[1], solid.size[0], 0.0), (c * h, -s * h, c * h, s * h)
    return {"type": kind, "pos": solid.position, "size": size, "quat": quat}


def build_spec(layout: Layout, condition: Condition) -> mujoco.MjSpec:
    """Return the static world. Geoms of solid things are named ``<kind>.<n>`` (the plane: ``ground``)."""
    spec = mujoco.MjSpec()
    spec.visual.global_.offwidth, spec.visual.global_.offheight = 1280, 960
    spec.visual.quality.shadowsize, spec.visual.quality.offsamples = 0, 0
    spec.visual.quality.numslices, spec.visual.quality.numstacks = 10, 6
    spec.visual.headlight.ambient, spec.visual.headlight.diffuse = (0.4, 0.4, 0.4), (0.2, 0.2, 0.2)
    world = spec.worldbody
    world.add_light(type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, dir=(0.4, 0.3, -0.9), diffuse=(0.7, 0.7, 0.65))
    world.add_geom(name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=(120, 120, 20), rgba=(0.33, 0.36, 0.2, 1),
                   contype=1, conaffinity=0)
    spec.add_texture(name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
                     rgb1=(0.75, 0.83, 0.9), rgb2=(0.3, 0.5, 0.8), width=64, height=384)
    for n, solid in enumerate(layout.solids()):
        pose = _pose(solid)
        world.add_geom(name=f"{solid.kind}.{n}", group=SOLID_GROUP, contype=1, conaffinity=0, **pose)
        world.add_geom(group=PICTURE_GROUP, contype=0, conaffinity=0, rgba=COLOURS.get(solid.kind, (0.5, 0.5, 0.5, 1)),
                       **pose)
    return spec
