"""Collects states and commands from a flight's topics, by stamp, into the record of a lock-step
flight. No ROS in here.
"""

from __future__ import annotations

import math

import numpy as np

from liquid_nav.simulation import FlightRecord, Outcome
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command
from liquid_nav.worlds import Layout


class FlightLog:
    """States and commands of one flight, in whatever order they arrive."""

    def __init__(self, layout: Layout) -> None:
        """Begin empty."""
        self._layout = layout
        self._states: dict[int, DroneState] = {}
        self._commands: dict[int, Command] = {}

    def state(self, stamp: int, state: DroneState) -> bool:
        """Add a state with its stamp in ns; returns False when it is known already."""
        if stamp in self._states:
            return False
        self._states[stamp] = state
        return True

    def command(self, stamp: int, command: Command) -> None:
        """Add a command of the supervisor; the last one for a stamp counts."""
        self._commands[stamp] = command

    def __len__(self) -> int:
        """Number of camera frames so far."""
        return len(self._states)

    def record(
        self,
        outcome: Outcome,
        seed: int,
        condition: str,
        pilot: str,
        frame_rate: float,
        latency: float,
        begin: float = 0.0,
    ) -> FlightRecord:
        """Return the record: one row per frame of the flight; without a command, the last one
        counts.

        ``begin``: s of the clock from which all times of the record, the outcome's too, are
        counted.
        """
        layout = self._layout
        rows: list[tuple[float, ...]] = []
        last = Command()
        for stamp in sorted(self._states):
            state = self._states[stamp]
            last = self._commands.get(stamp, last)
            if state.time < begin - 1e-9:
                continue
            if rows and state.time >= begin + outcome.time - 1e-9:
                break
            distance = math.hypot(
                layout.target.x - state.position[0], layout.target.y - state.position[1]
            )
            rows.append(
                (
                    state.time - begin,
                    *state.position,
                    state.yaw,
                    *state.velocity,
                    *last.as_array(),
                    distance,
                )
            )
        table = np.array(rows, dtype=np.float64).reshape(-1, 13)
        columns = {
            "time": table[:, 0],
            "position": table[:, 1:4],
            "yaw": table[:, 4],
            "velocity": table[:, 5:8],
            "command": table[:, 8:12],
            "distance": table[:, 12],
        }
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
            {k: np.ascontiguousarray(v) for k, v in columns.items()},
        )
