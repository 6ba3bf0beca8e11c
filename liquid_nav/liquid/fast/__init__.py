"""The fast LTC: forward and hand-written backward as numba kernels, imported only when chosen.

``kernels`` holds the loops over one tile of eight sequences, ``function`` the autograd function
around them.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

#: order in which the functions take the parameters; the last two make outputs of states
PARAMETERS = (
    *("sensory_w", "sensory_sigma", "sensory_mu", "sensory_erev", "w", "sigma", "mu", "erev"),
    *("gleak", "vleak", "cm", "input_w", "input_b", "output_w", "output_b"),
)


@cache
def fast_ltc_available() -> bool:
    """Whether numba is installed; does not import it."""
    return find_spec("numba") is not None
