"""One flight in lock step: camera -> pilot -> supervisor -> drone, with the latency of a real one.

A pure function of its arguments. Simulated time waits for the pilot, so a slow machine changes
nothing but the wait.
"""

from __future__ import annotations

from time import perf_counter

from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.flight_loop import FlightLoop, FrameCallback
from liquid_nav.simulation.flight_record import FlightRecord
from liquid_nav.simulation.frame_times import FrameTiming
from liquid_nav.simulation.judge import FlightJudge
from liquid_nav.simulation.pilots import Pilot
from liquid_nav.simulation.response import DroneResponse
from liquid_nav.simulation.state import DroneState
from liquid_nav.simulation.world import PHYSICS_TIMESTEP, World
from liquid_nav.types import Command
from liquid_nav.worlds import CameraConfig, Condition, Layout, RandomStream, Scenario

LATENCY = (0.0, 0.08)
"""Range of the sensor-to-command latency, s, drawn by seed."""
JUDGED = 0.04
"""Simulated time between two states that are judged, at most, s."""


def draw_latency(seed: int) -> float:
    """Sensor-to-command latency of the flight with this seed, s."""
    return float(RandomStream.LATENCY.generator(seed).uniform(*LATENCY))


class DirectTransport:
    """Hands commands to the only drone of a world without anything between."""

    def __init__(self, drone: Drone, judge: FlightJudge) -> None:
        """``drone``: in a world at time zero; ``judge``: ends the flight."""
        self._drone = drone
        self._world = drone.world
        self._judge = judge

    @property
    def now(self) -> float:
        """Time since the flight began, s."""
        return self._world.time

    def state(self, drone: Drone) -> DroneState:
        """The true state."""
        return drone.state

    def send(self, drone: Drone, command: Command, at: float) -> None:
        """Let a command take effect at a time, s."""
        drone.command(command, at)

    def advance(self, until: float) -> bool:
        """Go on to a time (s), judging at least every ``JUDGED`` s; False: there is an outcome."""
        world = self._world
        until = round(until / PHYSICS_TIMESTEP) * PHYSICS_TIMESTEP
        while world.time < until - 1e-9:
            world.advance(min(until, world.time + JUDGED))
            if self._judge.update(self._drone.state, self._drone.collision) is not None:
                return False
        return True


def fly_in_simulation(
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
    if latency is None:
        latency = draw_latency(seed)
    begin = perf_counter()
    world = World(
        scenario,
        seed,
        condition,
        camera=camera,
        layouts=None if layout is None else [layout],
        responses=None if response is None else [response],
    )
    with world:
        (drone,) = world.drones
        judge = FlightJudge(drone.layout)
        loop = FlightLoop(
            drone,
            DirectTransport(drone, judge),
            judge,
            pilot,
            condition.frame_rate(frame_rate),
            latency,
            timing,
            on_frame,
        )
        setup = perf_counter() - begin
        record = loop.fly()
        if seconds is not None:
            spent = world.seconds | {"setup": setup, "policy": loop.thinking}
            for name, value in spent.items():
                seconds[name] = seconds.get(name, 0.0) + value
    return record
