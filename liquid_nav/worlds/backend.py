"""How MuJoCo draws on this machine. Import this before ``mujoco``: it reads its environment only once."""

import os
import sys


def choose_backend() -> None:
    """Draw through EGL on Linux without a display unless ``MUJOCO_GL`` says otherwise.

    Mesa's software renderer gets no threads of its own (``LP_NUM_THREADS``): for small pictures they only cost.
    """
    if "MUJOCO_GL" not in os.environ and sys.platform == "linux" and not os.environ.get("DISPLAY"):
        os.environ["MUJOCO_GL"] = "egl"
    os.environ.setdefault("LP_NUM_THREADS", "0")
