"""The loop that all flights share: camera frame -> answer -> command, in simulated time.

It owns when frames are taken, which of them arrive and when, and the latency from a frame to the
instant at which its command takes effect. What differs are two things: who answers the frames (a
pilot and a supervisor in this process, or nodes of a ROS graph), and how commands reach the drones
and simulated time goes on (directly, or as bytes through an autopilot).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Protocol, Sequence

import numpy as np
from numpy.typing import NDArray

from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.frame_times import FRAME_DROPPED, FRAME_LATE, Moment
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """A camera frame on its way to whoever answers it."""

    image: NDArray[np.uint8] | None
    """uint8 [H,W,3] RGB; None where no picture is needed."""
    elapsed: float
    """Time since the frame before, s; for the first one the nominal period."""
    state: DroneState
    """The true state at the instant at which it was taken."""


class FrameFeed:
    """The camera frames of one drone: those that a condition drops never arrive, late ones arrive
    one period later.
    """

    def __init__(self, drone: Drone, frame_rate: float, pictures: bool = True) -> None:
        """``frame_rate``: Hz, nominal; ``pictures``: whether frames are rendered."""
        self.drone = drone
        self._elapsed = 1.0 / frame_rate
        self._pictures = pictures
        self._previous: float | None = None
        self._late: list[CameraFrame] = []

    def take(self, moment: Moment, state: DroneState) -> list[CameraFrame]:
        """Take the frame of a moment, if it is not dropped, and return those that arrive now.

        A late one keeps its stamp and arrives with the next moment, before the frame of that one.
        ``state``: the true state now, with the time by which frames are stamped.
        """
        arrived = self._late
        self._late = []
        if moment.delivery == FRAME_DROPPED:
            return arrived
        elapsed = self._elapsed
        if self._previous is not None:
            elapsed = state.time - self._previous
        self._previous = state.time
        image = None
        if self._pictures:
            image = self.drone.render()
        frame = CameraFrame(image, elapsed, state)
        if moment.delivery == FRAME_LATE:
            self._late.append(frame)
        else:
            arrived.append(frame)
        return arrived


class Transport(Protocol):
    """Brings commands to the drones of a world, and simulated time forward.

    Its clock begins at zero with the flight.
    """

    @property
    def now(self) -> float:
        """Time since the flight began, s."""

    def state(self, drone: Drone) -> DroneState:
        """The true state of a drone, with the time since the flight began."""

    def send(self, drone: Drone, command: Command, at: float) -> None:
        """Let a command take effect at a time, s."""

    def advance(self, until: float) -> bool:
        """Go on to a time (s); False as soon as the flight is over."""


class Answerer(Protocol):
    """Answers camera frames with commands."""

    def answer(self, arrived: Sequence[list[CameraFrame]], now: float) -> Sequence[Command | None]:
        """Return the command of each drone.

        Args:
            arrived: the frames of each drone that arrive now, oldest first; [] for one that has
                none.
            now: time since the flight began, s.

        Returns:
            One for each drone; None: it goes on with the last one.
        """


class FrameLoop:
    """Flies frame by frame until the transport reports that the flight is over."""

    def __init__(
        self,
        feeds: Sequence[FrameFeed],
        transport: Transport,
        answerer: Answerer,
        latency: float,
        moments: Iterator[Moment],
    ) -> None:
        """Prepare a flight.

        Args:
            feeds: the cameras, one for each drone.
            transport: between the commands and the drones.
            answerer: answers the frames.
            latency: from the arrival of a frame to the instant at which its command takes effect,
                s.
            moments: when frames are taken.
        """
        self._feeds = feeds
        self._transport = transport
        self._answerer = answerer
        self._latency = latency
        self._moments = moments
        self._moment: Moment | None = None
        self._arrived: list[list[CameraFrame]] | None = None

    def run(self) -> None:
        """Fly until the flight is over or the moments end.

        A run that an exception has interrupted goes on where it was when it is called again.
        """
        while self._next_frames():
            now = self._transport.now
            commands = self._answerer.answer(self._arrived or [], now)
            for feed, command in zip(self._feeds, commands, strict=True):
                if command is not None:
                    self._transport.send(feed.drone, command, now + self._latency)
            self._arrived = None

    def _next_frames(self) -> bool:
        """Go on to the next moment and take its frames, unless frames wait for their answer; False:
        the flight is over.
        """
        if self._arrived is not None:
            return True
        if self._moment is None:
            self._moment = next(self._moments, None)
        if self._moment is None or not self._transport.advance(self._moment.time):
            return False
        self._arrived = [self._take(feed, self._moment) for feed in self._feeds]
        self._moment = None
        return True

    def _take(self, feed: FrameFeed, moment: Moment) -> list[CameraFrame]:
        """Return the frames of a drone that arrive now; none once it has touched something."""
        if feed.drone.collision is not None:
            return []
        return feed.take(moment, self._transport.state(feed.drone))
