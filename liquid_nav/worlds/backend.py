"""How MuJoCo draws on this machine. Load ``mujoco`` through here: it reads its environment only
once.
"""

import os
import sys
from types import ModuleType

from liquid_nav.errors import UserError

RENDERING_REMEDY = "apt-get install libegl1 libgl1-mesa-dri (or MUJOCO_GL=osmesa with libosmesa6)"
"""What to install where nothing can be drawn."""


class RenderingError(UserError):
    """No picture can be made on this machine; the message is one line with the remedy."""


def choose_rendering_backend() -> None:
    """Draw through EGL on Linux without a display unless ``MUJOCO_GL`` is set.

    Mesa's software renderer gets no threads of its own (``LP_NUM_THREADS``): for small pictures
    they only cost.
    """
    if "MUJOCO_GL" not in os.environ and sys.platform == "linux" and not os.environ.get("DISPLAY"):
        os.environ["MUJOCO_GL"] = "egl"
    os.environ.setdefault("LP_NUM_THREADS", "0")


def first_error_line(problem: Exception) -> str:
    """Return the first line of an error's message, or its type where the message is empty."""
    text = str(problem)
    if not text:
        return type(problem).__name__
    return text.splitlines()[0]


def load_mujoco() -> ModuleType:
    """Return the module ``mujoco``; without a display it draws through EGL unless ``MUJOCO_GL`` is
    set.

    Raises:
        RenderingError: MuJoCo is not installed or finds no GL library.
    """
    choose_rendering_backend()
    try:
        import mujoco
    except ImportError as problem:
        raise RenderingError(
            f"MuJoCo cannot be loaded ({first_error_line(problem)})",
            f"pip install 'liquid_nav[sim]' or {RENDERING_REMEDY}",
        ) from None
    except Exception as problem:  # a missing libEGL surfaces as AttributeError deep in PyOpenGL
        raise RenderingError(
            f"no usable OpenGL for the camera ({first_error_line(problem)})", RENDERING_REMEDY
        ) from None
    module: ModuleType = mujoco
    return module
