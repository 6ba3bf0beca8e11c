"""Our Fast DDS profiles, the variable that Fast DDS reads one from, and when ours are set.

One gives large images space in shared memory; the other, for the bridge of a real drone, uses no
shared memory. Needs neither rclpy nor launch.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Mapping

from liquid_nav.resources import find

TRANSPORT_FILE = "config/fastdds.xml"
UDP_FILE = "config/fastdds_udp.xml"
"""UDP alone: shared memory has locks that a killed process leaves behind, for which all others wait
seconds.
"""
SHARED_MEMORY = 512 * 2**20
"""Bytes free in /dev/shm below which (small containers) Fast DDS keeps its own small segments."""
FAST_DDS_2 = "FASTRTPS_DEFAULT_PROFILES_FILE"
"""What Fast DDS up to 2.x reads, that of ROS 2 Jazzy; the only name that it supports."""
FAST_DDS_3 = "FASTDDS_DEFAULT_PROFILES_FILE"
"""What Fast DDS reads from 3.0 on, that of ROS 2 Kilted and later and of the wheels; it knows no
other name.
"""
CHOICES = (FAST_DDS_2, FAST_DDS_3, "FASTDDS_BUILTIN_TRANSPORTS")
"""Variables with which people choose transports themselves: where one is set, ours would conflict
with it.
"""


def fastdds_profile_variable(environment: Mapping[str, str] | None = None) -> str:
    """Return the name of the variable from which the Fast DDS of the sourced distribution reads its
    profile.

    Args:
        environment: Environment variables; the process's own by default.
    """
    environment = os.environ if environment is None else environment
    if environment.get("ROS_DISTRO", "").strip().lower() == "jazzy":
        return FAST_DDS_2
    return FAST_DDS_3


def uses_fast_dds(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the middleware is Fast DDS, as it is where the user has chosen no other one.

    Args:
        environment: Environment variables; the process's own by default.
    """
    environment = os.environ if environment is None else environment
    return "fastrtps" in (environment.get("RMW_IMPLEMENTATION") or "rmw_fastrtps_cpp")


def transport_problem(environment: Mapping[str, str] | None = None) -> str:
    """Return why our profile is not set on this machine, or an empty text where it is.

    Args:
        environment: Environment variables; the process's own by default.
    """
    others = _choice(environment)
    if others:
        return others
    shared = Path("/dev/shm")
    if not shared.is_dir() or shutil.disk_usage(shared).free <= SHARED_MEMORY:
        return f"/dev/shm has less than {SHARED_MEMORY // 2**20} MiB free"
    return ""


def _choice(environment: Mapping[str, str] | None = None) -> str:
    """Return, as text, which transport the user has chosen; empty: none."""
    environment = os.environ if environment is None else environment
    chosen = [name for name in CHOICES if name in environment]
    if chosen:
        return f"{chosen[0]} is set"
    if not uses_fast_dds(environment):
        return f"RMW_IMPLEMENTATION is {environment['RMW_IMPLEMENTATION']}"
    return ""


def transport_variables() -> dict[str, str]:
    """Return the variable that makes shared memory large enough for camera images; nothing where
    the user has chosen a transport.
    """
    if transport_problem():
        return {}
    return {fastdds_profile_variable(): str(find(TRANSPORT_FILE))}


def udp_transport_variables() -> dict[str, str]:
    """Return the variable that keeps a process out of shared memory; nothing where the user has
    chosen a transport.

    For processes with small messages alone: over UDP a raw image of 640 x 480 arrives one time in
    four.
    """
    if _choice():
        return {}
    return {fastdds_profile_variable(): str(find(UDP_FILE))}


def transport_remedy() -> str:
    """Return what helps where large images get lost on the way, to follow "send smaller images,
    or".
    """
    if uses_fast_dds():
        return f"set {fastdds_profile_variable()}={find(TRANSPORT_FILE)}"
    return f"give {os.environ['RMW_IMPLEMENTATION']} larger buffers"
