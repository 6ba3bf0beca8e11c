"""What the published claim for liquid networks rests on, each measured on its own, without flying.

Smooth hidden states: von Neumann's ratio (1941), the mean squared difference of successive values
by their variance: 0 for what hardly changes from frame to frame, 2 for white noise. Irregular time:
how far commands move when frames are missing. Attention: how much of the saliency lies on the
target's columns, by the share of the picture that they are: 1 is chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liquid_nav.comparison.features import open_features
from liquid_nav.learning import VISIBLE, Shard
from liquid_nav.policy import Policy

FLIGHTS = 12
"""Flights of the data that are looked at; those that a look mirrors are left out."""
FRAMES = 120
"""Frames of each at most, from its beginning; flights that are shorter than others are left out."""
NOISE = 0.1
"""Standard deviation of the noise on features, which lie between -1 and 1."""
GREY = 20.0
"""Standard deviation of the noise on pixels, grey levels."""
MISSING = 0.3
"""Share of the frames that are missing."""
ALIVE = 1e-3
"""Standard deviation from which a neuron counts: others do not change at all."""
PICTURES = 60
"""Pictures with a visible target that attention is measured on."""
HALF_WIDTH = 0.04
"""Half the width of the target's columns, as a share of the picture's width."""
SPARE = 1e-9


@dataclass(frozen=True, slots=True)
class CoreClaims:
    """One core."""

    roughness: float | None
    """Von Neumann's ratio of its states, mean over neurons; None for a core without a state."""
    noisy_roughness: float | None
    """The same with noise on the features."""
    noise: float
    """How far noise on the features moves commands, RMS in units of their scale."""
    missing: float
    """How far missing frames move commands, RMS in units of their scale."""


@dataclass(frozen=True, slots=True)
class Attention:
    """How much more than by chance an encoder looks at the target."""

    clean: float
    """On pictures as they are."""
    noisy: float
    """On pictures with noise."""
    randomised: float
    """On pictures as they are, by an encoder with random weights: what is left there is no
    attention (Adebayo et al., "Sanity checks for saliency maps", 2018).
    """


@dataclass(frozen=True, slots=True)
class Sequences:
    """Flights of one length."""

    features: Tensor
    """float32 [B,T,F]."""
    elapsed: Tensor
    """float32 [B,T], s."""


def mean_measures(
    measured: Sequence[CoreClaims | Attention],
) -> dict[str, float | None]:
    """Return the mean of each measure over several trainings; of those that have it."""
    known: dict[str, float | None] = {}
    for name in [one.name for one in fields(measured[0])]:
        values = [getattr(one, name) for one in measured]
        values = [value for value in values if value is not None]
        known[name] = None
        if values:
            known[name] = round(float(np.mean(values)), 4)
    return known


def read_sequences(shard: Path, features: Path) -> Sequences:
    """Return the first flights that are long enough, as the clean look shows them."""
    data = Shard(shard)
    looks, mirrored = open_features(features)
    # A look mirrors every second flight, the clean one the odd numbers.
    usual = range(0, len(data.lengths), 1 + mirrored)
    frames = min(FRAMES, int(max(data.lengths[flight] for flight in usual)))
    chosen = [flight for flight in usual if data.lengths[flight] >= frames][:FLIGHTS]
    rows = [slice(begin, begin + frames) for begin in data.begins[chosen].tolist()]
    return Sequences(
        torch.from_numpy(np.stack([looks[0][row] for row in rows]).astype(np.float32)),
        torch.from_numpy(np.stack([data.elapsed[row] for row in rows])).clamp_min(1e-3),
    )


