"""The networks that are compared: from a size to the config of a core.

Another package adds a network of its own by the entry point ``liquid_nav.entrants``; its core comes
by ``liquid_nav.cores``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from liquid_nav.comparison.size import CoreConfig
from liquid_nav.registry import Registry

TIME_CONSTANT = (0.05, 1.0)
"""Bounds of the time constants at rest, s: those of the released core."""
UNFOLDS = 6
"""Solver steps of an LTC between two inputs, as in the released core."""
MOTOR = 4
"""Motor neurons: one for each command."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A network of any size."""

    make: Callable[[int], CoreConfig]
    """From a size to the config of a core."""
    about: str
    """What it is, for the page."""
    liquid: bool = False
    """Whether its time constants depend on the input."""
    least: int = 2
    """Smallest size."""


def _wiring(size: int) -> CoreConfig:
    """Return a wiring with the proportions of the released one, whose size is 16."""
    return {
        "kind": "ncp",
        "inter": 2 * size,
        "command": size,
        "motor": MOTOR,
        "sensory_fanout": size,
        "inter_fanout": max(1, size // 2),
        "recurrent_command": 3 * size // 2,
        "motor_fanin": max(1, 5 * size // 8),
        "seed": 22224,
    }


def _ltc_wired(size: int) -> CoreConfig:
    return {
        "kind": "ltc",
        "unfolds": UNFOLDS,
        "time_constant": TIME_CONSTANT,
        "wiring": _wiring(size),
    }


def _ltc_dense(size: int) -> CoreConfig:
    return {
        "kind": "ltc",
        "unfolds": UNFOLDS,
        "time_constant": TIME_CONSTANT,
        "wiring": {"kind": "dense", "units": size, "motor": MOTOR},
    }


def _cfc_wired(size: int) -> CoreConfig:
    return {"kind": "cfc", "wiring": _wiring(size)}


def _cfc_dense(size: int) -> CoreConfig:
    return {"kind": "cfc", "units": size, "backbone_units": 2 * size}


def _units(kind: str, **more: object) -> Callable[[int], CoreConfig]:
    """Return a maker for a kind whose size is its number of units."""
    return lambda size: {"kind": kind, "units": size, **more}


ENTRANTS: Registry[Entrant] = Registry(
    "liquid_nav.entrants",
    {
        "ltc_ncp": Entrant(_ltc_wired, "LTC on an NCP wiring", liquid=True, least=6),
        "ltc_dense": Entrant(_ltc_dense, "LTC, densely connected", liquid=True, least=MOTOR),
        "cfc_ncp": Entrant(_cfc_wired, "CfC on an NCP wiring", liquid=True, least=6),
        "cfc_dense": Entrant(_cfc_dense, "CfC, densely connected", liquid=True),
        "leaky": Entrant(
            _units("leaky_liquid", time_constant=TIME_CONSTANT), "leaky liquid cell", liquid=True
        ),
        "liquid_state": Entrant(
            _units("liquid_state"), "liquid state machine: spiking reservoir, trained readout"
        ),
        "ctrnn": Entrant(_units("ctrnn", time_constant=TIME_CONSTANT), "continuous-time RNN"),
        "gru_ode": Entrant(_units("gruode"), "GRU-ODE"),
        "lstm": Entrant(_units("lstm", timed=False), "LSTM"),
        "gru": Entrant(_units("gru", timed=False), "GRU"),
        "gru_timed": Entrant(_units("gru", timed=True), "GRU with elapsed time as input"),
        "gru_scaled": Entrant(_units("scaled_gru"), "GRU whose update is scaled by elapsed time"),
        "tcn": Entrant(_units("tcn", timed=True), "TCN over 29 frames, with elapsed times"),
        "feedforward": Entrant(_units("feedforward", timed=False), "feed-forward on one frame"),
        "stacked": Entrant(
            _units("stacked", frames=4, timed=True),
            "feed-forward on four frames, with elapsed times",
        ),
    },
)
"""Name -> entrant."""
