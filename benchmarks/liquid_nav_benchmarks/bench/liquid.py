"""What ``liquid-nav bench liquid`` shows: how changed images change a model's time constants."""

from __future__ import annotations

from pathlib import Path

from liquid_nav.cli import progress_counter
from liquid_nav.policy import Policy
from liquid_nav_benchmarks.bench.liquid_response import layer_rows, record_frames, respond_to_images
from liquid_nav_benchmarks.bench.rows import show_rows, write_rows

FRAMES = 180
"""Length of a sequence."""
START = 90
"""Frame of the change."""


def show_answer_to_images(
    model: str,
    scenario: str,
    seeds: range,
    noise: float,
    json: Path | None,
    plot: Path | None,
) -> None:
    """Show a row for each change and layer of neurons, as a picture too where ``plot`` is given.

    ``noise``: standard deviation, of 255.
    """
    policy = Policy.load(model)
    with progress_counter("flying", len(seeds)) as on_flight:
        images = record_frames(scenario, seeds, FRAMES, on_flight)
    response = respond_to_images(policy, images, START, noise)
    rows = layer_rows(policy, response)
    show_rows(
        rows,
        "factor: of the time constants in the second after the change; longer, shorter: neurons",
    )
    write_rows(json, rows)
    if plot is not None:
        from liquid_nav_benchmarks.bench.drawing import draw_response  # needs the extra report

        draw_response(response, plot)
