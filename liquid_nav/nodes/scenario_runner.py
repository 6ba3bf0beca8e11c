"""Starts a flight, judges it by the scenario's rule, writes ``record.json``, exits with its result.

A flight that is ended from outside, or breaks, leaves a record too: of what was flown, with outcome
``interrupted``.

Exit code 0: the flight succeeded; 1: it failed, was landed on the way, or never began. With
``progress`` it prints one JSON object a line for the process that started it: ``{"time",
"distance", "speed", "mode"}`` in flight and ``{"outcome": ...}`` at the end.
"""

from __future__ import annotations

import json
import sys
import time as wall
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import numpy as np
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String

from liquid_nav.errors import UserError
from liquid_nav.json_text import read_json
from liquid_nav.nodes.drone_messages import state_from
from liquid_nav.nodes.gazebo_contacts import listen_to_contacts
from liquid_nav.nodes.messages import RESET_STEP, command_from, nanoseconds, require_finite
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.running import Finished, run_node
from liquid_nav.nodes.services import Caller, GraphError
from liquid_nav.recordings import FlightLog
from liquid_nav.safety import BridgeReport, Mode
from liquid_nav.simulation import FLIGHT_INTERRUPTED, FlightJudge, FlightOutcome, draw_latency
from liquid_nav.worlds import (
    MAX_DRONES,
    generate_layout,
    load_condition,
    load_scenario,
    shared_start,
)

CONTROLLER = "liquid_controller"
"""Whose mode is awaited, unless its topic is remapped to that of another pilot."""
SUPERVISOR = "safety_supervisor"
SETTLING = 0.5
"""s of wall time for the other nodes to discover the last subscriber too."""
ENDED = ("ready", "released", "offline")
"""Phases of the bridge in which a landing is over, or not ours any more."""
PROGRESS = 0.2
"""s of wall time between progress lines."""


