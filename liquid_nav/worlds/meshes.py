"""Low-poly pictures of the forms, as lists of triangles with normals and texture coordinates."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liquid_nav.worlds.forms import Clump

UP = np.array((0.0, 0.0, 1.0))


@dataclass(frozen=True)
class MeshData:
    """Triangles with normals and texture coordinates."""

    points: np.ndarray
    """Corners of the F triangles, float32 [F, 3, 3], m."""
    normals: np.ndarray
    """Normals at the corners, of any length, float32 [F, 3, 3]."""
    uv: np.ndarray
    """Texture coordinates at the corners, float32 [F, 3, 2]."""


def _icosahedron() -> np.ndarray:
    g = (1 + math.sqrt(5)) / 2
    v = np.array(
        [
            (-1, g, 0),
            (1, g, 0),
            (-1, -g, 0),
            (1, -g, 0),
            (0, -1, g),
            (0, 1, g),
            (0, -1, -g),
            (0, 1, -g),
            (g, 0, -1),
            (g, 0, 1),
            (-g, 0, -1),
            (-g, 0, 1),
        ]
    ) / math.hypot(1, g)
    f = [
        (0, 11, 5),
        (0, 5, 1),
        (0, 1, 7),
        (0, 7, 10),
        (0, 10, 11),
        (1, 5, 9),
        (5, 11, 4),
        (11, 10, 2),
        (10, 7, 6),
        (7, 1, 8),
        (3, 9, 4),
        (3, 4, 2),
        (3, 2, 6),
        (3, 6, 8),
        (3, 8, 9),
        (4, 9, 5),
        (2, 4, 11),
        (6, 2, 10),
        (8, 6, 7),
        (9, 8, 1),
    ]
    triangles: NDArray[np.float64] = v[np.array(f)]
    return triangles


def _split(triangles: np.ndarray) -> np.ndarray:
    a = triangles[:, 0]
    b = triangles[:, 1]
    c = triangles[:, 2]
    ab = a + b
    bc = b + c
    ca = c + a
    ab, bc, ca = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (ab, bc, ca))
    return np.concatenate(
        [np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    )


BALLS = (_icosahedron(), _split(_icosahedron()), _split(_split(_icosahedron())))


class Builder:
    """Collects triangles."""

    def __init__(self) -> None:
        """Begin empty."""
        self._points: list[np.ndarray] = []
        self._normals: list[np.ndarray] = []
        self._uv: list[np.ndarray] = []

    def add(
        self, points: ArrayLike, normals: np.ndarray | None = None, uv: np.ndarray | None = None
    ) -> None:
        """Add triangles [F, 3, 3]; flat normals and zero texture coordinates where none are
        given.
        """
        corners = np.asarray(points, dtype=np.float64).reshape(-1, 3, 3)
        if normals is None:
            flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
            normals = np.repeat(flat[:, None], 3, axis=1)
        if uv is None:
            uv = np.zeros((*corners.shape[:2], 2))
        self._points.append(corners)
        self._normals.append(np.broadcast_to(normals, corners.shape))
        self._uv.append(np.broadcast_to(uv, (*corners.shape[:2], 2)))

    def drop_hidden(self, clumps: tuple[Clump, ...], reach: float) -> None:
        """Remove triangles that no camera sees: deep inside other ellipsoids, or facing up high
        above the camera.

        ``reach``: the greatest horizontal distance (m) of a camera from the mesh; its height is at
        most 3 m.
        """
        points, normals, uv = (
            np.concatenate(part) for part in (self._points, self._normals, self._uv)
        )
        keep = np.ones(len(points), dtype=bool)
        for clump in clumps:
            inside = (((points - clump[:3]) / np.asarray(clump[3:])) ** 2).sum(-1) < 0.8
            keep &= ~inside.all(axis=1)
        face = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
        low = points[..., 2].min(axis=1)
        keep &= ~(np.hypot(face[:, 0], face[:, 1]) * reach < face[:, 2] * (low - 3.0))
        self._points = [points[keep]]
        self._normals = [normals[keep]]
        self._uv = [uv[keep]]

    def data(self) -> MeshData:
        """Return everything as one mesh."""
        return MeshData(
            *(
                np.concatenate(part).astype(np.float32)
                for part in (self._points, self._normals, self._uv)
            )
        )

    def tube(
        self,
        centres: np.ndarray,
        radii: np.ndarray,
        sides: int,
        v: np.ndarray | None = None,
        cap: bool = False,
        turns: float = 1.0,
    ) -> None:
        """Add a tube along ``centres`` [K, 3] with ``radii`` [K]; v is the texture coordinate at
        each ring.
        """
        centres = np.asarray(centres, dtype=float)
        radii = np.asarray(radii, dtype=float)
        axis = centres[-1] - centres[0]
        axis = axis / np.linalg.norm(axis)
        aside = (0.0, 1.0, 0.0)
        if abs(axis[0]) < 0.8:
            aside = (1.0, 0.0, 0.0)
        side = np.cross(axis, aside)
        side /= np.linalg.norm(side)
        other = np.cross(axis, side)
        angle = 2 * math.pi * np.arange(sides + 1) / sides
        ring = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
        grid = centres[:, None] + radii[:, None, None] * ring
        if v is None:
            v = np.zeros(len(centres))
        uv = np.stack(
            np.broadcast_arrays(turns * np.arange(sides + 1)[None] / sides, np.asarray(v)[:, None]),
            -1,
        )
        nrm = np.broadcast_to(ring, grid.shape)

        def quads(values: np.ndarray) -> np.ndarray:
            a = values[:-1, :-1]
            b = values[:-1, 1:]
            c = values[1:, 1:]
            d = values[1:, :-1]
            return np.concatenate(
                [
                    np.stack((a, b, c), 2).reshape(-1, 3, values.shape[-1]),
                    np.stack((a, c, d), 2).reshape(-1, 3, values.shape[-1]),
                ]
            )

        self.add(quads(grid), quads(nrm), quads(uv))
        if cap:
            for centre, loop, normal, order in (
                (centres[-1], grid[-1], axis, 1),
                (centres[0], grid[0], -axis, -1),
            ):
                tips = np.stack((np.broadcast_to(centre, loop[:-1].shape), loop[:-1], loop[1:]), 1)
                flat = np.stack(
                    (
                        np.full((sides, 2), 0.5),
                        0.5 + 0.5 * np.stack((np.cos(angle[:-1]), np.sin(angle[:-1])), 1),
                        0.5 + 0.5 * np.stack((np.cos(angle[1:]), np.sin(angle[1:])), 1),
                    ),
                    1,
                )
                self.add(tips[:, ::order], normal, flat[:, ::order])

    def box(
        self,
        centre: ArrayLike,
        half: ArrayLike,
        rotation: np.ndarray | None = None,
        tile: float = 1.0,
    ) -> None:
        """Add a box; texture coordinates in units of ``tile`` metres."""
        if rotation is None:
            rotation = np.eye(3)
        half_ = np.asarray(half)
        centre_ = np.asarray(centre)
        for axis in range(3):
            i = (axis + 1) % 3
            j = (axis + 2) % 3
            for sign in (-1.0, 1.0):
                corner = np.zeros((4, 3))
                corner[:, axis] = sign * half_[axis]
                corner[:, i] = half_[i] * np.array((-1, 1, 1, -1))
                corner[:, j] = half_[j] * np.array((-1, -1, 1, 1))
                # In the order of the axes: upright on the sides.
                uv = corner[:, sorted((i, j))]
                normal = np.zeros(3)
                normal[axis] = sign
                right = np.dot(np.cross(corner[1] - corner[0], corner[2] - corner[0]), normal) > 0
                order = np.array(((0, 1, 2), (0, 2, 3)))
                if not right:
                    order = order[:, (0, 2, 1)]
                points = (corner @ rotation.T + centre_)[order]
                self.add(points, rotation @ normal, (uv / tile + 0.5)[order])

    def ball(
        self,
        clump: Clump,
        level: int,
        rng: np.random.Generator,
        rough: float,
        bottom: float,
        top: float,
        tile: float,
        soft: float = 0.6,
        leaves: int = 0,
        leaf: float = 0.3,
    ) -> None:
        """Add a lumpy ellipsoid; v of the texture runs from ``bottom`` to ``top`` (heights in m).

        ``leaves`` small triangles of size ``leaf`` m stand off the surface, so that its outline is
        ragged.
        """
        centre = np.array(clump[:3])
        half = np.array(clump[3:])
        unit = BALLS[level]
        waves = rng.normal(size=(3, 3)) * 2.2
        phase = rng.uniform(0, 6.28, 3)
        lump = 1.0 + rough * np.sin(unit @ waves.T + phase).mean(-1) * 1.5 - rough * 0.4
        points = centre + unit * lump[..., None] * half
        normals = unit / half
        normals = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
        normals = normals * (1 - 0.35 * soft) + 0.35 * soft * UP
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        turn = np.arctan2(unit[..., 1], unit[..., 0]) / (2 * math.pi)
        turn = np.where(
            turn - turn[:, :1] > 0.5, turn - 1, np.where(turn - turn[:, :1] < -0.5, turn + 1, turn)
        )
        repeat = max(1, round(2 * math.pi * half[0] / tile))
        shift = rng.uniform()
        uv = np.stack(
            (
                turn * repeat + shift,
                np.clip((points[..., 2] - bottom) / (top - bottom), 0.02, 0.98),
            ),
            -1,
        )
        self.add(points, normals, uv)
        if leaves:
            away = rng.normal(size=(leaves, 3))
            away /= np.linalg.norm(away, axis=1, keepdims=True)
            base = centre + away * half * rng.uniform(0.86, 0.99, (leaves, 1))
            first = rng.normal(size=(leaves, 3))
            first = first - 0.6 * (first * away).sum(1, keepdims=True) * away
            first /= np.linalg.norm(first, axis=1, keepdims=True)
            second = np.cross(away, first)
            size = leaf * rng.uniform(0.6, 1.2, (leaves, 1))
            tri = np.stack(
                (
                    base - first * size * 0.5,
                    base + first * size * 0.5 + away * size * 0.15,
                    base + second * size * 0.8 + away * size * 0.35,
                ),
                1,
            )
            height = np.clip(
                (tri[..., 2] - bottom) / (top - bottom) + rng.uniform(-0.12, 0.12, (leaves, 1)),
                0.02,
                0.98,
            )
            uv = np.stack((rng.uniform(size=(leaves, 1)) + np.array((0.0, 0.15, 0.07)), height), -1)
            normal = away * 0.75 + 0.25 * UP + rng.normal(size=(leaves, 3)) * 0.15
            normal /= np.linalg.norm(normal, axis=1, keepdims=True)
            self.add(tri, np.repeat(normal[:, None], 3, 1), uv)

    def blades(
        self,
        roots: np.ndarray,
        tips: np.ndarray,
        width: np.ndarray,
        v: tuple[float, float] = (0.0, 1.0),
        u: np.ndarray | None = None,
    ) -> None:
        """Add upright triangles from ``roots`` to ``tips`` [N, 3], lit as if they looked up."""
        lean = tips - roots
        side = np.cross(lean, UP)
        flat = np.linalg.norm(side, axis=1, keepdims=True) < 1e-6
        side = np.where(
            flat,
            (1.0, 0.0, 0.0),
            side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6),
        )
        tri = np.stack(
            (roots - side * width[:, None] / 2, roots + side * width[:, None] / 2, tips), 1
        )
        if u is None:
            u = np.zeros(len(roots))
        uv = np.stack(
            (np.repeat(u[:, None], 3, 1), np.broadcast_to((v[0], v[0], v[1]), (len(roots), 3))), -1
        )
        self.add(tri, np.broadcast_to(UP, tri.shape), uv)
