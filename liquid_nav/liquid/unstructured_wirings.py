"""Wirings without circuit structure: everything to everything, and a random fraction of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .wiring import Wiring, WiringError


@dataclass(frozen=True)
class DenseWiring:
    """Every input and every neuron feeds every neuron; two of three synapses excite."""

    units: int
    """Number of neurons."""
    motor: int | None = None
    """Number of motor neurons: the first of all, which are read out; None: all neurons."""
    seed: int = 1111
    """Seed of the signs."""
    self_connections: bool = True
    """Whether a neuron feeds itself."""

    def build(self, input_size: int) -> Wiring:
        """Draw the signs for ``input_size`` inputs, in the order in which ``ncps`` draws them."""
        rng = np.random.default_rng(self.seed)
        internal = np.zeros((self.units, self.units), dtype=np.int8)
        for pre in range(self.units):
            for post in range(self.units):
                if pre != post or self.self_connections:
                    internal[pre, post] = rng.choice([-1, 1, 1])
        sensory = np.zeros((input_size, self.units), dtype=np.int8)
        for pre in range(input_size):
            for post in range(self.units):
                sensory[pre, post] = rng.choice([-1, 1, 1])
        return _layered(sensory, internal, self.motor)


@dataclass(frozen=True)
class RandomWiring:
    """A random fraction of all synapses, signs at random (two of three excite)."""

    units: int
    """Number of neurons."""
    motor: int | None = None
    """Number of motor neurons: the first of all, which are read out; None: all neurons."""
    density: float = 0.2
    """Fraction of the possible synapses that exist, in (0, 1]."""
    seed: int = 1111
    """Seed of the draws: which synapses exist, and their signs."""

    def build(self, input_size: int) -> Wiring:
        """Draw the synapses for ``input_size`` inputs.

        Raises WiringError where no path leads from the inputs to a motor neuron.
        """
        if not 0.0 < self.density <= 1.0:
            raise WiringError(f"density is {self.density}; give a fraction in (0, 1]")
        rng = np.random.default_rng(self.seed)
        sensory, internal = (
            _sparse(rng, rows, self.units, self.density) for rows in (input_size, self.units)
        )
        return _layered(sensory, internal, self.motor)


def _sparse(rng: np.random.Generator, rows: int, columns: int, density: float) -> NDArray[np.int8]:
    signs = np.zeros(rows * columns, dtype=np.int8)
    chosen = rng.choice(len(signs), size=max(1, round(density * len(signs))), replace=False)
    signs[chosen] = rng.choice(np.array([-1, 1, 1], dtype=np.int8), size=len(chosen))
    return signs.reshape(rows, columns)


def _layered(sensory: NDArray[np.int8], internal: NDArray[np.int8], motor: int | None) -> Wiring:
    units = len(internal)
    if motor is None:
        motor = units
    if not 1 <= motor <= units:
        raise WiringError(f"motor is {motor}; give a number from 1 to {units}")
    layers = {"motor": np.arange(motor)}
    if motor < units:
        layers["inter"] = np.arange(motor, units)
    return Wiring(sensory, internal, layers)
