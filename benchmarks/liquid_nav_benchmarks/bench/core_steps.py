"""How fast the LTC is, beside ``ncps`` and torch's LSTM of 64 units: medians, calls interleaved."""

from __future__ import annotations

import time
from statistics import median
from typing import Callable, Sequence

import torch
from torch import Tensor, nn

from liquid_nav.liquid import LTC, NCPWiring

Row = dict[str, object]
WIRING = {"inter": 18, "command": 12, "motor": 4, "sensory_fanout": 6, "inter_fanout": 4}
WIRING |= {"recurrent_command": 4, "motor_fanin": 6, "seed": 22224}
"""Neurons, synapses and seed of the published NCP: keyword arguments of ``NCPWiring``."""
USUAL = {"neurons": 34, "batch": 16, "steps": 64}
"""Sizes of a training step, of which ``growth_rows`` lets one at a time grow."""


def interleaved(
    works: Sequence[Callable[[], object]],
    rounds: int,
    on_round: Callable[[], object] = int,
    clock: Callable[[], float] = time.perf_counter,
    in_a_row: int = 1,
) -> list[float]:
    """Return the median time of each piece of work in ms.

    All take turns, so that a busy machine slows all alike. A turn is ``in_a_row`` calls, and counts
    with their mean.
    """
    for work in works:
        work()
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times):
            start = clock()
            for _ in range(in_a_row):
                work()
            taken.append(1e3 * (clock() - start) / in_a_row)
        on_round()
    return [median(taken) for taken in times]


def core_rows(
    inputs: int = 128,
    batch: int = 16,
    steps: int = 64,
    rounds: int = 30,
    on_round: Callable[[], object] = int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Measure a training step (forward and backward) and an inference step; a row each, in ms."""
    torch.manual_seed(0)
    ltc, reference = _pair(inputs)
    lstm = nn.LSTM(inputs, 64, batch_first=True)
    rows = []
    for what, b, t, in_a_row in (("train_step", batch, steps, 1), ("single_step", 1, 1, 20)):
        features = torch.rand(b, t, inputs)
        elapsed = torch.ones(b, t)
        state = ltc.initial_state(b)
        works = [
            _work(ltc, what, features, state, elapsed),
            _work(reference, what, features, state),
        ]
        works.append(_work(lstm, what, features))
        ltc_ms, ncps_ms, lstm_ms = interleaved(works, rounds, on_round, clock, in_a_row)
        with torch.no_grad():
            outputs = ltc(features, state, elapsed)[0]
            difference = (outputs - reference(features, state)[0]).abs().max().item()
        rows.append(
            {
                "what": what,
                "ours_ms": round(ltc_ms, 4),
                "ncps_ms": round(ncps_ms, 4),
                "lstm_ms": round(lstm_ms, 4),
                "ratio_ncps": round(ncps_ms / ltc_ms, 2),
                "ratio_lstm": round(lstm_ms / ltc_ms, 2),
                "max_abs_diff": difference,
            }
        )
    return rows


def growth_rows(
    rounds: int = 10,
    on_round: Callable[[], object] = int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Measure a training step of the LTC and of the LSTM while neurons, steps or batch grow.

    The other sizes stay as in ``USUAL``.
    """
    rows = []
    for what, values in (
        ("neurons", (17, 34, 68, 136)),
        ("steps", (16, 32, 64, 128)),
        ("batch", (8, 16, 32, 64)),
    ):
        for value in values:
            sizes = USUAL | {what: value}
            scale = sizes["neurons"] / USUAL["neurons"]
            batch = sizes["batch"]
            steps = sizes["steps"]
            wiring = NCPWiring(
                round(18 * scale), round(12 * scale), round(4 * scale), 6, 4, round(4 * scale), 6
            )
            core = LTC(128, wiring)
            lstm = nn.LSTM(128, round(64 * scale), batch_first=True)
            features = torch.rand(batch, steps, 128)
            elapsed = torch.ones(batch, steps)
            state = core.initial_state(batch)
            works = [
                _work(core, "train_step", features, state, elapsed),
                _work(lstm, "train_step", features),
            ]
            ltc_ms, lstm_ms = interleaved(works, rounds, on_round, clock)
            rows.append(
                {
                    "what": what,
                    "value": value,
                    "ours_ms": round(ltc_ms, 4),
                    "lstm_ms": round(lstm_ms, 4),
                }
            )
    return rows


def _pair(inputs: int) -> tuple[LTC, nn.Module]:
    """Return the LTC and that of ``ncps``, with equal wiring and weights."""
    from ncps.torch import LTC as Reference
    from ncps.wirings import NCP

    names = {"inter": "inter_neurons", "command": "command_neurons", "motor": "motor_neurons"}
    names["recurrent_command"] = "recurrent_command_synapses"
    reference = Reference(
        inputs,
        NCP(**{names.get(k, k): v for k, v in WIRING.items()}),
        implicit_param_constraints=False,
    )
    ltc = LTC(inputs, NCPWiring(**WIRING))
    ltc.load_dense(dict(reference.rnn_cell.named_parameters()))
    return ltc, reference


def _work(module: nn.Module, what: str, *inputs: Tensor) -> Callable[[], object]:
    def train() -> None:
        module.zero_grad()
        module(*inputs)[0].sum().backward()

    def infer() -> None:
        with torch.no_grad():
            module(*inputs)

    if what == "train_step":
        return train
    return infer
