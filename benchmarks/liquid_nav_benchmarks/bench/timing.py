"""How ``liquid-nav bench`` times steps: on the threads and by the clock that the options give."""

from __future__ import annotations

from time import perf_counter, process_time
from typing import Any, Callable

import torch

from liquid_nav.cli import progress_counter


def timed(
    function: Callable[..., list[dict[str, Any]]],
    rounds: int,
    total: int,
    threads: int,
    cpu_time: bool,
) -> list[dict[str, Any]]:
    """Return the rows that ``function`` measures, with a bar that goes to ``total``.

    ``cpu_time``: processor time on one thread instead of wall time on ``threads``.
    """
    clock = perf_counter
    if cpu_time:
        clock = process_time
        threads = 1
    torch.set_num_threads(threads)
    with progress_counter("measuring", total) as on_round:
        return function(rounds=rounds, on_round=on_round, clock=clock)
