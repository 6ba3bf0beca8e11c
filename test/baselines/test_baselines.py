"""Every baseline keeps the core's contract: a sequence equals its steps one by one, state in and
state out.
"""

import pytest
import torch

from liquid_nav.baselines import GRU, LSTM, TCN, FeedForward
from liquid_nav.liquid import CoreInputError

KINDS = (LSTM, GRU, TCN, FeedForward)


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_equal_sequence(kind, timed):
    torch.manual_seed(0)
    core = kind(6, 10, output_size=3, timed=timed)
    features, elapsed, state = torch.randn(2, 40, 6), torch.rand(2, 40) * 0.1, core.initial_state(2)
    outputs, last = core(features, state, elapsed)
    assert outputs.shape == (2, 40, 3) and last.shape == (2, core.state_size)
    for t in range(40):
        step, state = core(features[:, t : t + 1], state, elapsed[:, t : t + 1])
        assert torch.allclose(step[:, 0], outputs[:, t], atol=1e-5)
    assert torch.allclose(state, last, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_time_matters_only_where_it_is_an_input(kind):
    torch.manual_seed(0)
    features = torch.randn(1, 5, 6)
    for timed in (False, True):
        core = kind(6, 10, output_size=3, timed=timed)
        fast, slow = (
            core(features, core.initial_state(1), torch.full((1, 5), dt))[0] for dt in (0.02, 0.2)
        )
        assert torch.equal(fast, slow) != timed


def test_tcn_looks_back_29_frames():
    core = TCN(3, 4, timed=False)
    features = torch.randn(1, 40, 3, requires_grad=True)
    outputs, _ = core(features, core.initial_state(1), torch.ones(1, 40))
    outputs[0, 39].sum().backward()
    seen = features.grad[0].abs().sum(-1) > 0
    assert not seen[:11].any() and seen[11]


@pytest.mark.parametrize("kind", KINDS)
def test_bad_input_is_refused(kind):
    core = kind(6, 10, output_size=3)
    with pytest.raises(CoreInputError, match="negative"):
        core(torch.zeros(1, 2, 6), core.initial_state(1), torch.full((1, 2), -0.1))
    with pytest.raises(CoreInputError, match="expected"):
        core(torch.zeros(1, 2, 5), core.initial_state(1), torch.ones(1, 2))