class ScenarioRunner(Node):
    """One flight from the first service call to the record."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters and prepare the judge; bad input raises UserError."""
        super().__init__("scenario_runner", **options)
        scenario = load_scenario(
            declare(self, "scenario", "forest", "Scenario: a name or a YAML file.")
        )
        self._seed = declare(self, "seed", 0, "Seed, the same as the simulator's.", (0, 2**31 - 1))
        number = declare(
            self,
            "drone",
            0,
            "Number of the drone, where several share the world.",
            (0, MAX_DRONES - 1),
        )
        condition = declare(
            self, "condition", "", "Condition, the same as the simulator's; empty: the scenario's."
        )
        flown = load_condition(condition or scenario.condition)
        self._condition = flown.name
        rate = declare(
            self,
            "frame_rate",
            0.0,
            "Camera frames per second, for the record; 0: the condition's.",
            (0.0, 120.0),
        )
        self._rate = flown.frame_rate(rate)
        self._pilot = declare(self, "pilot", "", "Name of the pilot, for the record.")
        self._folder = declare(self, "folder", "", "Folder of record.json; empty: none is written.")
        self._progress = declare(self, "progress", False, "Print progress as JSON lines.")
        self._start = declare(
            self, "start_service", "simulator/start", "Service that begins the flight; empty: none."
        )
        self._late_start = declare(
            self,
            "count_from_start",
            False,
            "Count the flight's time from its start, not from the clock's zero.",
        )
        self._takeoff = declare(
            self,
            "wait_for_takeoff",
            False,
            "Begin when autopilot_bridge/state reports that the vehicle flies.",
        )
        self._land = declare(
            self,
            "land_at_end",
            False,
            "Land after the flight, where the autopilot still follows set points.",
        )
        self._phase = ""
        self._zero = 0.0
        self._patience = declare(
            self,
            "patience",
            30.0,
            "Wall seconds for the graph to come up, and for odometry to go on.",
            (1.0, 3600.0),
        )
        self._listeners = declare(
            self,
            "listeners",
            0,
            "Subscriptions to cmd_vel to wait for, so that a recorder misses nothing.",
            (0, 100),
        )
        self._layout = shared_start(generate_layout(scenario, self._seed), number)
        self._outcome: FlightOutcome | None = None
        self._begin_anew()
        self._modes = {CONTROLLER: "", SUPERVISOR: ""}
        self._landing = False
        self._shown = wall.monotonic()
        self._received = self._shown
        self._latest = 0.0
        self._flying = False
        self._cause = "ended from outside before it was over"
        self.create_subscription(Odometry, "odom", self._on_odometry, sensor_data_qos(100))
        self.create_subscription(TwistStamped, "cmd_vel", self._on_command, reliable_qos(100))
        self.create_subscription(String, "simulator/contact", self._on_contact, latched_qos())
        contacts = declare(
            self, "contacts_topic", "", "Gazebo's contacts of the drone; empty: none."
        )
        if contacts and not listen_to_contacts(self, contacts, self._on_touch):
            self.get_logger().warning(
                f"collisions are not judged: ros_gz_interfaces, the type of {contacts}, is not "
                "installed"
            )
        if self._takeoff or self._land:
            self.create_subscription(
                String, "autopilot_bridge/state", self._on_bridge, latched_qos()
            )
        self._pose = "true"
        self.create_subscription(String, "simulator/pose", self._on_which_pose, latched_qos())
        for name in self._modes:
            self.create_subscription(String, f"{name}/mode", self._on_mode(name), latched_qos())

    def _begin_anew(self) -> None:
        """Forget what was received: the flight has not begun."""
        self._judge = FlightJudge(self._layout)
        self._log = FlightLog(self._layout)
        self._contact: dict[str, Any] | None = None

    def run(self, executor: SingleThreadedExecutor) -> None:
        """Wait for the graph, begin, fly until there is an outcome; ends with Finished."""
        try:
            self._fly(executor)
        except GraphError as error:
            self._fail(str(error))
        self._finish()

    def _fly(self, executor: SingleThreadedExecutor) -> None:
        call = Caller(self, executor, self._patience)
        call.wait_for(
            lambda: self._modes[CONTROLLER] not in ("", "unconfigured", "inactive"),
            lambda: (
                f"the pilot is not active: {self.resolve_topic_name(f'{CONTROLLER}/mode')} is "
                f"'{self._modes[CONTROLLER]}'"
            ),
        )
        if self._listeners:
            call.wait_for(
                lambda: self.count_subscribers("cmd_vel") >= self._listeners,
                lambda: (
                    f"only {self.count_subscribers('cmd_vel')} of {self._listeners} nodes listen "
                    "to cmd_vel"
                ),
            )
            call.serve(SETTLING)
        call.trigger(f"{SUPERVISOR}/engage", retry=True)
        if self._start:
            call.trigger(self._start, retry=self._late_start)
        if self._takeoff:
            call.wait_for(
                lambda: self._phase == "flying",
                lambda: (
                    f"the vehicle does not fly: autopilot_bridge is '{self._phase}', see its log"
                ),
            )
        if self._late_start:
            self._zero = self._latest
        self._flying = True
        self._received = wall.monotonic()
        while self._outcome is None:
            executor.spin_once(timeout_sec=0.5)
            if wall.monotonic() - self._received > self._patience:
                self._fail(f"no odometry for {self._patience:g} s: does the simulator run?")
        if self._land and self._phase in ("flying", "holding"):
            self._bring_down(call)
        call.trigger(f"{SUPERVISOR}/disengage")

    def _bring_down(self, call: Caller) -> None:
        """Land: a real autopilot would hover on after this node has ended.

        The outcome does not change any more.
        """
        try:
            call.trigger(f"{SUPERVISOR}/land")
            call.wait_for(
                lambda: self._phase in ENDED, lambda: f"the vehicle does not land: '{self._phase}'"
            )
        except GraphError as error:
            self.get_logger().warning(str(error))

    def _on_odometry(self, message: Odometry) -> None:
        self._received = wall.monotonic()
        try:
            state = state_from(message)
            require_finite("the pose", state.position, state.velocity)
        except ValueError as error:
            self.get_logger().warning(f"odom is not judged: {error}", once=True)
            return
        before = self._latest
        self._latest = state.time
        if state.time < before - RESET_STEP and self._outcome is None:
            if self._flying:
                times = f"from {before:.1f} to {state.time:.1f} s"
                raise GraphError(
                    f"simulated time went back {times}: the simulator was reset in flight",
                    "Start the flight again",
                )
            self._begin_anew()
        if not self._log.state(nanoseconds(message.header.stamp), state) and self._contact is None:
            return
        if not self._flying or self._outcome is not None:
            return
        if self._late_start and not self._zero:
            # No odometry had come when the flight began.
            self._zero = state.time
        since = state
        if self._zero:
            since = replace(state, time=state.time - self._zero)
        self._outcome = self._judge.update(since, self._touched(state.time), self._landing)
        if self._progress and self._received - self._shown >= PROGRESS:
            self._shown = self._received
            self._print_progress(
                time=since.time,
                distance=self._judge.distance(state),
                speed=float(np.linalg.norm(state.velocity[:2])),
                mode=self._modes[SUPERVISOR],
            )

    def _touched(self, time: float) -> str | None:
        """Return what the drone has touched until a time of its stamps, s; None for nothing."""
        contact = self._contact
        if contact is not None and time >= contact["time"] - 1e-6:
            return contact["touched"]
        return None

    def _on_command(self, message: TwistStamped) -> None:
        if self._outcome is None:
            self._log.command(nanoseconds(message.header.stamp), command_from(message))

    def _on_contact(self, message: String) -> None:
        contact = read_json(message.data) or {}
        if isinstance(contact.get("touched"), str) and isinstance(
            contact.get("time"), (int, float)
        ):
            self._contact = contact

    def _on_which_pose(self, message: String) -> None:
        self._pose = message.data

    def _on_touch(self, kind: str, time: float) -> None:
        """Note what the drone touches first in Gazebo, once it flies."""
        if self._flying and self._contact is None:
            self._contact = {"touched": kind, "time": time}

    def _on_bridge(self, message: String) -> None:
        report = BridgeReport.from_facts(read_json(message.data))
        if report is not None:
            self._phase = report.phase.value

    def _on_mode(self, name: str) -> Callable[[String], None]:
        def keep(message: String) -> None:
            self._modes[name] = message.data
            # What follows a landing is "disengaged", when it is down and disarmed.
            if name == SUPERVISOR and message.data != Mode.DISENGAGED.value:
                self._landing = message.data == Mode.LANDING.value

        return keep

    def close(self) -> None:
        """Leave a record of a flight that has begun and was not judged."""
        if not self._flying or self._outcome is not None or not len(self._log):
            return
        self._outcome = FlightOutcome(
            FLIGHT_INTERRUPTED, self._cause, max(0.0, self._latest - self._zero)
        )
        try:
            self._write_record(self._outcome)
        except UserError as error:
            # The node is ending: nothing else would report it as one line.
            self.get_logger().error(str(error))

    def _finish(self) -> None:
        outcome = self._outcome
        assert outcome is not None  # _fly returns with one only
        self._write_record(outcome)
        result = {"success": "succeeded", "landed": "landed"}.get(
            outcome.reason, f"failed ({outcome.reason})"
        )
        self.get_logger().info(
            f"flight {result} after {outcome.time:.1f} s: {outcome.detail} ({self._pose} pose "
            "rendered and judged)"
        )
        self._print_progress(
            outcome=outcome.reason, detail=outcome.detail, time=outcome.time, frames=len(self._log)
        )
        raise Finished(0 if outcome.success else 1)

    def _write_record(self, outcome: FlightOutcome) -> None:
        record = self._log.record(
            outcome,
            self._seed,
            self._condition,
            self._pilot,
            self._rate,
            draw_latency(self._seed),
            self._zero,
        )
        if self._folder:
            path = Path(self._folder) / "record.json"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # ``begin`` added to the record's times gives the stamps in the bag beside it.
                # ``pose``: what was rendered and judged, the true one or a vehicle's estimate of
                # it.
                more = {"begin": self._zero, "pose": self._pose}
                path.write_text(json.dumps(record.to_dict() | more) + "\n")
            except OSError as error:
                raise UserError(
                    f"cannot write {path}: {error.strerror}", "choose another folder"
                ) from error

    def _fail(self, reason: str) -> None:
        self._cause = reason
        self.get_logger().error(reason)
        self._print_progress(error=reason)
        raise Finished(1)

    def _print_progress(self, **facts: object) -> None:
        if self._progress:
            print(json.dumps(facts), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(ScenarioRunner, arguments))


if __name__ == "__main__":
    main()
