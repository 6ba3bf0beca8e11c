"""Where a simulated PX4 truly is, from its groundtruth topics over DDS: the counterpart of
``true_pose`` over MAVLink.

PX4 publishes ``vehicle_attitude_groundtruth`` and ``vehicle_local_position_groundtruth`` in every
simulation; its DDS client passes them on only where its ``dds_topics.yaml`` names them. Nothing
here goes to the session.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np
from numpy.typing import NDArray

from liquid_nav import geometry
from liquid_nav.autopilots.vehicle import Odometry

PERIOD = 0.02
"""s between two poses at least: a simulation publishes its own at some hundred hertz."""


class Px4GroundTruth:
    """Puts attitude and place together."""

    def __init__(self) -> None:
        """Have received nothing."""
        self._attitude: NDArray[np.float64] | None = None
        self._reported: float | None = None

    def attitude(self, quaternion: Sequence[float]) -> bool:
        """Take a VehicleAttitude; returns whether it could be used. ``quaternion``: [4] FRD to NED,
        w first.
        """
        q = np.asarray(quaternion, np.float64)
        size = float(np.linalg.norm(q))
        # Not a number is not below either.
        if not abs(size - 1.0) < 0.1:
            return False
        self._attitude = q / size
        return True

    def position(
        self,
        position: Sequence[float],
        velocity: Sequence[float],
        rates: NDArray[np.float64],
        now: float,
    ) -> Odometry | None:
        """Take a VehicleLocalPosition; None: too soon, not finite, or no attitude has come yet.

        Args:
            position: [3] NED, m.
            velocity: [3] NED, m/s.
            rates: [3] FRD, rad/s; the vehicle's own, which a gyroscope measures well enough.
            now: Time of arrival, s; it becomes the time of the odometry, as that of the estimate
                over DDS.
        """
        ned_position = np.asarray(position, np.float64)
        ned_velocity = np.asarray(velocity, np.float64)
        soon = self._reported is not None and 0.0 <= now - self._reported < PERIOD
        finite = np.isfinite(ned_position).all() and np.isfinite(ned_velocity).all()
        if self._attitude is None or soon or not finite:
            return None
        self._reported = now
        return Odometry(
            now,
            geometry.ned_to_enu(ned_position),
            geometry.attitude_ned_to_enu(self._attitude),
            geometry.ned_to_enu(ned_velocity),
            geometry.frd_to_flu(rates),
        )
