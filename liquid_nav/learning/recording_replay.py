"""Runs a policy over a recorded flight in its own time and compares it with the pilot."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np

from liquid_nav.camera import ImageError
from liquid_nav.clocks import NANO
from liquid_nav.learning.screening import screen_stamps
from liquid_nav.policy import Policy
from liquid_nav.recordings import Recording
from liquid_nav.types import COMMAND_FIELDS, Observation

LONGEST_GAP = 1.0
"""s; after a longer gap the state begins anew: the default of the controller's ``longest_gap``."""


@dataclass(frozen=True)
class ReplayedFlight:
    """One flight: what the policy answered, beside what was flown."""

    name: str
    """Name of the recording."""
    stamps: np.ndarray
    """int64 [N] ns: stamps of the frames that the policy saw."""
    commands: np.ndarray
    """float64 [N,4]: the policy's commands, vx, vy, vz in m/s and yaw rate in rad/s, level body
    frame.
    """
    pilot: np.ndarray
    """float64 [N,4]: what was flown, in the same order, units and frame; NaN where unknown."""
    labels: str
    """Where ``pilot`` comes from: "command" or "odometry"."""
    unreadable: int
    """Number of frames that were left out because they could not be decoded."""
    repeated: int
    """Number of frames that were left out because their stamps were old, repeated or too early."""
    restarts: int
    """How often the state began anew after a gap of more than ``LONGEST_GAP``."""

    def row(self) -> dict[str, Any]:
        """Errors of the flight: root mean squares in m/s and rad/s, and one mean square."""
        known = np.isfinite(self.pilot).all(axis=1)
        difference = self.commands[known] - self.pilot[known]
        seconds = 0.0
        if len(self.stamps):
            seconds = (self.stamps[-1] - self.stamps[0]) / NANO
        row = {
            "flight": self.name,
            "frames": len(self.stamps),
            "compared": int(known.sum()),
            "seconds": round(float(seconds), 3),
            "labels": self.labels,
            "unreadable": self.unreadable,
            "repeated": self.repeated,
            "restarts": self.restarts,
        }
        return row | _errors(difference)

    def write_csv(self, path: Path) -> None:
        """Write a line a frame: time since the first in s, stamp in ns, both commands."""
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            mine_and_theirs = [
                f"{who}_{field}" for who in ("model", "pilot") for field in COMMAND_FIELDS
            ]
            writer.writerow(["time_s", "stamp_ns", *mine_and_theirs])
            for stamp, mine, theirs in zip(self.stamps, self.commands, self.pilot, strict=True):
                values = ["" if math.isnan(v) else f"{v:.6f}" for v in (*mine, *theirs)]
                writer.writerow([f"{(stamp - self.stamps[0]) / NANO:.6f}", int(stamp), *values])

    def draw(self, path: Path) -> None:
        """Draw the four components over time, the model's over the pilot's."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 7.0), layout="constrained")
        time = (self.stamps - self.stamps[0]) / NANO
        for k, (axis, field) in enumerate(
            zip(figure.subplots(4, 1, sharex=True), COMMAND_FIELDS, strict=True)
        ):
            axis.plot(
                time,
                self.pilot[:, k],
                color="#a0aec0",
                linewidth=2.0,
                label=f"flown ({self.labels})",
            )
            axis.plot(time, self.commands[:, k], color="#2b6cb0", linewidth=1.2, label="model")
            unit = "rad/s" if field == "yaw_rate" else "m/s"
            axis.set_ylabel(f"{field}, {unit}")
            axis.grid(alpha=0.3)
        figure.axes[0].legend(loc="upper right", ncols=2)
        figure.axes[0].set_title(self.name)
        figure.axes[-1].set_xlabel("time, s")
        figure.savefig(path, dpi=110)


def _errors(difference: np.ndarray) -> dict[str, float | None]:
    """Return root mean squares of the columns of [N,4] and the mean square; None without rows."""
    names = [f"rmse_{field}" for field in COMMAND_FIELDS]
    if not len(difference):
        return dict.fromkeys((*names, "mse"))
    errors: dict[str, float | None] = {
        name: float(np.sqrt(np.mean(difference[:, k] ** 2))) for k, name in enumerate(names)
    }
    return errors | {"mse": float(np.mean(difference**2))}


def replay_recording(
    policy: Policy, recording: Recording, labels: str = "auto", on_frame: Callable[[], object] = int
) -> ReplayedFlight:
    """Step ``policy`` through the images of ``recording``.

    Frames with an old stamp are not new frames, and single ones from the future are left out as in
    flight.
    """
    kind, track = recording.label_track(labels)
    state = policy.initial_state()
    last = None
    restarts = 0
    repeated = 0
    unreadable = 0
    keep, _ = screen_stamps(recording.stamps)
    stamps = []
    commands = []
    for index, image in recording.open():
        stamp = int(recording.stamps[index])
        on_frame()
        if isinstance(image, ImageError):
            unreadable += 1
            continue
        elapsed = policy.config.nominal_period if last is None else (stamp - last) / NANO
        if not keep[index] or -LONGEST_GAP <= elapsed <= 0.0:
            repeated += 1
            continue
        if abs(elapsed) > LONGEST_GAP:
            state = policy.initial_state()
            elapsed = policy.config.nominal_period
            restarts += 1
        decision, state = policy.step(Observation(image), state, elapsed)
        stamps.append(stamp)
        commands.append(decision.command.as_array())
        last = stamp
    seen = np.array(stamps, dtype=np.int64)
    return ReplayedFlight(
        recording.name,
        seen,
        np.array(commands).reshape(-1, 4),
        track.at(seen).reshape(-1, 4),
        kind,
        unreadable,
        repeated,
        restarts,
    )
