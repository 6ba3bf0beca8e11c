"""``liquid-nav fly``: one flight through real ROS 2 nodes over DDS, each in its own process."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError


def fly(
    scenario: str = typer.Option(
        "forest", help="Scenario: a name or a YAML file.", autocompletion=offers.scenarios
    ),
    seed: str = typer.Option(
        "random", help="Seed of the world, a non-negative integer, or 'random'."
    ),
    condition: str = typer.Option(
        "",
        help="Condition: a name or a YAML file; the scenario's own by default.",
        autocompletion=offers.conditions,
    ),
    model: str = typer.Option(
        "default", help="Model: a name or a folder.", autocompletion=offers.models
    ),
    pilot: str = typer.Option(
        "policy",
        help="Who flies: policy, or expert (privileged, needs no model).",
        autocompletion=offers.pilots,
    ),
    out: Optional[Path] = typer.Option(
        None, help="Folder of the flight; flights/<date>-<time> by default."
    ),
    real_time_factor: float = typer.Option(
        1.0, min=0.0, help="Simulated per wall seconds; 0: as fast as possible."
    ),
    frame_rate: Optional[float] = typer.Option(
        None,
        min=1.0,
        max=120.0,
        help="Camera frames per second; from the condition if left out (usually 30).",
    ),
    autopilot: str = typer.Option(
        "",
        help="Fly through MAVLink: px4, ardupilot (a real or SITL one, our world renders its "
        "camera), test-px4, test-ardupilot (the built-in test vehicle); px4_dds: a real PX4 "
        "through MicroXRCEAgent and px4_msgs, in ROS_DOMAIN_ID, by default 0. Empty: the embedded "
        "drone alone.",
    ),
    connection: str = typer.Option(
        "", help="Where px4 or ardupilot is: udp:HOST:PORT, tcp:..., serial:DEVICE:BAUD."
    ),
    drones: int = typer.Option(
        1, min=1, max=8, help="How many fly at once in one world, in namespaces d1, d2 ..."
    ),
    json: Optional[Path] = typer.Option(
        None, help="Write the results as a list of flat objects, one for each drone."
    ),
) -> None:
    """Fly one scenario through real ROS 2 nodes and leave a bag, a video and a report."""
    from liquid_nav.cli.fly_graph import fly_plan, plan_flight

    check_distribution()
    if importlib.util.find_spec("rclpy") is None:
        raise UserError("ROS 2 (rclpy) is not installed", "source a ROS 2, or run make setup")
    plan = plan_flight(
        scenario,
        seed,
        condition,
        pilot,
        model,
        out,
        frame_rate,
        real_time_factor,
        autopilot,
        connection,
        drones,
    )
    raise typer.Exit(fly_plan(plan, json))
