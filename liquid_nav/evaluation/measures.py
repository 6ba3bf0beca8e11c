"""Numbers that describe one flight, computed from its record and layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from liquid_nav.simulation import FlightRecord
    from liquid_nav.worlds import Layout

BODY_RADIUS = 0.38
"""m from the drone's centre to the rim of its rotor discs."""
BODY_HEIGHT = 0.15
"""m above and below its centre that the drone takes up."""


def measure_flight(record: FlightRecord, layout: Layout | None) -> dict[str, str]:
    """Return names and formatted values, in the order of the report.

    Without a ``layout``, values that need a place, its target or a scenario are left out.
    """
    columns = record.columns
    speed = horizontal_speed(record)
    steps = np.diff(columns["position"], axis=0)
    path = float(np.linalg.norm(steps, axis=1).sum())
    altitude = columns["position"][:, 2]
    if layout is None:
        return {
            "time of flight": f"{record.outcome.time:.2f} s",
            "length of the path": f"{path:.1f} m",
            "speed, mean and largest": f"{speed.mean():.2f} m/s, {speed.max():.2f} m/s",
            "altitude, lowest and highest": f"{altitude.min():.2f} m, {altitude.max():.2f} m",
            "odometry": f"{len(speed)} messages",
            "camera": f"{record.frame_rate:.1f} Hz",
            "commands": record.pilot,
        }
    return {
        "outcome": f"{record.outcome.reason}: {record.outcome.detail}",
        "time of flight": f"{record.outcome.time:.2f} s",
        "distance to the target, start": f"{columns['distance'][0]:.2f} m",
        "distance to the target, end": f"{columns['distance'][-1]:.2f} m",
        "length of the path": f"{path:.1f} m",
        "speed, mean and largest": f"{speed.mean():.2f} m/s, {speed.max():.2f} m/s",
        "altitude, lowest and highest": f"{altitude.min():.2f} m, {altitude.max():.2f} m",
        "smallest clearance": _format(smallest_clearance(record, layout)),
        "camera": f"{len(speed)} frames at {record.frame_rate:g} Hz",
        "sensor-to-command latency": f"{1000 * record.latency:.0f} ms",
        "scenario, condition, seed": f"{record.scenario}, {record.condition}, {record.seed}",
        "pilot": record.pilot,
        "sha256 of the record": record.digest(),
    }


def horizontal_speed(record: FlightRecord) -> NDArray[np.float64]:
    """Return float64 [N], m/s."""
    velocity = record.columns["velocity"]
    speed: NDArray[np.float64] = np.hypot(velocity[:, 0], velocity[:, 1])
    return speed


def smallest_clearance(record: FlightRecord, layout: Layout) -> float | None:
    """Return the smallest horizontal gap between rotor discs and objects at flight height, m.

    None without any. Objects count as upright discs over all heights flown, so the true gap is
    never smaller.
    """
    position = record.columns["position"]
    discs = layout.discs(
        float(position[:, 2].min()) - BODY_HEIGHT, float(position[:, 2].max()) + BODY_HEIGHT
    )
    if not len(discs):
        return None
    apart = np.linalg.norm(position[:, None, :2] - discs[None, :, :2], axis=2) - discs[None, :, 2]
    return float(apart.min()) - BODY_RADIUS


def _format(metres: float | None) -> str:
    if metres is None:
        return "nothing near"
    return f"{max(0.0, metres):.2f} m"
