"""``liquid-nav bench``: speed as ratios against named references, interleaved in one run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.errors import UserError

bench_app = typer.Typer(add_completion=False, no_args_is_help=True)


def _writable(path: Optional[Path]) -> Optional[Path]:
    """Return the file; raises UserError before minutes of measuring where it cannot be written."""
    if path is not None:
        from liquid_nav.evaluation import check_writable

        check_writable(path)
    return path


JSON = typer.Option(None, help="Write the rows as a list of flat objects.", callback=_writable)
CPU_TIME = typer.Option(
    False,
    "--cpu-time",
    help="Count processor time on one thread instead of wall time: for a busy machine.",
)
THREADS = typer.Option(2, min=1, help="Threads that torch and the kernels may use.")


@bench_app.callback()
def bench() -> None:
    """Measure speed, as ratios against a reference in the same run."""


@bench_app.command(epilog="Example: liquid-nav bench core --json core.json")
def core(
    json: Optional[Path] = JSON,
    rounds: int = typer.Option(
        30, min=3, help="Rounds; a turn is one training step or twenty single steps."
    ),
    threads: int = THREADS,
    cpu_time: bool = CPU_TIME,
) -> None:
    """Compare the LTC with ncps and torch's LSTM(64): batch 16, 64 steps, 128 inputs, and one step
    alone.
    """
    from liquid_nav_benchmarks.bench.core import compare_cores

    _need("ncps", "dev")
    compare_cores(json, rounds, threads, cpu_time)


@bench_app.command(epilog="Example: liquid-nav bench growth --plot growth.png")
def growth(
    json: Optional[Path] = JSON,
    plot: Optional[Path] = typer.Option(None, help="Draw the curves into this picture."),
    rounds: int = typer.Option(10, min=3, help="Rounds for each point."),
    threads: int = THREADS,
    cpu_time: bool = CPU_TIME,
) -> None:
    """Show how the cost of a training step grows with neurons, steps and batch."""
    from liquid_nav_benchmarks.bench.core import show_growth

    show_growth(json, plot, rounds, threads, cpu_time)


@bench_app.command(
    epilog="Example: liquid-nav bench policy --model models/published_ncp --json policy.json"
)
def policy(
    model: list[str] = typer.Option(
        [], help="Model folder or name; the published NCP with random weights without."
    ),
    runtime: list[str] = typer.Option(
        ["auto"], help="What computes the encoder: auto, torch, onnxruntime; several."
    ),
    json: Optional[Path] = JSON,
    rounds: int = typer.Option(
        200, min=10, help="Steps of each model, in turn with its encoder alone."
    ),
    threads: int = THREADS,
    cpu_time: bool = CPU_TIME,
) -> None:
    """Compare one step of a policy, image to command, with its encoder alone."""
    from liquid_nav_benchmarks.bench.policy import compare_policies

    compare_policies(model, runtime, json, rounds, threads, cpu_time)


@bench_app.command(
    epilog="Example: liquid-nav bench liquid --model default --plot tau.png --json tau.json"
)
def liquid(
    model: str = typer.Option("default", help="Name or folder of a model."),
    scenario: str = typer.Option("forest", help="Where the expert flies the sequences."),
    first_seed: int = typer.Option(10_000, min=0, help="First seed of the flights."),
    flights: int = typer.Option(6, min=2, help="Number of flights."),
    noise: float = typer.Option(
        45.0, min=0.0, help="Standard deviation of the image noise, of 255."
    ),
    json: Optional[Path] = JSON,
    plot: Optional[Path] = typer.Option(None, help="Draw the time constants into this picture."),
) -> None:
    """Show how a model's time constants answer noise and abrupt changes: one row per change and
    layer of neurons.
    """
    from liquid_nav_benchmarks.bench.liquid import show_answer_to_images

    seeds = range(first_seed, first_seed + flights)
    show_answer_to_images(model, scenario, seeds, noise, json, plot)


@bench_app.command(epilog="Example: liquid-nav bench tracking --plot tracking.png")
def tracking(
    seed: int = typer.Option(0, min=0, help="Seed of the core, its wiring and its signals."),
    steps: int = typer.Option(2500, min=1, help="Training steps, of 32 signals each."),
    core: Optional[Path] = typer.Option(
        None, help="Keep the trained core in this safetensors file."
    ),
    json: Optional[Path] = JSON,
    plot: Optional[Path] = typer.Option(
        None, help="Draw signals and time constants into this picture."
    ),
) -> None:
    """Train a core to follow a level through noise, and show what noise and a jump do to its time
    constants.
    """
    from liquid_nav_benchmarks.bench.tracking import show_tracking

    show_tracking(seed, steps, core, json, plot)


@bench_app.command(epilog="Example: liquid-nav bench graph --json graph.json")
def graph(
    model: str = typer.Option("default", help="Name or folder of a model."),
    width: int = typer.Option(1280, min=16, max=8192, help="Width of the camera's images, pixels."),
    height: int = typer.Option(
        720, min=16, max=8192, help="Height of the camera's images, pixels."
    ),
    encoding: str = typer.Option("rgb8", help="rgb8 or bgr8 (what OpenCV's cameras give)."),
    rate: float = typer.Option(30.0, min=1.0, max=240.0, help="Camera frames per second."),
    seconds: float = typer.Option(10.0, min=1.0, help="How long each variant is measured."),
    json: Optional[Path] = JSON,
) -> None:
    """Measure a camera through DDS into the controller, before and after the Fast DDS profile and
    keeping memory.
    """
    from liquid_nav_benchmarks.bench.graph import show_variants

    if encoding not in ("rgb8", "bgr8"):
        raise UserError(f"unknown encoding '{encoding}'", "choose rgb8 or bgr8")
    show_variants(model, (width, height), encoding, rate, seconds, json)


@bench_app.command(
    epilog="Example: liquid-nav bench camera --rows 10 --seconds 60 --json camera.json"
)
def camera(
    model: str = typer.Option("default", help="Name or folder of a model."),
    width: int = typer.Option(1280, min=16, max=8192, help="Width of the video, pixels."),
    height: int = typer.Option(720, min=16, max=8192, help="Height of the video, pixels."),
    rate: float = typer.Option(30.0, min=1.0, max=240.0, help="Its frames per second."),
    rows: int = typer.Option(
        10, min=1, help="Rows; in each the cable is out for a quarter of the time."
    ),
    seconds: float = typer.Option(60.0, min=2.0, help="How long a row is."),
    json: Optional[Path] = JSON,
) -> None:
    """Play a video through the camera node into the controller while its cable is pulled and put
    back, row by row.
    """
    from liquid_nav_benchmarks.bench.camera import show_rows_of_camera

    show_rows_of_camera(model, (width, height), rate, rows, seconds, json)


def _need(package: str, extra: str) -> None:
    if find_spec(package) is None:
        raise UserError(
            f"the package {package} is not installed", f"pip install 'liquid_nav[{extra}]'"
        )
