"""The nodes that the launch files start, read without ``launch``: what ``liquid-nav fly`` describes
as ``NodeProcess``, so that both can be compared.
"""

from functools import cache

from reference_pages.launch_files import LaunchFile

from liquid_nav.bringup import gazebo_processes, real_drone
from liquid_nav.bringup.simulated_flight import EMBEDDED_PARAMETER_FILE, NodeProcess

COMMON = {"namespace": "", "params_file": "", "log_level": "info"}

read = cache(LaunchFile)


def processes(nodes):
    """Return the nodes of a launch file as processes."""
    found = []
    for node in nodes:
        assert node.named["package"] == "liquid_nav"
        _, parameters = node.named["parameters"]
        found.append(
            NodeProcess(
                node.named["executable"],
                parameters,
                node.named["namespace"],
                tuple(node.named["remappings"]),
                node.named.get("additional_env", {}),
            )
        )
    return found


def drone_graph(**given):
    """Return what ``drone.launch.py`` starts with these arguments."""
    file = read("drone.launch.py")
    value = file.values(**given)
    settings = file.settings(value, given, real_drone.DRONE_PARAMETER_FILE)
    return processes(file.module.drone_nodes(value, settings))


def flight_graph(sim, plan, namespace=""):
    """Return our nodes of a plan in a simulator, as ``flight.launch.py`` starts them."""
    file = read("flight.launch.py")
    parameter_file = EMBEDDED_PARAMETER_FILE
    if sim.endswith("gazebo"):
        parameter_file = gazebo_processes.GAZEBO_PARAMETER_FILE
    settings = file.settings(COMMON | {"namespace": namespace}, (), parameter_file)
    return processes(getattr(file.module, f"{sim}_nodes")(plan, settings))


def gazebo_graph(plan):
    """Return our nodes of a flight in Gazebo."""
    return flight_graph("gazebo", plan)


def px4_gazebo_graph(plan):
    """Return our nodes of a flight with PX4 in Gazebo."""
    return flight_graph("px4_gazebo", plan)
