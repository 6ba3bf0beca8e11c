"""Which processes make a flight, and with which parameters: for ``liquid-nav fly`` and the launch
files alike.

Needs neither rclpy nor launch.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Mapping, Sequence

from liquid_nav.autopilots import read_connection
from liquid_nav.bringup.claims import free_port
from liquid_nav.bringup.transport import transport_variables
from liquid_nav.errors import UserError
from liquid_nav.worlds import (
    KEYS_OF_OWN_ESTIMATOR,
    check_condition_supported,
    load_condition,
    load_scenario,
)

PILOT_NODES = {"policy": "liquid_controller", "expert": "expert_pilot"}
"""Pilot -> its node, which also begins the names of its topics."""
PILOT_KINDS = tuple(PILOT_NODES)
PILOT_TOPICS = ("cmd_vel", "mode")
"""What supervisor, scenario runner and plots read of whoever steers."""
SIMULATED_FLIGHT_AUTOPILOTS = ("px4", "ardupilot", "px4_dds", "test-px4", "test-ardupilot")
PX4_DDS_DOMAIN = 0
"""ROS domain of PX4's uXRCE-DDS client (its UXRCE_DDS_DOM_ID), unless the user names another in
ROS_DOMAIN_ID.
"""
USUAL_CONNECTION = "udp:0.0.0.0:14540"
EMBEDDED_PARAMETER_FILE = "config/embedded.yaml"

GATE_LIMITS = ("speed", "vertical_speed", "yaw_rate", "acceleration", "yaw_acceleration")
"""Limits that scenarios and launch arguments hand to the supervisor."""

SIMULATED_WATCH_PARAMETERS = {
    "odometry_age": 0.5,
    "autopilot_age": 1.0,
    "latency": 0.3,
    "clock_jump": 2.0,
    "position_jump": 2.0,
    "battery": 0.15,
}
"""What the supervisor watches beside images and commands, where an autopilot flies."""

SIMULATED_RESUME = 10.0
"""s since the beginning of a hold in which a bridge of a simulated flight lets the supervisor go on
by itself.

A bridge of a real drone has no such time (config/drone.yaml): there a person engages again.
"""

_NAMESPACE = r"[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*"

RANDOM_SEEDS = range(100_000, 1_000_000)
"""Where seed ``random`` draws: neither trained on nor used for choosing or for reported numbers."""


def parse_seed(text: str) -> int:
    """Return the seed that a text means: a non-negative integer, or ``random``; raises
    UserError.
    """
    if text == "random":
        return random.SystemRandom().choice(RANDOM_SEEDS)
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**31:
        raise UserError(
            f"cannot read the seed '{text}'",
            "give a non-negative integer below 2147483648, or 'random'",
        )
    return int(text)


def parse_namespace(text: str) -> str:
    """Return a namespace without slashes around it; raises UserError for one that ROS does not
    accept.
    """
    name = text.strip("/")
    if name and not re.fullmatch(_NAMESPACE, name):
        remedy = (
            "give letters, digits and underscores, no digit first, such as drone_1 or fleet/drone_1"
        )
        raise UserError(f"'{text}' is no namespace of ROS", remedy)
    return name


def parse_number(name: str, text: str) -> float:
    """Return the number that a launch argument means, in SI units.

    Args:
        name: of the argument, for the message.
        text: as a person typed it.

    Raises:
        UserError: the text is no finite number.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(
            f"cannot read {name}:={text}", "give a number in SI units, such as 1 or 0.5"
        )
    return value


@dataclass(frozen=True)
class FlightPlan:
    """What is asked for; the same names as the options of ``liquid-nav fly`` and the launch
    arguments.
    """

    scenario: str = "forest"
    """Name of the scenario, or its YAML file."""
    seed: int = 0
    """Seed of the world, a non-negative integer below 2^31."""
    condition: str = ""
    """Name of the condition, or its YAML file; empty: the scenario's own."""
    pilot: str = "policy"
    """Who steers, one of ``PILOT_KINDS``: the network, or the privileged expert."""
    model: str = "default"
    """Name of the network's model, or its folder; the expert needs none."""
    record: Path | None = None
    """Folder for bag and record; None: nothing is recorded."""
    frame_rate: float = 0.0
    """Camera frames per second, Hz; 0: the condition's."""
    real_time_factor: float = 1.0
    """Simulated seconds per wall second at most; 0: as fast as possible."""
    frame_prefix: str = ""
    """Before every frame id, such as ``d1/``."""
    progress: bool = False
    """Whether the scenario runner prints its progress as JSON lines."""
    autopilot: str = ""
    """What flies the drone, one of ``SIMULATED_FLIGHT_AUTOPILOTS``; empty: the embedded simulator
    alone.
    """
    connection: str = ""
    """Address of the autopilot, as ``read_connection`` takes it; empty: the usual place."""
    drones: int = 1
    """How many fly in one world."""
    watchers: int = 0
    """Nodes outside of the graph that subscribe to each drone's cmd_vel."""


