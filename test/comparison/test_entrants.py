"""Every entrant becomes a core of the wanted size, and what is counted are the parameters that
training can change.
"""

import pytest
import torch

from liquid_nav.comparison import ENTRANTS, Entrant, count_parameters, fit_size
from liquid_nav.comparison.size import TOLERANCE
from liquid_nav.errors import UserError
from liquid_nav.policy import Policy, build_core

PERIOD = 1 / 30
WANTED = 5668
"""Parameters of the released core."""
INPUTS = 64


def build(config, inputs=INPUTS):
    torch.manual_seed(0)
    return build_core(config, inputs, 4, PERIOD)


@pytest.mark.parametrize("name", list(ENTRANTS))
def test_every_entrant_comes_in_the_wanted_size(name):
    entrant = ENTRANTS[name]
    core = build(fit_size(entrant.make, WANTED, INPUTS, 4, least=entrant.least))
    assert count_parameters(core) == pytest.approx(WANTED, rel=TOLERANCE)
    assert core.output_size == 4


def test_the_wired_ltc_of_the_released_size_is_the_released_core():
    policy = Policy.load("models/default")
    entrant = ENTRANTS["ltc_ncp"]
    wanted = sum(parameter.numel() for parameter in policy.core.parameters())
    config = fit_size(entrant.make, wanted, 64, 4, least=entrant.least)
    core = build(config, 64)
    assert [p.shape for p in core.parameters()] == [p.shape for p in policy.core.parameters()]
    assert config["wiring"] == policy.config.core["wiring"]


@pytest.mark.parametrize(
    "config",
    [
        {"kind": "gru", "units": 9},
        {"kind": "lstm", "units": 7, "timed": False},
        {"kind": "tcn", "units": 6, "dilations": [1, 2]},
        {"kind": "stacked", "units": 6},
        {"kind": "ctrnn", "units": 9},
        {"kind": "cfc", "units": 6, "backbone_units": 12},
        {"kind": "ltc", "wiring": {"kind": "dense", "units": 8, "motor": 4}},
    ],
    ids=lambda config: config["kind"],
)
def test_all_parameters_of_an_unmasked_core_count(config):
    core = build(config)
    assert count_parameters(core) == sum(p.numel() for p in core.parameters())


def test_masked_weights_do_not_count():
    """The masks of a wired CfC leave out weights of f1 and f2."""
    core = build(
        {
            "kind": "cfc",
            "wiring": {
                "kind": "ncp",
                "inter": 8,
                "command": 6,
                "motor": 4,
                "sensory_fanout": 3,
                "inter_fanout": 3,
                "recurrent_command": 4,
                "motor_fanin": 3,
            },
        }
    )
    masked = sum(int((cell.mask == 0).sum()) for cell in core.cells)
    assert masked > 0
    assert count_parameters(core) == sum(p.numel() for p in core.parameters()) - 2 * masked


def test_a_reservoir_counts_its_readout_alone():
    core = build({"kind": "liquid_state", "units": 60})
    assert count_parameters(core) == 4 * 60 + 4


def test_counting_leaves_no_gradients():
    core = build({"kind": "gru", "units": 5})
    count_parameters(core)
    assert all(p.grad is None or not p.grad.any() for p in core.parameters())


@pytest.mark.parametrize("wanted", [216, 5668, 9000])
def test_the_closest_size_is_found(wanted):
    def make(units):
        return {"kind": "gru", "units": units}

    found = count_parameters(build(fit_size(make, wanted, INPUTS, 4)))
    near = [count_parameters(build(make(units))) for units in range(1, 40)]
    assert abs(found - wanted) == min(abs(one - wanted) for one in near)


def test_steps_that_are_too_coarse_are_one_line():
    def make(size):
        return {"kind": "gru", "units": 16 * size}

    with pytest.raises(UserError, match="no core of kind 'gru' has 2000 parameters") as caught:
        fit_size(make, 2000, INPUTS, 4)
    assert "\n" not in str(caught.value)


def test_a_package_of_ones_own_adds_an_entrant():
    mine = Entrant(lambda size: {"kind": "gru", "units": size}, "mine")
    ENTRANTS.register("mine", mine)
    try:
        assert ENTRANTS["mine"] is mine
    finally:
        del ENTRANTS._registered["mine"]
