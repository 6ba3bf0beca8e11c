"""The simulator the other way round: a vehicle flies elsewhere, we render what its camera would see in our world.

The pose comes from ``autopilot/odom`` (the bridge's; over DDS 100 Hz); ``odom`` is the same in the scenario's frame,
once for each camera frame as from the simulator. The vehicle's clock becomes /clock, so that every other node lives by
the time of the vehicle.
"""

from __future__ import annotations

import sys

from nav_msgs.msg import Odometry
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.nodes.diagnostics import ERROR, Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.messages import require_finite
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import latched, sensor_data
from liquid_nav.nodes.reading_json import read_json
from liquid_nav.nodes.running import run
from liquid_nav.nodes.simulator_outputs import ClockOutput, SimulatorOutputs
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.safety import BridgeReport, Phase
from liquid_nav.simulation import CameraConfig
from liquid_nav.simulation.posed import PosedWorld
from liquid_nav.worlds import load_condition, load_scenario

NOBODY = "no bridge"


class WorldCamera(Node):
    """A camera in one world; it takes the place of the simulator."""

    def __init__(self, **options: object) -> None:
        """Declare parameters and build the world; bad input raises UserError."""
        super().__init__("simulator", **options)
        scenario = load_scenario(declare(self, "scenario", "forest", "Scenario: a name or a YAML file."))
        seed = declare(self, "seed", 0, "Seed of layout and camera noise.", (0, 2**31 - 1))
        condition = declare(self, "condition", "", "Condition: a name or a YAML file; empty: the scenario's own.")
        rate = declare(self, "frame_rate", 30.0, "Camera frames per second at most.", (1.0, 120.0))
        width = declare(self, "width", 256, "Image width, pixels.", (16, 1920))
        height = declare(self, "height", 144, "Image height, pixels.", (16, 1080))
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        camera = CameraConfig(width=width, height=height, rate=rate)
        self.world = PosedWorld(scenario, seed, load_condition(condition or scenario.condition), camera)
        self._period, self._next, self._time = 1.0 / rate, -1e9, -1e9
        self._outputs = SimulatorOutputs(self, camera, prefix, sensors=False)
        self._diagnostics = Diagnostics(self)
        self._clock_output = ClockOutput(self)
        self._bridge: BridgeReport | None = None
        self._started = self._touched = False
        poses, report = "autopilot/odom", "autopilot_bridge/state"
        subscribe(self, self._diagnostics, Odometry, poses, self._on_odometry, sensor_data())
        subscribe(self, self._diagnostics, String, report, self._on_state, latched())
        self.create_service(Trigger, "simulator/start", self._on_start)

    def close(self) -> None:
        """Free the graphics context."""
        if hasattr(self, "world"):
            self.world.close()

    def _on_state(self, message: String) -> None:
        report = BridgeReport.from_facts(read_json(message.data))
        if report is None:
            raise ValueError("this is no state of a bridge")
        self._bridge = report

    def _on_start(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        report = self._bridge
        phase = NOBODY if report is None else report.phase.value
        self._started = report is not None and report.phase is Phase.FLYING
        response.success = self._started
        response.message = "flying"
        if not self._started:
            words = "" if report is None else report.words
            response.message = f"the vehicle is not flying yet: {phase}. {words}"
        return response

    def _on_odometry(self, message: Odometry) -> None:
        if self._bridge is None or self._bridge.phase is Phase.OFFLINE:
            return  # whether it stands or flies decides where its first pose belongs
        told = state_from(message)
        # The first pose decides where all others belong: one that is no place would stay for ever.
        require_finite("the pose", told.position, told.quaternion, told.velocity)
        state = self.world.to_world(told, self._bridge.airborne)
        if state.time < self._time - 1.0:
            self._next = -1e9  # the vehicle has started again
        elif state.time <= self._time:
            return
        self._time = state.time
        touched = self.world.place(state)
        self._clock_output.tell(state.time)
        if touched and self._started and not self._touched:
            self._touched = True
            self._outputs.contact(touched, state.time)
            self._diagnostics.report("drone", ERROR, f"touched {touched}")
        if state.time >= self._next - 1e-3:
            self._next = max(self._next + self._period, state.time - self._period)
            self._outputs.odometry(state)
            self._outputs.frame(self.world.render(), state.time)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run(WorldCamera, arguments))


if __name__ == "__main__":
    main()
