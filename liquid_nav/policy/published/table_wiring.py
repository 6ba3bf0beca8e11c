"""A wiring that lists every synapse, for networks that come with weights instead of a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liquid_nav.liquid import Wiring, WiringError

_SIGNS = {"+": 1, "-": -1, ".": 0}
_LETTERS = {sign: letter for letter, sign in _SIGNS.items()}


@dataclass(frozen=True)
class TableWiring:
    """Signs as text, one line per source and one letter per target.

    ``+`` excites, ``-`` inhibits, ``.`` is no synapse.
    """

    sensory: tuple[str, ...]
    """I lines of S letters: synapses from the inputs to the neurons."""
    internal: tuple[str, ...]
    """S lines of S letters: synapses among the neurons."""
    layers: dict[str, int]
    """Number of neurons by layer name, in the order of their indices, ``motor`` first."""

    def build(self, input_size: int) -> Wiring:
        """Return the wiring; raises WiringError where the table does not fit ``input_size``."""
        units = sum(self.layers.values())
        ends = np.cumsum(list(self.layers.values()))
        members = {
            name: np.arange(end - count, end)
            for (name, count), end in zip(self.layers.items(), ends, strict=True)
        }
        sensory = _read(self.sensory, "sensory", input_size, units)
        return Wiring(sensory, _read(self.internal, "internal", units, units), members)

    @classmethod
    def of(
        cls, sensory: NDArray[Any], internal: NDArray[Any], layers: dict[str, int]
    ) -> TableWiring:
        """Return the table of the signs of ``sensory`` [I,S] and ``internal`` [S,S]."""
        return cls(_write(sensory), _write(internal), layers)


def _read(lines: tuple[str, ...], name: str, rows: int, columns: int) -> NDArray[np.int8]:
    if len(lines) != rows or any(len(line) != columns for line in lines):
        raise WiringError(
            f"the wiring's table '{name}' is not {rows} lines of {columns} letters",
            "restore the config",
        )
    try:
        return np.array([[_SIGNS[letter] for letter in line] for line in lines], dtype=np.int8)
    except KeyError as error:
        raise WiringError(
            f"the wiring's table '{name}' has the letter {error}", "use + - and . only"
        ) from error


def _write(signs: NDArray[Any]) -> tuple[str, ...]:
    return tuple("".join(_LETTERS[int(sign)] for sign in row) for row in np.sign(signs))
