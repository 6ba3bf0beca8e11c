"""One flight in lock step through MAVLink: camera -> pilot -> supervisor -> bridge -> bytes -> test
vehicle -> drone.

The same seed flies the same place with the same drone, wind, latency and camera as
``fly_in_simulation``; what differs is what stands between command and drone. The vehicle begins in
the air and in hold; the flight begins, at time zero, when the bridge has it in the mode that
follows set points.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

from liquid_nav.autopilots import MavlinkAdapter, autopilot_profile
from liquid_nav.errors import UserError
from liquid_nav.safety import Mode, Order, Phase
from liquid_nav.simulation import (
    PHYSICS_TIMESTEP,
    Drone,
    DroneState,
    FlightJudge,
    FlightLoop,
    FlightRecord,
    Pilot,
    World,
    draw_latency,
)
from liquid_nav.sitl.lock_step import LockStep, UdpWire
from liquid_nav.sitl.simulated_ardupilot import ArduPilotVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.simulated_vehicle import MavlinkVehicle
from liquid_nav.sitl.vehicle_body import EmbeddedBody
from liquid_nav.types import Command
from liquid_nav.worlds import Condition, Scenario

SIMULATED_AUTOPILOTS: dict[str, type[MavlinkVehicle]] = {
    "px4": Px4Vehicle,
    "ardupilot": ArduPilotVehicle,
}
"""Name of an autopilot -> the vehicle that behaves like it."""
TAKE_OVER = 20.0
"""s of simulated time for the bridge to get the vehicle."""


def fly_mavlink(
    scenario: Scenario,
    seed: int,
    condition: Condition,
    pilot: Pilot,
    autopilot: str,
    *,
    frame_rate: float | None = None,
    latency: float | None = None,
) -> FlightRecord:
    """Fly once through MAVLink over loopback UDP and judge, as ``fly_in_simulation`` does
    without it.

    Args:
        scenario: where and what to.
        seed: of layout, drone, wind, latency and camera noise.
        condition: season, light, wind, camera faults.
        pilot: who flies.
        autopilot: The simulated autopilot, px4 or ardupilot.
        frame_rate: of the camera, Hz; None: the condition's.
        latency: from the instant of a frame to the instant its command reaches the bridge, s; None
            draws by seed.

    Returns:
        The record, with times since the bridge had the vehicle.
    """
    frame_rate = condition.frame_rate(frame_rate)
    if latency is None:
        latency = draw_latency(seed)
    wire = UdpWire()
    try:
        with World(scenario, seed, condition) as world:
            (drone,) = world.drones
            vehicle = SIMULATED_AUTOPILOTS[autopilot](EmbeddedBody(drone))
            lock = LockStep(MavlinkAdapter(autopilot_profile(autopilot)), vehicle, wire)
            _take_over(lock)
            judge = FlightJudge(drone.layout)
            transport = MavlinkTransport(lock, drone, judge)
            return FlightLoop(drone, transport, judge, pilot, frame_rate, latency).fly()
    finally:
        wire.close()


def _take_over(lock: LockStep) -> None:
    session = lock.session
    ours = "lock step"
    order = Order(ours, Mode.DISENGAGED)
    while session.phase is not Phase.FLYING or not _on_grid(lock.now):
        session.command(Command(), lock.now)
        session.take_order(order, lock.now)
        lock.advance(lock.now + 0.02)
        ready = session.phase is Phase.RELEASED and session.staleness() is None
        if ready and order.engagement == 0:
            # Once: the vehicle is found in the air and in hold, and this is the person who engages.
            order = Order(ours, Mode.ENGAGED, act=1, engagement=1)
        if lock.now > TAKE_OVER:
            raise UserError(
                f"the test vehicle was not handed over in {TAKE_OVER:g} s: {session.fault}",
                "this is a bug: report it",
            )


def _on_grid(time: float) -> bool:
    return abs(time / PHYSICS_TIMESTEP - round(time / PHYSICS_TIMESTEP)) < 1e-6


class MavlinkTransport:
    """Carries commands through the bridge's session and MAVLink to the vehicle."""

    def __init__(self, lock: LockStep, drone: Drone, judge: FlightJudge) -> None:
        """Begin the flight now, with the vehicle in the bridge's hands.

        Args:
            lock: bridge and vehicle.
            drone: what the vehicle moves.
            judge: ends the flight.
        """
        self._lock = lock
        self._drone = drone
        self._judge = judge
        self._zero = lock.now
        self._due: deque[tuple[float, Command]] = deque()

    @property
    def now(self) -> float:
        """Time since the flight began, s."""
        return self.state(self._drone).time

    def state(self, drone: Drone) -> DroneState:
        """The true state, with the time since the flight began."""
        state = drone.state
        return replace(state, time=state.time - self._zero)

    def send(self, drone: Drone, command: Command, at: float) -> None:
        """Let a command reach the bridge at a time (s), on the grid of the world's steps."""
        arrives = math.ceil(at / PHYSICS_TIMESTEP - 1e-6) * PHYSICS_TIMESTEP
        self._due.append((self._zero + arrives, command))

    def advance(self, until: float) -> bool:
        """Go on to a time (s), handing over commands when they are due.

        Returns False once there is an outcome.
        """
        lock = self._lock
        until = self._zero + until
        while True:
            while self._due and self._due[0][0] <= lock.now + 1e-6:
                lock.session.command(self._due.popleft()[1], lock.now)
                lock.exchange()
            if lock.now >= until - 1e-6:
                return True
            following = [until, lock.now + 0.02]
            if self._due:
                following.append(self._due[0][0])
            lock.advance(min(following))
            state = self.state(self._drone)
            if self._judge.update(state, self._drone.collision) is not None:
                return False
