"""Numbers of another kind than the weights are refused in one line that names them, not by torch
from deep inside.
"""

import numpy as np
import pytest
import torch

from liquid_nav.baselines import GRU, LSTM, TCN, FeedForward, ScaledGRU, StackedFeedForward
from liquid_nav.liquid import CTRNN, GRUODE, LTC, CfC, DenseWiring
from liquid_nav.liquid.core import CoreInputError
from liquid_nav.policy.published import Headed, PublishedCfC, PublishedCTRNN, PublishedMixedCfC

CORES = {
    "ltc": lambda: LTC(3, DenseWiring(5)),
    "ltc_torch": lambda: LTC(3, DenseWiring(5), kernel="torch"),
    "cfc": lambda: CfC(3, 5, output_size=2),
    "cfc_mixed": lambda: CfC(3, 5, output_size=2, mixed_memory=True),
    "ctrnn": lambda: CTRNN(3, 5),
    "gruode": lambda: GRUODE(3, 5),
    "lstm": lambda: LSTM(3, 5),
    "gru": lambda: GRU(3, 5, timed=False),
    "scaled_gru": lambda: ScaledGRU(3, 5),
    "stacked": lambda: StackedFeedForward(3, 5, output_size=2),
    "tcn": lambda: TCN(3, 5),
    "feedforward": lambda: FeedForward(3, 5, output_size=2),
    "headed": lambda: Headed(LTC(3, DenseWiring(5)), 2, delay=0.001),
    "published_cfc": lambda: PublishedCfC(3, 5, backbone=(4,), output_size=2),
    "published_mixed_cfc": lambda: PublishedMixedCfC(
        3, 5, backbone=(4,), forget_bias=1.0, output_size=2
    ),
    "published_ctrnn": lambda: PublishedCTRNN(3, 5, output_size=2),
}
NAMES = ("features", "state", "elapsed")


def inputs(core, batch=2, steps=20, dtype=torch.float32):
    """Return features, state and elapsed; so many that no kernel for few is chosen."""
    elapsed = torch.full((batch, steps), 0.05, dtype=dtype)
    return [torch.zeros(batch, steps, 3, dtype=dtype), core.initial_state(batch), elapsed]


def refusal(core, given):
    with pytest.raises(CoreInputError) as error:
        core(*given)
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("steps", [1, 20])
@pytest.mark.parametrize("kind", CORES)
def test_other_numbers_than_the_weights_are_named_with_the_remedy(kind, steps):
    core = CORES[kind]()
    for place, name in enumerate(NAMES):
        for dtype in (torch.float64, torch.float16, torch.int64):
            given = inputs(core, steps=steps)
            if not given[place].numel():
                continue
            given[place] = given[place].to(dtype)
            with torch.no_grad():
                line = refusal(core, given)
            assert (
                line == f"{name}: numbers are {dtype}, the core's are torch.float32. convert with "
                ".to(torch.float32)"
            )


def test_what_is_no_tensor_is_named():
    core = CORES["cfc"]()
    given = inputs(core)
    assert refusal(core, [given[0].numpy(), *given[1:]]).startswith(
        "features: is no tensor but ndarray"
    )
    assert refusal(core, [*given[:2], 0.05]).startswith("elapsed: is no tensor but float")
    assert refusal(core, [given[0], None, given[2]]).startswith("state: is no tensor but NoneType")


@pytest.mark.parametrize("kind", [kind for kind in CORES if kind != "ltc"])
def test_a_core_in_double_precision_takes_doubles_and_refuses_singles(kind):
    core = CORES[kind]().double()
    outputs, state = core(*inputs(core, dtype=torch.float64))
    assert outputs.dtype == torch.float64 and np.isfinite(outputs.detach().numpy()).all()
    given = inputs(core)
    assert "features: numbers are torch.float32, the core's are torch.float64" in refusal(
        core, given
    )
