"""``liquid-nav bench``: speed as ratios against named references measured in the same run,
interleaved.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Optional

import typer

from liquid_nav.errors import UserError

bench_app = typer.Typer(add_completion=False, no_args_is_help=True)
JSON = typer.Option(None, help="Write the rows as a list of flat objects.")
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
    from liquid_nav.liquid.benchmark import core_rows

    _need("ncps", "dev")
    rows = _measure(core_rows, rounds, 2 * rounds, threads, cpu_time)
    _show(rows, "times in ms, medians; ratio = reference / ours, above 1 means that ours is faster")
    _write(json, rows)


@bench_app.command(epilog="Example: liquid-nav bench growth --plot growth.png")
def growth(
    json: Optional[Path] = JSON,
    plot: Optional[Path] = typer.Option(None, help="Draw the curves into this picture."),
    rounds: int = typer.Option(10, min=3, help="Rounds for each point."),
    threads: int = THREADS,
    cpu_time: bool = CPU_TIME,
) -> None:
    """Show how the cost of a training step grows with neurons, steps and batch."""
    from liquid_nav.liquid.benchmark import growth_rows

    rows = _measure(growth_rows, rounds, 12 * rounds, threads, cpu_time)
    _show(rows, "times of a training step in ms, medians")
    _write(json, rows)
    if plot is not None:
        from liquid_nav.liquid.drawing import draw_growth

        draw_growth(rows, plot)


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
    from liquid_nav.evaluation.bench_policy import policy_rows, published_ncp
    from liquid_nav.policy import Policy

    wanted = [(name, chosen) for name in model for chosen in runtime]
    policies = {
        name if len(runtime) == 1 else f"{name}, {chosen}": Policy.load(name, chosen)
        for name, chosen in wanted
    }
    policies = policies or {"published ncp, random weights": published_ncp()}
    work = partial(policy_rows, policies)
    rows = _measure(work, rounds, rounds * len(policies), threads, cpu_time)
    _show(rows, "times in ms, medians; ratio = step / encoder alone")
    _write(json, rows)


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
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.evaluation.liquid_response import layer_rows, record_frames, respond_to_images
    from liquid_nav.policy import Policy

    policy = Policy.load(model)
    frames = 180
    start = 90
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("flying", total=flights)
        seeds = range(first_seed, first_seed + flights)
        images = record_frames(scenario, seeds, frames, lambda: progress.advance(task))
    response = respond_to_images(policy, images, start, noise)
    rows = layer_rows(policy, response)
    _show(
        rows,
        "factor: of the time constants in the second after the change; longer, shorter: neurons",
    )
    _write(json, rows)
    if plot is not None:
        from liquid_nav.liquid.drawing import draw_response

        draw_response(response, plot)


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
    from rich.console import Console
    from rich.progress import Progress
    from safetensors.torch import save_file

    from liquid_nav.liquid.tracking import ask, errors, train

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("training", total=steps)
        trained = train(seed, steps, on_step=lambda _error: progress.advance(task))
    error = errors(trained)
    answer = ask(trained)
    total = {"error": error["core"], "fixed_filter_error": error["fixed"]}
    rows = [{"seed": seed} | row | total for row in answer.rows()]
    _show(
        rows,
        "response: of the output to its newest input; membranes: by what factor; longer, shorter: "
        "neurons",
    )
    _write(json, rows)
    if core is not None:
        save_file(trained.state_dict(), core)
    if plot is not None:
        from liquid_nav.liquid.tracking_drawing import draw_answer

        draw_answer(answer, plot)


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
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.cli.bench_graph import VARIANTS, graph_rows

    if encoding not in ("rgb8", "bgr8"):
        raise UserError(f"unknown encoding '{encoding}'", "choose rgb8 or bgr8")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=len(VARIANTS))
        rows = graph_rows(
            model, (width, height), encoding, rate, seconds, lambda: progress.advance(task)
        )
    _show(
        rows,
        "share: of the frames sent; latency from stamp to command; CPU of the controller, 100 % is "
        "a core",
    )
    _write(json, rows)


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
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.cli.bench_camera import CLIP, camera_rows

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=rows)
        found = camera_rows(
            model,
            (width, height),
            rate,
            rows,
            seconds,
            min(CLIP, seconds / 6),
            lambda: progress.advance(task),
        )
    _show(
        found,
        "latency from stamp to command; openings: of the camera so far; resident memory of both "
        "nodes",
    )
    _write(json, found)


def _measure(
    function: Callable, rounds: int, total: int, threads: int, cpu_time: bool
) -> list[dict]:
    from time import perf_counter, process_time

    import torch
    from rich.console import Console
    from rich.progress import Progress

    torch.set_num_threads(1 if cpu_time else threads)
    clock = process_time if cpu_time else perf_counter
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=total)
        return function(rounds=rounds, on_round=lambda: progress.advance(task), clock=clock)


def _show(rows: list[dict], caption: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows[0], caption=caption)
    for row in rows:
        table.add_row(
            *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values())
        )
    Console().print(table)


def _write(path: Optional[Path], rows: list[dict]) -> None:
    if path is None:
        return
    try:
        path.write_text(jsonlib.dumps(rows, indent=2) + "\n")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}", "choose another file") from error


def _need(package: str, extra: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise UserError(
            f"the package {package} is not installed", f"pip install 'liquid_nav[{extra}]'"
        )
