"""One flight in lock step: camera -> pilot -> supervisor -> drone, with the latency of a real one.

A pure function of its arguments. Simulated time waits for the pilot, so a slow machine changes
nothing but the wait.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Callable

import numpy as np

from liquid_nav.safety import SafetyLimits, SafetySupervisor
from liquid_nav.simulation.airframe import CameraConfig
from liquid_nav.simulation.frame_times import DROPPED, LATE, FrameTiming
from liquid_nav.simulation.judge import Judge, Outcome
from liquid_nav.simulation.physics import TIMESTEP
from liquid_nav.simulation.pilots import Pilot
from liquid_nav.simulation.response import DroneResponse
from liquid_nav.simulation.simulation import Simulation
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command, Observation
from liquid_nav.worlds import Condition, Layout, Scenario

LATENCY = (0.0, 0.08)
"""Range of the sensor-to-command latency, s, drawn by seed."""
SILENCE = 0.25
"""s without a command after which the supervisor sends one by itself, as its node does; checked
when a frame is missing.
"""

FrameCallback = Callable[[np.ndarray | None, DroneState, Command], None]


def draw_latency(seed: int) -> float:
    """Sensor-to-command latency of the flight with this seed, s."""
    return float(np.random.default_rng([int(seed), 81]).uniform(*LATENCY))


def safety_limits(scenario: Scenario) -> SafetyLimits:
    """Limits of the supervisor for a scenario."""
    limits = scenario.limits
    return SafetyLimits(
        limits.speed,
        limits.vertical_speed,
        limits.yaw_rate,
        limits.acceleration,
        limits.yaw_acceleration,
    )


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
    outcome: Outcome
    """How the flight ended."""
    columns: dict[str, np.ndarray] = field(repr=False)
    """Float64 arrays with one row per camera frame that arrived: ``time`` [N] at which it was
    taken, s; ``position`` [N,3], ENU m; ``yaw`` [N], rad; ``velocity`` [N,3], ENU m/s; ``command``
    [N,4], that of the supervisor upon the frame's arrival, in the order of ``COMMAND_FIELDS``;
    ``distance`` [N], horizontal, to the target's centre, m.
    """

    def digest(self) -> str:
        """SHA-256 over every field and every byte of every column."""
        text = repr([(k, v) for k, v in vars(self).items() if k != "columns"])
        sha = hashlib.sha256(text.encode())
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
        outcome = Outcome(*(data["outcome"][k] for k in ("reason", "detail", "time")))
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


def fly(
    scenario: Scenario,
    seed: int,
    condition: Condition,
    pilot: Pilot,
    *,
    frame_rate: float | None = None,
    latency: float | None = None,
    camera: CameraConfig | None = None,
    layout: Layout | None = None,
    response: DroneResponse | None = None,
    timing: FrameTiming | None = None,
    on_frame: FrameCallback | None = None,
    seconds: dict[str, float] | None = None,
) -> FlightRecord:
    """Fly once and judge.

    Args:
        scenario: where and what to.
        seed: of layout, drone, wind, latency, camera noise and the frames' times.
        condition: season, light, wind, camera faults.
        pilot: who flies.
        frame_rate: of the camera, Hz, nominal; None: the condition's, see ``Condition.frame_rate``.
        latency: from the arrival of a frame to the instant its command reaches the drone, s; None
            draws by seed.
        camera: geometry of the camera, or None for the default.
        layout: the place, or None for the one that the seed gives.
        response: the drone, or None for the one of the fleet that the seed gives.
        timing: how regularly frames come; None for the dropped, late and jittered frames of the
            condition. A late frame keeps its stamp and arrives with the next period, before the
            frame of that one.
        on_frame: called with (image or None, state, command) for each frame that arrives.
        seconds: measured wall time by stage is added here ("physics", "render", "policy", "setup").

    Returns:
        The record.
    """
    frame_rate = condition.frame_rate(frame_rate)
    if latency is None:
        latency = draw_latency(seed)
    begin = perf_counter()
    with Simulation(
        scenario, seed, condition, camera=camera, layout=layout, response=response
    ) as simulation:
        judge = Judge(simulation.layout)
        supervisor = SafetySupervisor(safety_limits(scenario))
        pilot.reset(simulation.layout, seed)
        see = getattr(pilot, "needs_image", True) or on_frame is not None
        spent = {"setup": perf_counter() - begin, "policy": 0.0}
        rows: list[tuple[float, ...]] = []
        outcome: Outcome | None = None
        previous: float | None = None
        late: list[tuple[np.ndarray | None, float, DroneState]] = []
        last_command = 0.0
        timing = timing or FrameTiming.of(condition.camera)
        for moment in timing.moments(frame_rate, seed):
            outcome = _judge_until(simulation, judge, moment.time)
            if outcome is not None:
                break
            arrived = late
            late = []
            if moment.delivery != DROPPED:
                state = simulation.state
                elapsed = 1.0 / frame_rate
                if previous is not None:
                    elapsed = state.time - previous
                previous = state.time
                image = None
                if see:
                    image = simulation.render()
                if moment.delivery == LATE:
                    late.append((image, elapsed, state))
                else:
                    arrived.append((image, elapsed, state))
            now = simulation.time
            if not arrived and now - last_command < SILENCE:
                continue
            clock = perf_counter()
            for image, elapsed, state in arrived:
                supervisor.image(state.time)
                supervisor.command(pilot.act(Observation(image), elapsed, state), state.time, now)
            spent["policy"] += perf_counter() - clock
            if not rows:
                supervisor.engage(now)
            command = supervisor.update(now).command
            last_command = now
            simulation.command(command, now + latency)
            for image, _, state in arrived:
                rows.append(
                    (
                        state.time,
                        *state.position,
                        state.yaw,
                        *state.velocity,
                        *command.as_array(),
                        judge.distance(state),
                    )
                )
                if on_frame is not None:
                    on_frame(image, state, command)
        if seconds is not None:
            for name, value in (simulation.seconds | spent).items():
                seconds[name] = seconds.get(name, 0.0) + value
    # The moments never end: only an outcome leaves the loop.
    assert outcome is not None
    return _record(simulation, pilot.name, frame_rate, latency, outcome, np.array(rows))


def _judge_until(simulation: Simulation, judge: Judge, until: float) -> Outcome | None:
    """Advance to the next frame, judging at least every 40 ms."""
    until = round(until / TIMESTEP) * TIMESTEP
    while simulation.time < until - 1e-9:
        simulation.advance(min(until, simulation.time + 0.04))
        outcome = judge.update(simulation.state, simulation.collision)
        if outcome is not None:
            return outcome
    return None


def _record(
    simulation: Simulation,
    pilot: str,
    frame_rate: float,
    latency: float,
    outcome: Outcome,
    rows: np.ndarray,
) -> FlightRecord:
    start = simulation.layout.start
    target = simulation.layout.target
    columns = {
        "time": rows[:, 0],
        "position": rows[:, 1:4],
        "yaw": rows[:, 4],
        "velocity": rows[:, 5:8],
        "command": rows[:, 8:12],
        "distance": rows[:, 12],
    }
    return FlightRecord(
        simulation.scenario.name,
        simulation.seed,
        simulation.condition.name,
        pilot,
        frame_rate,
        latency,
        (start.x, start.y, start.z, start.yaw),
        (target.x, target.y, target.yaw),
        outcome,
        {name: np.ascontiguousarray(values) for name, values in columns.items()},
    )
