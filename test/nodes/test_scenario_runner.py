"""The runner against a graph that the test plays: services, modes, odometry, contact."""

import json
import math
import threading

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from std_msgs.msg import String
from std_srvs.srv import Trigger

from liquid_nav.bringup.simulated_flight import pilot_remappings
from liquid_nav.nodes.drone_messages import odometry_message
from liquid_nav.nodes.messages import command_message, from_seconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.nodes.running import Finished
from liquid_nav.nodes.scenario_runner import ScenarioRunner
from liquid_nav.safety import BridgeReport, Phase
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command


def report(phase):
    """What the bridge reports in a phase."""
    return String(data=json.dumps(BridgeReport(Phase(phase)).to_facts()))


class Bench:
    """The rest of the graph, and the runner in a thread of its own."""

    def __init__(self, harness, folder, **parameters):
        self.harness, self.calls = harness, []
        probe = harness.probe
        self.refusals = ["no camera image yet"]
        self.modes = {
            name: probe.create_publisher(String, f"{name}/mode", latched_qos())
            for name in ("liquid_controller", "safety_supervisor")
        }
        self.odom = probe.create_publisher(Odometry, "odom", sensor_data_qos(10))
        self.commands = probe.create_publisher(TwistStamped, "cmd_vel", reliable_qos())
        self.contact = probe.create_publisher(String, "simulator/contact", latched_qos())
        for name in ("engage", "disengage", "land"):
            probe.create_service(Trigger, f"safety_supervisor/{name}", self._answer(name))
        probe.create_service(Trigger, "simulator/start", self._answer("simulator/start"))
        self.runner = harness.make(
            ScenarioRunner, scenario="field", seed=3, folder=str(folder), **parameters
        )
        self.layout = self.runner._layout
        self.code = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        executor = SingleThreadedExecutor(context=self.harness.context)
        executor.add_node(self.runner)
        try:
            self.runner.run(executor)
        except Finished as end:
            self.code = end.code
        except ExternalShutdownException:
            # The test has ended before the flight, and the context with it.
            return
        self.runner.destroy_node()

    def _answer(self, name):
        def answer(request, response):
            self.calls.append(name)
            response.success = not (name == "engage" and self.refusals)
            response.message = "fine" if response.success else self.refusals.pop()
            return response

        return answer

    def begin(self):
        self.modes["liquid_controller"].publish(String(data="active"))
        self.harness.until(lambda: self.calls[-1:] == ["simulator/start"], "the start")

    def fly(self, time, position, velocity=(0.0, 0.0, 0.0)):
        state = DroneState(
            time,
            np.array(position, float),
            np.array((1.0, 0, 0, 0)),
            np.array(velocity),
            np.zeros(3),
            np.zeros(3),
        )
        stamp = from_seconds(time)
        self.commands.publish(command_message(Command(vx=time), stamp))
        self.odom.publish(odometry_message(state, stamp))

    def hover(self, place):
        """Be at a place from time zero on, until the runner has seen enough."""
        times = iter(np.arange(0.0, 60.0, 0.04))

        def step():
            if "disengage" not in self.calls:
                self.fly(next(times), place)
            return self.ended()

        self.harness.until(step, "the end of the flight")

    def ended(self):
        return not self.thread.is_alive()


@pytest.fixture
def bench(harness, tmp_path):
    return Bench(harness, tmp_path, patience=20.0)


def test_a_flight_to_the_target_is_a_success(bench, tmp_path):
    bench.begin()
    assert bench.calls == ["engage", "engage", "simulator/start"], "a refusal is tried again"
    target = bench.layout.target
    bench.hover((target.x - 1.5, target.y, 1.5))
    assert bench.code == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["outcome"]["reason"] == "success" and record["seed"] == 3
    assert record["outcome"]["time"] >= 2.0 and max(record["columns"]["distance"]) == pytest.approx(
        1.5
    )


def test_a_touch_in_gazebo_ends_the_flight_and_one_before_it_began_does_not(bench, tmp_path):
    bench.runner._on_touch("bush", 0.0)
    assert bench.runner._contact is None
    bench.begin()
    bench.harness.until(lambda: bench.runner._flying, "the start")
    start = bench.layout.start
    bench.runner._on_touch("trunk", 0.5)
    bench.runner._on_touch("ground", 0.6)
    bench.hover((start.x, start.y, 1.5))
    outcome = json.loads((tmp_path / "record.json").read_text())["outcome"]
    assert (
        bench.code == 1
        and outcome["reason"] == "collision"
        and "touched trunk" in outcome["detail"]
    )
    assert outcome["time"] == pytest.approx(0.52, abs=0.05), (
        "at the time of the contact, not before"
    )


