"""Wirings: which neuron feeds which, with what sign; plain data that can be inspected and drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from liquid_nav.errors import UserError


class WiringError(UserError):
    """A wiring that cannot work; one line with the cause and the remedy."""


@dataclass(frozen=True)
class Wiring:
    """Synapses among ``state_size`` neurons and from ``input_size`` inputs to them."""

    sensory: NDArray[np.int8]
    """int8 [I,S], sign (-1, 0, +1) of the synapse from input i (row) to neuron s (column)."""
    internal: NDArray[np.int8]
    """int8 [S,S], sign (-1, 0, +1) of the synapse from neuron (row) to neuron (column)."""
    layers: dict[str, NDArray[np.int_]]
    """Neuron indices by layer name, int [n] each, contiguous; layer ``motor`` holds the outputs."""
    names: tuple[str, ...] = field(default=())
    """Names of the S neurons; empty: made of the layer and the place in it, as ``motor.0``."""

    def __post_init__(self) -> None:
        """Check shapes and that every motor neuron is reached by at least one input."""
        units = self.internal.shape[0]
        if (
            self.internal.shape != (units, units)
            or self.sensory.ndim != 2
            or self.sensory.shape[1] != units
        ):
            raise WiringError(
                f"wiring shapes do not fit: sensory {self.sensory.shape}, internal "
                f"{self.internal.shape}"
            )
        for layer, members in self.layers.items():
            if not len(members) or np.any(np.diff(members) != 1):
                raise WiringError(
                    f"layer {layer} is empty or scattered; number its neurons without a gap"
                )
            if members[0] < 0 or members[-1] >= units:
                raise WiringError(
                    f"layer {layer} has neurons {members[0]} to {members[-1]}; number them from 0 "
                    f"to {units - 1}"
                )
        if not self.names:
            names = [f"neuron.{i}" for i in range(units)]
            for layer, members in self.layers.items():
                for k, neuron in enumerate(members):
                    names[neuron] = f"{layer}.{k}"
            object.__setattr__(self, "names", tuple(names))
        if "motor" not in self.layers:
            raise WiringError(
                "the wiring has no layer called motor; name the neurons that the outputs are read "
                "from"
            )
        reached = self.reached()
        unreached = [self.names[m] for m in self.motor if m not in reached]
        if unreached:
            raise WiringError(
                f"no path from the inputs to {', '.join(unreached)}; add synapses or fan-out"
            )

    @property
    def input_size(self) -> int:
        """Number of inputs I."""
        return len(self.sensory)

    @property
    def state_size(self) -> int:
        """Number of neurons S."""
        return len(self.internal)

    @property
    def motor(self) -> NDArray[np.int_]:
        """Indices of the neurons that the outputs are read from."""
        return self.layers["motor"]

    def reached(self) -> set[int]:
        """Return the neurons that some input can influence."""
        seen = set(np.flatnonzero(self.sensory.any(axis=0)).tolist())
        frontier = list(seen)
        while frontier:
            for nxt in np.flatnonzero(self.internal[frontier.pop()]).tolist():
                if nxt not in seen:
                    seen.add(nxt)
                    frontier.append(nxt)
        return seen

    def synapses(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (pre, post) int64 [N] of the internal synapses, ordered by post, then pre."""
        return _edges(self.internal)

    def sensory_synapses(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (input, post) int64 [N] of the sensory synapses, ordered by post, then input."""
        return _edges(self.sensory)

    def describe(self) -> str:
        """Return one line: neurons by layer and number of synapses."""
        layers = " + ".join(f"{len(v)} {k}" for k, v in self.layers.items())
        return (
            f"{self.state_size} neurons ({layers}), {np.count_nonzero(self.sensory)} sensory and "
            f"{np.count_nonzero(self.internal)} internal synapses"
        )


class WiringRule(Protocol):
    """A recipe that becomes a wiring once the number of inputs is known."""

    def build(self, input_size: int) -> Wiring:
        """Return the wiring for ``input_size`` inputs."""


def _edges(signs: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    post, pre = np.nonzero(signs.T)
    return pre.astype(np.int64), post.astype(np.int64)
