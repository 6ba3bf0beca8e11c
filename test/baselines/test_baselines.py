"""Every baseline keeps the core's contract: a sequence equals its steps one by one, state in and
state out.
"""

import pytest
import torch

from liquid_nav.baselines import GRU, LSTM, TCN, FeedForward, ScaledGRU, StackedFeedForward
from liquid_nav.liquid import CoreInputError

KINDS = (LSTM, GRU, TCN, FeedForward, StackedFeedForward)


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


@pytest.mark.parametrize("kind", [*KINDS, ScaledGRU])
def test_bad_input_is_refused(kind):
    core = kind(6, 10, output_size=3)
    with pytest.raises(CoreInputError, match="negative"):
        core(torch.zeros(1, 2, 6), core.initial_state(1), torch.full((1, 2), -0.1))
    with pytest.raises(CoreInputError, match="expected"):
        core(torch.zeros(1, 2, 5), core.initial_state(1), torch.ones(1, 2))


PERIOD = 0.04


def scaled_gru():
    torch.manual_seed(0)
    return ScaledGRU(6, 10, output_size=3, nominal_period=PERIOD)


def test_scaled_gru_is_the_gru_of_torch_at_the_nominal_rate():
    core = scaled_gru()
    reference = torch.nn.GRU(6, 10, batch_first=True)
    reference.load_state_dict(
        {f"{name}_l0": value for name, value in core.cell.state_dict().items()}
    )
    features, state = torch.randn(2, 12, 6), torch.randn(2, 10)
    outputs, last = core(features, state, torch.full((2, 12), PERIOD))
    hidden, expected = reference(features, state[None])
    assert torch.allclose(last, expected[0], atol=1e-6)
    assert torch.allclose(outputs, core.head(hidden), atol=1e-6)


def test_scaled_gru_steps_equal_the_sequence():
    core = scaled_gru()
    features, elapsed, state = torch.randn(2, 9, 6), torch.rand(2, 9) * 0.2, torch.zeros(2, 10)
    outputs, last = core(features, state, elapsed)
    for t in range(9):
        step, state = core(features[:, t : t + 1], state, elapsed[:, t : t + 1])
        assert torch.allclose(step[:, 0], outputs[:, t], atol=1e-6)
    assert torch.allclose(state, last, atol=1e-6)


def test_scaled_gru_keeps_its_state_without_time_and_forgets_it_over_a_long_one():
    core = scaled_gru()
    features, state = torch.randn(2, 1, 6), torch.randn(2, 10)
    _, same = core(features, state, torch.zeros(2, 1))
    assert torch.allclose(same, state, atol=1e-7)
    one, _ = core(features, state, torch.full((2, 1), 1e6))
    other, _ = core(features, state, torch.full((2, 1), 2e6))
    assert torch.equal(one, other), "it has arrived at the candidate"


@torch.no_grad()
def test_scaled_gru_moves_by_its_time_constants():
    """After one time constant 1 / e of the way to the candidate is left."""
    core = scaled_gru()
    features, state = torch.randn(1, 6), torch.randn(1, 10)
    tau = core.time_constants(features, state)
    _, candidate = core(features[:, None], state, torch.full((1, 1), 1e6))
    for neuron in range(10):
        _, after = core(features[:, None], state, tau[:, neuron : neuron + 1])
        left = (after - candidate)[0, neuron] / (state - candidate)[0, neuron]
        assert left == pytest.approx(0.367879, abs=1e-4)


def test_stacked_frames_look_back_over_their_number():
    core = StackedFeedForward(3, 8, output_size=2, frames=5)
    features = torch.randn(1, 20, 3, requires_grad=True)
    elapsed = (0.2 * torch.rand(1, 20)).requires_grad_()
    outputs, _ = core(features, core.initial_state(1), elapsed)
    outputs[0, 19].sum().backward()
    for given in (features.grad[0].abs().sum(-1), elapsed.grad[0].abs()):
        assert not (given[:15] > 0).any() and (given[15:] > 0).all()


def test_stacked_frames_are_in_order():
    """The first layer sees each frame by weights of its own, the oldest frame first."""
    core = StackedFeedForward(2, 4, output_size=1, frames=3, timed=False)
    frames = torch.arange(10.0).reshape(1, 5, 2)
    seen = []
    core.network[0].register_forward_hook(lambda module, given, output: seen.append(given[0]))
    core(frames, core.initial_state(1), torch.ones(1, 5))
    assert seen[0][0, 4].reshape(2, 3).T.flatten().tolist() == [4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    assert seen[0][0, 0].reshape(2, 3).T.tolist() == [[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("frames", [0, 1])
def test_stacked_frames_need_two(frames):
    with pytest.raises(CoreInputError, match="frames"):
        StackedFeedForward(2, 4, output_size=1, frames=frames)
