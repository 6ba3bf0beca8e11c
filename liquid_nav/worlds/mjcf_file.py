"""The embedded world as an MJCF file for MuJoCo's own tools, its textures as pictures beside it."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.worlds.backend import load_mujoco
from liquid_nav.worlds.condition import Condition
from liquid_nav.worlds.mjcf import build_mujoco_spec
from liquid_nav.worlds.sdf_assets import png
from liquid_nav.worlds.values import Layout

mujoco = load_mujoco()

QUOTES = {'"': "&quot;", "'": "&apos;"}
"""What MuJoCo writes for quotes in a path."""


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
            (folder / f"{texture.name}.png").write_bytes(png(pixels))
            texture.file = str((folder / f"{texture.name}.png").resolve())
            texture.data = b""
            if texture.type == mujoco.mjtTexture.mjTEXTURE_SKYBOX:
                texture.gridsize = (6, 1)
                texture.gridlayout = list("RLUDFB")
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
