"""With what a flight was computed: a flight is the same to the last bit only with the same
versions.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from liquid_nav import __version__
from liquid_nav.worlds.backend import choose_backend

PACKAGES = ("numpy", "torch", "mujoco", "opencv-python-headless", "opencv-python")
"""What decides the numbers of a flight. OpenCV has two names; a distribution's own has none."""


def describe_software() -> str:
    """Return versions and the way of drawing in one line, e.g. ``liquid_nav 0.3.0, x86_64, numpy
    2.1.0, egl``.
    """
    choose_backend()
    parts = [f"liquid_nav {__version__}", platform.machine()]
    parts += [f"{name} {found}" for name in PACKAGES if (found := _version(name))]
    return ", ".join([*parts, os.environ.get("MUJOCO_GL", "") or "a window system's OpenGL"])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
