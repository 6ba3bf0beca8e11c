"""One flight in lock step through MAVLink: camera -> pilot -> supervisor -> bridge -> bytes -> test
vehicle -> drone.

The same seed flies the same place with the same drone, wind, latency and camera as ``flight.fly``;
what differs is what stands between command and drone. The vehicle begins in the air and in hold;
the flight begins, at time zero, when the bridge has it in the mode that follows set points.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liquid_nav.autopilots.mavlink_adapter import MavlinkAdapter
from liquid_nav.autopilots.profiles import profile
from liquid_nav.errors import UserError
from liquid_nav.safety import Mode, Order, Phase, SafetySupervisor
from liquid_nav.simulation.flight import SILENCE, FlightRecord, _record, draw_latency, safety_limits
from liquid_nav.simulation.frame_times import DROPPED, LATE, FrameTiming
from liquid_nav.simulation.judge import Judge, Outcome
from liquid_nav.simulation.physics import TIMESTEP
from liquid_nav.simulation.pilots import Pilot
from liquid_nav.simulation.simulation import Simulation
from liquid_nav.simulation.state import DroneState
from liquid_nav.sitl.lock_step import LockStep, UdpWire
from liquid_nav.sitl.simulated_ardupilot import ArduPilotVehicle
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.simulated_vehicle import MavlinkVehicle
from liquid_nav.sitl.vehicle_body import EmbeddedBody
from liquid_nav.types import Command, Observation
from liquid_nav.worlds import Condition, Scenario

SIMULATED_AUTOPILOTS: dict[str, type[MavlinkVehicle]] = {
    "px4": Px4Vehicle,
    "ardupilot": ArduPilotVehicle,
}
Frame = tuple[NDArray[np.uint8] | None, float, DroneState]
"""Image, time since the frame before (s), and the state at its instant."""
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
    """Fly once through MAVLink over loopback UDP and judge; see ``flight.fly`` for the arguments.

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
        simulation = Simulation(scenario, seed, condition)
        with simulation:
            vehicle = SIMULATED_AUTOPILOTS[autopilot](EmbeddedBody(simulation))
            lock = LockStep(MavlinkAdapter(profile(autopilot)), vehicle, wire)
            _take_over(lock)
            return _Flight(lock, simulation, pilot, frame_rate, latency).fly()
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
                f"the test vehicle was not handed over in {TAKE_OVER:g} s: {session.fault}", "a bug"
            )


def _on_grid(time: float) -> bool:
    return abs(time / TIMESTEP - round(time / TIMESTEP)) < 1e-6


class _Flight:
    """The loop of one flight; ``zero`` is the simulated time at which it begins."""

    def __init__(
        self, lock: LockStep, simulation: Simulation, pilot: Pilot, rate: float, latency: float
    ) -> None:
        self.lock = lock
        self.simulation = simulation
        self.pilot = pilot
        self.rate = rate
        self.latency = latency
        self.zero = lock.now
        self.judge = Judge(simulation.layout)
        self.supervisor = SafetySupervisor(safety_limits(simulation.scenario))
        self.due: deque[tuple[float, Command]] = deque()

    @property
    def state(self) -> DroneState:
        """The true state, with time since the flight began."""
        state = self.simulation.state
        return replace(state, time=state.time - self.zero)

    def fly(self) -> FlightRecord:
        """Fly frame by frame until there is an outcome."""
        simulation = self.simulation
        supervisor = self.supervisor
        pilot = self.pilot
        pilot.reset(simulation.layout, simulation.seed)
        rows: list[tuple[float, ...]] = []
        outcome = None
        previous = None
        late: list[Frame] = []
        commanded = 0.0
        timing = FrameTiming.of(simulation.condition.camera)
        for moment in timing.moments(self.rate, simulation.seed):
            outcome = self._until(self.zero + moment.time)
            if outcome is not None:
                break
            arrived = late
            late = []
            if moment.delivery != DROPPED:
                state = self.state
                elapsed = 1.0 / self.rate
                if previous is not None:
                    elapsed = state.time - previous
                previous = state.time
                image = None
                if getattr(pilot, "needs_image", True):
                    image = simulation.render()
                frame = (image, elapsed, state)
                if moment.delivery == LATE:
                    late.append(frame)
                else:
                    arrived.append(frame)
            now = self.state.time
            if not arrived and now - commanded < SILENCE:
                continue
            for image, elapsed, state in arrived:
                supervisor.image(state.time)
                supervisor.command(pilot.act(Observation(image), elapsed, state), state.time, now)
            if not rows:
                supervisor.engage(now)
            command = supervisor.update(now).command
            commanded = now
            arrives = math.ceil((now + self.latency) / TIMESTEP - 1e-6) * TIMESTEP
            self.due.append((self.zero + arrives, command))
            for _, _, state in arrived:
                rows.append(
                    (
                        state.time,
                        *state.position,
                        state.yaw,
                        *state.velocity,
                        *command.as_array(),
                        self.judge.distance(state),
                    )
                )
        assert outcome is not None  # frames never end, so that only an outcome ends the loop
        return _record(simulation, pilot.name, self.rate, self.latency, outcome, np.array(rows))

    def _until(self, until: float) -> Outcome | None:
        """Advance to a time, handing over commands when they are due."""
        lock = self.lock
        while True:
            while self.due and self.due[0][0] <= lock.now + 1e-6:
                lock.session.command(self.due.popleft()[1], lock.now)
                lock.exchange()
            if lock.now >= until - 1e-6:
                return None
            lock.advance(min([until, lock.now + 0.02, *(time for time, _ in list(self.due)[:1])]))
            outcome = self.judge.update(self.state, self.simulation.collision)
            if outcome is not None:
                return outcome
