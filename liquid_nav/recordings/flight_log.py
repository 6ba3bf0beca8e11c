"""Collects states and commands from a flight's topics, by stamp, into the record of a lock-step
flight. No ROS in here.
"""

from __future__ import annotations

from liquid_nav.simulation import DroneState, FlightOutcome, FlightRecord, RecordBuilder
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
        outcome: FlightOutcome,
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
        builder = RecordBuilder(self._layout)
        last = Command()
        for stamp in sorted(self._states):
            state = self._states[stamp]
            last = self._commands.get(stamp, last)
            if state.time < begin - 1e-9:
                continue
            if len(builder) and state.time >= begin + outcome.time - 1e-9:
                break
            builder.add(state, last, begin)
        return builder.finish(outcome, seed, condition, pilot, frame_rate, latency)
