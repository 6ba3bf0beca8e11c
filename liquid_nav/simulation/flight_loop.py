"""A flight with its pilot in this process: camera -> pilot -> supervisor -> transport, judged.

What it shares with flights through a ROS graph is ``frame_loop``. How a command reaches the drone
is the ``Transport``: directly (``flight``) or as bytes through an autopilot
(``sitl.mavlink_flight``).
"""

from __future__ import annotations

from time import perf_counter
from typing import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from liquid_nav.safety import SafetyLimits, SafetySupervisor
from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.flight_record import FlightRecord, RecordBuilder
from liquid_nav.simulation.frame_loop import CameraFrame, FrameFeed, FrameLoop, Transport
from liquid_nav.simulation.frame_times import FrameTiming
from liquid_nav.simulation.judge import FlightJudge
from liquid_nav.simulation.pilots import Pilot
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command, Observation
from liquid_nav.worlds import Scenario

SILENCE = 0.25
"""s without a command after which the supervisor sends one by itself, as its node does; checked
when a frame is missing.
"""

FrameCallback = Callable[[NDArray[np.uint8] | None, DroneState, Command], None]
"""Called with the image (None: it was not rendered), the true state and the command of a frame."""


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


class FlightLoop:
    """One flight, from its first frame to its outcome: pilot and supervisor answer the frames."""

    def __init__(
        self,
        drone: Drone,
        transport: Transport,
        judge: FlightJudge,
        pilot: Pilot,
        frame_rate: float,
        latency: float,
        timing: FrameTiming | None = None,
        on_frame: FrameCallback | None = None,
    ) -> None:
        """Prepare supervisor and pilot.

        Args:
            drone: what flies, in its world.
            transport: between the supervisor and the drone; it asks the judge while time goes on.
            judge: of this flight.
            pilot: answers the frames.
            frame_rate: of the camera, Hz, nominal.
            latency: from the arrival of a frame to the instant at which its command takes effect,
                s.
            timing: how regularly frames come; default: as the world's condition has it.
            on_frame: called for each frame that arrives; default: nothing is called.
        """
        self._drone = drone
        self._transport = transport
        self._judge = judge
        self._pilot = pilot
        self._frame_rate = frame_rate
        self._latency = latency
        self._timing = timing or FrameTiming.of(drone.world.condition.camera)
        self._on_frame = on_frame
        self._supervisor = SafetySupervisor(safety_limits(drone.world.scenario))
        self._builder = RecordBuilder(drone.layout)
        self._commanded = 0.0
        self.thinking = 0.0
        """Wall time that the pilot and the supervisor took, s."""
        pilot.reset(drone.layout, drone.world.seed)

    def fly(self) -> FlightRecord:
        """Fly frame by frame until there is an outcome, and return the record."""
        seed = self._drone.world.seed
        pictures = getattr(self._pilot, "needs_image", True) or self._on_frame is not None
        feed = FrameFeed(self._drone, self._frame_rate, pictures)
        moments = self._timing.moments(self._frame_rate, seed)
        FrameLoop([feed], self._transport, self, self._latency, moments).run()
        # The moments never end: only an outcome ends the loop.
        assert self._judge.outcome is not None
        return self._builder.finish(
            self._judge.outcome,
            seed,
            self._drone.world.condition.name,
            self._pilot.name,
            self._frame_rate,
            self._latency,
        )

    def answer(self, arrived: Sequence[list[CameraFrame]], now: float) -> Sequence[Command | None]:
        """Give the frames to the pilot and its commands to the supervisor, and return what the
        supervisor allows; None while frames are missing for less than ``SILENCE``.
        """
        (frames,) = arrived
        if not frames and now - self._commanded < SILENCE:
            return [None]
        supervisor = self._supervisor
        clock = perf_counter()
        for frame in frames:
            stamp = frame.state.time
            supervisor.image(stamp)
            command = self._pilot.act(Observation(frame.image), frame.elapsed, frame.state)
            supervisor.command(command, stamp, now)
        self.thinking += perf_counter() - clock
        if not len(self._builder):
            supervisor.engage(now)
        allowed = supervisor.update(now).command
        self._commanded = now
        for frame in frames:
            self._builder.add(frame.state, allowed)
            if self._on_frame is not None:
                self._on_frame(frame.image, frame.state, allowed)
        return [allowed]
