"""A wiring that is written out synapse by synapse, for networks that come with weights instead of a
recipe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liquid_nav.liquid import Wiring, WiringError

_SIGNS = {"+": 1, "-": -1, ".": 0}
_LETTERS = {sign: letter for letter, sign in _SIGNS.items()}


@dataclass(frozen=True)
class TableWiring:
    """Signs as text, one line per source and one letter per target: ``+`` excites, ``-`` inhibits,
    ``.`` is no synapse.
    """

    sensory: tuple[str, ...]
    """I lines of S letters: synapses from the inputs to the neurons."""
    internal: tuple[str, ...]
    """S lines of S letters: synapses among the neurons."""
    layers: dict[str, int]
    """Number of neurons by layer name, in the order in which they are numbered (``motor`` first, as
    the outputs are read from there).
    """

    def build(self, input_size: int) -> Wiring:
        """Return the wiring; raises WiringError where the table does not fit ``input_size`` or
        itself.
        """
        units = sum(self.layers.values())
        ends = np.cumsum(list(self.layers.values()))
        members = {
            name: np.arange(end - count, end)
            for (name, count), end in zip(self.layers.items(), ends, strict=True)
        }
        sensory = _read(self.sensory, "sensory", input_size, units)
        return Wiring(sensory, _read(self.internal, "internal", units, units), members)

    @classmethod
    def of(cls, sensory: np.ndarray, internal: np.ndarray, layers: dict[str, int]) -> TableWiring:
        """Write down the signs of ``sensory`` [I,S] and ``internal`` [S,S]; zero is no synapse."""
        return cls(_write(sensory), _write(internal), layers)


def _read(lines: tuple[str, ...], name: str, rows: int, columns: int) -> np.ndarray:
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


def _write(signs: np.ndarray) -> tuple[str, ...]:
    return tuple("".join(_LETTERS[int(sign)] for sign in row) for row in np.sign(signs))
