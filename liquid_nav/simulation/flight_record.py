"""The record of one flight, the same for every way of flying."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liquid_nav.simulation.judge import FlightOutcome, distance_to_target
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command
from liquid_nav.worlds import Layout

COLUMNS: dict[str, int | slice] = {
    "time": 0,
    "position": slice(1, 4),
    "yaw": 4,
    "velocity": slice(5, 8),
    "command": slice(8, 12),
    "distance": 12,
}
"""Name of a column of the record -> where it stands in a row."""
WIDTH = 13
"""Numbers of a row."""


@dataclass(frozen=True)
class FlightRecord:
    """All that happened in one flight, and nothing that depends on the speed of the machine."""

    scenario: str
    """Name of the scenario."""
    seed: int
    """Seed of the flight."""
    condition: str
    """Name of the condition."""
    pilot: str
    """Name of the pilot."""
    frame_rate: float
    """Nominal frame rate of the camera, Hz."""
    latency: float
    """Time from the arrival of a frame until its command takes effect, s."""
    start: tuple[float, float, float, float]
    """Where the drone began: x, y, z in m (ENU) and yaw in rad, counter-clockwise from east."""
    target: tuple[float, float, float]
    """Where the target stands: x, y in m (ENU) and yaw in rad, counter-clockwise from east."""
    outcome: FlightOutcome
    """How the flight ended."""
    columns: dict[str, np.ndarray] = field(repr=False)
    """Float64 arrays with one row per camera frame that arrived: ``time`` [N] at which it was
    taken, s; ``position`` [N,3], ENU m; ``yaw`` [N], rad; ``velocity`` [N,3], ENU m/s; ``command``
    [N,4], that of the supervisor upon the frame's arrival, in the order of ``COMMAND_FIELDS``;
    ``distance`` [N], horizontal, to the target's centre, m.
    """

    def digest(self) -> str:
        """SHA-256 over every field and every byte of every column."""
        outcome = self.outcome
        # Not by the class's own name: digests outlive what our classes are called.
        written = f"Outcome(reason={outcome.reason!r}, detail={outcome.detail!r}, "
        written += f"time={outcome.time!r})"
        fields = {k: repr(v) for k, v in vars(self).items() if k != "columns"}
        fields["outcome"] = written
        text = ", ".join(f"({name!r}, {value})" for name, value in fields.items())
        sha = hashlib.sha256(f"[{text}]".encode())
        for name in sorted(self.columns):
            sha.update(name.encode() + np.ascontiguousarray(self.columns[name]).tobytes())
        return sha.hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        plain = {k: v for k, v in vars(self).items() if k not in ("columns", "outcome")}
        outcome = {
            "success": self.outcome.success,
            "reason": self.outcome.reason,
            "detail": self.outcome.detail,
            "time": self.outcome.time,
        }
        return plain | {
            "start": list(self.start),
            "target": list(self.target),
            "outcome": outcome,
            "digest": self.digest(),
            "columns": {k: v.tolist() for k, v in self.columns.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> FlightRecord:
        """Inverse of ``to_dict``; raises KeyError for what is missing."""
        outcome = FlightOutcome(*(data["outcome"][k] for k in ("reason", "detail", "time")))
        plain = {
            k: data[k] for k in ("scenario", "seed", "condition", "pilot", "frame_rate", "latency")
        }
        columns = {k: np.asarray(v, dtype=np.float64) for k, v in data["columns"].items()}
        return cls(
            **plain,
            start=tuple(data["start"]),
            target=tuple(data["target"]),
            outcome=outcome,
            columns=columns,
        )


class RecordBuilder:
    """Collects the rows of a record, one for each camera frame."""

    def __init__(self, layout: Layout) -> None:
        """Begin without a row; ``layout``: where the flight takes place."""
        self._layout = layout
        self._rows: list[tuple[float, ...]] = []

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def add(self, state: DroneState, command: Command, begin: float = 0.0) -> None:
        """Add a frame.

        Args:
            state: The true state at the instant at which the frame was taken.
            command: Of the supervisor, upon the frame's arrival.
            begin: Time of the state's clock at which the flight began, s.
        """
        self._rows.append(
            (
                state.time - begin,
                *state.position,
                state.yaw,
                *state.velocity,
                *command.as_array(),
                distance_to_target(self._layout, state),
            )
        )

    def finish(
        self,
        outcome: FlightOutcome,
        seed: int,
        condition: str,
        pilot: str,
        frame_rate: float,
        latency: float,
    ) -> FlightRecord:
        """Return the record; see ``FlightRecord`` for the arguments."""
        table = np.array(self._rows, dtype=np.float64).reshape(-1, WIDTH)
        layout = self._layout
        start = layout.start
        target = layout.target
        return FlightRecord(
            layout.scenario.name,
            seed,
            condition,
            pilot,
            frame_rate,
            latency,
            (start.x, start.y, start.z, start.yaw),
            (target.x, target.y, target.yaw),
            outcome,
            {name: np.ascontiguousarray(table[:, place]) for name, place in COLUMNS.items()},
        )
