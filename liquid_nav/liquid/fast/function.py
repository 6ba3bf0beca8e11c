"""The autograd function around the kernels: the torch path's results, float32 on the CPU."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from .kernels import (
    Floats,
    Integers,
    Neurons,
    Pair,
    Synapses,
    backward_tile,
    forward_tile,
    infer_tile,
)
from .simd import LANES

Indices = tuple[Integers, Integers, Integers, Integers]
"""Sensory source [N] and first synapse of each target [S+1]; then those of internal synapses."""
Groups = tuple[Synapses, Synapses, Neurons, Pair]
"""The kernels' groups of arguments: sensory, internal, neurons, mapping."""
InferenceGroups = tuple[Synapses, Synapses, Neurons, Pair, Pair]
"""The same with the readout."""
Kept = dict[int, tuple[Floats, Floats, Floats, Floats]]
"""What the backward kernel needs (inputs, v, u, q), by first sequence of a tile."""

_pool: tuple[int, int, ThreadPoolExecutor] | None = None  # (process, threads, pool)


def trajectory(
    synapses: Indices,
    unfolds: int,
    features: Tensor,
    state: Tensor,
    elapsed: Tensor,
    parameters: Sequence[Tensor],
) -> Tensor:
    """Return the state after every input, [B,T,S], for training.

    Args:
        synapses: see ``Indices``.
        unfolds: solver steps per input.
        features: [B,T,I]; like the next two, float32 on the CPU.
        state: [B,S].
        elapsed: [B,T] in s.
        parameters: tensors in the order of ``fast.PARAMETERS`` without the readout.
    """
    if torch.is_grad_enabled():
        states: Tensor = _Trajectory.apply(  # type: ignore[no-untyped-call]  # torch has no type
            synapses, unfolds, features, state, elapsed, *parameters
        )
        return states
    inputs, initial, times, *values = _arrays((features, state, elapsed, *parameters))
    groups = _groups(synapses, values)
    return torch.from_numpy(_forward(inputs, initial, times, unfolds, groups, keep=False)[0])


def prepare(synapses: Indices, parameters: Sequence[Tensor]) -> InferenceGroups:
    """Return views of all parameters, grouped as the kernels take them.

    They stay valid while the parameters stay in place.
    """
    values = _arrays(parameters)
    return (*_groups(synapses, values), (values[13], values[14]))


def infer(
    groups: InferenceGroups,
    unfolds: int,
    features: Tensor,
    state: Tensor,
    elapsed: Tensor,
    motor: int,
    validate: bool,
) -> tuple[int, Tensor, Tensor]:
    """Return (fault, outputs [B,T,O], state [B,S]) of at most LANES sequences.

    See ``kernels.infer_tile``.
    """
    inputs, initial, times = _arrays((features, state, elapsed))
    fault, outputs, states = infer_tile(inputs, initial, times, unfolds, *groups, motor, validate)
    return fault, torch.from_numpy(outputs), torch.from_numpy(states[:, -1])


class _Trajectory(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        synapses: Indices,
        unfolds: int,
        features: Tensor,
        state: Tensor,
        elapsed: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        inputs, initial, times, *values = _arrays((features, state, elapsed, *parameters))
        groups = _groups(synapses, values)
        result, ctx.kept = _forward(inputs, initial, times, unfolds, groups, keep=True)
        ctx.save_for_backward(elapsed, *parameters)
        ctx.synapses = synapses
        ctx.unfolds = unfolds
        ctx.width = features.shape[2]
        return torch.from_numpy(result)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        elapsed, *values = _arrays(ctx.saved_tensors)
        groups = _groups(ctx.synapses, values)
        gradient = grad.contiguous().numpy()
        batch, steps, units = gradient.shape
        tiles = -(-batch // LANES)
        g_features = np.empty((batch, steps, ctx.width), np.float32)
        g_elapsed = np.empty_like(elapsed)
        g_state = np.empty((batch, units), np.float32)
        sizes = ((4, len(ctx.synapses[0])), (4, len(ctx.synapses[2])), (3, units), (2, ctx.width))
        shares = [np.zeros((tiles, *size), np.float32) for size in sizes]

        def work(first: int) -> None:
            tile = [share[first // LANES] for share in shares]
            backward_tile(
                *(gradient, elapsed, first, ctx.unfolds, *groups, *ctx.kept[first]),
                *(g_features, g_state, g_elapsed, *tile),
            )

        _each_tile(batch, work)
        totals = [torch.from_numpy(row) for share in shares for row in share.sum(axis=0)]
        leading = [torch.from_numpy(g) for g in (g_features, g_state, g_elapsed)]
        return (None, None, *leading, *totals)


def _arrays(tensors: Sequence[Tensor]) -> list[Floats]:
    return [t.detach().contiguous().numpy() for t in tensors]


def _groups(synapses: Indices, values: Sequence[Floats]) -> Groups:
    """Return the kernels' groups of arguments; ``values`` in the order of ``fast.PARAMETERS``."""
    sensory_source, sensory_first, source, first = synapses
    return (
        (sensory_source, sensory_first, values[0], values[1], values[2], values[3]),
        (source, first, values[4], values[5], values[6], values[7]),
        (values[8], values[9], values[10]),
        (values[11], values[12]),
    )


def _forward(
    features: Floats,
    state: Floats,
    elapsed: Floats,
    unfolds: int,
    groups: Groups,
    keep: bool,
) -> tuple[Floats, Kept]:
    """Return the trajectory [B,T,S] and what the backward kernel needs, empty unless ``keep``."""
    batch, steps, width = features.shape
    units = state.shape[1]
    result = np.empty((batch, steps, units), np.float32)
    kept: Kept = {}

    def work(first: int) -> None:
        slots = steps * unfolds + 1 if keep else 2
        inputs = np.empty((width * steps, LANES), np.float32)
        if batch - first < LANES:  # Lanes without a sequence are computed too.
            inputs.fill(0.0)
        v, u, q = np.empty((3, slots * units, LANES), np.float32)
        forward_tile(features, state, elapsed, first, unfolds, *groups, result, inputs, v, u, q)
        if keep:
            kept[first] = (inputs, v, u, q)

    _each_tile(batch, work)
    return result, kept


def _each_tile(batch: int, work: Callable[[int], None]) -> None:
    """Run ``work(first)`` for every tile, on as many threads as torch may use.

    The kernels release the GIL.
    """
    global _pool
    starts = range(0, batch, LANES)
    threads = torch.get_num_threads()
    if threads == 1 or len(starts) == 1:
        for first in starts:
            work(first)
        return
    # A forked child must not use its parent's threads.
    if _pool is None or _pool[:2] != (os.getpid(), threads):
        _pool = (os.getpid(), threads, ThreadPoolExecutor(threads - 1, thread_name_prefix="ltc"))
    share = -(-len(starts) // threads)
    chunks = [starts[i : i + share] for i in range(0, len(starts), share)]

    def run(chunk: range) -> None:
        for first in chunk:
            work(first)

    jobs = [_pool[2].submit(run, chunk) for chunk in chunks[1:]]
    run(chunks[0])
    for job in jobs:
        job.result()
