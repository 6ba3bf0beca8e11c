"""The fault table of docs/reference/safety.md with real processes: what each fault does to the
drone, and which node reports why.

``pytest -s test/nodes/test_graph_faults.py`` prints the measured times, which are simulated
seconds.
"""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from sensor_msgs.msg import Joy

from liquid_nav.autopilots.profiles import PX4
from liquid_nav.bringup.simulated_flight import NodeProcess
from liquid_nav.nodes.qos import sensor_data_qos
from liquid_nav.types import Command

_SPEC = importlib.util.spec_from_file_location(
    "graph_flight", Path(__file__).with_name("graph_flight.py")
)
graph_flight = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(graph_flight)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SUPERVISOR, BRIDGE = "safety_supervisor: ", "autopilot_bridge: "
SEVERAL = "more than one node publishes /"


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    found = graph_flight.GraphFlight(tmp_path_factory.mktemp("logs"))
    yield found
    found.close()


@pytest.fixture
def flight(graph):
    graph.restore()
    yield graph


def pilot_touches(flight):
    """Press a button; the joystick publishes at every tick, as joysticks do: a single message may
    be lost.
    """
    flight.joy = Joy(axes=[0.0, 0.0, 0.0, 0.0], buttons=[1])


def joystick(flight):
    """From now on there is a joystick that no one touches."""
    flight.alive(
        flight.publisher(Joy, "joy", sensor_data_qos(10)).get_subscription_count, "a listener"
    )
    flight.joy = Joy(axes=[0.0, 0.0, 0.0, 0.0], buttons=[0])
    flight.go(1.0)


def noise(path):
    """A film in which every frame differs, uint8 [36,64,3] at 30 Hz, as long as a test may take."""
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (64, 36))
    for frame in np.random.default_rng(0).integers(0, 255, (300, 36, 64, 3), dtype=np.uint8):
        writer.write(frame)
    writer.release()
    return path


def second_supervisor(flight):
    flight.start(NodeProcess("safety_supervisor", graph_flight.WATCH), "second")
    flight.alive(lambda: flight.node.count_publishers("cmd_vel") > 1, "a second supervisor")
    # DDS informs each node by itself and takes wall time for it, while simulated time runs as fast
    # as it can. Until then the bridge receives nothing of the second one either.
    flight.alive(
        lambda: flight.reported(BRIDGE, SEVERAL), "the bridge's report of a second supervisor"
    )


