"""The base of cells with a differential equation: an input is held, a solver advances the state."""

from __future__ import annotations

from typing import Callable, Mapping

import torch
from torch import Tensor, nn

from .core import Core
from .solvers import SemiImplicitEuler, Solver, Terms


class HeldInput:
    """The membrane equation of a core under one held input: ``x -> (drive, rate, capacity)``.

    Keeps the core and the input, from which an adjoint solver builds the equation again to find the
    gradients.
    """

    def __init__(self, core: ODECore, held: Tensor, membrane: Callable[[Tensor], Terms]) -> None:
        self.core = core
        self.held = held
        self._terms = membrane(held)

    def __call__(self, state: Tensor) -> tuple[Tensor, Tensor | float, Tensor | float]:
        """Return drive, rate and capacity at ``state`` [B,S]."""
        return self._terms(state)


class ODECore(Core):
    """A core whose state follows ``capacity * dx/dt = drive(x, u) - rate(x, u) * x``, u held.

    Advancing by dt1 and then dt2 under the same input equals advancing by dt1 + dt2, to solver
    accuracy. A cell defines what depends on the input alone (``hold``) and how the terms follow
    from it (``membrane``). The output is an affine map of the state, or the state itself when no
    ``output_size`` is given.
    """

    composes_in_time = True

    def __init__(
        self,
        input_size: int,
        state_size: int,
        output_size: int | None = None,
        neuron_names: tuple[str, ...] | None = None,
        slices: Mapping[str, slice] | None = None,
        *,
        solver: Solver | None = None,
        own_readout: bool = False,
    ) -> None:
        """Store sizes and solver (six semi-implicit steps by default).

        Cells with ``own_readout`` define ``readout`` themselves.
        """
        super().__init__(input_size, state_size, output_size or state_size, neuron_names, slices)
        self.solver = solver or SemiImplicitEuler(6)
        if not own_readout:
            self.head = nn.Identity() if output_size is None else nn.Linear(state_size, output_size)

    def hold(self, features: Tensor) -> Tensor:
        """Return all that depends on the input alone, [...,H], for features [...,I]."""
        return features

    def membrane(self) -> Callable[[Tensor], Terms]:
        """Return the map from a held input [B,H] to the terms.

        What depends on parameters alone is computed here, once.
        """
        raise NotImplementedError

    def readout(self, states: Tensor) -> Tensor:
        """Return the outputs [...,O] of states [...,S]."""
        outputs: Tensor = self.head(states)
        return outputs

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        states = self.trajectory(features, state, elapsed)
        return self.readout(states), states[:, -1]

    def trajectory(self, features: Tensor, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state after every input, [B,T,S]."""
        self.check(features, state, elapsed)
        held = self.hold(features)
        membrane = self.membrane()
        states = []
        for t in range(features.shape[1]):
            terms = HeldInput(self, held[:, t], membrane)
            state = self.solver.advance(terms, state, elapsed[:, t, None])
            states.append(state)
        return torch.stack(states, dim=1)

    def terms(self, features: Tensor) -> HeldInput:
        """Return the membrane equation under held features [B,I]."""
        return HeldInput(self, self.hold(features), self.membrane())

    def derivative(self, features: Tensor, state: Tensor) -> Tensor:
        """Return dx/dt [B,S] in 1/s at features [B,I] and state [B,S]."""
        drive, rate, capacity = self.terms(features)(state)
        return (drive - rate * state) / capacity

    def time_constants(self, features: Tensor, state: Tensor) -> Tensor:
        """Return capacity over rate, [B,S] s, at features [B,I] and state [B,S]."""
        _, rate, capacity = self.terms(features)(state)
        if not isinstance(rate, Tensor):
            return super().time_constants(features, state)
        return (capacity / rate).expand_as(state)