def test_the_record_states_which_pose_was_judged(bench, tmp_path):
    pose = bench.harness.probe.create_publisher(String, "simulator/pose", latched_qos())
    pose.publish(String(data="estimated"))
    bench.begin()
    target = bench.layout.target
    bench.hover((target.x - 1.5, target.y, 1.5))
    assert json.loads((tmp_path / "record.json").read_text())["pose"] == "estimated"


def test_with_an_autopilot_time_begins_after_the_take_off(harness, tmp_path):
    bench = Bench(
        harness,
        tmp_path,
        patience=20.0,
        start_service="",
        wait_for_takeoff=True,
        count_from_start=True,
    )
    state = harness.probe.create_publisher(String, "autopilot_bridge/state", latched_qos())
    bench.modes["liquid_controller"].publish(String(data="active"))
    state.publish(report("climbing"))
    target, times = bench.layout.target, iter(np.arange(0.0, 600.0, 0.04))
    flown = []

    def step():
        flown.append(next(times))
        bench.fly(flown[-1], (target.x - 1.5, target.y, 1.5))
        return bench.calls[-1:] == ["engage"] and len(flown) > 120

    harness.until(step, "a climb longer than the time that success takes")
    assert not bench.ended() and not (tmp_path / "record.json").exists()
    state.publish(report("flying"))
    harness.until(
        lambda: step() and bench.ended() or bench.ended(), "the end of the flight", deadline=60.0
    )
    record = json.loads((tmp_path / "record.json").read_text())
    outcome, times = record["outcome"], record["columns"]["time"]
    assert bench.code == 0 and 2.0 <= outcome["time"] < flown[-1] - flown[119]
    assert times[0] == pytest.approx(0.0, abs=0.2) and times[-1] == pytest.approx(
        outcome["time"], abs=0.2
    )
    assert record["begin"] > 4.0 and len(times) > 0.8 * outcome["time"] / 0.04


@pytest.mark.parametrize(("phase", "lands"), [("flying", True), ("released", False)])
def test_a_real_autopilot_lands_after_the_flight_unless_a_pilot_has_it(
    harness, tmp_path, phase, lands
):
    bench = Bench(
        harness, tmp_path, patience=20.0, start_service="", wait_for_takeoff=True, land_at_end=True
    )
    state = harness.probe.create_publisher(String, "autopilot_bridge/state", latched_qos())
    state.publish(report("flying"))
    bench.modes["liquid_controller"].publish(String(data="active"))
    start, times = bench.layout.start, iter(np.arange(0.0, 600.0, 0.04))

    def outcome():
        bench.fly(next(times), (start.x, start.y, 30.0))  # out of the fence
        return (
            bench.runner._outcome is not None or "disengage" in bench.calls or "land" in bench.calls
        )

    harness.until(lambda: bench.runner._flying, "the start")
    state.publish(report(phase))
    harness.until(lambda: bench.runner._phase == phase, "the phase")
    harness.until(outcome, "the outcome")
    if lands:
        harness.until(lambda: bench.calls[-1:] == ["land"], "the landing")
        state.publish(report("ready"))
    harness.until(bench.ended, "the end of the flight")
    assert ("land" in bench.calls) is lands and bench.calls[-1] == "disengage"


def test_a_contact_is_a_collision_at_its_time(bench, tmp_path):
    bench.begin()
    start = bench.layout.start
    bench.contact.publish(String(data=json.dumps({"touched": "bale", "time": 0.012})))

    def step():
        for time in (0.0, 0.012):
            bench.fly(time, (start.x, start.y, 1.5))
        return bench.ended()

    bench.harness.until(step, "the end of the flight")
    assert bench.code == 1
    outcome = json.loads((tmp_path / "record.json").read_text())["outcome"]
    assert (outcome["reason"], outcome["time"]) == ("collision", 0.012) and "bale" in outcome[
        "detail"
    ]


@pytest.mark.parametrize(
    ("modes", "reason"),
    [
        (["engaged", "landing"], "landed"),
        (["engaged", "landing", "disengaged"], "landed"),
        (["engaged", "holding"], "collision"),
        (["engaged", "landing", "holding"], "collision"),
        (["engaged", "landing", "pilot"], "collision"),
        (["engaged", "landing", "disengaged", "engaged"], "collision"),
    ],
)
def test_the_ground_is_a_collision_unless_a_landing_was_requested(bench, tmp_path, modes, reason):
    bench.begin()
    start = bench.layout.start
    for mode in modes:
        bench.modes["safety_supervisor"].publish(String(data=mode))
        bench.harness.until(
            lambda m=mode: bench.runner._modes["safety_supervisor"] == m, "the mode"
        )
    bench.contact.publish(String(data=json.dumps({"touched": "ground", "time": 0.012})))

    def step():
        for time in (0.0, 0.012):
            bench.fly(time, (start.x, start.y, 0.5))
        return bench.ended()

    bench.harness.until(step, "the end of the flight")
    outcome = json.loads((tmp_path / "record.json").read_text())["outcome"]
    assert (outcome["reason"], outcome["success"], outcome["time"]) == (reason, False, 0.012)
    assert bench.code == 1 and bench.calls[-1] == "disengage"


