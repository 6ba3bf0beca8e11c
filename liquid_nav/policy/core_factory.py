"""From a core's entry in a config to the module."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from liquid_nav.baselines import GRU, LSTM, TCN, FeedForward, ScaledGRU, StackedFeedForward
from liquid_nav.liquid import (
    CTRNN,
    GRUODE,
    LTC,
    RK4,
    CfC,
    Core,
    DenseWiring,
    DormandPrince,
    ExplicitEuler,
    ImplicitEuler,
    LeakyLiquid,
    LiquidStateMachine,
    NCPWiring,
    RandomWiring,
    SemiImplicitEuler,
)
from liquid_nav.policy.config import ModelError
from liquid_nav.policy.published import (
    Headed,
    PublishedCfC,
    PublishedCTRNN,
    PublishedMixedCfC,
    PublishedWiredCfC,
    TableWiring,
)
from liquid_nav.registry import Registry

WIRINGS: Registry[Callable[..., Any]] = Registry(
    "liquid_nav.wirings",
    {"ncp": NCPWiring, "dense": DenseWiring, "random": RandomWiring, "table": TableWiring},
)
"""Kind of a wiring in a config -> what makes it from the other keys of the entry."""
SOLVERS = {
    "semi_implicit": SemiImplicitEuler,
    "euler": ExplicitEuler,
    "rk4": RK4,
    "implicit": ImplicitEuler,
    "dormand_prince": DormandPrince,
}
Arguments = dict[str, Any]
CoreMaker = Callable[[int, int, float, Arguments], Core]
"""Makes a core from the widths of its input and its output, the usual elapsed time between inputs
(in the unit in which the core is given time) and the other keys of its entry in the config.
"""


def _choose(table: Mapping[str, Any], what: str, entry: Mapping[str, Any], default: str) -> Any:
    arguments = dict(entry)
    kind = arguments.pop("kind", default)
    if not isinstance(kind, str) or kind not in table:
        raise ModelError(
            f"config: {what} '{kind}' is unknown", f"choose one of: {', '.join(sorted(table))}"
        )
    return table[kind](**arguments)


def _prepare(arguments: Arguments) -> Arguments:
    """Turn the entries that stand for objects into these objects."""
    prepared = dict(arguments)
    if "wiring" in prepared:
        prepared["wiring"] = _choose(WIRINGS, "wiring", prepared["wiring"], "ncp")
    if "solver" in prepared:
        prepared["solver"] = _choose(SOLVERS, "solver", prepared["solver"], "semi_implicit")
    for name in ("time_constant", "dilations"):
        if name in prepared:
            prepared[name] = tuple(prepared[name])
    return prepared


def _ltc(input_size: int, output_size: int, nominal_period: float, arguments: Arguments) -> Core:
    """Build an LTC.

    With ``head`` its motor neurons feed a dense layer, and ``delay`` is added to its elapsed time.
    """
    head = arguments.pop("head", False)
    delay = arguments.pop("delay", 0.0)
    wiring = arguments.pop("wiring")
    if not head:
        return LTC(
            input_size,
            wiring,
            nominal_period=nominal_period,
            output_size=output_size,
            **arguments,
        )
    core = LTC(input_size, wiring, nominal_period=nominal_period, output_size=None, **arguments)
    return Headed(core, output_size, delay)


def _timed(build: Callable[..., Core]) -> Callable[..., Core]:
    """Return a maker of a core that takes the usual time between inputs."""
    return lambda inputs, outputs, period, arguments: build(
        inputs, output_size=outputs, nominal_period=period, **arguments
    )


def _plain(build: Callable[..., Core]) -> Callable[..., Core]:
    """Return a maker of a core that does not take it."""
    return lambda inputs, outputs, period, arguments: build(
        inputs, output_size=outputs, **arguments
    )


CORES: Registry[CoreMaker] = Registry(
    "liquid_nav.cores",
    {
        "ltc": _ltc,
        "cfc": _timed(CfC),
        "ctrnn": _timed(CTRNN),
        "gruode": _timed(GRUODE),
        "leaky_liquid": _timed(LeakyLiquid),
        "liquid_state": _plain(LiquidStateMachine),
        "lstm": _timed(LSTM),
        "gru": _timed(GRU),
        "scaled_gru": _timed(ScaledGRU),
        "tcn": _timed(TCN),
        "feedforward": _timed(FeedForward),
        "stacked": _timed(StackedFeedForward),
        "published_cfc": _plain(PublishedCfC),
        "published_mixed_cfc": _plain(PublishedMixedCfC),
        "published_wired_cfc": _plain(PublishedWiredCfC),
        "published_ctrnn": _plain(PublishedCTRNN),
    },
)
"""Kind of a core in a config -> what makes it; other packages add to it (see ``registry``)."""


def build_core(
    config: Mapping[str, Any], input_size: int, output_size: int, nominal_period: float
) -> Core:
    """Build the core that ``config`` ({"kind": ..., arguments}) describes.

    ``nominal_period``: usual time between inputs, in the unit of the core's elapsed time. Raises
    ModelError for an unknown kind, or arguments that do not fit.
    """
    arguments = dict(config) if isinstance(config, Mapping) else {"kind": config}
    kind = arguments.pop("kind", None)
    if not isinstance(kind, str) or kind not in CORES:
        raise ModelError(
            f"config: core '{kind}' is unknown", f"choose one of: {', '.join(sorted(CORES))}"
        )
    try:
        return CORES[kind](input_size, output_size, nominal_period, _prepare(arguments))
    except ModelError:
        raise
    except (TypeError, KeyError, ValueError) as error:
        raise ModelError(
            f"config: core '{kind}' does not fit: {error}", "compare it with models/default"
        ) from error
