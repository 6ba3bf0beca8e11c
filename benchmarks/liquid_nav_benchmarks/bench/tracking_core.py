"""A core that learns to follow a level through noise that comes and goes.

It is the smallest task that needs liquid time constants: the best filter gives a new measurement
little weight in noise and much after a jump, and no input states which of them it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor

from liquid_nav.liquid import LTC, DenseWiring, time_constant_penalty
from liquid_nav_benchmarks.bench.liquid_property import response_times, time_constants_along

PERIOD = 1 / 30
"""s between measurements."""
QUIET = 0.02
"""Standard deviation of the lesser noise that a core meets in training; levels lie within -1 and 1.
"""
NOISY = 0.7
"""Standard deviation of the greater noise that a core meets in training."""
JUMPS = 0.03
"""Chance per measurement that the level jumps."""
CHANGES = 0.015
"""Chance per measurement that the noise is drawn again."""


def _held(values: Tensor, chance: float, generator: torch.Generator) -> Tensor:
    """Return ``values`` [B,T], each held until the next replaces it, with ``chance`` per step."""
    anew = torch.rand(values.shape, generator=generator) < chance
    anew[:, 0] = True
    steps = torch.arange(values.shape[1]).expand_as(values)
    return values.gather(1, torch.where(anew, steps, 0).cummax(dim=1).values)


def draw(batch: int, steps: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return levels, noisy measurements and the noise's standard deviation, [B,T] each."""
    levels = _held(torch.rand(batch, steps, generator=generator) * 2 - 1, JUMPS, generator)
    noisy = torch.rand(batch, steps, generator=generator) < 0.5
    noise = _held(torch.where(noisy, NOISY, QUIET), CHANGES, generator)
    return levels, levels + noise * torch.randn(batch, steps, generator=generator), noise


def train(
    seed: int = 0,
    steps: int = 2500,
    neurons: int = 24,
    slow: float = 0.003,
    on_step: Callable[[float], object] = lambda loss: None,
) -> LTC:
    """Train a densely wired LTC to return the level.

    ``on_step`` gets each batch's mean squared error. ``slow`` weighs the squared log distance of
    time constants below 1 s: neurons are quick only where that lowers the error more.
    """
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        core = LTC(1, DenseWiring(neurons, motor=1, seed=seed), time_constant=(PERIOD, 1.0))
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(core.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for _ in range(steps):
        levels, measured, _noise = draw(32, 96, generator)
        features = measured[..., None]
        elapsed = torch.full(measured.shape, PERIOD)
        states = core.trajectory(features, core.initial_state(len(features)), elapsed)
        error = (core.readout(states)[..., 0] - levels)[:, 8:].square().mean()
        optimizer.zero_grad()
        loss = error + slow * time_constant_penalty(core, features, states, 1.0, 1e3)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(core.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        core.clamp_()
        on_step(error.item())
    return core.eval()


@torch.no_grad()
def errors(core: LTC, seed: int = 999) -> dict[str, float]:
    """Return mean squared errors on new signals: the core's, and the best of a fixed filter.

    The filter is of first order. Every gain from 0.05 to 0.95 is tried on these same signals, which
    favours it.
    """
    levels, measured, _ = draw(256, 200, torch.Generator().manual_seed(seed))
    elapsed = torch.full(measured.shape, PERIOD)
    states = core.trajectory(measured[..., None], core.initial_state(len(measured)), elapsed)
    fixed = []
    for gain in torch.linspace(0.05, 0.95, 19).tolist():
        estimate = torch.zeros(len(measured))
        track = []
        for now in measured.unbind(1):
            estimate = estimate + gain * (now - estimate)
            track.append(estimate)
        fixed.append((torch.stack(track, 1) - levels)[:, 20:].square().mean().item())
    error = (core.readout(states)[..., 0] - levels)[:, 20:].square().mean().item()
    return {"core": error, "fixed": min(fixed)}


@dataclass(frozen=True)
class Answer:
    """Response of a core to 128 signals that change at step ``start``.

    The changes are none (calm), more noise, and a jump across zero.
    """

    start: int
    """Index of the first measurement after the change."""
    levels: dict[str, Tensor]
    """True levels, [B,T] by the name of the change, without unit."""
    measured: dict[str, Tensor]
    """Their noisy measurements, [B,T] by the name of the change."""
    outputs: dict[str, Tensor]
    """The core's outputs, its estimate of the level, [B,T] by the name of the change."""
    response: dict[str, Tensor]
    """Effective time constants of the output, [B,T] s by the name of the change.

    They are nan where the newest measurement moves the output backwards or beyond itself.
    """
    membranes: dict[str, Tensor]
    """Effective time constants of the neurons, [B,T,S] s by the name of the change."""

    def rows(self) -> list[dict[str, object]]:
        """Return a flat row for each change: the response's median in ms and the membranes' factor.

        A jump is evaluated in its first two measurements, noise from the fifth on; "calm" is what
        both are compared with.
        """
        rows = []
        for name, response in self.response.items():
            when = slice(self.start + 5, None)
            if name == "jump":
                when = slice(self.start, self.start + 2)
            factor = (
                (self.membranes[name] / self.membranes["calm"])
                .nan_to_num(1.0)
                .clamp_min(1e-9)
                .log()
            )
            factor = factor[:, when].mean((0, 1)).exp()
            rows.append(
                {
                    "change": name,
                    "response_ms": 1e3 * response[:, when].nanmedian().item(),
                    "membranes": factor.log().mean().exp().item(),
                    "neurons": len(factor),
                    "longer": int((factor > 1.01).sum()),
                    "shorter": int((factor < 0.99).sum()),
                }
            )
        return rows


def ask(core: LTC, seed: int = 0, calm: float = 0.1, noise: float = NOISY) -> Answer:
    """Measure a core on held levels with noise of deviation ``calm``, then ``noise``, or a jump."""
    generator = torch.Generator().manual_seed(seed)
    size = (128, 180)
    start = 150
    levels = (torch.rand(size[0], 1, generator=generator) * 1.6 - 0.8).expand(size)
    beyond = -levels[:, :1].sign() * (torch.rand(size[0], 1, generator=generator) * 0.5 + 0.3)
    grain = torch.randn(size, generator=generator)
    after = torch.arange(size[1]) >= start
    jumped = torch.where(after, beyond, levels)
    truth = {"calm": levels, "noise": levels, "jump": jumped}
    measured = {name: level + calm * grain for name, level in truth.items()}
    measured["noise"] = levels + grain * torch.where(after, noise, calm)
    elapsed = torch.full(size, PERIOD)
    outputs = {}
    response = {}
    membranes = {}
    for name, signal in measured.items():
        with torch.no_grad():
            outputs[name] = core(signal[..., None], core.initial_state(size[0]), elapsed)[0][..., 0]
        response[name] = response_times(core, signal[..., None], elapsed)[..., 0]
        membranes[name] = time_constants_along(core, signal[..., None], elapsed)
    return Answer(start, truth, measured, outputs, response, membranes)
