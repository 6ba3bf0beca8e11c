"""Which ROS 2 distributions this package supports, and one clear line for the others."""

from __future__ import annotations

import os
from typing import Mapping

from liquid_nav.errors import UserError

SUPPORTED = ("jazzy", "kilted", "lyrical", "rolling")


def check_distribution(environment: Mapping[str, str] | None = None) -> str | None:
    """Return the name of the sourced ROS 2 distribution, or None when none is sourced.

    Args:
        environment: Environment variables; the process's own by default.

    Raises:
        UserError: a ROS is sourced that is older than Jazzy.
    """
    if environment is None:
        environment = os.environ
    name = environment.get("ROS_DISTRO", "").strip().lower()
    if name and name not in SUPPORTED:
        supported = ", ".join(known.capitalize() for known in SUPPORTED)
        raise UserError(
            f"ROS 2 {name.capitalize()} is sourced, which liquid_nav does not support",
            f"use one of {supported}, or a shell without ROS",
        )
    return name or None
