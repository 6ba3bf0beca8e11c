"""What ``liquid-nav bench policy`` measures: a step from image to command, its encoder alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from liquid_nav.policy import Policy
from liquid_nav_benchmarks.bench.policy_steps import policy_rows, published_ncp
from liquid_nav_benchmarks.bench.rows import show_rows, write_rows
from liquid_nav_benchmarks.bench.timing import timed


def compare_policies(
    models: list[str],
    runtimes: list[str],
    json: Path | None,
    rounds: int,
    threads: int,
    cpu_time: bool,
) -> None:
    """Show what a step of each model costs in each runtime; the published NCP with random weights
    where no model is given.
    """
    policies = _load(models, runtimes) or {"published ncp, random weights": published_ncp()}
    work = partial(policy_rows, policies)
    rows = timed(work, rounds, rounds * len(policies), threads, cpu_time)
    show_rows(rows, "times in ms, medians; ratio = step / encoder alone")
    write_rows(json, rows)


def _load(models: list[str], runtimes: list[str]) -> dict[str, Policy]:
    """Return the policies by name; the runtime is part of it where there are several."""
    policies = {}
    for model in models:
        for runtime in runtimes:
            name = model
            if len(runtimes) > 1:
                name = f"{model}, {runtime}"
            policies[name] = Policy.load(model, runtime)
    return policies
