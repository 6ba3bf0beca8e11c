"""Measures of a running network: time constants, stability, bounds, and what drives each neuron.

Everything takes one instant (features [B,I], state [B,S]) and is cheap enough for a 30 Hz loop on
34 neurons.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .core import Core
from .ltc import EPSILON, LTC
from .ode import ODECore
from .solvers import jacobian


@torch.no_grad()
def time_constants(core: Core, features: Tensor, state: Tensor) -> Tensor:
    """Return the effective time constant of every neuron now, [B,S] s."""
    return core.time_constants(features, state)


@torch.no_grad()
def time_constant_bounds(core: LTC) -> tuple[Tensor, Tensor]:
    """Return the least and greatest time constant each neuron can have, [S] s each.

    Theorem 1 of Hasani et al. 2021: c / (g + sum w) <= tau <= c / g, with all synapses open or all
    closed.
    """
    closed = core.gleak + EPSILON
    opened = closed + core.w @ core.onto + core.sensory_w @ core.sensory_onto
    return core.cm / opened, core.cm / closed


@torch.no_grad()
def state_bounds(core: LTC) -> tuple[Tensor, Tensor]:
    """Return the interval that a neuron never leaves once inside, [S] each.

    The hull of vleak, 0 and the reversal potentials. Theorem 2 of Hasani et al. 2021, per neuron: v
    moves towards a weighted mean of the potentials that it is joined to. (The small constant in the
    conductance pulls towards 0, hence 0 belongs to the hull.)
    """
    bounds = []
    for reduce, extreme in (("amin", torch.amin), ("amax", torch.amax)):
        bound = extreme(torch.cat((core.vleak[None], torch.zeros_like(core.vleak)[None])), 0)
        for post, erev in ((core.post, core.erev), (core.sensory_post, core.sensory_erev)):
            bound = bound.scatter_reduce(0, post, erev, reduce)
        bounds.append(bound)
    return bounds[0], bounds[1]


@torch.no_grad()
def linearise(core: ODECore, features: Tensor, state: Tensor) -> Tensor:
    """Return d(dx/dt)/dx at this state and input, [B,S,S] in 1/s."""
    return jacobian(core.terms(features), state)


@torch.no_grad()
def eigenvalues(core: ODECore, features: Tensor, state: Tensor) -> Tensor:
    """Return the eigenvalues of the linearised dynamics, complex [B,S] in 1/s, least stable first.

    Real parts below zero: small disturbances die out, within -1 / real part seconds; imaginary
    parts are rad/s.
    """
    values = torch.linalg.eigvals(linearise(core, features, state))
    return torch.gather(values, 1, values.real.argsort(dim=1, descending=True))


def lipschitz(states: Tensor) -> Tensor:
    """Return max over t of |h(t+1) - h(t)| for every neuron, [B,S], of a trajectory [B,T,S].

    The measure that the published comparison of cores calls Lipschitz; on one pair of states it is
    the present step.
    """
    return states.diff(dim=1).abs().amax(dim=1)


@dataclass(frozen=True)
class Contributions:
    """The terms of ``capacity * dv/dt`` of every neuron at an instant.

    They sum to ``drive - conductance * v``.
    """

    leak: Tensor
    """[B,S], from the membrane itself."""
    synapses: Tensor
    """[B,N], from each internal synapse onto its target (order of ``wiring.synapses()``)."""
    sensory: Tensor
    """[B,Ns], from each input synapse onto its target (order of ``wiring.sensory_synapses()``)."""
    net: Tensor
    """[B,S], the sum per neuron."""

    def onto(self, core: LTC, neuron: int) -> list[tuple[str, Tensor]]:
        """Return (source, contribution [B]) of all that drives ``neuron``, strongest first."""
        parts = [("leak", self.leak[:, neuron])]
        for k in torch.nonzero(core.post == neuron).flatten().tolist():
            parts.append((core.neuron_names[core.pre[k]], self.synapses[:, k]))
        for k in torch.nonzero(core.sensory_post == neuron).flatten().tolist():
            parts.append((f"input.{int(core.sensory_pre[k])}", self.sensory[:, k]))
        return sorted(parts, key=lambda part: -part[1].abs().max().item())


@torch.no_grad()
def contributions(core: LTC, features: Tensor, state: Tensor) -> Contributions:
    """Split every neuron's drive into what each synapse and the leak contribute at this instant."""
    inputs = (features * core.input_w + core.input_b)[:, core.sensory_pre]
    sensory = core.sensory_w * torch.sigmoid(core.sensory_sigma * (inputs - core.sensory_mu))
    sensory = sensory * (core.sensory_erev - state[:, core.sensory_post])
    synapses = core.w * torch.sigmoid(core.sigma * (state[:, core.pre] - core.mu))
    synapses = synapses * (core.erev - state[:, core.post])
    leak = core.gleak * core.vleak - (core.gleak + EPSILON) * state
    return Contributions(
        leak, synapses, sensory, leak + synapses @ core.onto + sensory @ core.sensory_onto
    )