@torch.inference_mode()
def measure_core(policy: Policy, sequences: Sequences, seed: int = 0) -> CoreClaims:
    """Return the measures of a policy's core; ``seed``: of noise and missing frames."""
    draw = torch.Generator().manual_seed(seed)
    states, commands = _run(policy, sequences)
    noise = NOISE * torch.randn(sequences.features.shape, generator=draw)
    noisy = Sequences((sequences.features + noise).clamp(-1.0, 1.0), sequences.elapsed)
    noisy_states, noisy_commands = _run(policy, noisy)
    kept = torch.rand(sequences.features.shape[1], generator=draw) >= MISSING
    kept[0] = True
    thinned = thin(sequences, kept)
    _, thinned_commands = _run(policy, thinned)
    scale = policy.scale
    return CoreClaims(
        roughness(states),
        roughness(noisy_states),
        _rms((noisy_commands - commands) / scale),
        _rms((thinned_commands - commands[:, kept]) / scale),
    )


def thin(sequences: Sequences, kept: Tensor) -> Sequences:
    """Return the frames that are ``kept``, bool [T], with the time since the one before."""
    times = torch.cumsum(sequences.elapsed.double(), dim=1)[:, kept]
    elapsed = torch.diff(times, dim=1, prepend=times[:, :1] - sequences.elapsed[:, :1])
    return Sequences(sequences.features[:, kept], elapsed.float())


def roughness(states: Tensor) -> float | None:
    """Return von Neumann's ratio of states [B,T,S]: mean over neurons that change, and flights;
    None where nothing changes.
    """
    if not states.numel():
        return None
    variance = states.var(dim=1, unbiased=False)
    successive = states.diff(dim=1).square().mean(dim=1)
    alive = variance > ALIVE**2
    if not alive.any():
        return None
    return float((successive / variance.clamp_min(SPARE))[alive].mean())


def _run(policy: Policy, sequences: Sequences) -> tuple[Tensor, Tensor]:
    """Return states [B,T,S] and commands [B,T,4]."""
    state = policy.core.initial_state(len(sequences.features))
    states = []
    outputs = []
    for step in range(sequences.features.shape[1]):
        one = slice(step, step + 1)
        output, state = policy.recur(sequences.features[:, one], state, sequences.elapsed[:, one])
        states.append(state)
        outputs.append(output)
    return torch.stack(states, dim=1), policy.commands(torch.cat(outputs, dim=1))


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def measure_attention(policy: Policy, shard: Path, view: float, seed: int = 0) -> Attention:
    """Return the measures of a policy's encoder.

    Args:
        policy: whose encoder is looked at.
        shard: pictures with visible targets.
        view: horizontal field of view, rad.
        seed: of the pictures that are taken, of noise and random weights.
    """
    rng = np.random.default_rng(seed)
    data = Shard(shard)
    visible = np.flatnonzero(data.auxiliary[:, VISIBLE] > 0.5)
    rows = rng.choice(visible, min(PICTURES, len(visible)), replace=False)
    pictures = [np.array(data.frames[row]) for row in rows]
    columns = [_column(float(data.auxiliary[row, 0]), view) for row in rows]
    noise = [np.clip(one + rng.normal(0.0, GREY, one.shape), 0, 255) for one in pictures]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        blind = Policy(policy.config)
    return Attention(
        _on_target(policy, pictures, columns),
        _on_target(policy, [one.astype(np.uint8) for one in noise], columns),
        _on_target(blind, pictures, columns),
    )


def _on_target(
    policy: Policy, pictures: Sequence[NDArray[np.uint8]], columns: Sequence[float]
) -> float:
    """Return the mean share of the saliency on the target's columns, by their share of the width;
    ``columns``: of the target, 0 to 1 from the left.
    """
    found = []
    for picture, column in zip(pictures, columns, strict=True):
        mass = policy.saliency(picture).sum(axis=0)
        places = (np.arange(len(mass)) + 0.5) / len(mass)
        near = np.abs(places - column) <= HALF_WIDTH
        if mass.sum() > 0.0 and near.any():
            found.append(float(mass[near].sum() / mass.sum() / near.mean()))
    return float(np.mean(found))


def _column(sine: float, view: float) -> float:
    """Return where a bearing with this sine (left positive) is in the picture, 0 to 1."""
    tangent = math.tan(math.asin(max(-1.0, min(1.0, sine))))
    return 0.5 - 0.5 * tangent / math.tan(0.5 * view)
