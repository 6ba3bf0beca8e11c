"""The liquid state machine: a fixed reservoir of spiking neurons with a readout that learns.

The readout may learn in flight, too.
"""

from __future__ import annotations

from typing import Mapping

import torch
from torch import Tensor, nn

from .core import Core
from .unstructured_wirings import RandomWiring

Plastic = Mapping[str, Tensor]
LARGE = 300
"""Neurons from which on the spectral radius comes from ARPACK: all eigenvalues take a minute at
800.
"""


class LiquidStateMachine(Core):
    """Leaky integrate-and-fire neurons with sparse random synapses.

    The output is linear in their filtered spikes. Between spikes tau dv/dt = -v + Win u + Wrec r +
    b, integrated exactly; v >= 1 fires and subtracts 1. Every neuron's trace r decays with
    ``trace_tau`` and rises by 1 / trace_tau at a spike, so r estimates its rate in 1/s.
    Source: Maass, Natschlaeger and Markram, "Real-time computing without stable states", 2002.

    The reservoir is not trained; ``readout`` is, by gradient or online by recursive least squares
    (``learn``). What changes in flight is a plastic state, a dict of tensors outside the module:
    ``weights`` and ``covariance`` of the online readout and, with ``plastic_synapses``,
    ``internal``, which spike timing changes. State: membrane, trace. Elapsed time is divided into
    ``substeps``; the state composes in time only as far as these resolve the spikes.
    """

    internal: Tensor
    """Wrec times ``trace_tau``, [S,S]: row = target, column = source."""
    incoming: Tensor
    """Win, [S,I]."""
    bias: Tensor
    """b, [S]."""
    tau: Tensor
    """Membrane time constants, [S] s."""

    def __init__(
        self,
        input_size: int,
        units: int = 100,
        *,
        output_size: int,
        density: float = 0.1,
        membrane_tau: tuple[float, float] = (0.02, 0.1),
        trace_tau: float = 0.1,
        gain: float = 0.9,
        substeps: int = 8,
        plastic_synapses: bool = False,
        seed: int = 0,
    ) -> None:
        """Draw the reservoir from ``seed``.

        Time constants are in s; ``gain`` is the spectral radius of Wrec.
        """
        slices = {"membrane": slice(0, units), "trace": slice(units, 2 * units)}
        names = tuple(f"{part}.{k}" for part in slices for k in range(units))
        super().__init__(input_size, 2 * units, output_size, names, slices)
        self.units = units
        self.trace_tau = trace_tau
        self.substeps = substeps
        self.plastic_synapses = plastic_synapses
        self.wiring = RandomWiring(units, density=max(density, 1.0 / units), seed=seed)
        draw = torch.Generator().manual_seed(seed)
        # Only its internal synapses are used; a wiring needs inputs that reach every neuron.
        signs = self.wiring.build(max(units, input_size))
        weights = torch.rand(units, units, generator=draw) * torch.tensor(signs.internal).float()
        radius = _spectral_radius(weights)
        inputs = torch.randn(units, input_size, generator=draw) / input_size**0.5
        low, high = membrane_tau
        self.register_buffer("internal", weights.T.contiguous() * gain / radius * trace_tau)
        self.register_buffer("incoming", 2.0 * inputs)
        self.register_buffer("bias", 0.5 + torch.rand(units, generator=draw))
        self.register_buffer("tau", low + (high - low) * torch.rand(units, generator=draw))
        self.readout = nn.Linear(units, output_size)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        states, _ = self.trajectory(features, state, elapsed)
        return self.readout(self._traces(states)), states[:, -1]

    def forward_plastic(
        self, features: Tensor, state: Tensor, elapsed: Tensor, plastic: Plastic
    ) -> tuple[Tensor, Tensor, Plastic]:
        """Return outputs [B,T,O], the new state [B,S] and, with ``plastic_synapses``, the synapses
        that the spikes have changed; the readout stays.
        """
        if self.plastic_synapses and "internal" not in plastic:
            batch = len(features)
            plastic = {**plastic, "internal": self.internal.expand(batch, -1, -1).clone()}
        states, plastic = self.trajectory(features, state, elapsed, plastic)
        return self.readout(self._traces(states)), states[:, -1], plastic

    def trajectory(
        self, features: Tensor, state: Tensor, elapsed: Tensor, plastic: Plastic | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the states [B,T,S] and the plastic state.

        The spikes change the synapses in it if these are plastic.
        """
        self.check(features, state, elapsed)
        plastic = dict(plastic or {})
        internal = plastic.get("internal")
        v, trace = state.chunk(2, dim=1)
        current = features @ self.incoming.T + self.bias
        states = []
        for t in range(features.shape[1]):
            h = elapsed[:, t, None] / self.substeps
            leave = torch.expm1(-h / self.tau)
            fade = torch.exp(-h / self.trace_tau)
            for _ in range(self.substeps):
                drive = current[:, t] + self._recurrent(internal, trace)
                v = v + (v - drive) * leave
                spikes = ((v >= 1.0) & (h > 0)).to(v)
                v = v - spikes
                trace = trace * fade
                if self.plastic_synapses and internal is not None:
                    internal = self._pair(internal, trace, spikes)
                trace = trace + spikes / self.trace_tau
            states.append(torch.cat((v, trace), dim=1))
        if internal is not None:
            plastic["internal"] = internal
        return torch.stack(states, dim=1), plastic

    def _recurrent(self, internal: Tensor | None, trace: Tensor) -> Tensor:
        """Return what the synapses add to the drive, [B,S]; ``internal`` None: those that all
        sequences share, as one matrix product.
        """
        if internal is None:
            return trace @ self.internal.T
        return (internal @ trace[..., None])[..., 0]

    def _pair(self, internal: Tensor, trace: Tensor, spikes: Tensor, rate: float = 1e-3) -> Tensor:
        """Return the synapses after spike-timing-dependent plasticity.

        Pre before post strengthens, post before pre weakens; signs and zeros stay.
        """
        earlier = trace * self.trace_tau
        change = (
            spikes[:, :, None] * earlier[:, None, :]
            - 1.05 * earlier[:, :, None] * spikes[:, None, :]
        )
        size = self.internal.abs()
        return (internal.abs() + rate * change * size).maximum(0.1 * size).minimum(
            2.0 * size
        ) * self.internal.sign()

    def initial_plastic(self, batch: int = 1, confidence: float = 1.0) -> dict[str, Tensor]:
        """Return the initial plastic state: the trained readout and the synapses.

        The greater ``confidence``, the less the first targets change the readout.
        """
        weights = torch.cat((self.readout.weight, self.readout.bias[:, None]), dim=1).detach()
        plastic = {
            "weights": weights.expand(batch, -1, -1).clone(),
            "covariance": torch.eye(self.units + 1).expand(batch, -1, -1) / confidence,
        }
        if self.plastic_synapses:
            plastic["internal"] = self.internal.expand(batch, -1, -1).clone()
        return plastic

    def read(self, state: Tensor, plastic: Plastic) -> Tensor:
        """Return the outputs [B,O] of a state [B,S] through the online readout."""
        return (plastic["weights"] @ self._regressor(state)[..., None])[..., 0]

    @torch.no_grad()
    def learn(
        self, state: Tensor, target: Tensor, plastic: Plastic, forgetting: float = 1.0
    ) -> dict[str, Tensor]:
        """Return the plastic state after a step of recursive least squares.

        Its target is [B,O] at state [B,S]. With ``forgetting`` 1 the weights are those of ridge
        regression on all targets so far; below 1 older targets count less.
        """
        x = self._regressor(state)
        covariance = plastic["covariance"]
        px = (covariance @ x[..., None])[..., 0]
        gain = px / (forgetting + (x * px).sum(1, keepdim=True))
        error = target - self.read(state, plastic)
        return {
            **plastic,
            "weights": plastic["weights"] + error[:, :, None] * gain[:, None, :],
            "covariance": (covariance - gain[:, :, None] * px[:, None, :]) / forgetting,
        }

    def time_constants(self, features: Tensor, state: Tensor) -> Tensor:
        """Return membrane and trace time constants, [B,S] s, whatever input and state."""
        return torch.cat((self.tau, torch.full_like(self.tau, self.trace_tau))).expand(state.shape)

    def _traces(self, states: Tensor) -> Tensor:
        return states[..., self.units :] * self.trace_tau

    def _regressor(self, state: Tensor) -> Tensor:
        return torch.cat((self._traces(state), torch.ones_like(state[:, :1])), dim=1)


def _spectral_radius(weights: Tensor) -> Tensor:
    """Return the largest absolute eigenvalue of a matrix [S,S], at least 1e-6."""
    if weights.is_meta:
        # Only shapes are asked for, as before weights are loaded.
        return weights.new_ones(())
    if len(weights) < LARGE:
        radius: Tensor = torch.linalg.eigvals(weights).abs().max()
    else:
        from scipy.sparse.linalg import eigs

        matrix = weights.double().numpy()
        # The start is given: otherwise ARPACK draws it, and the reservoir would differ each time.
        largest = eigs(matrix, k=1, v0=matrix.sum(axis=1), return_eigenvectors=False)
        radius = torch.tensor(abs(complex(largest[0])), dtype=weights.dtype)
    return radius.clamp_min(1e-6)
