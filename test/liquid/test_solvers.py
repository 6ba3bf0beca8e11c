"""Solvers reach their order of convergence, and stiffness fells explicit Euler alone."""

import math

import pytest
import torch

from liquid_nav.liquid import LTC, NCPWiring
from liquid_nav.liquid.solvers import (
    RK4,
    DormandPrince,
    ExplicitEuler,
    ImplicitEuler,
    SemiImplicitEuler,
)


def logistic(x):
    """dx/dt = 2 - x * x towards sqrt(2), split unevenly (drive 2, rate x happens to gain the fused
    step an order).
    """
    return 2.0 + 0.5 * x, x + 0.5, 1.0


def exact(t, x0=0.2):
    return math.sqrt(2) * math.tanh(math.sqrt(2) * t + math.atanh(x0 / math.sqrt(2)))


@pytest.mark.parametrize(
    ("make", "order"),
    [(ExplicitEuler, 1), (SemiImplicitEuler, 1), (lambda n: ImplicitEuler(n, 5), 1), (RK4, 4)],
    ids=["explicit_euler", "semi_implicit", "implicit", "rk4"],
)
def test_order_of_convergence(make, order):
    errors = []
    for steps in (8, 16, 32):
        x = make(steps).advance(
            logistic, torch.full((1, 1), 0.2, dtype=torch.float64), torch.ones(1, 1).double()
        )
        errors.append(abs(x.item() - exact(1.0)))
    for coarse, fine in zip(errors, errors[1:]):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.25)


def test_dormand_prince_is_as_accurate_as_asked():
    start, time = torch.full((1, 1), 0.2, dtype=torch.float64), torch.ones(1, 1).double()
    for tolerance in (1e-4, 1e-7, 1e-10):
        x = DormandPrince(rtol=tolerance, atol=tolerance).advance(logistic, start, time)
        assert abs(x.item() - exact(1.0)) < 10 * tolerance


def stiff(x):
    """Van der Pol-like: a slow variable chased 1000 times faster by another; no part is left to the
    rate.
    """
    slow, fast = x[:, :1], x[:, 1:]
    return torch.cat((-slow, 1000.0 * (torch.cos(slow) - fast)), dim=1), 0.0, 1.0


def stiff_split(x):
    slow = x[:, :1]
    rate = torch.tensor([[1.0, 1000.0]], dtype=x.dtype)
    return torch.cat((torch.zeros_like(slow), 1000.0 * torch.cos(slow)), dim=1), rate, 1.0


def test_stiff_problem_fells_only_explicit_euler():
    start, time = torch.tensor([[1.0, 0.0]], dtype=torch.float64), torch.ones(1, 1).double()
    slow = math.exp(-1.0)
    wanted = torch.tensor([[slow, math.cos(slow)]], dtype=torch.float64)
    assert not torch.allclose(ExplicitEuler(50).advance(stiff, start, time), wanted, atol=1.0)
    assert torch.allclose(ImplicitEuler(50, 3).advance(stiff, start, time), wanted, atol=0.02)
    assert torch.allclose(
        SemiImplicitEuler(50).advance(stiff_split, start, time), wanted, atol=0.02
    )
    assert torch.allclose(DormandPrince().advance(stiff, start, time), wanted, atol=1e-3)


@pytest.mark.parametrize(
    "solver", [ExplicitEuler(), SemiImplicitEuler(), ImplicitEuler(2), RK4(2), DormandPrince()]
)
def test_zero_time_is_identity_and_samples_keep_their_own_time(solver):
    start = torch.tensor([[0.2], [0.2], [0.2]], dtype=torch.float64)
    time = torch.tensor([[0.0], [0.5], [1.0]], dtype=torch.float64)
    x = solver.advance(logistic, start, time)
    assert x[0].item() == 0.2
    for row, t in zip(x[1:], (0.5, 1.0)):
        alone = solver.advance(logistic, start[:1], torch.full((1, 1), t, dtype=torch.float64))
        assert row.item() == pytest.approx(alone.item(), abs=1e-4)


def test_adjoint_finds_the_gradients_of_backpropagation():
    torch.manual_seed(0)
    core = LTC(5, NCPWiring(5, 4, 2, 3, 2, 2, 2, 0), kernel="torch").double()
    features, elapsed = (
        torch.randn(2, 3, 5).double().requires_grad_(),
        torch.rand(2, 3).double() * 0.1,
    )
    found = []
    for adjoint in (False, True):
        core.solver = DormandPrince(rtol=1e-8, atol=1e-9, adjoint=adjoint)
        core.zero_grad()
        features.grad = None
        core(features, core.initial_state(2), elapsed)[0].square().sum().backward()
        found.append([features.grad.clone(), *(p.grad.clone() for p in core.parameters())])
    for plain, adjoint in zip(*found):
        assert torch.allclose(plain, adjoint, atol=1e-5)


def test_adjoint_of_a_plain_function_names_what_is_missing():
    with pytest.raises(TypeError, match="adjoint"):
        DormandPrince(adjoint=True).advance(logistic, torch.ones(1, 1), torch.ones(1, 1))
