"""The embedded simulator as a node: it owns ``/clock`` and flies in lock step with the graph.

After a frame at time t, simulated time stands still until the command that was made from that frame
(same stamp) has come back; it takes effect at t plus the latency of this seed, exactly as in
``simulation.flight``. Frames that the condition drops are not published, and late ones come a
period later with the stamp that they had. A slow machine therefore makes the simulation slower, not
the flight worse. If nothing comes for ``command_timeout`` of wall time, the simulator goes on in
real time with the last command until the answers are back in step.

With ``drones`` several fly in one world, each in a namespace of its own: time waits for the
commands of all of them.
"""

from __future__ import annotations

import sys
import time as wall
from typing import Any, Callable, Sequence

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from liquid_nav.errors import UserError
from liquid_nav.nodes.drone_endpoint import DroneEndpoint
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.simulator_outputs import ClockOutput
from liquid_nav.simulation import (
    PHYSICS_TIMESTEP,
    CameraFrame,
    Drone,
    DroneState,
    FrameFeed,
    FrameLoop,
    FrameTiming,
    World,
    draw_latency,
)
from liquid_nav.types import Command
from liquid_nav.worlds import CameraConfig, load_condition, load_scenario

TICK = 3 * PHYSICS_TIMESTEP
"""s between clock and inertial messages."""
LAG = 0.1
"""s of wall time behind real time that are made up for; a longer delay makes the flight longer."""
LATE = 2.0
"""Resend intervals for which further answers to a frame are waited for."""
AHEAD = 1.0
"""s of wall time ahead of real time, beyond one step of the clock, that are waited for."""


