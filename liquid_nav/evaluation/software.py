"""The software of a flight: only with the same versions is a flight the same to the last bit."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from liquid_nav import __version__
from liquid_nav.worlds import choose_rendering_backend

PACKAGES = ("numpy", "torch", "mujoco", "opencv-python-headless", "opencv-python")
"""Packages that the numbers of a flight depend on. OpenCV has two names on PyPI; that of a Linux
distribution has no metadata.
"""


def describe_software() -> str:
    """Return versions and the OpenGL backend in one line.

    E.g. ``liquid_nav 0.3.0, x86_64, numpy 2.1.0, egl``.
    """
    choose_rendering_backend()
    parts = [f"liquid_nav {__version__}", platform.machine()]
    parts += [f"{name} {found}" for name in PACKAGES if (found := _version(name))]
    return ", ".join([*parts, os.environ.get("MUJOCO_GL", "") or "a window system's OpenGL"])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
