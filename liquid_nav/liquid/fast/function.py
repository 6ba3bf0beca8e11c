"""The autograd function around the kernels: the torch path's numbers and gradients, float32 on the CPU."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import numpy as np
import torch
from torch import Tensor

from .kernels import LANES, backward_tile, forward_tile

_pool: tuple[int, int, ThreadPoolExecutor] | None = None  # (process, threads, pool)


def _each_tile(batch: int, work: Callable[[int], None]) -> None:
    """Run ``work(first)`` for every tile, on as many threads as torch may use (the kernels release the GIL)."""
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
    pool = _pool[2]
    share = -(-len(starts) // threads)
    chunks = [starts[i : i + share] for i in range(0, len(starts), share)]
    jobs = [pool.submit(lambda chunk: [work(first) for first in chunk], chunk) for chunk in chunks[1:]]
    for first in chunks[0]:
        work(first)
    for job in jobs:
        job.result()


def _run_forward(features, state, elapsed, synapses, values, unfolds: int, keep: bool):
    """Call the forward kernel on NumPy arrays; return the trajectory and what the backward kernel needs."""
    batch, steps, width = features.shape
    units = state.shape[1]
    trajectory = np.empty((batch, steps, units), np.float32)
    saved = {}

    def work(first: int) -> None:
        inputs = np.zeros((width, steps * LANES), np.float32)
        kept = np.empty((3, steps * unfolds if keep else 1, units, LANES), np.float32)
        forward_tile(
            features,
            state,
            elapsed,
            first,
            unfolds,
            synapses[0],
            synapses[1],
            *values[:4],
            synapses[2],
            synapses[3],
            *values[4:],
            trajectory,
            inputs,
            kept[0],
            kept[1],
            kept[2],
        )
        if keep:
            saved[first] = (inputs, kept)

    _each_tile(batch, work)
    return trajectory, saved


class _Trajectory(torch.autograd.Function):
    @staticmethod
    def forward(ctx, synapses, unfolds, features, state, elapsed, *parameters):
        arrays = [t.detach().contiguous().numpy() for t in (features, state, elapsed, *parameters)]
        trajectory, saved = _run_forward(*arrays[:3], synapses, arrays[3:], unfolds, keep=True)
        ctx.save_for_backward(features, elapsed, *parameters)
        ctx.rest = (synapses, unfolds, saved)
        return torch.from_numpy(trajectory)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        features, elapsed, *values = [t.detach().contiguous().numpy() for t in ctx.saved_tensors]
        synapses, unfolds, saved = ctx.rest
        grad = grad.contiguous().numpy()
        batch, steps, width = features.shape
        units = values[8].shape[0]
        tiles = -(-batch // LANES)
        g_features, g_elapsed = np.empty_like(features), np.empty_like(elapsed)
        g_state = np.empty((batch, units), np.float32)
        sizes = (("s", 4, len(synapses[0])), ("n", 4, len(synapses[2])), ("m", 3, units), ("i", 2, width))
        parts = {name: np.zeros((tiles, rows, size), np.float32) for name, rows, size in sizes}

        def work(first: int) -> None:
            inputs, kept = saved[first]
            tile = first // LANES
            backward_tile(
                grad,
                features,
                elapsed,
                first,
                unfolds,
                synapses[0],
                synapses[1],
                *values[:4],
                synapses[2],
                synapses[3],
                *values[4:12],
                inputs,
                kept[0],
                kept[1],
                kept[2],
                g_features,
                g_state,
                g_elapsed,
                *(parts[name][tile] for name in "snmi"),
            )

        _each_tile(batch, work)
        totals = [torch.from_numpy(row) for name in "snmi" for row in parts[name].sum(axis=0)]
        return (
            None,
            None,
            torch.from_numpy(g_features),
            torch.from_numpy(g_state),
            torch.from_numpy(g_elapsed),
            *totals,
        )


def trajectory(
    synapses, unfolds: int, features: Tensor, state: Tensor, elapsed: Tensor, parameters
) -> Tensor:
    """Return the state after every input, [B,T,S].

    Args:
        synapses: int64 arrays (sensory pre, sensory post, pre, post), ordered by post.
        unfolds: solver steps per input.
        features: [B,T,I]; state [B,S]; elapsed [B,T] in s; all float32 on the CPU.
        parameters: tensors in the order of PARAMETERS.
    """
    if torch.is_grad_enabled() and any(t.requires_grad for t in (features, state, *parameters, elapsed)):
        return _Trajectory.apply(synapses, unfolds, features, state, elapsed, *parameters)
    arrays = [t.detach().contiguous().numpy() for t in (features, state, elapsed, *parameters)]
    return torch.from_numpy(_run_forward(*arrays[:3], synapses, arrays[3:], unfolds, keep=False)[0])
