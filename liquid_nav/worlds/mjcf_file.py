"""The embedded world as an MJCF file for MuJoCo's own tools, its textures as pictures beside it."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from liquid_nav.errors import UserError
from liquid_nav.worlds.backend import load_mujoco
from liquid_nav.worlds.condition import Condition
from liquid_nav.worlds.mjcf import build_mujoco_spec
from liquid_nav.worlds.sdf_assets import png
from liquid_nav.worlds.values import Layout

mujoco = load_mujoco()

QUOTES = {'"': "&quot;", "'": "&apos;"}
"""What MuJoCo writes for quotes in a path."""

GRID = (3, 4)
"""Rows and columns of the picture of a sky. MuJoCo 3.17 writes a layout of twelve letters whatever
the grid is, and reads back only what has as many places.
"""
GRID_LAYOUT = "RLUDFB......"
"""Which face of the sky stands in each place, row by row; the last six are empty."""


def write_mjcf(path: Path, layout: Layout, condition: Condition) -> int:
    """Write the static world to ``path`` and its textures into ``<stem>_files``; returns the number
    of files.

    Raises:
        UserError: the place cannot be written.
    """
    spec = build_mujoco_spec(layout, condition)
    folder = path.parent / f"{path.stem}_files"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        count = 1
        for texture in spec.textures:
            pixels = np.frombuffer(bytes(texture.data), np.uint8).reshape(
                texture.height, texture.width, 3
            )
            if texture.type == mujoco.mjtTexture.mjTEXTURE_SKYBOX:
                pixels = _grid(pixels)
                texture.gridsize = GRID
                texture.gridlayout = list(GRID_LAYOUT)
            (folder / f"{texture.name}.png").write_bytes(png(pixels))
            texture.file = str((folder / f"{texture.name}.png").resolve())
            texture.data = b""
            count += 1
        spec.compile()
        # MuJoCo reads the textures by absolute paths; in the file they are relative to it.
        absolute, relative = (
            escape(str(place), QUOTES) for place in (folder.resolve(), folder.name)
        )
        text = spec.to_xml().replace(f'file="{absolute}/', f'file="{relative}/')
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {error.filename}: {error.strerror}", "choose another file with --out"
        ) from error
    return count


def _grid(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the six faces [6 N,N,3], which stand below each other, as a picture of ``GRID``."""
    size = faces.shape[1]
    rows, columns = GRID
    places = np.zeros((rows * columns, size, size, 3), np.uint8)
    places[:6] = faces.reshape(6, size, size, 3)
    ordered = places.reshape(rows, columns, size, size, 3).transpose(0, 2, 1, 3, 4)
    return ordered.reshape(rows * size, columns * size, 3)
