"""``liquid-nav world``: contact sheets of what the drone sees, and worlds as files for Gazebo and
MuJoCo.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from liquid_nav.cli import offers
from liquid_nav.errors import UserError

if TYPE_CHECKING:
    from liquid_nav.worlds import Condition, Layout, Scenario

ALL = ("summer", "autumn", "winter", "fog", "dusk")


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
        help="Condition name or file; a sheet takes several and has all by default, a file the "
        "scenario's own.",
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
    from liquid_nav.worlds import load_condition, load_scenario

    chosen = load_scenario(place or scenario)
    if format is None:
        if out is not None:
            raise UserError(
                "--out needs --format",
                "add --format sdf or --format mjcf, or use --sheet for a picture",
            )
        _sheet(chosen, [load_condition(name) for name in condition or ALL], seed, sheet, width)
        return
    if len(seed) > 1 or len(condition) > 1:
        raise UserError(
            "a world file has one seed and one condition", "give --seed and --condition once"
        )
    around = load_condition((condition or [chosen.condition])[0])
    path = out or Path(f"{chosen.name}_{seed[0]}.{'sdf' if format is Format.sdf else 'xml'}")
    _file(chosen, around, seed[0], path, format, engine.value, drone, frame_prefix)


def _file(
    scenario: Scenario,
    condition: Condition,
    seed: int,
    path: Path,
    format: Format,
    engine: str,
    drone: bool,
    prefix: str,
) -> None:
    from rich.console import Console

    from liquid_nav.worlds import generate_layout

    with Console(stderr=True).status("growing the world"):
        layout = generate_layout(scenario, seed)
        if format is Format.sdf:
            from liquid_nav.worlds.sdf import write_sdf
            from liquid_nav.worlds.sdf_drone import DroneSpec

            count = write_sdf(
                path, layout, condition, engine, DroneSpec(prefix=prefix) if drone else None
            )
        else:
            from liquid_nav.worlds.mjcf_file import write_mjcf

            count = write_mjcf(path, layout, condition)
    typer.echo(_describe(layout))
    typer.echo(
        f"wrote {path}" + (f" and {count - 1} files into {path.stem}_files" if count > 1 else "")
    )


def _sheet(
    scenario: Scenario, conditions: list[Condition], seeds: list[int], sheet: Path, width: int
) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.evaluation.contact_sheet import contact_sheet, save_picture
    from liquid_nav.worlds import generate_layout

    size = (width, width * 9 // 16)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rendering", total=len(conditions) * len(seeds))
        picture = contact_sheet(
            scenario, conditions, seeds, size, on_picture=lambda: progress.advance(task)
        )
    save_picture(sheet, picture)
    for number in seeds:
        typer.echo(_describe(generate_layout(scenario, number)))
    typer.echo(f"wrote {sheet}")


def _describe(layout: Layout) -> str:
    from liquid_nav.worlds import line_blocked

    distance = (layout.target.x**2 + layout.target.y**2) ** 0.5
    line = "blocked" if line_blocked(layout) else "free"
    return (
        f"seed {layout.seed}: target {distance:.1f} m away, straight line {line}, "
        f"{len(layout.items)} things stand there"
    )