def test_a_graph_that_does_not_come_up_is_named(harness, tmp_path, capfd):
    bench = Bench(harness, tmp_path, patience=1.0, progress=True)
    bench.modes["liquid_controller"].publish(String(data="inactive"))
    harness.until(bench.ended, "giving up")
    assert bench.code == 1
    assert (
        "the pilot is not active: /liquid_controller/mode is 'inactive'" in capfd.readouterr().out
    )


def test_the_expert_is_awaited_where_its_mode_is_read(harness, tmp_path):
    bench = Bench(harness, tmp_path, patience=20.0, remappings=pilot_remappings("expert"))
    assert pilot_remappings("expert") and not pilot_remappings("policy")
    bench.modes["liquid_controller"].publish(String(data="active"))
    expert = harness.probe.create_publisher(String, "expert_pilot/mode", latched_qos())
    harness.matched(expert)
    expert.publish(String(data="inactive"))
    harness.until(lambda: bench.runner._modes["liquid_controller"] == "inactive", "its mode")
    assert not bench.calls
    expert.publish(String(data="active"))
    harness.until(lambda: bench.calls[-1:] == ["simulator/start"], "the start")


def test_a_state_that_cannot_be_read_is_no_phase(harness, tmp_path):
    bench = Bench(harness, tmp_path, patience=20.0, start_service="", wait_for_takeoff=True)
    state = harness.probe.create_publisher(String, "autopilot_bridge/state", latched_qos())
    state.publish(report("climbing"))
    bench.modes["liquid_controller"].publish(String(data="active"))
    harness.until(lambda: bench.runner._phase == "climbing", "the phase")
    spoilt = report("flying").data.replace('"act": 0', '"act": NaN')
    for text in ("flying", "{", '{"phase": "flying"}', spoilt, "[" * 100_000):
        bench.runner._on_bridge(String(data=text))
        assert bench.runner._phase == "climbing"
    state.publish(report("flying"))
    harness.until(lambda: bench.runner._flying, "the flight")
    start, times = bench.layout.start, iter(np.arange(0.0, 600.0, 0.04))

    def outcome():
        bench.fly(next(times), (start.x, start.y, 30.0))  # out of the fence
        return bench.ended()

    harness.until(outcome, "the end of the flight")


def test_odometry_without_an_orientation_is_not_judged_and_ends_nothing(harness, tmp_path):
    bench = Bench(harness, tmp_path, start_service="")
    message = Odometry()
    message.header.stamp.sec = 7
    message.pose.pose.orientation.w = 0.0
    bench.runner._on_odometry(message)
    assert bench.runner._latest == 0.0
    message.pose.pose.orientation.w = 1.0
    bench.runner._on_odometry(message)
    assert bench.runner._latest == 7.0


def test_time_counts_from_the_start_where_odometry_begins_after_it(harness, tmp_path):
    bench = Bench(harness, tmp_path, patience=20.0, start_service="", count_from_start=True)
    bench.modes["liquid_controller"].publish(String(data="active"))
    harness.until(lambda: bench.runner._flying, "the start")
    target, times = bench.layout.target, iter(np.arange(5000.0, 5600.0, 0.04))

    def step():
        bench.fly(next(times), (target.x - 1.5, target.y, 1.5))
        return bench.ended()

    harness.until(step, "the end of the flight")
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["outcome"]["reason"] == "success" and record["outcome"]["time"] < 100.0
    assert record["begin"] >= 5000.0


def test_a_position_that_is_not_finite_is_not_judged(harness, tmp_path):
    bench = Bench(harness, tmp_path, start_service="")
    message = Odometry()
    message.header.stamp.sec = 7
    message.pose.pose.orientation.w = 1.0
    message.pose.pose.position.x = math.nan
    bench.runner._on_odometry(message)
    assert bench.runner._latest == 0.0 and not len(bench.runner._log)


def test_a_record_that_cannot_be_written_at_the_end_is_reported(harness, tmp_path, capfd):
    (tmp_path / "file").write_text("")
    runner = harness.add(ScenarioRunner, scenario="field", seed=3, folder=str(tmp_path / "file"))
    runner._flying = True
    message = Odometry()
    message.pose.pose.orientation.w = 1.0
    message.pose.pose.position.z = 1.5
    runner._on_odometry(message)
    assert runner._outcome is None, "it flies"
    runner.close()
    (line,) = capfd.readouterr().err.splitlines()
    assert "ERROR" in line and "cannot write" in line