class Simulator(Node):
    """One world with one drone or several: topics and services as in docs/reference/topics.md."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters and build the world; bad input raises UserError."""
        super().__init__("simulator", **options)
        scenario = load_scenario(
            declare(self, "scenario", "forest", "Scenario: a name or a YAML file.")
        )
        seed = declare(
            self, "seed", 0, "Seed of layout, drone, wind, latency and noise.", (0, 2**31 - 1)
        )
        condition = declare(
            self, "condition", "", "Condition: a name or a YAML file; empty: the scenario's own."
        )
        rate = declare(
            self,
            "frame_rate",
            0.0,
            "Camera frames per simulated second; 0: the condition's.",
            (0.0, 120.0),
        )
        width = declare(self, "width", 256, "Image width, pixels.", (16, 1920))
        height = declare(self, "height", 144, "Image height, pixels.", (16, 1080))
        self._factor = declare(
            self,
            "real_time_factor",
            1.0,
            "Simulated per wall seconds at most; 0: as fast as possible.",
            (0.0, 100.0),
        )
        self._timeout = declare(
            self,
            "command_timeout",
            3.0,
            "Wall seconds to wait for the command of a frame.",
            (0.1, 600.0),
        )
        self._resend = declare(
            self,
            "resend_after",
            0.5,
            "Wall seconds without an answer after which a frame is sent again.",
            (0.05, 60.0),
        )
        wait = declare(
            self, "wait_for_start", False, "Hover until simulator/start is called for every drone."
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        names = parse_names(
            declare(
                self, "drones", "", "Namespaces of several drones in this world, such as d1,d2."
            )
        )
        flown = load_condition(condition or scenario.condition)
        self._rate = flown.frame_rate(rate)
        camera = CameraConfig(width=width, height=height, rate=self._rate)
        self.world = World(scenario, seed, flown, count=max(1, len(names)), camera=camera)
        if names:
            shared = f"{prefix}odom"
            self._endpoints = [
                DroneEndpoint(self, drone, f"{prefix}{name}/", name, shared)
                for name, drone in zip(names, self.world.drones, strict=True)
            ]
        else:
            self._endpoints = [DroneEndpoint(self, self.world.drones[0], prefix)]
        for endpoint in self._endpoints:
            endpoint.started = not wait
        self._clock_output = ClockOutput(self)
        feeds = [FrameFeed(drone, self._rate) for drone in self.world.drones]
        moments = FrameTiming.of(flown.camera).moments(self._rate, seed)
        self._loop = FrameLoop(feeds, self, self, draw_latency(seed), moments)
        self._anchor: float | None = None

    def run(self, executor: SingleThreadedExecutor) -> None:
        """Fly frame by frame for ever; callbacks run only while this waits."""
        self._spin = executor.spin_once
        self._loop.run()
        self._stand_still()

    # As the transport of the loop: between the graph's commands and the drones.

    @property
    def now(self) -> float:
        """Simulated time, s."""
        return self.world.time

    def state(self, drone: Drone) -> DroneState:
        """The true state of a drone."""
        return drone.state

    def send(self, drone: Drone, command: Command, at: float) -> None:
        """Let a command take effect at a simulated time, s."""
        drone.command(command, at)

    def advance(self, until: float) -> bool:
        """Fly until a simulated time, no faster than asked for; publish time and inertial data.

        Returns whether a drone still flies.
        """
        world = self.world
        while world.time < until - 1e-9 and not world.over:
            world.advance(min(until, world.time + TICK))
            self._clock_output.publish(world.time)
            for endpoint in self._endpoints:
                endpoint.outputs.imu(endpoint.drone.state)
            self._pace(world.time)
        for endpoint in self._endpoints:
            if not endpoint.flying:
                endpoint.report_contact(world.time)
        return not world.over

    # As the one that answers the frames: with the commands of the graph.

    def answer(self, arrived: Sequence[list[CameraFrame]], now: float) -> Sequence[Command | None]:
        """Publish the frames and return the commands that were made from them; None for a drone
        whose command did not come.
        """
        for endpoint, frames in zip(self._endpoints, arrived, strict=True):
            endpoint.arrive(frames)
        if self._anchor is None:
            self._await_start()
        flying = [endpoint for endpoint in self._endpoints if endpoint.flying]
        self._await_commands(flying)
        return [endpoint.answer if endpoint.flying else None for endpoint in self._endpoints]

    def close(self) -> None:
        """Free the graphics context."""
        if hasattr(self, "world"):
            self.world.close()

    def _all_started(self) -> bool:
        return all(endpoint.started for endpoint in self._endpoints)

    def _await_start(self) -> None:
        while not self._all_started():
            self._show()
            self._sleep_until(wall.monotonic() + 0.2, or_until=self._all_started)
        self._anchor = wall.monotonic() - self.world.time / (self._factor or 1.0)

    def _show(self) -> None:
        self._clock_output.publish(self.world.time)
        for endpoint in self._endpoints:
            endpoint.show()

    def _await_commands(self, flying: list[DroneEndpoint]) -> None:
        """Publish the frames and wait for the commands.

        An endpoint whose answer is then missing flies on without.
        """
        begin = wall.monotonic()
        sent = begin
        self._show_fallen()
        self._clock_output.publish(self.world.time)
        for endpoint in flying:
            longest = self._timeout
            if not endpoint.in_step:
                longest = min(self._timeout, 1.0 / self._rate)
            endpoint.ask(longest)
        while True:
            now = wall.monotonic()
            left = [
                (begin + endpoint.patience - now, endpoint)
                for endpoint in flying
                if endpoint.waiting
            ]
            patience = max((seconds for seconds, _ in left), default=0.0)
            if patience <= 0.0:
                break
            if now - sent >= self._resend:
                sent = now
                self._clock_output.publish(self.world.time)
                for _, endpoint in left:
                    endpoint.show_newest()
            self._spin(min(patience, self._resend))
        self._await_late_answers(flying)
        for endpoint in flying:
            endpoint.judge()

    def _await_late_answers(self, flying: list[DroneEndpoint]) -> None:
        """Let time stand still until frames that were published again are answered as often.

        On a slow machine the second answer would reach the supervisor when time has gone on, and
        count as a second step of its acceleration limit. A frame that was lost is never answered
        twice: after ``LATE`` times the resend interval time goes on.
        """
        until = wall.monotonic() + LATE * self._resend
        while any(endpoint.late_answers for endpoint in flying):
            left = until - wall.monotonic()
            if left <= 0.0:
                break
            self._spin(left)

    def _show_fallen(self) -> None:
        for endpoint in self._endpoints:
            if not endpoint.flying:
                endpoint.show()

    def _pace(self, time: float) -> None:
        factor = self._factor
        # Out of step, simulated time must not run away from a graph that may still come back.
        if not all(endpoint.in_step for endpoint in self._endpoints if endpoint.flying):
            factor = min(self._factor or 1.0, 1.0)
        if not factor:
            return
        assert self._anchor is not None  # set when the first frame was answered
        due = self._anchor + time / factor
        late = wall.monotonic() - due
        # Behind, the lost time is not made up for. Far ahead, the factor has just become smaller:
        # real time counts from here.
        if late > LAG or late < -AHEAD - TICK / factor:
            self._anchor += late
        else:
            self._sleep_until(due)

    def _sleep_until(self, due: float, or_until: Callable[[], bool] = lambda: False) -> None:
        while (left := due - wall.monotonic()) > 0 and not or_until():
            self._spin(left)

    def _stand_still(self) -> None:
        while True:
            self._show()
            self._sleep_until(wall.monotonic() + 0.5)


def parse_names(text: str) -> list[str]:
    """Return the namespaces in ``text``, comma separated.

    Raises UserError for what is no namespace, or is given twice.
    """
    if not text.strip():
        return []
    names = [name.strip() for name in text.split(",")]
    if not all(name.isidentifier() and name.isascii() for name in names) or len(set(names)) < len(
        names
    ):
        raise UserError(
            f"cannot read drones '{text}'", "give different names, comma separated, such as d1,d2"
        )
    return names


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(Simulator, arguments))


if __name__ == "__main__":
    main()
