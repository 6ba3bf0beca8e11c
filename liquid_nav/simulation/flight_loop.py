"""The loop of a flight in lock step: camera -> pilot -> supervisor -> whatever carries the command.

It owns what every flight has in common: when frames are taken and arrive, the latency, the
supervisor, the judge and the record. How a command reaches the drone, and how simulated time goes
on, is the ``Transport``: directly (``flight``) or as bytes through an autopilot
(``sitl.mavlink_flight``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Callable, Protocol

import numpy as np
from numpy.typing import NDArray

from liquid_nav.safety import SafetyLimits, SafetySupervisor
from liquid_nav.simulation.frame_times import DROPPED, LATE, FrameTiming, Moment
from liquid_nav.simulation.judge import Judge, Outcome
from liquid_nav.simulation.pilots import Pilot
from liquid_nav.simulation.record import FlightRecord, RecordBuilder
from liquid_nav.simulation.simulation import Simulation
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command, Observation
from liquid_nav.worlds import Scenario

SILENCE = 0.25
"""s without a command after which the supervisor sends one by itself, as its node does; checked
when a frame is missing.
"""

FrameCallback = Callable[[NDArray[np.uint8] | None, DroneState, Command], None]
"""Called with the image (None: it was not rendered), the true state and the command of a frame."""


class Transport(Protocol):
    """Brings commands to the drone of a simulation, and simulated time forward.

    Its clock begins at zero with the flight.
    """

    @property
    def now(self) -> float:
        """Time since the flight began, s."""

    @property
    def state(self) -> DroneState:
        """The true state, with the time since the flight began."""

    def send(self, command: Command, at: float) -> None:
        """Let a command take effect at a time, s."""

    def advance(self, until: float, judge: Judge) -> Outcome | None:
        """Go on to a time (s), or to the instant at which the judge ends the flight."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A camera frame on its way to the pilot."""

    image: NDArray[np.uint8] | None
    """uint8 [H,W,3] RGB; None where neither pilot nor callback needs it."""
    elapsed: float
    """Time since the frame before, s; for the first one the nominal period."""
    state: DroneState
    """The true state at the instant at which it was taken."""


def safety_limits(scenario: Scenario) -> SafetyLimits:
    """Return the limits of the supervisor for a scenario."""
    limits = scenario.limits
    return SafetyLimits(
        limits.speed,
        limits.vertical_speed,
        limits.yaw_rate,
        limits.acceleration,
        limits.yaw_acceleration,
    )


@dataclass
class FlightLoop:
    """One flight, from its first frame to its outcome."""

    simulation: Simulation
    """The world and the drone in it."""
    transport: Transport
    """Between the supervisor and the drone."""
    pilot: Pilot
    """Answers the frames."""
    frame_rate: float
    """Nominal frame rate of the camera, Hz."""
    latency: float
    """From the arrival of a frame to the instant at which its command takes effect, s."""
    timing: FrameTiming | None = None
    """How regularly frames come; default: as the simulation's condition has it."""
    on_frame: FrameCallback | None = None
    """Called for each frame that arrives; default: nothing is called."""
    thinking: float = field(default=0.0, init=False)
    """Wall time that the pilot and the supervisor took, s."""

    def __post_init__(self) -> None:
        """Prepare judge, supervisor and pilot."""
        self._judge = Judge(self.simulation.layout)
        self._supervisor = SafetySupervisor(safety_limits(self.simulation.scenario))
        self._builder = RecordBuilder(self.simulation.layout)
        self._sees = getattr(self.pilot, "needs_image", True) or self.on_frame is not None
        self._previous: float | None = None
        self._late: list[Frame] = []
        self._commanded = 0.0
        self.pilot.reset(self.simulation.layout, self.simulation.seed)

    def fly(self) -> FlightRecord:
        """Fly frame by frame until there is an outcome, and return the record."""
        simulation = self.simulation
        timing = self.timing or FrameTiming.of(simulation.condition.camera)
        outcome: Outcome | None = None
        for moment in timing.moments(self.frame_rate, simulation.seed):
            outcome = self.transport.advance(moment.time, self._judge)
            if outcome is not None:
                break
            arrived = self._frames(moment)
            now = self.transport.now
            if arrived or now - self._commanded >= SILENCE:
                self._answer(arrived, now)
        # The moments never end: only an outcome leaves the loop.
        assert outcome is not None
        return self._builder.finish(
            outcome,
            simulation.seed,
            simulation.condition.name,
            self.pilot.name,
            self.frame_rate,
            self.latency,
        )

    def _frames(self, moment: Moment) -> list[Frame]:
        """Take the frame of a moment, if it is not dropped, and return those that arrive now: a
        late one keeps its stamp and arrives with the next moment, before the frame of that one.
        """
        arrived = self._late
        self._late = []
        if moment.delivery == DROPPED:
            return arrived
        state = self.transport.state
        elapsed = 1.0 / self.frame_rate
        if self._previous is not None:
            elapsed = state.time - self._previous
        self._previous = state.time
        image = None
        if self._sees:
            image = self.simulation.render()
        frame = Frame(image, elapsed, state)
        if moment.delivery == LATE:
            self._late.append(frame)
        else:
            arrived.append(frame)
        return arrived

    def _answer(self, arrived: list[Frame], now: float) -> None:
        """Give the frames to the pilot and its commands to the supervisor, and send on what the
        supervisor allows.
        """
        supervisor = self._supervisor
        clock = perf_counter()
        for frame in arrived:
            stamp = frame.state.time
            supervisor.image(stamp)
            command = self.pilot.act(Observation(frame.image), frame.elapsed, frame.state)
            supervisor.command(command, stamp, now)
        self.thinking += perf_counter() - clock
        if not len(self._builder):
            supervisor.engage(now)
        allowed = supervisor.update(now).command
        self._commanded = now
        self.transport.send(allowed, now + self.latency)
        for frame in arrived:
            self._builder.add(frame.state, allowed)
            if self.on_frame is not None:
                self.on_frame(frame.image, frame.state, allowed)
