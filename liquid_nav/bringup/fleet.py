"""Which processes let several drones fly in one world at once. Needs neither rclpy nor launch."""

from __future__ import annotations

from dataclasses import replace

from liquid_nav.bringup.simulated_flight import (
    FlightPlan,
    NodeProcess,
    autopilot_graph,
    embedded_graph,
)
from liquid_nav.errors import UserError
from liquid_nav.worlds import MAX_DRONES

NUMBERED = ("expert_pilot", "scenario_runner")
"""Executables with a parameter for the number of their drone."""


def flight_processes(plan: FlightPlan) -> list[NodeProcess]:
    """Return the processes of a plan in the embedded world, the scenario runners last.

    Raises:
        UserError: unknown scenario or autopilot, or drones that cannot fly together.
    """
    check_drones(plan)
    if plan.autopilot:
        return autopilot_graph(plan)
    if plan.drones > 1:
        return fleet_graph(plan)
    return embedded_graph(plan)


def check_drones(plan: FlightPlan) -> None:
    """Refuse drones that cannot fly together.

    Raises:
        UserError: several ones that an autopilot flies, or too many for one world.
    """
    if plan.drones <= 1:
        return
    if plan.autopilot:
        raise UserError(
            "an autopilot flies one drone",
            "leave autopilot out, or start a graph for each namespace",
        )
    if plan.drones > MAX_DRONES:
        raise UserError(f"{plan.drones} drones in one world", f"choose 2 to {MAX_DRONES}")


def drone_namespaces(drones: int) -> list[str]:
    """Return the namespaces of that many drones: d1, d2 ...; of a single one the empty name."""
    if drones <= 1:
        return [""]
    return [f"d{number + 1}" for number in range(drones)]


def drone_plans(plan: FlightPlan) -> list[FlightPlan]:
    """Return the plan of each drone, in the order of ``drone_namespaces``: of several ones each has
    a frame prefix and a folder of its own.
    """
    if plan.drones <= 1:
        return [plan]
    return [
        replace(
            plan,
            frame_prefix=f"{plan.frame_prefix}{name}/",
            record=plan.record / name if plan.record else None,
        )
        for name in drone_namespaces(plan.drones)
    ]


def fleet_graph(plan: FlightPlan) -> list[NodeProcess]:
    """Return one simulator, and for each drone its own pilot, supervisor, recorder and, last,
    scenario runner.

    Each drone has a namespace, a frame prefix and a folder of its name, and a start of its own
    (``shared_start``).
    """
    check_drones(plan)
    names = drone_namespaces(plan.drones)
    simulator = embedded_graph(plan)[0]
    graph = [NodeProcess(simulator.executable, {**simulator.parameters, "drones": ",".join(names)})]
    runners = []
    for number, (name, own) in enumerate(zip(names, drone_plans(plan))):
        for process in embedded_graph(own)[1:]:
            parameters = dict(process.parameters)
            if process.executable in NUMBERED:
                parameters["drone"] = number
            placed = replace(process, parameters=parameters, namespace=name)
            if process.executable == "scenario_runner":
                runners.append(placed)
            else:
                graph.append(placed)
    return [*graph, *runners]
