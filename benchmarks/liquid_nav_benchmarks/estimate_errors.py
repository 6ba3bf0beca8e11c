"""How far an autopilot's estimate was from the truth in recorded flights: heading and velocity.

``python -m liquid_nav_benchmarks.estimate_errors FLIGHT...`` reads the bags of ``liquid-nav fly
--autopilot`` and prints a line for each: how it ended, where the drone was when the flight began,
and the largest errors while it flew. Autopilots in simulation only: others report no true pose.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np
from rosbags.highlevel import AnyReader

from liquid_nav.clocks import NANO
from liquid_nav.errors import UserError

ESTIMATED = "/autopilot/odom"
TRUE = "/autopilot/true_odom"
STATE = "/autopilot_bridge/state"
FLYING = "flying"
"""Phase of the bridge in which set points move the drone."""


@dataclass(frozen=True)
class EstimateErrors:
    """Largest errors of one flight."""

    heading: float
    """Of the heading, rad, absolute."""
    velocity: float
    """Of the velocity forward and to the left together, m/s."""
    vertical: float
    """Of the velocity along the body's vertical axis, m/s, absolute."""
    side: float
    """Mean error of the velocity to the left, m/s, true less estimated."""


def compare_estimates(estimated: np.ndarray, true: np.ndarray) -> EstimateErrors:
    """Return the errors of an estimate.

    Args:
        estimated: float [N,5]: time in s, increasing; yaw in rad; velocity in m/s in the body frame
            of Odometry, which tilts with the drone (forward, left, up).
        true: float [M,5], the same.

    Raises:
        ValueError: the two do not overlap in time.
    """
    begin = max(estimated[0, 0], true[0, 0])
    end = min(estimated[-1, 0], true[-1, 0])
    kept = estimated[(estimated[:, 0] >= begin) & (estimated[:, 0] <= end)]
    if not len(kept):
        raise ValueError("the estimate and the truth do not overlap in time")
    time = kept[:, 0]
    turn = np.interp(time, true[:, 0], np.unwrap(true[:, 1])) - np.unwrap(kept[:, 1])
    turn = np.remainder(turn + math.pi, math.tau) - math.pi
    error = np.stack(
        [np.interp(time, true[:, 0], true[:, axis]) - kept[:, axis] for axis in (2, 3, 4)], axis=1
    )
    return EstimateErrors(
        heading=float(np.abs(turn).max()),
        velocity=float(np.hypot(error[:, 0], error[:, 1]).max()),
        vertical=float(np.abs(error[:, 2]).max()),
        side=float(error[:, 1].mean()),
    )


def read_estimates(flight: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimated and the true motion, see ``compare_estimates``, from the moment at which
    the bridge hands on set points until it does no more.

    Raises UserError for a folder without them.
    """
    for name in ("metadata.yaml", "record.json"):
        if not (flight / name).is_file():
            raise UserError(f"{flight} has no {name}", "give folders that liquid-nav fly has made")
    rows: dict[str, list[tuple[float, ...]]] = {ESTIMATED: [], TRUE: []}
    flying = False
    with AnyReader([flight]) as reader:
        for connection, _, raw in reader.messages():
            if connection.topic == STATE:
                message: Any = reader.deserialize(raw, connection.msgtype)
                flying = json.loads(message.data)["phase"] == FLYING
            elif connection.topic in rows and flying:
                rows[connection.topic].append(_motion(reader.deserialize(raw, connection.msgtype)))
    if not all(rows.values()):
        raise UserError(
            f"{flight} holds no {ESTIMATED} and {TRUE} of a flight",
            "give flights of liquid-nav fly --autopilot px4 or ardupilot with a simulated vehicle",
        )
    return np.array(rows[ESTIMATED]), np.array(rows[TRUE])


def _motion(odometry: Any) -> tuple[float, ...]:
    q = odometry.pose.pose.orientation
    yaw = math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))
    velocity = odometry.twist.twist.linear
    stamp = odometry.header.stamp
    return (stamp.sec + stamp.nanosec / NANO, yaw, velocity.x, velocity.y, velocity.z)


def describe_flight(flight: Path) -> str:
    """Return the line of a flight; raises UserError for a folder that holds none."""
    estimated, true = read_estimates(flight)
    try:
        errors = compare_estimates(estimated, true)
    except ValueError as error:
        raise UserError(f"{flight}: {error}", "leave this flight out") from error
    record = json.loads((flight / "record.json").read_text())
    outcome = record["outcome"]
    first = record["columns"]["position"][0]
    away = math.hypot(first[0] - record["start"][0], first[1] - record["start"][1])
    return (
        f"{record['scenario']:7} {record['seed']:6d}  {outcome['reason']:9} "
        f"{outcome['time']:5.1f} s  began {away:4.2f} m from the start  "
        f"heading {math.degrees(errors.heading):3.0f} deg  velocity {errors.velocity:4.2f} m/s  "
        f"vertical {errors.vertical:4.2f} m/s  to the left {errors.side:+5.2f} m/s"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each flight; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav_benchmarks.estimate_errors",
        description="How far the estimate was from the truth.",
    )
    parser.add_argument("flights", nargs="+", type=Path, help="folders of recorded flights")
    given = parser.parse_args(arguments)
    failed = False
    for flight in given.flights:
        try:
            print(describe_flight(flight), flush=True)
        except UserError as error:
            failed = True
            print(f"error: {error}", file=sys.stderr)
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
