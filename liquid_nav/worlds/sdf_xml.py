"""The few shapes of XML that an SDF file consists of."""

from __future__ import annotations

import math
from typing import TypedDict
from xml.etree import ElementTree

from liquid_nav.worlds.solids import Solid

Element = ElementTree.Element


class Coloured(TypedDict):
    """What every surface has."""

    colour: tuple[float, float, float]
    """Red, green and blue, 0 to 1; a factor on the texture, where there is one."""


class Surface(Coloured, total=False):
    """The material of a mesh."""

    texture: str
    """URI of a picture; missing: a plain colour."""
    shines: bool
    """Whether it has its colour whatever the light; missing: it does not."""


def number(value: float) -> str:
    """Return a number as SDF takes it: ten significant digits, no minus zero."""
    return f"{float(value) + 0.0:.10g}"


def numbers(*values: float) -> str:
    """Return numbers separated by spaces."""
    return " ".join(number(value) for value in values)


def add(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    """Append a child; booleans become true and false, numbers and tuples of numbers are written as
    SDF takes them.
    """
    child = ElementTree.SubElement(parent, tag, attributes)
    if isinstance(text, bool):
        child.text = "true" if text else "false"
    elif isinstance(text, (int, float)):
        child.text = number(text)
    elif isinstance(text, tuple):
        child.text = numbers(*text)
    elif text is not None:
        child.text = str(text)
    return child


def pose(
    parent: Element,
    x: float,
    y: float,
    z: float,
    roll: float = 0.0,
    pitch: float = 0.0,
    yaw: float = 0.0,
) -> None:
    """Append a pose (m, rad); rotation is yaw after pitch after roll."""
    add(parent, "pose", (x, y, z, roll, pitch, yaw))


def plugin(parent: Element, filename: str, name: str, **settings: object) -> Element:
    """Append a plugin of Gazebo (``gz-sim-*``) with flat settings."""
    child = add(parent, "plugin", filename=filename, name=name)
    for key, value in settings.items():
        add(child, key, value)
    return child


def mesh_visual(
    link: Element,
    name: str,
    uri: str,
    material: Surface,
    shadows: bool = True,
    place: tuple[float, ...] = (),
) -> None:
    """Append a mesh with its material.

    ``place``: m in the frame of the link; the engine ``ogre`` draws what has a texture from far to
    near by these places, and without a depth buffer.
    """
    # Names are unique among all children of a link.
    visual = add(link, "visual", name=f"{name}_visual")
    if place:
        pose(visual, *place)
    add(visual, "cast_shadows", shadows)
    add(add(add(visual, "geometry"), "mesh"), "uri", uri)
    surface = add(visual, "material")
    colour = (*material["colour"], 1.0)
    black = (0.0, 0.0, 0.0, 1.0)
    lit = colour
    own = black
    if material.get("shines"):
        lit = black
        own = colour
    add(surface, "ambient", lit)
    add(surface, "diffuse", lit)
    add(surface, "specular", black)  # as in the embedded world
    add(surface, "emissive", own)
    add(surface, "double_sided", False)  # as in the embedded world
    if material.get("texture"):
        metal = add(add(surface, "pbr"), "metal")
        add(metal, "albedo_map", material["texture"])
        if material.get("shines"):
            add(metal, "emissive_map", material["texture"])
        add(metal, "metalness", 0.0)
        add(metal, "roughness", 0.95)


def solid_collision(link: Element, name: str, solid: Solid) -> None:
    """Append a solid, given in the frame of the link, as a collision of the same shape and size."""
    collision = add(link, "collision", name=name)
    radius, _, half = solid.size
    pitch = 0.0
    if solid.shape == "cylinder" and solid.lying:
        half, radius, _ = solid.size
        pitch = math.pi / 2
    pose(collision, *solid.position, 0.0, pitch, solid.yaw)
    shape = add(add(collision, "geometry"), solid.shape)
    if solid.shape == "box":
        add(shape, "size", tuple(2.0 * extent for extent in solid.size))
    elif solid.shape == "ellipsoid":
        add(shape, "radii", solid.size)
    else:
        add(shape, "radius", radius)
        add(shape, "length", 2.0 * half)


def text_of(root: Element) -> str:
    """Return the document, indented."""
    ElementTree.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + ElementTree.tostring(root, encoding="unicode")
        + "\n"
    )
