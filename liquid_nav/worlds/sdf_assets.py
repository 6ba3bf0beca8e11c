"""Meshes and textures that lie beside an SDF world: Wavefront files and PNG pictures, made like the
embedded ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import cv2
import numpy as np

from liquid_nav.geometry import rotation_about_z
from liquid_nav.worlds.geom_groups import GeomGroup
from liquid_nav.worlds.look import Look
from liquid_nav.worlds.materials import TILE, Material
from liquid_nav.worlds.meshes import MeshData
from liquid_nav.worlds.pictures import Part
from liquid_nav.worlds.sdf_xml import Surface
from liquid_nav.worlds.textures import Colour
from liquid_nav.worlds.values import LayoutItem

GROUND_HALF = 120.0
"""m from the origin to the edge of the ground."""
FOGGY_HALF = 60.0
"""m from the origin to the edge of the embedded ground in fog."""
GROUND_DEEP = 300.0
"""m from the ground down to its mesh's origin: farther than all that stands on it, nearer than the
sky.
"""
PATCH = 6.0
"""m, side of the squares into which the undergrowth is cut."""


def wavefront(mesh: MeshData) -> bytes:
    """Return a mesh as a Wavefront OBJ without material; equal corners are written once."""
    rows = np.concatenate((mesh.points, mesh.normals, mesh.uv), axis=2).reshape(-1, 8)
    # Wavefront counts from the lowest row of a picture, ours from the highest.
    rows[:, 7] = 1.0 - rows[:, 7]
    corners, index = np.unique(np.round(rows, 4) + 0.0, axis=0, return_inverse=True)
    text = "# generated\n"
    for key, columns in (("v", slice(0, 3)), ("vn", slice(3, 6)), ("vt", slice(6, 8))):
        values = corners[:, columns]
        row = " ".join([key, *["%.4g"] * values.shape[1]]) + "\n"
        text += row * len(values) % tuple(values.ravel())
    faces = np.repeat(index.reshape(-1) + 1, 3)
    return (text + "f %d/%d/%d %d/%d/%d %d/%d/%d\n" * (len(faces) // 9) % tuple(faces)).encode()


def ground_mesh(counted_from: float = GROUND_HALF) -> MeshData:
    """Return the square of ground ``GROUND_DEEP`` above its own origin, its texture where MuJoCo
    lays it.

    MuJoCo takes twice the size that a material names, and begins at the plane's west and north
    edges: ``counted_from`` is m from the origin to these, in the embedded world.
    """
    h = GROUND_HALF
    z = GROUND_DEEP
    corners = np.array(((-h, -h, z), (h, -h, z), (h, h, z), (-h, h, z)), dtype=np.float32)
    points = corners[[[0, 1, 2], [0, 2, 3]]]
    uv = (counted_from + points[..., :2] * np.array((1, -1), np.float32)) / np.float32(2 * TILE)
    normals = np.broadcast_to(np.array((0, 0, 1), np.float32), points.shape)
    return MeshData(points, normals, uv)


def png(pixels: np.ndarray) -> bytes:
    """Return uint8 [H, W, 3] RGB as a PNG file."""
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


def near_parts(item: LayoutItem, look: Look) -> list[Part]:
    """Return what an item looks like from near; SDF has no levels of detail."""
    return [part for part in look.parts(item) if part.group != GeomGroup.FAR]


def merged(
    items: Iterable[LayoutItem], look: Look
) -> dict[tuple[Material, int, int], tuple[Callable[[], MeshData], tuple[float, float, float]]]:
    """Return everything that is only looked at as one mesh for each material and square of
    ``PATCH``.

    By material and square: what makes the mesh (m from the middle of the square), and where that
    middle is.
    """
    found: dict[tuple[Material, int, int], list[tuple[LayoutItem, Part]]] = {}
    for item in items:
        for part in near_parts(item, look):
            found.setdefault(
                (part.material, round(item.x / PATCH), round(item.y / PATCH)), []
            ).append((item, part))
    return {
        key: (
            partial(_together, pieces, key[1] * PATCH, key[2] * PATCH),
            (key[1] * PATCH, key[2] * PATCH, 0.0),
        )
        for key, pieces in sorted(found.items(), key=_by_name)
    }


def _by_name(entry: tuple[tuple[Material, int, int], object]) -> tuple[str, int, int]:
    (material, east, north), _ = entry
    return material.name, east, north


def _together(pieces: list[tuple[LayoutItem, Part]], x: float, y: float) -> MeshData:
    moved = []
    for item, part in pieces:
        turn = rotation_about_z(-item.yaw)
        moved.append(
            (
                part.mesh.points @ turn + (item.x - x, item.y - y, 0.0),
                part.mesh.normals @ turn,
                part.mesh.uv,
            )
        )
    return MeshData(*(np.concatenate(arrays) for arrays in zip(*moved)))


class Library:
    """Collects the files of one world, made when they are written; hands out URIs relative to the
    SDF file.
    """

    def __init__(self, folder: str) -> None:
        """``folder``: name of the folder beside the SDF file."""
        self.folder = folder
        self.files: dict[str, Callable[[], bytes]] = {}

    def mesh(self, name: str, make: Callable[[], MeshData]) -> str:
        """Keep a mesh; returns its URI."""
        return self._keep(f"{name}.obj", lambda: wavefront(make()))

    def material(self, material: Material, look: Look, tint: Colour = (1.0, 1.0, 1.0)) -> Surface:
        """Return the colour, or the texture and its tint, of a material of the embedded world."""
        if material.colour is not None:
            return {"colour": look.colour(material)}
        picture = self.picture(material.name, lambda: look.texture(material))
        return {**picture, "colour": tint}

    def picture(self, name: str, make: Callable[[], np.ndarray]) -> Surface:
        """Keep a texture; returns the material that shows it."""
        return {
            "colour": (1.0, 1.0, 1.0),
            "texture": self._keep(f"{name}.png", lambda: png(make())),
        }

    def _keep(self, name: str, make: Callable[[], bytes]) -> str:
        self.files.setdefault(name, make)
        return f"{self.folder}/{name}"
