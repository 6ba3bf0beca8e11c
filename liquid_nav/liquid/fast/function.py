"""The autograd function around the kernels: the torch path's numbers and gradients, float32 on the
CPU.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from .kernels import backward_tile, forward_tile, infer_tile
from .simd import LANES

Arrays = Sequence[np.ndarray]

_pool: tuple[int, int, ThreadPoolExecutor] | None = None  # (process, threads, pool)


def trajectory(
    synapses: Arrays,
    unfolds: int,
    features: Tensor,
    state: Tensor,
    elapsed: Tensor,
    parameters: Sequence[Tensor],
) -> Tensor:
    """Return the state after every input, [B,T,S], for training.

    Args:
        synapses: int64 arrays: sensory source [N] and first synapse of each target [S+1], then the
            internal ones.
        unfolds: solver steps per input.
        features: [B,T,I]; like the next two, float32 on the CPU.
        state: [B,S].
        elapsed: [B,T] in s.
        parameters: tensors in the order of ``fast.PARAMETERS`` without the readout.
    """
    if torch.is_grad_enabled():
        return _Trajectory.apply(synapses, unfolds, features, state, elapsed, *parameters)
    arrays = _arrays((features, state, elapsed, *parameters))
    return torch.from_numpy(
        _forward(*arrays[:3], unfolds, _groups(synapses, arrays[3:]), keep=False)[0]
    )


def prepare(synapses: Arrays, parameters: Sequence[Tensor]) -> tuple[Arrays, ...]:
    """Return views of all parameters, grouped as the kernels take them; good while these stay in
    place.
    """
    return _groups(synapses, _arrays(parameters))


def infer(
    groups: tuple[Arrays, ...],
    unfolds: int,
    features: Tensor,
    state: Tensor,
    elapsed: Tensor,
    motor: int,
    validate: bool,
) -> tuple[int, Tensor, Tensor]:
    """Return (fault, outputs [B,T,O], state [B,S]) of at most LANES sequences, see
    ``kernels.infer_tile``.
    """
    arrays = _arrays((features, state, elapsed))
    fault, outputs, states = infer_tile(*arrays, unfolds, *groups, motor, validate)
    return fault, torch.from_numpy(outputs), torch.from_numpy(states[:, -1])


class _Trajectory(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        synapses: Arrays,
        unfolds: int,
        features: Tensor,
        state: Tensor,
        elapsed: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        arrays = _arrays((features, state, elapsed, *parameters))
        result, ctx.kept = _forward(*arrays[:3], unfolds, _groups(synapses, arrays[3:]), keep=True)
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
        grad = grad.contiguous().numpy()
        batch, steps, units = grad.shape
        tiles = -(-batch // LANES)
        g_features = np.empty((batch, steps, ctx.width), np.float32)
        g_elapsed = np.empty_like(elapsed)
        g_state = np.empty((batch, units), np.float32)
        sizes = ((4, len(ctx.synapses[0])), (4, len(ctx.synapses[2])), (3, units), (2, ctx.width))
        shares = [np.zeros((tiles, *size), np.float32) for size in sizes]

        def work(first: int) -> None:
            tile = [share[first // LANES] for share in shares]
            backward_tile(
                *(grad, elapsed, first, ctx.unfolds, *groups, *ctx.kept[first]),
                *(g_features, g_state, g_elapsed, *tile),
            )

        _each_tile(batch, work)
        totals = [torch.from_numpy(row) for share in shares for row in share.sum(axis=0)]
        leading = [torch.from_numpy(g) for g in (g_features, g_state, g_elapsed)]
        return (None, None, *leading, *totals)


def _arrays(tensors: Sequence[Tensor]) -> list[np.ndarray]:
    return [t.detach().contiguous().numpy() for t in tensors]


def _groups(synapses: Arrays, values: Arrays) -> tuple[Arrays, ...]:
    """Return the kernels' groups of arguments: sensory, internal, neurons, mapping and, if given,
    readout.
    """
    groups = (
        (*synapses[:2], *values[:4]),
        (*synapses[2:], *values[4:8]),
        tuple(values[8:11]),
        tuple(values[11:13]),
    )
    if len(values) == 13:
        return groups
    return (*groups, tuple(values[13:]))


def _forward(
    features: np.ndarray,
    state: np.ndarray,
    elapsed: np.ndarray,
    unfolds: int,
    groups: tuple[Arrays, ...],
    keep: bool,
):
    """Return the trajectory [B,T,S] and, by first sequence of a tile, what the backward kernel
    needs.
    """
    batch, steps, width = features.shape
    units = state.shape[1]
    result = np.empty((batch, steps, units), np.float32)
    kept = {}

    def work(first: int) -> None:
        slots = steps * unfolds + 1 if keep else 2
        inputs = np.empty((width * steps, LANES), np.float32)
        if batch - first < LANES:  # lanes without a sequence are computed too
            inputs.fill(0.0)
        v, u, q = np.empty((3, slots * units, LANES), np.float32)
        forward_tile(features, state, elapsed, first, unfolds, *groups, result, inputs, v, u, q)
        if keep:
            kept[first] = (inputs, v, u, q)

    _each_tile(batch, work)
    return result, kept


def _each_tile(batch: int, work: Callable[[int], None]) -> None:
    """Run ``work(first)`` for every tile, on as many threads as torch may use (the kernels release
    the GIL).
    """
    global _pool
    starts = range(0, batch, LANES)
    threads = torch.get_num_threads()
    if threads == 1 or len(starts) == 1:
        for first in starts:
            work(first)
        return
    if _pool is None or _pool[:2] != (
        os.getpid(),
        threads,
    ):  # a forked child must not use its parent's threads
        _pool = (os.getpid(), threads, ThreadPoolExecutor(threads - 1, thread_name_prefix="ltc"))
    share = -(-len(starts) // threads)
    chunks = [starts[i : i + share] for i in range(0, len(starts), share)]
    jobs = [
        _pool[2].submit(lambda chunk: [work(first) for first in chunk], chunk)
        for chunk in chunks[1:]
    ]
    for first in chunks[0]:
        work(first)
    for job in jobs:
        job.result()
