"""Where a drone was, from the odometry of a bag."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from liquid_nav.clocks import NANO, Arrivals, on_clock_of
from liquid_nav.errors import UserError
from liquid_nav.geometry import rotate, yaw_of
from liquid_nav.recordings import Recording, attitude_of


def read_odometry(
    source: Path, recording: Recording
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return stamps on the images' clock, int64 [N] ns, increasing, and x, y, z, yaw, vx, vy, vz
    (world), [N,7].

    Raises UserError where no position can be read.
    """
    image = recording.topics["image"]
    odometry = recording.topics["odometry"]
    arrivals: dict[str, list[tuple[int, int]]] = {image: [], odometry: []}
    states = []
    with AnyReader([source], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
        wanted = [connection for connection in reader.connections if connection.topic in arrivals]
        for connection, received, data in reader.messages(wanted):
            try:
                # Its class is made while the program runs, from the definition in the bag.
                message: Any = reader.deserialize(data, connection.msgtype)
                state = None
                if connection.topic == odometry:
                    state = _state(message)
            except Exception:
                # Bytes that are no such message, or an attitude that is none: only this message is
                # left out.
                continue
            stamp = message.header.stamp.sec * NANO + message.header.stamp.nanosec
            arrivals[connection.topic].append((stamp, received))
            if state is not None:
                states.append(state)
    if not states or not arrivals[image]:
        raise UserError(
            f"no position can be read from {odometry} in {source}", "record odom with a pose"
        )
    pairs = {topic: np.array(rows, dtype=np.int64) for topic, rows in arrivals.items()}
    both = {topic: Arrivals(rows[:, 0], rows[:, 1]) for topic, rows in pairs.items()}
    stamps, _ = on_clock_of(both[image], both[odometry])
    order = np.argsort(stamps, kind="stable")
    return stamps[order], np.array(states)[order]


def _state(message: Any) -> tuple[float, ...]:
    """Return position, yaw and velocity in the world of an Odometry message.

    Raises ValueError for one without a pose.
    """
    position = message.pose.pose.position
    attitude = attitude_of(message)
    if attitude is None:
        raise ValueError("no attitude")
    linear = message.twist.twist.linear
    velocity = rotate(attitude, np.array((linear.x, linear.y, linear.z)))
    state = (position.x, position.y, position.z, yaw_of(attitude), *velocity)
    if not np.isfinite(state).all():
        raise ValueError("a number that is not finite")
    return tuple(float(value) for value in state)
