"""The camera of a drone that an autopilot flies elsewhere: what it would see in our world.

The pose comes from the bridge: ``autopilot/true_odom``, where a simulator sends the true one, else
``autopilot/odom``, the vehicle's estimate (over DDS 100 Hz). An estimate drifts, and a camera that
is rendered from it cannot see that; ``simulator/pose`` states which one it is. ``odom`` is the same
in the scenario's frame, once for each camera frame as from the simulator. The vehicle's clock
becomes /clock, so that every other node runs on the time of the vehicle.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.json_text import read_json
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.messages import NANO, nanoseconds, require_finite
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import latched_qos, sensor_data_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.simulator_outputs import ESTIMATED, TRUE, ClockOutput, SimulatorOutputs
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.safety import BridgeReport, Phase
from liquid_nav.simulation import FRAME_DROPPED, FRAME_LATE, GROUND_CONTACT, FrameTiming, PosedWorld
from liquid_nav.worlds import CameraConfig, load_condition, load_scenario

NO_BRIDGE = "no bridge"
DOWN = (Phase.LANDING, Phase.STOPPING, Phase.READY)
"""Phases in which the drone may touch the ground."""
WAIT_FOR_TRUTH = 5.0
"""s of the vehicle's time from its first estimate on in which a true pose may still come."""


class SimulatedCamera(Node):
    """A camera in one world; it takes the place of the simulator."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters and build the world; bad input raises UserError."""
        super().__init__("simulated_camera", **options)
        scenario = load_scenario(
            declare(self, "scenario", "forest", "Scenario: a name or a YAML file.")
        )
        seed = declare(self, "seed", 0, "Seed of layout and camera noise.", (0, 2**31 - 1))
        condition = declare(
            self, "condition", "", "Condition: a name or a YAML file; empty: the scenario's own."
        )
        rate = declare(
            self,
            "frame_rate",
            0.0,
            "Camera frames per second at most; 0: the condition's.",
            (0.0, 120.0),
        )
        width = declare(self, "width", 256, "Image width, pixels.", (16, 1920))
        height = declare(self, "height", 144, "Image height, pixels.", (16, 1080))
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        self._truth_is_wanted = declare(
            self,
            "true_pose",
            False,
            f"Wait {WAIT_FOR_TRUTH:g} s for the true pose before the estimate is rendered.",
        )
        flown = load_condition(condition or scenario.condition)
        rate = flown.frame_rate(rate)
        self.world = PosedWorld(
            scenario, seed, flown, CameraConfig(width=width, height=height, rate=rate)
        )
        self._schedule = FrameTiming.of(flown.camera).schedule(rate, seed)
        self._late: tuple[np.ndarray, float] | None = None
        self._time = -1e9
        self._outputs = SimulatorOutputs(self, self.world.camera, prefix, sensors=False)
        self._outputs.place(self.world.layout, self.world.response)
        self._diagnostics = Diagnostics(self)
        self._clock_output = ClockOutput(self)
        self._bridge: BridgeReport | None = None
        self._started = False
        self._touched = False
        self._which = ""
        self._first_estimate: float | None = None
        for topic, callback in (
            ("autopilot/odom", self._on_estimate),
            ("autopilot/true_odom", self._on_truth),
        ):
            subscribe(self, self._diagnostics, Odometry, topic, callback, sensor_data_qos())
        subscribe(
            self, self._diagnostics, String, "autopilot_bridge/state", self._on_state, latched_qos()
        )
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
        self._started = report is not None and report.phase is Phase.FLYING
        response.success = self._started
        if self._started:
            response.message = "flying"
        elif report is None:
            response.message = f"the vehicle is not flying yet: {NO_BRIDGE}. "
        else:
            phase = report.phase.value
            response.message = f"the vehicle is not flying yet: {phase}. {report.text}"
        return response

    def _on_truth(self, message: Odometry) -> None:
        if not self._which:
            self._choose(TRUE, OK, "the true pose of the simulated vehicle is rendered")
        if self._which == TRUE:
            self._on_pose(message)

    def _on_estimate(self, message: Odometry) -> None:
        if not self._which:
            time = nanoseconds(message.header.stamp) / NANO
            if self._first_estimate is None or time < self._first_estimate:
                self._first_estimate = time
            if self._truth_is_wanted and time - self._first_estimate < WAIT_FOR_TRUTH:
                return
            text = (
                "the vehicle's own estimate is rendered: what it drifts is invisible to the camera"
            )
            self._choose(ESTIMATED, WARN, text)
        if self._which == ESTIMATED:
            self._on_pose(message)

    def _choose(self, which: str, level: bytes, text: str) -> None:
        """Choose the pose, once for a run: each has its own origin, so a change would be a jump."""
        self._which = which
        self._outputs.which_pose(which)
        self._diagnostics.report("pose", level, text)

    def _on_pose(self, message: Odometry) -> None:
        if self._bridge is None or self._bridge.phase is Phase.OFFLINE:
            return  # whether it stands or flies decides where its first pose belongs
        received = state_from(message)
        # The first pose decides where all others belong: one that is no place would stay for ever.
        require_finite("the pose", received.position, received.quaternion, received.velocity)
        state = self.world.to_world(received, self._bridge.airborne)
        if self._time - 1.0 <= state.time <= self._time:
            return  # older than what was seen, unless the vehicle has started again
        if state.time < self._time:
            # The frame that is kept is one of the vehicle's flight before.
            self._late = None
        self._time = state.time
        touched = self.world.place(state)
        self._clock_output.publish(state.time)
        if touched and self._started and not self._touched:
            self._touched = True
            self._outputs.contact(touched, state.time)
            if touched == GROUND_CONTACT and self._bridge.phase in DOWN:
                self._diagnostics.report("drone", OK, "landed")
            else:
                self._diagnostics.report("drone", ERROR, f"touched {touched}")
        delivery = self._schedule.due(state.time)
        if delivery is not None:
            self._outputs.odometry(state)
            self._look(delivery, state.time)

    def _look(self, delivery: str, time: float) -> None:
        """Publish the frame of ``time``, s, or keep it until the next one (late), or drop it."""
        late = self._late
        self._late = None
        if late is not None:
            self._outputs.frame(*late)
        if delivery == FRAME_DROPPED:
            return
        image = self.world.render()
        if delivery == FRAME_LATE:
            self._late = (image, time)
        else:
            self._outputs.frame(image, time)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(SimulatedCamera, arguments))


if __name__ == "__main__":
    main()
