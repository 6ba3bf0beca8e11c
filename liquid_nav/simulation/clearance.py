"""Free space around solid things at flight height, and the cheapest way through it, on a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

CELL = 0.2
"""Side of a cell, m."""
MARGIN = 9.0
"""m by which the grid reaches beyond the points that it has to cover."""
FAR = 3.0
"""Clearance is measured up to this many metres."""
HARD = 0.5
"""Closer than this to a surface (m, from the drone's centre) a path is not allowed to plan."""
SOFT = 1.6
"""Closer than this it costs extra."""


class ClearanceGrid:
    """Distance to the nearest surface over the area of one flight.

    clearance: float32 [ny,nx], metres from the cell's centre to the nearest disc's edge, at most
    ``FAR``.
    """

    def __init__(self, discs: np.ndarray, points: np.ndarray) -> None:
        """``discs``: [N,3] x, y, radius in m; ``points``: [K,2] places well inside the grid."""
        low = points.min(axis=0) - MARGIN
        high = points.max(axis=0) + MARGIN
        self.origin = low
        self.shape = tuple(int(n) for n in np.ceil((high - low) / CELL)[::-1] + 1)
        clearance = np.full(self.shape, FAR, dtype=np.float32)
        ys = low[1] + CELL * np.arange(self.shape[0])
        xs = low[0] + CELL * np.arange(self.shape[1])
        for x, y, radius in discs:
            reach = radius + FAR
            j0, j1 = np.searchsorted(xs, (x - reach, x + reach))
            i0, i1 = np.searchsorted(ys, (y - reach, y + reach))
            if i0 == i1 or j0 == j1:
                continue
            distance = np.hypot(xs[None, j0:j1] - x, ys[i0:i1, None] - y) - radius
            np.minimum(clearance[i0:i1, j0:j1], distance, out=clearance[i0:i1, j0:j1])
        self.clearance = clearance

    def index(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return row and column of the nearest cells of ``points`` [...,2], clamped to the grid."""
        ij = np.rint((np.asarray(points) - self.origin) / CELL).astype(int)
        return np.clip(ij[..., 1], 0, self.shape[0] - 1), np.clip(ij[..., 0], 0, self.shape[1] - 1)

    def at(self, points: np.ndarray) -> NDArray[np.float32]:
        """Clearance in m at ``points`` [...,2]."""
        at_points: NDArray[np.float32] = self.clearance[self.index(points)]
        return at_points

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Unit direction [2] in which clearance grows fastest (zero where it is flat)."""
        step = np.array(((CELL, 0.0), (-CELL, 0.0), (0.0, CELL), (0.0, -CELL)))
        east, west, north, south = self.at(point + step)
        g = np.array((east - west, north - south), dtype=np.float64)
        norm = np.linalg.norm(g)
        if norm > 1e-6:
            return g / norm
        return np.zeros(2)

    def ways_to(self, goal: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
        """Cheapest ways from everywhere to the disc of ``radius`` m around ``goal`` [2].

        Returns cost-to-go float64 [ny,nx] (metres, near obstacles more) and the next cell's flat
        index int [ny*nx] (negative at the goal). Cells inside obstacles are passable at a
        prohibitive cost, so that a drone that strayed there is led out.
        """
        ny, nx = self.shape
        near = np.clip((SOFT - self.clearance) / (SOFT - HARD), 0.0, None)
        price = 1.0 + 2.0 * near**2 + np.where(self.clearance < HARD, 30.0, 0.0)
        ids = np.arange(ny * nx).reshape(ny, nx)
        rows = []
        cols = []
        costs = []
        for di, dj in ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)):
            i0 = 0
            i1 = ny - di
            j0 = max(0, -dj)
            j1 = nx - max(0, dj)
            a = np.s_[i0:i1, j0:j1]
            b = np.s_[i0 + di : i1 + di, j0 + dj : j1 + dj]
            rows.append(ids[a].ravel())
            cols.append(ids[b].ravel())
            costs.append((0.5 * np.hypot(di, dj) * CELL * (price[a] + price[b])).ravel())
        graph = coo_matrix(
            (np.concatenate(costs), (np.concatenate(rows), np.concatenate(cols))),
            shape=(ny * nx, ny * nx),
        ).tocsr()
        y, x = np.mgrid[:ny, :nx]
        inside = (
            np.hypot(self.origin[0] + CELL * x - goal[0], self.origin[1] + CELL * y - goal[1])
            <= radius
        )
        sources = ids[inside & (self.clearance >= HARD)]
        if sources.size == 0:
            sources = ids[inside]
        cost, previous, _ = dijkstra(
            graph, directed=False, indices=sources, min_only=True, return_predecessors=True
        )
        return cost.reshape(ny, nx), previous

    def centre(self, flat: np.ndarray | int) -> np.ndarray:
        """World position [...,2] of cells given by flat index."""
        i, j = np.divmod(flat, self.shape[1])
        return np.stack((self.origin[0] + CELL * j, self.origin[1] + CELL * i), axis=-1)

    def along(self, a: np.ndarray, b: np.ndarray) -> float:
        """Smallest clearance in m on the straight segment from ``a`` to ``b``."""
        n = max(2, int(np.ceil(np.linalg.norm(b - a) / (0.5 * CELL))) + 1)
        t = np.linspace(0.0, 1.0, n)[:, None]
        return float(self.at(a + t * (b - a)).min())
