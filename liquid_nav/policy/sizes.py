"""How large a network from elsewhere may be: judged on its config, before anything is allocated for
it.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

import torch
from torch import nn

from liquid_nav.policy.config_errors import ModelError

DEEPEST = 32
"""Levels of a config or a card, one in another."""
MOST = 4096
"""Any whole number in a config: pixels, channels, neurons, steps. Seeds are no sizes."""
LARGEST = 1e6
"""Any other number in a config."""
LONGEST = 64
"""Numbers in a list."""
WIRED = 512
"""Neurons of a wiring: memory grows with their third power."""
PARAMETERS = 100_000_000
"""Weights of an encoder or a core: 400 MB. The largest that flies here has 3 million."""
_REMEDY = "use a smaller network: a drone's computer flies some thousand neurons at most"


def depth(value: Any) -> int:
    """Return how many levels of lists and objects a JSON value has, up to a little more than
    ``DEEPEST``.
    """
    level = [value]
    deep = 0
    while level and deep <= DEEPEST:
        inner = []
        for one in level:
            if isinstance(one, Mapping):
                inner += one.values()
            elif isinstance(one, (list, tuple)):
                inner += one
        level = [one for one in inner if isinstance(one, (Mapping, list, tuple))]
        deep += 1
    return deep


def check_numbers(data: Mapping[str, Any]) -> None:
    """Raise ModelError for a config with a number that no network here has, or a wiring of too many
    neurons.
    """
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
    """Look at every number below ``value``; its depth was looked at before."""
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
        told = str(value) if abs(value) < 1e12 else "larger than 1e12"
        raise ModelError(f"{path} is {told}, more than {MOST}", _REMEDY)
    elif isinstance(value, float) and not (math.isfinite(value) and abs(value) <= LARGEST):
        raise ModelError(f"{path} is {value}", f"give a number of at most {LARGEST:.0f}")


def check_weights(build: Callable[[], nn.Module], whose: str) -> None:
    """Count what ``build`` would make without making it; raises ModelError for more than
    ``PARAMETERS``.
    """
    try:
        # No memory on this device, and the generator of random numbers stays where it was.
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            count = sum(parameter.numel() for parameter in build().parameters())
    except (NotImplementedError, RuntimeError):
        # it mixes devices, so that it cannot be counted: its numbers are limited all the same
        return
    if count > PARAMETERS:
        raise ModelError(
            f"config: the {whose} has {count:,} weights, more than {PARAMETERS:,}", _REMEDY
        )
