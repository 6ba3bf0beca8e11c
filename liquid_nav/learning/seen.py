"""What an encoder reports of pictures: target, free space and height, drawn over them.

``python -m liquid_nav.learning.seen PICTURE ... --model MODEL --out seen.png``. The outputs are
those that the encoder was trained to predict (``learning/auxiliary.py``); no policy flies by
them. A model folder that ``train`` wrote has them in ``auxiliary.safetensors``.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import cv2
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from liquid_nav.errors import UserError
from liquid_nav.learning.auxiliary import (
    HEIGHT,
    HEIGHT_UNIT,
    NAMES,
    NEARNESS,
    SCAN,
    SECTOR_SPAN,
    SECTORS,
)
from liquid_nav.policy import Policy, resolve_model

HEAD = "auxiliary.safetensors"
SIZE = (256, 144)
"""Width and height of a picture as it is drawn, pixels."""
PANEL = 60
"""Height of the strip below it, pixels."""
COLUMNS = 4
"""Pictures side by side."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the encoder reports of one picture."""

    bearing: float
    """Of the target, rad, to the left."""
    distance: float
    """Of the target, m."""
    visible: float
    """Probability that the target is seen, 0 to 1."""
    free: np.ndarray
    """float32 [21]: distance of the first thing in each sector from the left to the right, m."""
    height: float
    """Above where the drone should fly, m."""


def save_head(head: nn.Linear, folder: Path) -> None:
    """Write the trained head into a model's folder."""
    save_file(
        {name: value.detach().cpu().contiguous() for name, value in head.state_dict().items()},
        folder / HEAD,
    )
    # safetensors writes for the owner alone; a released model is for all users.
    (folder / HEAD).chmod(0o644)


def load_head(folder: Path) -> nn.Linear:
    """Read the head of a model; raises UserError where the folder has none that fits."""
    try:
        state = load_file(folder / HEAD)
        head = nn.Linear(state["weight"].shape[1], len(NAMES))
        head.load_state_dict(state)
    except (OSError, KeyError, RuntimeError, SafetensorError) as error:
        raise UserError(
            f"{folder} has no {HEAD} that fits: {str(error).splitlines()[0]}",
            "train it with this version, which writes one",
        ) from error
    return head


@torch.inference_mode()
def look(policy: Policy, head: nn.Linear, image: np.ndarray) -> Seen:
    """Return what the encoder reports of a picture, uint8 [H,W,3] RGB."""
    features: Tensor = policy.encoder(policy.preprocess(image)[None])
    values = head(features)[0].numpy()
    near = np.clip(values[SCAN], 1e-3, 1.0)
    return Seen(
        bearing=math.asin(float(np.clip(values[0], -1.0, 1.0))),
        distance=NEARNESS * (1.0 / float(np.clip(values[1], 0.05, 1.0)) - 1.0),
        visible=1.0 / (1.0 + math.exp(-float(values[2]))),
        free=NEARNESS * (1.0 / near - 1.0),
        height=HEIGHT_UNIT * float(values[HEIGHT]),
    )


def draw(image: np.ndarray, seen: Seen, view: float = math.radians(80.0)) -> np.ndarray:
    """Return the picture, uint8 [144 + 60, 256, 3] RGB, with what was reported of it.

    A line where the target is reported, the brighter the surer; below it, bars for the nearness
    of the first thing in each sector, and the numbers. ``view``: horizontal field of view of the
    picture, rad.
    """
    width, height = SIZE
    canvas = np.full((height + PANEL, width, 3), 20, np.uint8)
    canvas[:height] = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
    column = _column(seen.bearing, view)
    shade = int(55 + 200 * seen.visible)
    cv2.line(canvas, (column, 0), (column, height - 1), (shade, shade, 0), 1, cv2.LINE_AA)
    for sector, angle in enumerate(np.linspace(SECTOR_SPAN, -SECTOR_SPAN, SECTORS)):
        tall = int(round((PANEL - 18) * min(1.0, NEARNESS / (NEARNESS + float(seen.free[sector])))))
        middle = _column(angle, view)
        cv2.rectangle(
            canvas,
            (middle - 4, height + PANEL - 16 - tall),
            (middle + 4, height + PANEL - 16),
            (230, 120, 40),
            -1,
        )
    text = f"target {100 * seen.visible:.0f} %, {seen.distance:.0f} m   height {seen.height:+.1f} m"
    cv2.putText(
        canvas,
        text,
        (4, height + PANEL - 4),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.36,
        (235, 235, 235),
        1,
        cv2.LINE_AA,
    )
    return canvas


def _column(angle: float, view: float) -> int:
    """Return the column of the picture that shows an angle to the left of the middle, rad."""
    focal = 0.5 * SIZE[0] / math.tan(0.5 * view)
    return int(round(np.clip(0.5 * SIZE[0] - focal * math.tan(angle), 0, SIZE[0] - 1)))


def read_picture(path: Path) -> np.ndarray:
    """Return the middle of a picture at 16:9, uint8 [H,W,3] RGB; raises UserError without one."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise UserError(
            f"cannot read a picture from {path}",
            "give a file that OpenCV reads: PNG, JPEG, WebP ...",
        )
    rows, columns = pixels.shape[:2]
    wanted = min(rows, columns * SIZE[1] // SIZE[0])
    across = min(columns, wanted * SIZE[0] // SIZE[1])
    if not wanted or not across:
        raise UserError(
            f"{path} has {columns} x {rows} pixels: nothing is left of it at 16:9",
            "give a larger picture",
        )
    top = (rows - wanted) // 2
    left = (columns - across) // 2
    return cv2.cvtColor(pixels[top : top + wanted, left : left + across], cv2.COLOR_BGR2RGB)


def sheet(tiles: list[np.ndarray]) -> np.ndarray:
    """Return tiles of one size in rows of ``COLUMNS``; what is missing of the last row is dark."""
    blank = np.full_like(tiles[0], 20)
    filled = tiles + [blank] * (-len(tiles) % min(COLUMNS, len(tiles)))
    across = min(COLUMNS, len(tiles))
    return np.vstack([np.hstack(filled[i : i + across]) for i in range(0, len(filled), across)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what the encoder of a model reports of pictures; 2 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path, nargs="+", help="files that OpenCV reads")
    parser.add_argument("--model", default="default", help="a name or a folder")
    parser.add_argument("--out", type=Path, default=Path("seen.png"), help="where the sheet goes")
    options = parser.parse_args(arguments)
    try:
        write_sheet(options.pictures, options.model, options.out)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def write_sheet(pictures: list[Path], model: str, out: Path) -> None:
    """Write the sheet of a model; raises UserError for what cannot be read or written."""
    folder = resolve_model(model)
    policy = Policy.load(folder, "torch")
    head = load_head(folder)
    images = [read_picture(path) for path in pictures]
    tiles = [draw(image, look(policy, head, image)) for image in images]
    try:
        written = cv2.imwrite(str(out), cv2.cvtColor(sheet(tiles), cv2.COLOR_RGB2BGR))
    except cv2.error:
        written = False
    if not written:
        raise UserError(f"cannot write {out}", "choose another file, such as seen.png")


if __name__ == "__main__":
    sys.exit(main())
