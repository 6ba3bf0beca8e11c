"""Every cell keeps the core's contract: real time, finite gaps, gradients, export of a step, clear
errors.
"""

import pytest
import torch

from liquid_nav.liquid import (
    CTRNN,
    GRUODE,
    LTC,
    CfC,
    CoreInputError,
    LeakyLiquid,
    NCPWiring,
    NeuralODE,
)
from liquid_nav.liquid.solvers import RK4, SemiImplicitEuler

WIRING = NCPWiring(8, 6, 3, 3, 3, 3, 3, seed=1)
CELLS = {
    "ltc": lambda: LTC(5, WIRING, kernel="torch"),
    "ctrnn": lambda: CTRNN(5, 8, output_size=3),
    "neural_ode": lambda: NeuralODE(5, 8, output_size=3),
    "gru_ode": lambda: GRUODE(5, 8, output_size=3),
    "leaky": lambda: LeakyLiquid(5, 8, output_size=3),
    "cfc": lambda: CfC(5, 8, output_size=3, backbone_units=16),
    "cfc_wired": lambda: CfC(5, wiring=WIRING),
    "cfc_mixed": lambda: CfC(5, 8, output_size=3, backbone_units=16, mixed_memory=True),
}
ODES = ("ltc", "ctrnn", "neural_ode", "gru_ode", "leaky")


@pytest.fixture(params=list(CELLS))
def core(request):
    torch.manual_seed(0)
    return CELLS[request.param]()


def test_steps_equal_sequence(core):
    features, elapsed, state = torch.randn(2, 6, 5), torch.rand(2, 6) * 0.1, core.initial_state(2)
    outputs, last = core(features, state, elapsed)
    assert outputs.shape == (2, 6, 3)
    assert len(core.neuron_names) == core.state_size == last.shape[1]
    for t in range(6):
        step, state = core(features[:, t : t + 1], state, elapsed[:, t : t + 1])
        assert torch.allclose(step[:, 0], outputs[:, t], atol=1e-5)
    assert torch.allclose(state, last, atol=1e-5)


def test_any_gap_is_finite_with_finite_gradients(core):
    features = torch.randn(3, 5, 5, requires_grad=True)
    elapsed = torch.tensor([[0.0, 0.03, 0.0, 10.0, 0.1], [0.0] * 5, [1e3] * 5])
    outputs, state = core(features, core.initial_state(3), elapsed)
    (outputs.sum() + state.sum()).backward()
    assert torch.isfinite(outputs).all() and torch.isfinite(features.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in core.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", ODES)
def test_state_composes_in_time(name):
    """dt1 then dt2 under a held input equals dt1 + dt2; no time leaves the state as it is."""
    torch.manual_seed(0)
    core = CELLS[name]().double()
    assert core.composes_in_time
    core.solver = RK4(60) if name == "neural_ode" else SemiImplicitEuler(4000)
    features, state = torch.randn(2, 1, 5).double(), torch.randn(2, core.state_size).double() * 0.3
    _, first = core(features, state, torch.full((2, 1), 0.013).double())
    _, second = core(features, first, torch.full((2, 1), 0.04).double())
    _, whole = core(features, state, torch.full((2, 1), 0.053).double())
    assert torch.allclose(second, whole, atol=1e-4)
    assert torch.equal(core(features, state, torch.zeros(2, 1).double())[1], state)


@pytest.mark.parametrize("name", ODES)
def test_gradients_agree_with_finite_differences(name):
    torch.manual_seed(0)
    core = CELLS[name]().double()
    inputs = (
        torch.randn(1, 3, 5),
        torch.randn(1, core.state_size) * 0.3,
        torch.rand(1, 3) * 0.1 + 0.01,
    )
    inputs = tuple(t.double().requires_grad_() for t in inputs)
    assert torch.autograd.gradcheck(lambda *a: core(*a), inputs, atol=1e-6)


def test_faster_frames_give_the_same_flight():
    """An LTC that sees a signal at 60 Hz ends where it ends at 30 Hz, because it knows the time."""
    torch.manual_seed(0)
    core = LTC(5, WIRING)
    signal = torch.randn(1, 30, 5).cumsum(1) * 0.1
    slow, _ = core(signal, core.initial_state(1), torch.full((1, 30), 1 / 30))
    fast, _ = core(
        signal.repeat_interleave(2, 1), core.initial_state(1), torch.full((1, 60), 1 / 60)
    )
    assert torch.allclose(slow[:, -1], fast[:, -1], atol=0.01)


BAD = [
    (
        torch.zeros(1, 2, 4),
        None,
        torch.ones(1, 2),
        r"features have shape \[1, 2, 4\]; expected \[B,T,5\]",
    ),
    (torch.zeros(1, 0, 5), None, torch.ones(1, 0), "empty sequence"),
    (torch.zeros(1, 2, 5), torch.zeros(1, 4), torch.ones(1, 2), "state has shape"),
    (torch.zeros(1, 2, 5), None, torch.ones(1, 3), "elapsed has shape"),
    (torch.zeros(1, 2, 5), None, torch.tensor([[0.1, -0.1]]), "negative"),
    (torch.full((1, 2, 5), torch.nan), None, torch.ones(1, 2), "features contain NaN"),
    (torch.zeros(1, 2, 5), None, torch.full((1, 2), torch.inf), "elapsed contain NaN or infinity"),
]


@pytest.mark.parametrize(("features", "state", "elapsed", "message"), BAD)
def test_bad_input_is_refused(core, features, state, elapsed, message):
    with pytest.raises(CoreInputError, match=message):
        core(features, core.initial_state(features.shape[0]) if state is None else state, elapsed)


@pytest.mark.parametrize(("features", "state", "elapsed", "message"), BAD)
def test_quick_step_refuses_the_same(features, state, elapsed, message):
    pytest.importorskip("numba")
    core = LTC(5, WIRING, kernel="numba")
    with torch.no_grad(), pytest.raises(CoreInputError, match=message):
        core(features, core.initial_state(features.shape[0]) if state is None else state, elapsed)


@pytest.mark.parametrize("name", list(CELLS))
def test_a_step_can_be_captured_as_a_graph(name):
    """Pure tensor function with fixed unfolds: tracing bakes in nothing that depends on values."""
    torch.manual_seed(0)
    core = CELLS[name]().requires_grad_(False)
    example = (torch.randn(1, 1, 5), core.initial_state(1), torch.full((1, 1), 0.03))
    traced = torch.jit.trace(core, example, check_trace=False)
    other = (torch.randn(1, 1, 5), torch.randn(1, core.state_size) * 0.3, torch.full((1, 1), 0.2))
    for found, wanted in zip(traced(*other), core(*other)):
        assert torch.allclose(found, wanted, atol=1e-5)
