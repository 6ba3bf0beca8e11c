"""``liquid-nav``: the table of subcommands and the entry point."""

from __future__ import annotations

import typer

from liquid_nav import __version__
from liquid_nav.cli.lazy import Entry, LazyGroup

ENTRIES = (
    Entry(
        "fly",
        "liquid_nav.cli.fly",
        "Fly one scenario through real ROS 2 nodes and leave a bag, a video and a report.",
        "liquid-nav fly --scenario forest --seed random",
    ),
    Entry(
        "evaluate",
        "liquid_nav.cli.evaluate",
        "Measure a model or a built-in pilot over many seeds, in lock step and without ROS.",
        "liquid-nav evaluate --model default --scenario field --condition summer --seeds "
        "10000:10050",
    ),
    Entry(
        "train",
        "liquid_nav.cli.train",
        "Train a model: demonstrations, imitation, DAgger.",
        "liquid-nav train --recipe config/training/default.yaml --out runs/mine",
    ),
    Entry(
        "compare",
        "liquid_nav.cli.compare",
        "Compare recurrent cores of equal size in closed loop, with intervals and a page.",
        "liquid-nav compare runs/comparison",
    ),
    Entry(
        "record",
        "liquid_nav.cli.record",
        "Record the topics of a running drone into a bag.",
        "liquid-nav record --out bags/today",
    ),
    Entry(
        "report",
        "liquid_nav.cli.report",
        "Make video, top view and report of a recorded flight, also of an interrupted one.",
        "liquid-nav report flights/20260101-120000",
    ),
    Entry(
        "replay",
        "liquid_nav.cli.replay",
        "Run a model over recorded flights and compare it with the pilot.",
        "liquid-nav replay flights/20260101-120000 --model default",
    ),
    Entry(
        "import",
        "liquid_nav.cli.import_",
        "Bring published networks and recorded flights into this project.",
        "liquid-nav import keras ncp.hdf5 --kind ncp --out models/published_ncp",
    ),
    Entry(
        "world",
        "liquid_nav.cli.world_command",
        "Render a scenario as a contact sheet, or write it as a file for Gazebo (SDF) or MuJoCo.",
        "liquid-nav world forest --seed 7 --format sdf --out forest.sdf",
    ),
    Entry(
        "preflight",
        "liquid_nav.cli.preflight",
        "Check the live graph before take-off: one line each, a remedy for what fails.",
        "liquid-nav preflight --seconds 5",
    ),
    Entry(
        "bench",
        "liquid_nav.cli.bench",
        "Measure speed, as ratios against a reference in the same run.",
        "liquid-nav bench core --json core.json",
    ),
)


class LiquidNav(LazyGroup):
    """The subcommands of ``liquid-nav``."""

    entries = ENTRIES


app = typer.Typer(
    cls=LiquidNav,
    name="liquid-nav",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Example: {ENTRIES[0].example}",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"liquid_nav {__version__}")
        raise typer.Exit()


@app.callback()
def root(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", help="Print the version.", is_eager=True, callback=_version
    ),
) -> None:
    """Fly a drone to a target through forest and field with a liquid neural network."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command line; the console script ``liquid-nav`` calls this."""
    app(prog_name="liquid-nav")


if __name__ == "__main__":
    main()