@dataclass(frozen=True)
class NodeProcess:
    """One node of the graph."""

    executable: str
    """Name of the executable in this package."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Name -> value of the ROS parameters that differ from the parameter file."""
    namespace: str = ""
    """Namespace of one of several drones, below that of the graph; empty: the graph's."""
    remappings: Sequence[tuple[str, str]] = ()
    """Names of topics in the node's source and what they are here, relative to the namespace;
    default: none.
    """
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of this process alone, which win over those of the graph."""


def embedded_graph(plan: FlightPlan) -> list[NodeProcess]:
    """Return the processes of a flight in the embedded simulator, the scenario runner last.

    Raises:
        UserError: unknown scenario.
    """
    prefix: dict[str, object] = {"frame_prefix": plan.frame_prefix}
    place: dict[str, object] = {
        "scenario": plan.scenario,
        "seed": plan.seed,
        "condition": plan.condition,
        "frame_rate": plan.frame_rate,
    }
    graph = [
        NodeProcess(
            "simulator",
            place | prefix | {"real_time_factor": plan.real_time_factor, "wait_for_start": True},
        ),
        pilot_process(plan),
        NodeProcess(
            "safety_supervisor",
            scenario_gate_limits(plan.scenario) | prefix,
            remappings=pilot_remappings(plan.pilot),
        ),
    ]
    runner: dict[str, object] = {"pilot": pilot_name(plan)}
    if plan.record is not None:
        recorder: dict[str, object] = {"folder": str(plan.record)}
        if not plan.autopilot:
            # Our simulator publishes its first frame until the flight begins: the recorder can
            # wait until it receives every topic.
            recorder["wait_for_camera"] = True
        graph.append(NodeProcess("recorder", recorder))
        runner["folder"] = str(plan.record)
        runner["listeners"] = command_subscribers(plan)
    graph.append(
        NodeProcess(
            "scenario_runner",
            place | runner | {"progress": plan.progress},
            remappings=pilot_remappings(plan.pilot),
        )
    )
    return graph


def command_subscribers(plan: FlightPlan) -> int:
    """Return how many nodes subscribe to ``cmd_vel`` in a flight that is recorded."""
    # The drone, the scenario runner and the recorder.
    count = 3
    if plan.autopilot.startswith("test-"):
        # A test vehicle subscribes too, beside its bridge.
        count = 4
    return count + plan.watchers


def pilot_process(plan: FlightPlan) -> NodeProcess:
    """Return the process that steers."""
    parameters: dict[str, object] = {"model": plan.model}
    if plan.pilot == "expert":
        parameters = {"scenario": plan.scenario, "seed": plan.seed}
    return NodeProcess(PILOT_NODES[plan.pilot], parameters | {"frame_prefix": plan.frame_prefix})


def pilot_remappings(pilot: str) -> tuple[tuple[str, str], ...]:
    """Return what lets a node that reads the command and the mode of the network's controller read
    those of this pilot, one of ``PILOT_KINDS``, and of no other.
    """
    usual = PILOT_NODES["policy"]
    node = PILOT_NODES[pilot]
    if node == usual:
        return ()
    return tuple((f"{usual}/{topic}", f"{node}/{topic}") for topic in PILOT_TOPICS)


def pilot_name(plan: FlightPlan) -> str:
    """Return what records call the pilot: ``expert`` or the model."""
    if plan.pilot == "expert":
        return plan.pilot
    return plan.model


def scenario_gate_limits(scenario: str) -> dict[str, float]:
    """Return what a scenario allows the drone, as parameters of the supervisor."""
    limits = load_scenario(scenario).limits
    return {name: float(getattr(limits, name)) for name in GATE_LIMITS}


def autopilot_connection(text: str) -> str:
    """Return the address of an autopilot: the usual one for an empty text.

    Raises:
        UserError: an address that cannot be read.
    """
    connection = text or USUAL_CONNECTION
    read_connection(connection)
    return connection


def takeoff_altitude(scenario: str) -> float:
    """Return to which altitude an autopilot takes off in a scenario, m above ground: just below the
    one at which the pilot flies.
    """
    return load_scenario(scenario).cruise_altitude - 0.1


def check_own_estimator(plan: FlightPlan, autopilot: str) -> None:
    """Refuse a condition that a real autopilot, which estimates its own pose, does not fly in.

    Raises:
        UserError: what the condition asks for beyond that.
    """
    check_condition_supported(
        load_condition(plan.condition or load_scenario(plan.scenario).condition),
        f"a real {autopilot}",
        KEYS_OF_OWN_ESTIMATOR,
    )


def autopilot_graph(plan: FlightPlan) -> list[NodeProcess]:
    """Return the processes of a flight whose drone is flown by an autopilot, the scenario runner
    last.

    The autopilot has its own dynamics; our world renders its camera from the pose that the bridge
    reports.

    Raises:
        UserError: unknown scenario or autopilot, a connection that cannot be read, or one where
            none is used.
    """
    if plan.autopilot not in SIMULATED_FLIGHT_AUTOPILOTS:
        raise UserError(
            f"unknown autopilot '{plan.autopilot}'",
            f"choose one of: {', '.join(SIMULATED_FLIGHT_AUTOPILOTS)}",
        )
    dds = plan.autopilot == "px4_dds"
    if dds and plan.connection:
        raise UserError(
            f"px4_dds does not use the connection '{plan.connection}'",
            "leave --connection out: MicroXRCEAgent carries PX4's topics, the domain is "
            "ROS_DOMAIN_ID",
        )
    test = plan.autopilot.startswith("test-")
    kind = plan.autopilot.removeprefix("test-")
    port = 0
    connection = ""
    if test:
        port = free_port()
        connection = f"udp:127.0.0.1:{port}"
    elif not dds:
        connection = autopilot_connection(plan.connection)
    if not test:
        check_own_estimator(plan, kind)
    place: dict[str, object] = {
        "scenario": plan.scenario,
        "seed": plan.seed,
        "condition": plan.condition,
    }
    prefix: dict[str, object] = {"frame_prefix": plan.frame_prefix}
    _, *others = embedded_graph(plan)
    supervisor = next(process for process in others if process.executable == "safety_supervisor")
    others[others.index(supervisor)] = replace(
        supervisor, parameters={**supervisor.parameters, **SIMULATED_WATCH_PARAMETERS}
    )
    runner = others.pop()
    bridge: dict[str, object] = {
        "autopilot": kind,
        "connection": connection,
        "altitude": takeoff_altitude(plan.scenario),
        "odom_topic": "autopilot/odom",
    }
    # The simulated camera publishes the pose in the scenario's frame.
    bridge["publish_tf"] = False
    bridge["resume"] = SIMULATED_RESUME
    truth = {"true_pose": True}
    graph = [
        NodeProcess("autopilot_bridge", bridge | truth | prefix),
        NodeProcess("simulated_camera", place | prefix | truth | {"frame_rate": plan.frame_rate}),
        *others,
        replace(
            runner,
            parameters={**runner.parameters, "count_from_start": True, "land_at_end": not test},
        ),
    ]
    if test:
        speed = {"real_time_factor": plan.real_time_factor or 10.0}
        graph[0] = NodeProcess("autopilot_bridge", bridge | truth | prefix | {"use_sim_time": True})
        graph.insert(
            0, NodeProcess("test_vehicle", place | {"autopilot": kind, "port": port} | speed)
        )
    return graph


def clock_remapping(namespace: str) -> list[tuple[str, str]]:
    """Return what keeps the clocks of simulated drones apart: one that waits for its network does
    not stop others.
    """
    name = namespace.strip("/")
    if not name:
        return []
    return [("/clock", f"/{name}/clock")]


def enclave_arguments(executable: str) -> list[str]:
    """Return the arguments that give a node its SROS2 enclave, where security is on; see
    config/sros2_policy.xml.
    """
    if os.environ.get("ROS_SECURITY_ENABLE", "").lower() != "true":
        return []
    return ["--enclave", f"/liquid_nav/{executable}"]


def node_environment() -> dict[str, str]:
    """Return variables that every process of the graph gets, unless the user has set them.

    A shared-memory transport that is large enough for camera images (``transport``), and one thread
    per numerical library: several processes that each take all cores only wait for each other.
    """
    wanted = {
        "OMP_NUM_THREADS": "1",
        "RCUTILS_COLORIZED_OUTPUT": "0",
        "PYTHONUNBUFFERED": "1",
    }
    wanted |= transport_variables()
    return {name: value for name, value in wanted.items() if name not in os.environ}


def parameter_as_yaml(value: object) -> str:
    """Return a parameter value as ``-p name:=value`` and launch files take it: text is quoted."""
    return json.dumps(value)
