"""Launch files as people start them, with real nodes: what is misspelt, what dies, and who lives
on.

``LIQUID_NAV_KILLS=10 pytest -s test/nodes/test_launched.py`` kills every node ten times, each in a
flight of its own.
"""

import importlib.util
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pymavlink")


def _beside(name):
    """Import a file beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


launched = _beside("launched")
left_locks = _beside("left_locks")

pytestmark = [launched.needs_launch, pytest.mark.slow, pytest.mark.timeout(900)]
kills = pytest.mark.parametrize("kill", range(int(os.environ.get("LIQUID_NAV_KILLS", "1"))))


def kill_in_that_moment(process):
    """Kill a process as if it held the locks of its ports."""
    try:
        left_locks.kill_in_that_moment(process)
    except left_locks.UnknownLayout as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("file", "argument", "name"),
    [
        ("field.launch.py", "sed:=3", "seed"),
        ("flight.launch.py", "sceanrio:=field", "scenario"),
        ("drone.launch.py", "sorce:=0", "source"),
        ("views.launch.py", "riviz:=true", "rviz"),
    ],
)
def test_a_misspelt_argument_starts_nothing(harness, tmp_path, file, argument, name):
    with launched.Launched(tmp_path, file, argument, domain=harness.domain) as flight:
        assert flight.wait() == 1
        given = argument.partition(":=")[0]
        assert f"unknown launch argument '{given}'. did you mean '{name}'?" in flight.output()
        assert flight.started() == {} and "Traceback" not in flight.output()


def test_a_model_that_does_not_exist_ends_the_flight_at_once(harness, tmp_path):
    """Not after the two minutes that the scenario runner waits for an active controller."""
    arguments = ("model:=nowhere", "seed:=7")
    with launched.Launched(
        tmp_path, "field.launch.py", *arguments, domain=harness.domain
    ) as flight:
        assert flight.wait() == 1
        lines = flight.output()
    assert (
        "liquid_controller" in lines and "has ended with exit code 2: the flight is over" in lines
    )
    assert "is not active" not in lines


@kills
@pytest.mark.parametrize("locks", [False, True], ids=["", "locks"])
@pytest.mark.parametrize(
    "name", ["simulator", "expert_pilot", "safety_supervisor", "scenario_runner"]
)
def test_a_node_that_is_killed_ends_the_simulated_flight(harness, tmp_path, name, locks, kill):
    """Also where it leaves its ports in shared memory locked, so that the others stand still."""
    arguments = ("pilot:=expert", "seed:=7", "real_time_factor:=0.2")

    def spin():
        harness.executor.spin_once(timeout_sec=0.02)

    with launched.Launched(
        tmp_path, "field.launch.py", *arguments, domain=harness.domain
    ) as flight:
        launched.until(lambda: "-> engaged" in flight.output(), flight.output, spin)
        process = flight.started()[name]
        begin = time.monotonic()
        if locks:
            kill_in_that_moment(process)
        else:
            os.kill(process, signal.SIGKILL)
        assert flight.wait() == 1
        held = " with locks" * locks
        print(f"\n{name}{held}: exit code 1 after {time.monotonic() - begin:.3f} s")
        lines = flight.output()
    assert f"{name}-" in lines and "has ended with exit code -9: the flight is over" in lines


def test_land_ends_the_simulated_flight_as_landed(harness, tmp_path):
    """No success, and no collision with the ground either."""
    arguments = ("pilot:=expert", "seed:=7")

    def spin():
        harness.executor.spin_once(timeout_sec=0.02)

    with launched.Launched(
        tmp_path, "field.launch.py", *arguments, domain=harness.domain
    ) as flight:
        launched.until(lambda: "-> engaged" in flight.output(), flight.output, spin)
        answer = harness.call("safety_supervisor/land")
        assert answer.success, answer.message
        assert flight.wait() == 1
        lines = flight.output()
    assert "flight landed after" in lines and "collision" not in lines
    assert "the flight ended with exit code 1" in lines


@pytest.fixture
def film(tmp_path):
    """A film in which every frame differs from the one before, longer than the test."""
    import cv2

    path = tmp_path / "noise.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (32, 18))
    frames = np.random.default_rng(0).integers(0, 255, (300, 18, 32, 3), dtype=np.uint8)
    for number in range(300 * 60):
        writer.write(frames[number % len(frames)])
    writer.release()
    return path


CAUSES = {
    "recorder": "the recorder has died",
    "camera": "camera image is",
    "liquid_controller": "command is",
}
"""Node that dies -> the text of the hold that follows."""


@kills
@pytest.mark.parametrize("name", CAUSES)
def test_a_node_that_is_killed_in_the_air_is_a_hold_and_the_others_live_on(
    harness, tmp_path, film, small_model, name, kill
):
    with launched.Drone(
        harness, tmp_path, film, small_model, "low:=-30.0", "radius:=1000.0"
    ) as drone:
        drone.engage()
        before = drone.launched.started()
        took, cause = drone.die(name)
        print(f"\n{name}: held after {took:.3f} s: {cause}")
        assert CAUSES[name] in cause
        answer = harness.call("safety_supervisor/land")
        assert answer.success, answer.message
        drone.until(
            lambda: drone.state["phase"] == "ready" and not drone.state["armed"], "a landing"
        )
        drone.until(lambda: drone.launched.started()[name] != before[name], "another start")
        drone.until(
            lambda: drone.harness.reports("safety_supervisor: inputs", "are fresh"),
            "healthy inputs",
        )
        end = time.monotonic() + 3.0
        drone.until(lambda: time.monotonic() > end, "time")
        assert drone.mode == "disengaged" and not drone.state["armed"], "no person has asked again"
        after = drone.launched.started()
        for one in ("safety_supervisor", "autopilot_bridge"):
            assert after[one] == before[one] and drone.launched.alive(one)
        drone.launched.interrupt()
        assert drone.launched.wait() == 0


@kills
def test_what_a_killed_recorder_leaves_locked_does_not_stop_the_bridge(
    harness, tmp_path, film, small_model, kill
):
    """The supervisor publishes to the recorder and stands still for seconds; the bridge receives
    nothing and holds itself.
    """
    # With LOCALHOST, which the tests have, rmw_fastrtps gives shared memory to every process.
    wide = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
    limits = ("low:=-30.0", "radius:=1000.0")
    with launched.Drone(harness, tmp_path, film, small_model, *limits, variables=wide) as drone:
        drone.engage()
        assert left_locks.ports_of(drone.launched.started()["autopilot_bridge"]) == []
        received = len(drone.modes)
        begin = time.monotonic()
        kill_in_that_moment(drone.launched.started()["recorder"])
        drone.until(lambda: drone.state["phase"] == "holding", "the bridge's hold", 10.0)
        took = time.monotonic() - begin
        drone.until(lambda: len(drone.modes) > received, "a message of the supervisor", 10.0)
        published = drone.modes[received][0] - begin
        print(
            f"\nthe bridge held after {took:.3f} s ({drone.state['text']}), the supervisor "
            f"published after {published:.3f} s"
        )
        assert took < published, "it has held without a message of the supervisor"
        drone.until(lambda: drone.mode == "holding", "the supervisor's hold", 10.0)
        drone.until(lambda: harness.call("safety_supervisor/land").success, "an answer to land")
        drone.until(
            lambda: drone.state["phase"] == "ready" and not drone.state["armed"], "a landing"
        )
        drone.launched.interrupt()
        assert drone.launched.wait() == 0
