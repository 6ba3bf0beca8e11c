"""The neural-circuit-policy wiring: sensory -> inter -> command (recurrent) -> motor, sparse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .wiring import Wiring, WiringError


@dataclass(frozen=True)
class NCPWiring:
    """Recipe of Lechner et al., "Neural circuit policies enabling auditable autonomy", 2020.

    The random draws follow the ``ncps`` library call by call, so that the same seed gives the same
    synapses. Neurons are numbered motor first, then command, then inter.
    """

    inter: int
    """Number of inter neurons, at least 1."""
    command: int
    """Number of command neurons, at least 1."""
    motor: int
    """Number of motor neurons, at least 1; the outputs are read from them."""
    sensory_fanout: int = 6
    """Inter neurons that each input feeds, from 1 to ``inter``."""
    inter_fanout: int = 4
    """Command neurons that each inter neuron feeds, from 1 to ``command``."""
    recurrent_command: int = 4
    """Random synapses drawn among the command neurons, 0 or more; the same may be drawn twice."""
    motor_fanin: int = 6
    """Command neurons that feed each motor neuron, from 1 to ``command``."""
    seed: int = 22222
    """Seed of the random draws."""

    def __post_init__(self) -> None:
        """Raise WiringError for counts that cannot be drawn."""
        for name, least in (
            ("inter", 1),
            ("command", 1),
            ("motor", 1),
            ("sensory_fanout", 1),
            ("inter_fanout", 1),
            ("recurrent_command", 0),
            ("motor_fanin", 1),
        ):
            if getattr(self, name) < least:
                raise WiringError(
                    f"{name} is {getattr(self, name)}; a path to a motor neuron needs {least}"
                )
        for name, limit, of in (
            ("sensory_fanout", self.inter, "inter"),
            ("inter_fanout", self.command, "command"),
            ("motor_fanin", self.command, "command"),
        ):
            if getattr(self, name) > limit:
                raise WiringError(
                    f"{name} is {getattr(self, name)} but there are only {limit} {of} neurons; "
                    "lower it"
                )

    def build(self, input_size: int) -> Wiring:
        """Draw the synapses for ``input_size`` inputs."""
        if input_size < 1:
            raise WiringError(f"input_size is {input_size}; give at least one input")
        rng = np.random.RandomState(self.seed)
        units = self.inter + self.command + self.motor
        motor = np.arange(self.motor)
        command = np.arange(self.motor, self.motor + self.command)
        inter = np.arange(self.motor + self.command, units)
        inputs = np.arange(input_size)
        sensory = np.zeros((input_size, units), dtype=np.int8)
        internal = np.zeros((units, units), dtype=np.int8)

        _fan_out(rng, sensory, inputs, inter, self.sensory_fanout)
        _fan_out(rng, internal, inter, command, self.inter_fanout)
        for _ in range(self.recurrent_command):
            pre = rng.choice(command)
            post = rng.choice(command)
            internal[pre, post] = _sign(rng)
        _fan_in(rng, internal, command, motor, self.motor_fanin)
        return Wiring(sensory, internal, {"motor": motor, "command": command, "inter": inter})


def _sign(rng: np.random.RandomState) -> int:
    return int(rng.choice([-1, 1]))


def _fan_out(
    rng: np.random.RandomState,
    signs: NDArray[np.int8],
    sources: NDArray[np.int_],
    targets: NDArray[np.int_],
    fanout: int,
) -> None:
    """Give each source ``fanout`` targets; then connect the targets that no source feeds."""
    unconnected = targets.tolist()
    for pre in sources:
        for post in rng.choice(targets, size=fanout, replace=False):
            if post in unconnected:
                unconnected.remove(post)
            signs[pre, post] = _sign(rng)
    mean = int(np.clip(int(len(sources) * fanout / len(targets)), 1, len(sources)))
    for post in unconnected:
        for pre in rng.choice(sources, size=mean, replace=False):
            signs[pre, post] = _sign(rng)


def _fan_in(
    rng: np.random.RandomState,
    signs: NDArray[np.int8],
    sources: NDArray[np.int_],
    targets: NDArray[np.int_],
    fanin: int,
) -> None:
    """Give each target ``fanin`` sources; then connect the sources that feed no target."""
    unconnected = sources.tolist()
    for post in targets:
        for pre in rng.choice(sources, size=fanin, replace=False):
            if pre in unconnected:
                unconnected.remove(pre)
            signs[pre, post] = _sign(rng)
    mean = int(np.clip(int(len(targets) * fanin / len(sources)), 1, len(targets)))
    for pre in unconnected:
        for post in rng.choice(targets, size=mean, replace=False):
            signs[pre, post] = _sign(rng)
