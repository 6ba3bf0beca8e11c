"""The numbers that explain a running network agree with the network."""

import pytest
import torch

from liquid_nav.liquid import LTC, LeakyLiquid, NCPWiring, analysis
from liquid_nav.liquid.regularizers import derivative_penalty, rate_penalty, time_constant_penalty
from liquid_nav.liquid.solvers import ExplicitEuler


@pytest.fixture
def core():
    torch.manual_seed(0)
    return LTC(32, NCPWiring(18, 12, 4, 6, 4, 4, 6, 22224), kernel="torch")


@pytest.fixture
def instant(core):
    return torch.randn(3, 32), torch.randn(3, 34) * 0.5


def test_time_constants_lie_within_the_published_bounds(core, instant):
    low, high = analysis.time_constant_bounds(core)
    tau = analysis.time_constants(core, *instant)
    assert (tau >= low * 0.999).all() and (tau <= high * 1.001).all()


def test_states_never_leave_their_bounds(core):
    low, high = analysis.state_bounds(core)
    states = core.trajectory(torch.randn(4, 50, 32) * 5, torch.zeros(4, 34), torch.rand(4, 50))
    assert (states >= low - 1e-5).all() and (states <= high + 1e-5).all()


def test_contributions_sum_to_the_drive(core, instant):
    parts = analysis.contributions(core, *instant)
    assert torch.allclose(parts.net, core.cm * core.derivative(*instant), atol=1e-4)
    for motor in range(4):
        named = parts.onto(core, motor)
        assert torch.allclose(sum(value for _, value in named), parts.net[:, motor], atol=1e-4)
        assert named[0][0].split(".")[0] in ("leak", "command", "input")


def test_linearisation_agrees_with_a_small_step(core, instant):
    core.double()
    features, state = (x.double() for x in instant)
    slope = analysis.linearise(core, features, state)
    shift = torch.randn_like(state) * 1e-6
    moved = core.derivative(features, state + shift) - core.derivative(features, state)
    assert torch.allclose(moved, (slope @ shift[..., None])[..., 0], rtol=1e-3, atol=1e-9)


def test_eigenvalues_predict_decay(core, instant):
    """Near its fixed point a disturbance shrinks as the least stable eigenvalue predicts."""
    core.double()
    features = instant[0][:1].double()
    rest = core.trajectory(
        features[:, None].expand(1, 400, 32),
        torch.zeros(1, 34).double(),
        torch.ones(1, 400).double(),
    )
    rest = rest[:, -1]
    slowest = analysis.eigenvalues(core, features, rest)[0, 0].real.item()
    assert slowest < 0
    core.solver = ExplicitEuler(2000)

    def step(x, t):
        return core(features[:, None], x, torch.tensor([[t]], dtype=torch.float64))[1]

    one = step(rest + 1e-4, 8.0)
    two = step(one, 1.0)
    rate = torch.log((two - rest).norm() / (one - rest).norm()).item()
    assert rate == pytest.approx(slowest, rel=0.1)


def test_leaky_alpha_is_bounded():
    torch.manual_seed(0)
    core = LeakyLiquid(4, 6, time_constant=(0.05, 2.0))
    tau = core.time_constants(torch.randn(200, 4) * 100, torch.randn(200, 6) * 100)
    assert tau.min() >= 0.0499 and tau.max() <= 2.001


def test_lipschitz_measure():
    states = torch.tensor([[[0.0, 1.0], [0.5, 1.0], [0.4, -1.0]]])
    assert torch.allclose(analysis.lipschitz(states), torch.tensor([[0.5, 2.0]]))


def test_regularizers_vanish_where_they_should_and_have_gradients(core):
    features, elapsed = torch.randn(2, 6, 32), torch.full((2, 6), 1 / 30)
    states = core.trajectory(features, core.initial_state(2), elapsed)
    low, high = (
        bound.min().item() if k == 0 else bound.max().item()
        for k, bound in enumerate(analysis.time_constant_bounds(core))
    )
    assert time_constant_penalty(core, features, states, low * 0.9, high * 1.1).item() == 0.0
    loss = time_constant_penalty(core, features, states, 0.5, 0.6) + rate_penalty(
        core, features, states
    )
    (loss + derivative_penalty(states, elapsed)).backward()
    assert core.cm.grad.abs().sum() > 0
    still = torch.ones(1, 3, 2)
    assert derivative_penalty(still, torch.zeros(1, 3)).item() == 0.0


def test_clamp_keeps_parameters_physical(core):
    with torch.no_grad():
        for parameter in core.parameters():
            parameter.sub_(10.0)
    core.clamp_()
    assert all((p >= 0).all() for p in (core.w, core.sensory_w, core.gleak, core.cm))
