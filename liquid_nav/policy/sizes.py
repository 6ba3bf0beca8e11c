"""Limits on the size of a network from elsewhere, checked on its config before it is allocated."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

import torch
from torch import nn

from liquid_nav.policy.config_errors import ModelError

DEEPEST = 32
"""Most levels of nesting in a config or a card."""
MOST = 4096
"""Largest whole number in a config: pixels, channels, neurons, steps; not seeds."""
LARGEST = 1e6
"""Largest other number in a config."""
LONGEST = 64
"""Most numbers in a list."""
WIRED = 512
"""Most neurons of a wiring: memory grows with their third power."""
PARAMETERS = 100_000_000
"""Most weights of an encoder or a core: 400 MB. The largest that flies here has 3 million."""
_REMEDY = "use a smaller network: a drone's computer flies some thousand neurons at most"


def depth(value: Any) -> int:
    """Return how many levels of lists and objects a JSON value has, up to ``DEEPEST`` + 1."""
    level = [value]
    deep = 0
    while level and deep <= DEEPEST:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                inner += one.values()
            elif isinstance(one, (list, tuple)):
                inner += one
        level = [one for one in inner if isinstance(one, (Mapping, list, tuple))]
        deep += 1
    return deep


def check_numbers(data: Mapping[str, Any]) -> None:
    """Raise ModelError for a config with a number, a list or a wiring that is too large."""
    _check(data, "config")
    core = data.get("core")
    if not isinstance(core, Mapping):
        return
    wiring = core.get("wiring")
    if not isinstance(wiring, Mapping):
        return
    counts = [wiring.get(name, 0) for name in ("inter", "command", "motor", "units")]
    layers = wiring.get("layers")
    if isinstance(layers, Mapping):
        counts += layers.values()
    neurons = sum(count for count in counts if isinstance(count, int))
    if neurons > WIRED:
        raise ModelError(
            f"config: the core's wiring has {neurons} neurons, more than {WIRED}", _REMEDY
        )


def _check(value: Any, path: str) -> None:
    """Check every number below ``value``, whose depth was checked before."""
    if isinstance(value, Mapping):
        separator = ": " if path == "config" else "."
        for key, inner in value.items():
            if not str(key).endswith("seed"):
                _check(inner, f"{path}{separator}{key}")
    elif isinstance(value, (list, tuple)):
        most = MOST if any(isinstance(inner, str) for inner in value) else LONGEST
        if len(value) > most:
            raise ModelError(f"{path} has {len(value)} entries", _REMEDY)
        for inner in value:
            _check(inner, path)
    elif isinstance(value, str) and len(value) > MOST:
        raise ModelError(f"{path} has {len(value)} letters, more than {MOST}", _REMEDY)
    elif isinstance(value, int) and abs(value) > MOST:
        shown = str(value) if abs(value) < 1e12 else "larger than 1e12"
        raise ModelError(f"{path} is {shown}, more than {MOST}", _REMEDY)
    elif isinstance(value, float) and not (math.isfinite(value) and abs(value) <= LARGEST):
        raise ModelError(f"{path} is {value}", f"give a number of at most {LARGEST:.0f}")


def check_weights(build: Callable[[], nn.Module], whose: str) -> None:
    """Count the weights of what ``build`` makes, without memory for them.

    Raises ModelError for more than ``PARAMETERS``.
    """
    try:
        # No memory on this device, and the generator of random numbers stays where it was.
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            count = sum(parameter.numel() for parameter in build().parameters())
    except (NotImplementedError, RuntimeError):
        # It mixes devices and cannot be counted; check_numbers limits it all the same.
        return
    if count > PARAMETERS:
        raise ModelError(
            f"config: the {whose} has {count:,} weights, more than {PARAMETERS:,}", _REMEDY
        )
