"""The bag of a replay: what the model would have commanded beside what was flown, in the
recording's own time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.typesys import Stores, get_typestore

from liquid_nav.clocks import NANO
from liquid_nav.learning import ReplayedFlight
from liquid_nav.recordings import BagWriter, Recording

MODEL_TOPIC = "/replay/cmd_vel"
MEASURED_TOPIC = "/replay/measured_velocity"
"""Where the recording holds no commands but only the velocity that was measured."""
TWIST = "geometry_msgs/msg/TwistStamped"


def write_bag(folder: Path, result: ReplayedFlight, recording: Recording) -> None:
    """Write ``folder/flight.mcap``: TwistStamped in the level body frame, m/s and rad/s, filed
    under their stamps.

    The model's commands are on ``MODEL_TOPIC``, the pilot's on their own topic, all of them. Raises
    UserError where there is a bag already or none can be written.
    """
    store = get_typestore(Stores.ROS2_JAZZY)
    _, track = recording.label_track(result.labels)
    flown = MEASURED_TOPIC
    if result.labels == "command":
        flown = recording.topics["command"] or MEASURED_TOPIC
    rows = [
        (int(stamp), MODEL_TOPIC, values)
        for stamp, values in zip(result.stamps, result.commands, strict=True)
    ]
    rows += [
        (int(stamp), flown, values)
        for stamp, values in zip(track.stamps, track.values, strict=True)
        if np.isfinite(values).all()
    ]
    bag = BagWriter(folder)
    try:
        for topic in sorted({row[1] for row in rows}):
            bag.add_topic(topic, TWIST)
        for stamp, topic, values in sorted(rows, key=lambda row: row[0]):
            bag.write(topic, stamp, _serialized(store, stamp, values))
    finally:
        bag.close()


def _serialized(store: Any, stamp: int, values: NDArray[np.float64]) -> bytes:
    """Return a TwistStamped of vx, vy, vz, yaw rate as CDR."""
    make = store.types
    time = make["builtin_interfaces/msg/Time"](sec=stamp // NANO, nanosec=stamp % NANO)
    header = make["std_msgs/msg/Header"](stamp=time, frame_id="base_link")
    vx, vy, vz, yaw_rate = (float(value) for value in values)
    vector = make["geometry_msgs/msg/Vector3"]
    twist = make["geometry_msgs/msg/Twist"](
        linear=vector(x=vx, y=vy, z=vz), angular=vector(x=0.0, y=0.0, z=yaw_rate)
    )
    return bytes(store.serialize_cdr(make[TWIST](header=header, twist=twist), TWIST))
