"""How large a core is, and cores of equal size."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import torch

from liquid_nav.errors import UserError
from liquid_nav.liquid import Core
from liquid_nav.policy import build_core

CoreConfig = Mapping[str, Any]
"""A core's entry in the config of a policy: ``kind`` and its arguments."""
TOLERANCE = 0.05
"""Largest difference from the wanted number of parameters, as a share of it."""
PERIOD = 1 / 30
"""Usual time between inputs, s."""
_DRAWS = 3
_BATCH = 32
_STEPS = 3


def count_parameters(core: Core) -> int:
    """Return how many numbers of a core training can change.

    Counted are the elements that any output has a gradient for: weights that a wiring masks, and
    those of a fixed reservoir, are none.
    """
    draw = torch.Generator().manual_seed(0)
    touched = {name: torch.zeros_like(p, dtype=torch.bool) for name, p in core.named_parameters()}
    for _ in range(_DRAWS):
        features = torch.randn(_BATCH, _STEPS, core.input_size, generator=draw)
        elapsed = PERIOD * (0.5 + torch.rand(_BATCH, _STEPS, generator=draw))
        core.zero_grad()
        # Not the initial state: a window of past frames that are zero hides the weights behind it.
        state = torch.randn(_BATCH, core.state_size, generator=draw)
        outputs, _ = core(features, state, elapsed)
        (outputs * torch.randn(outputs.shape, generator=draw)).sum().backward()
        for name, parameter in core.named_parameters():
            if parameter.grad is not None:
                touched[name] |= parameter.grad != 0
    core.zero_grad()
    return sum(int(elements.sum()) for elements in touched.values())


def fit_size(
    make: Callable[[int], CoreConfig],
    wanted: int,
    inputs: int,
    outputs: int,
    *,
    least: int = 1,
    most: int = 4096,
) -> CoreConfig:
    """Return the config whose core has the number of parameters that comes closest to ``wanted``.

    Args:
        make: from a size, e.g. a number of units, to a config; larger sizes have more parameters.
        wanted: number of parameters.
        inputs: width of the features.
        outputs: number of the outputs.
        least: smallest size that ``make`` can make.
        most: largest size that is tried.

    Raises:
        UserError: no size comes within ``TOLERANCE``.
        ModelError: ``make`` gives a config that cannot be built.
    """
    counts: dict[int, int] = {}

    def count(size: int) -> int:
        if size not in counts:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                counts[size] = count_parameters(build_core(make(size), inputs, outputs, PERIOD))
        return counts[size]

    size = _closest(count, wanted, least, most)
    found = count(size)
    if abs(found - wanted) > TOLERANCE * wanted:
        raise UserError(
            f"no core of kind '{make(size)['kind']}' has {wanted} parameters within "
            f"{TOLERANCE:.0%}; the closest has {found}",
            "give an entrant that can be made larger and smaller in finer steps",
        )
    return make(size)


def _closest(count: Callable[[int], int], wanted: int, least: int, most: int) -> int:
    """Return the size whose count, which grows with it, comes closest.

    By secants, because the largest cores take long to build.
    """
    low = least
    high = most + 1
    before = least
    size = min(2 * least + 1, most)
    while high - low > 1:
        if count(size) < wanted:
            low = size
        else:
            high = size
        slope = max(1.0, abs(count(size) - count(before)) / max(1, abs(size - before)))
        guess = round(size + (wanted - count(size)) / slope)
        before = size
        size = min(max(guess, low + 1), high - 1)
    sizes = [candidate for candidate in (low, high) if candidate <= most]
    return min(sizes, key=lambda candidate: abs(count(candidate) - wanted))
