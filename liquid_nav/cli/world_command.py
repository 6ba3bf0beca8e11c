"""``liquid-nav world``: contact sheets of camera views, worlds as files for Gazebo and MuJoCo."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.errors import UserError

ALL = ("summer", "autumn", "winter", "fog", "dusk")
"""Conditions of a sheet for which none is named: those that look different."""


class Format(str, Enum):
    """What a world can be written as."""

    sdf = "sdf"
    mjcf = "mjcf"


class Engine(str, Enum):
    """Gazebo's render engines."""

    ogre2 = "ogre2"
    ogre = "ogre"


def world(
    place: Optional[str] = typer.Argument(
        None,
        metavar="[SCENARIO]",
        help="Scenario name or file, as --scenario.",
        autocompletion=offers.scenarios,
    ),
    scenario: str = typer.Option(
        "forest", help="Scenario name or file.", autocompletion=offers.scenarios
    ),
    condition: list[str] = typer.Option(
        [],
        help="Condition name or file. A sheet takes several, by default summer, autumn, winter, "
        "fog and dusk; a world file takes one, by default the scenario's own.",
        autocompletion=offers.conditions,
    ),
    seed: list[int] = typer.Option([7], min=0, help="Seed of the layout; a sheet takes several."),
    format: Optional[Format] = typer.Option(
        None, help="Write the world as a file instead: for Gazebo or MuJoCo."
    ),
    out: Optional[Path] = typer.Option(
        None, help="File to write with --format; meshes go into a folder beside it."
    ),
    engine: Engine = typer.Option(
        "ogre2", help="Render engine of an SDF world; ogre where there is no GPU."
    ),
    drone: bool = typer.Option(
        True, help="Whether the drone stands in an SDF world; PX4 brings its own."
    ),
    frame_prefix: str = typer.Option("", help="Prefix of the frame ids of the SDF drone."),
    sheet: Path = typer.Option(Path("world.png"), help="Picture to write, .png or .jpg."),
    width: int = typer.Option(384, min=64, max=1280, help="Width of each picture in pixels; 16:9."),
) -> None:
    """Render a scenario as a contact sheet (start and target for each condition and seed), or write
    it as a file.
    """
    from liquid_nav.cli.world_output import WorldOutput

    chosen = WorldOutput(place or scenario)
    if format is None:
        if out is not None:
            raise UserError(
                "--out needs --format",
                "add --format sdf or --format mjcf, or use --sheet for a picture",
            )
        chosen.draw_sheet(condition or ALL, seed, sheet, width)
        return
    if len(seed) > 1 or len(condition) > 1:
        raise UserError(
            "a world file has one seed and one condition", "give --seed and --condition once"
        )
    around = condition[0] if condition else None
    if format is Format.sdf:
        chosen.write_sdf(around, seed[0], out, engine.value, drone, frame_prefix)
    else:
        chosen.write_mjcf(around, seed[0], out)
