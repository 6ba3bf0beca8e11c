"""One drone in one world, advanced in lock step: the embedded simulator."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from liquid_nav.simulation.airframe import CameraConfig
from liquid_nav.simulation.camera import draw_exposure
from liquid_nav.simulation.drift import EstimatorDrift
from liquid_nav.simulation.drone import Drone
from liquid_nav.simulation.physics import TIMESTEP, World
from liquid_nav.simulation.response import DroneResponse, sample_response
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command
from liquid_nav.worlds import Condition, Layout, Scenario, generate_layout, load_condition
from liquid_nav.worlds.streams import Stream


class Simulation(World):
    """A pure function of (scenario, seed, condition, camera, response) and of the commands it is
    given.

    The drone starts hovering at the scenario's cruise altitude. Times are simulated seconds since
    then, on the grid of ``TIMESTEP``. ``seconds`` accumulates measured wall time by stage
    ("physics", "render") and influences nothing.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        condition: Condition | None = None,
        *,
        camera: CameraConfig | None = None,
        response: DroneResponse | None = None,
        layout: Layout | None = None,
    ) -> None:
        """Build the world with the drone; ``response`` None: drawn from the fleet by seed."""
        self.scenario = scenario
        self.seed = int(seed)
        super().__init__(
            self.seed, condition or load_condition(scenario.condition), camera or CameraConfig()
        )
        self.layout = layout or generate_layout(scenario, seed)
        self.target = self.layout.target
        response = response or sample_response(Stream.RESPONSE.generator(self.seed))
        self._faults = draw_exposure(self.condition.camera, self.seed)
        self._camera_rng = Stream.CAMERA_NOISE.generator(self.seed)
        drift = EstimatorDrift(self.condition.drift, Stream.ESTIMATE_DRIFT.generator(self.seed))
        self.drone = Drone(self, "drone", response, drift)
        self._build([(self.drone, self.layout)], shared=False)
        self.seconds = {"physics": 0.0, "render": 0.0}

    @property
    def response(self) -> DroneResponse:
        """Parameters of the drone."""
        return self.drone.response

    @property
    def collision(self) -> str | None:
        """Kind of what the drone has touched, or None."""
        return self.drone.collision

    @property
    def state(self) -> DroneState:
        """A snapshot of the true state; it does not change when the simulation goes on."""
        return self.drone.state

    def command(self, command: Command, at: float | None = None) -> None:
        """Set the set point from time ``at`` (s, default now) on, plus the autopilot's own delay.

        Raises ValueError for values that are not finite.
        """
        self.drone.command(command, at)

    def advance(self, until: float) -> None:
        """Step the physics until time ``until`` (s, rounded to the grid) or a collision."""
        begin = perf_counter()
        steps = round(until / TIMESTEP) - self._steps
        for _ in range(steps):
            if self.collision is not None:
                break
            self._step((self.drone,))
            self.drone.collision = self.touched()
        self.seconds["physics"] += perf_counter() - begin

    def touched(self) -> str | None:
        """Return the kind of the first solid thing in contact with the drone, or None."""
        if not self.data.ncon:
            return None
        for geom in self.data.contact[0].geom:
            name: str = self.model.geom(int(geom)).name
            if not name.startswith("drone."):
                return name.split(".")[0]
        return "drone"

    def render(self) -> np.ndarray:
        """Return what the camera sees now, with the condition's faults: uint8 [H,W,3] RGB."""
        begin = perf_counter()
        image = self._picture("front", self._faults, self._camera_rng)
        self.seconds["render"] += perf_counter() - begin
        return image