FAULTS = {
    # what happens; which node reports it, with which text; s until it stands still at most; how
    # supervisor and bridge end.
    "killed supervisor": (
        lambda f: f.kill("safety_supervisor"),
        BRIDGE,
        "no command from the supervisor",
        3.0,
        ("engaged", "holding"),
    ),
    "killed bridge": (
        lambda f: f.kill("autopilot_bridge"),
        SUPERVISOR,
        "autopilot bridge",
        3.5,
        ("holding", "flying"),
    ),
    "latency of 500 ms": (
        lambda f: setattr(f, "late", 0.5),
        SUPERVISOR,
        "latency",
        3.0,
        ("holding", "holding"),
    ),
    "command is NaN": (
        lambda f: setattr(f, "command", Command(vx=math.nan)),
        SUPERVISOR,
        "not a finite",
        3.0,
        ("holding", "holding"),
    ),
    "pilot's button": (
        pilot_touches,
        SUPERVISOR,
        "the pilot has touched button 0",
        3.0,
        ("pilot", "released"),
    ),
    "mode from outside": (
        lambda f: f.vehicle._change(PX4.hold),
        BRIDGE,
        "mode changed to AUTO.LOITER",
        3.0,
        ("pilot", "released"),
    ),
    "two supervisors": (second_supervisor, BRIDGE, SEVERAL, 3.0, (None, "holding")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_at_rest_and_is_named(flight, name):
    fault, who, text, limit, end = FAULTS[name]
    if fault is pilot_touches:
        joystick(flight)
    flight.engage()
    print(f"\n| {name} | {flight.measure(fault, who, text, limit)} |")
    flight.ends_in(*end)


@pytest.mark.parametrize("name", ["killed camera", "killed controller", "frozen image"])
def test_camera_and_controller_are_processes_too(flight, name, small_model, tmp_path):
    video = noise(tmp_path / "noise.avi")
    flight.leave("controller")
    flight.start(NodeProcess("liquid_controller", {"model": str(small_model), "frozen_after": 1.0}))
    if name != "frozen image":
        flight.leave("camera")
        flight.start(NodeProcess("camera", {"source": str(video), "use_sim_time": True}))
    flight.alive(lambda: set(flight.children) <= set(flight.signs), "signs of life")
    flight.engage()
    fault, who, text, limit = {
        "killed camera": (
            lambda f: f.kill("camera", "liquid_controller"),
            SUPERVISOR,
            "camera image is too old",
            3.0,
        ),
        "killed controller": (
            lambda f: f.kill("liquid_controller"),
            SUPERVISOR,
            "command is too old",
            3.0,
        ),
        "frozen image": (
            lambda f: f.freeze("liquid_controller"),
            "liquid_controller: ",
            "camera is frozen",
            5.0,
        ),
    }[name]
    print(f"\n| {name} | {flight.measure(fault, who, text, limit)} |")
    flight.ends_in("holding", "holding")


@pytest.mark.parametrize("seconds", [5.0, -5.0])
def test_a_jump_of_the_clock_is_a_hold_that_ends_by_itself(flight, seconds):
    flight.engage()
    row = flight.measure(
        lambda f: f.jump(seconds), SUPERVISOR, f"clock jumped by {seconds:+.0f}", 3.0
    )
    print(f"\n| clock jumps by {seconds:+.0f} s | {row} |")
    flight.until(
        lambda: flight.received["mode"] == "engaged" and flight.driven(), "flying on", 15.0
    )


def test_a_lost_link_and_its_return(flight):
    flight.engage()
    row = flight.measure(lambda f: setattr(f, "linked", False), BRIDGE, "link lost", 4.0)
    print(f"\n| link lost | {row} |")
    flight.ends_in("holding", "offline")
    flight.linked = True
    back = flight.until(lambda: flight.phase() == "released", "the link", 10.0)
    print(f"\nlink back: hands off after {back:.2f} s")
    flight.ends_in("pilot", "released")


def test_a_reboot_in_flight(flight):
    flight.engage()
    begin = flight.vehicle.now
    flight.vehicle.reboot()
    flight.until(lambda: flight.reported(BRIDGE, "link lost"), "the name of its silence", 12.0)
    took, before = flight.vehicle.now - begin, flight.vehicle.set_points
    flight.until(
        lambda: "rebooted" in flight.children["autopilot_bridge"].log.read_text(),
        "the reboot's name",
        12.0,
    )
    flight.until(lambda: flight.phase() == "ready", "its end", 5.0)
    flight.go(5.0)
    assert flight.vehicle.set_points == before and not flight.vehicle.armed
    assert flight.phase() == "ready" and flight.received["mode"] not in ("engaged", "landing"), (
        flight.summary()
    )
    print(
        f"\n| autopilot reboots in flight | named after {took:.2f} s, falls: motors off, nothing "
        "is sent to it |"
    )


def test_arming_refused_on_the_ground(flight):
    flight.call("land")
    flight.until(lambda: flight.vehicle.body.landed and not flight.vehicle.armed, "the ground")
    flight.call("disengage")
    flight.vehicle.refuse_arming = "Preflight Fail: compass"
    flight.until(lambda: flight.phase() == "ready", "ready")
    place, begin = flight.state.position, flight.vehicle.now
    flight.until(lambda: flight.call("engage").success, "engaging")
    flight.until(lambda: flight.reported(BRIDGE, "Preflight Fail: compass"), "its text")
    print(f"\n| arming rejected | named after {flight.vehicle.now - begin:.2f} s |")
    flight.until(lambda: flight.received["mode"] == "disengaged", "giving up", 20.0)
    flight.go(2.0)
    assert not flight.vehicle.armed and np.array_equal(flight.state.position, place)


@pytest.mark.parametrize("topic", ["cmd_vel", "liquid_controller/cmd_vel"])
def test_displacement_by_a_second_publisher(flight, topic):
    place = flight.state.position
    flight.intrude(topic)
    flight.go(4.0)
    before = float(np.linalg.norm(flight.state.position - place))
    answer = flight.call("engage")
    assert not answer.success and f"publishers on /{topic}" in answer.message
    flight.restore()
    flight.engage()
    place, yaw, aside, ahead = flight.state.position, flight.state.yaw, 0.0, 0.0
    flight.intrude(topic)
    for _ in range(8):
        flight.go(0.5)
        moved = complex(*(flight.state.position - place)[:2]) * np.exp(-1j * yaw)
        ahead, aside = moved.real, max(aside, abs(moved.imag))
    print(
        f"\nsecond publisher on {topic}: before engagement {before:.3f} m, during {aside:.3f} m "
        "its way, "
        f"and {ahead:.2f} m on its own until it held"
    )
    assert before < 0.01 and aside < 0.01
    assert flight.speed < graph_flight.REST and flight.received["mode"] == "holding"
