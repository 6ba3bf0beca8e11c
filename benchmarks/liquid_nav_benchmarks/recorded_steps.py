"""How a drone answers a step of its command: 2 m/s forward and 0.3 rad/s of turn at once, from a
hover.

The embedded drone is recorded here without wind in an empty place. The same step is on the record
of a real PX4 (``px4_log.py``); what both share is the ``StepResponse`` and the few numbers that
describe it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liquid_nav.simulation import PHYSICS_TIMESTEP, DroneResponse, World, sample_response
from liquid_nav.types import Command
from liquid_nav.worlds import (
    CameraFaults,
    Condition,
    Layout,
    Start,
    Target,
    WindSpec,
    load_scenario,
)

STEP = Command(vx=2.0, yaw_rate=0.3)
DURATION = 5.0
"""s from the command to the end of the record."""
SETTLED = 2.0
"""s after the command, from which on averages are taken."""
_PERIOD = 2 * PHYSICS_TIMESTEP
_HOVER = 1.0


@dataclass(frozen=True, slots=True)
class StepResponse:
    """What a drone did after the step, in its level body frame; signs as if it turned left."""

    name: str
    """What the record is called in tables and plots."""
    time: np.ndarray
    """Time since the command was sent, float64 [N], s."""
    forward: np.ndarray
    """Velocity along the heading, float64 [N], m/s."""
    side: np.ndarray
    """Velocity to the inside of the turn, float64 [N], m/s: left here, right where a recorded drone
    turned right.
    """
    up: np.ndarray
    """Velocity upwards, float64 [N], m/s."""
    yaw_rate: np.ndarray
    """Yaw rate, float64 [N], rad/s, positive as commanded."""


@dataclass(frozen=True, slots=True)
class StepNumbers:
    """A step response in a few numbers; NaN where a level was never reached."""

    begins: float
    """Time until 10 % of the commanded speed, s."""
    rises: float
    """Time until 90 % of the commanded speed, s."""
    speed: float
    """Mean forward velocity once settled, m/s."""
    overshoot: float
    """Largest forward velocity beyond the commanded speed, as a share of it; 0 if none."""
    turns: float
    """Time until 90 % of the commanded yaw rate, s."""
    side_slip: float
    """Mean velocity to the inside of the turn once settled, m/s."""

    @classmethod
    def of(cls, step: StepResponse) -> StepNumbers:
        """Measure a response."""
        after = step.time >= 0.0
        late = step.time >= SETTLED
        time = step.time[after]
        forward = step.forward[after]
        yaw_rate = step.yaw_rate[after]
        return cls(
            begins=_first(time, forward, 0.1 * STEP.vx),
            rises=_first(time, forward, 0.9 * STEP.vx),
            speed=float(step.forward[late].mean()),
            overshoot=max(0.0, float(forward.max()) / STEP.vx - 1.0),
            turns=_first(time, yaw_rate, 0.9 * STEP.yaw_rate),
            side_slip=float(step.side[late].mean()),
        )


def record_step(response: DroneResponse, name: str = "nominal") -> StepResponse:
    """Fly the step with a drone of this response; deterministic."""
    scenario = load_scenario("field")
    height = scenario.cruise_altitude
    empty = Layout(
        scenario, 0, Start(0.0, 0.0, height, 0.0), Target("chair", 40.0, 0.0, 0.0), (), ()
    )
    calm = Condition(wind=WindSpec((0.0, 0.0), 0.0), camera=CameraFaults(noise=0.0))
    rows = []
    with World(scenario, 0, calm, layouts=[empty], responses=[response]) as world:
        (drone,) = world.drones
        world.advance(_HOVER)
        drone.command(STEP)
        for n in range(round(DURATION / _PERIOD) + 1):
            world.advance(_HOVER + n * _PERIOD)
            state = drone.state
            rows.append((n * _PERIOD, *state.level_velocity(), state.yaw_rate()))
    return StepResponse(name, *np.ascontiguousarray(np.array(rows).T))


def record_fleet(count: int, seed: int = 0) -> list[StepResponse]:
    """Fly the step with ``count`` drones drawn from the fleet with ``seed``."""
    rng = np.random.default_rng(seed)
    return [record_step(sample_response(rng), f"drone {i}") for i in range(count)]


def _first(time: np.ndarray, values: np.ndarray, level: float) -> float:
    """Time at which ``values`` first reach ``level``, between samples; NaN if never."""
    above = np.flatnonzero(values >= level)
    if not above.size:
        return float("nan")
    i = int(above[0])
    if i == 0:
        return float(time[0])
    part = (level - values[i - 1]) / (values[i] - values[i - 1])
    return float(time[i - 1] + part * (time[i] - time[i - 1]))
