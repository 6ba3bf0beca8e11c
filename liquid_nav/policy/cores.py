"""From a core's entry in a config to the module."""

from __future__ import annotations

from typing import Any, Mapping

from liquid_nav.liquid import LTC, Core, NCPWiring
from liquid_nav.policy.config import ModelError

WIRINGS = {"ncp": NCPWiring}


def _ltc(input_size: int, output_size: int, nominal_period: float, arguments: dict[str, Any]) -> Core:
    wiring = dict(arguments.pop("wiring"))
    kind = wiring.pop("kind", "ncp")
    if kind not in WIRINGS:
        raise ModelError(f"config: wiring '{kind}' is unknown", f"choose one of: {', '.join(sorted(WIRINGS))}")
    if "time_constant" in arguments:
        arguments["time_constant"] = tuple(arguments["time_constant"])
    return LTC(input_size, WIRINGS[kind](**wiring), nominal_period=nominal_period, output_size=output_size, **arguments)


CORES = {"ltc": _ltc}


def build_core(config: Mapping[str, Any], input_size: int, output_size: int, nominal_period: float) -> Core:
    """Build the core that ``config`` ({"kind": ..., arguments}) describes; raises ModelError for an unknown kind."""
    arguments = dict(config)
    kind = arguments.pop("kind", None)
    if kind not in CORES:
        raise ModelError(f"config: core '{kind}' is unknown", f"choose one of: {', '.join(sorted(CORES))}")
    try:
        return CORES[kind](input_size, output_size, nominal_period, arguments)
    except (TypeError, KeyError) as error:
        raise ModelError(f"config: core '{kind}' does not fit: {error}", "compare it with models/default") from error
