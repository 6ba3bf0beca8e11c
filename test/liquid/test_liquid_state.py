"""The liquid state machine: spikes in real time, an online readout equal to ridge regression,
plastic synapses.
"""

import pytest
import torch

from liquid_nav.liquid import LiquidStateMachine, liquid_state


def drive(core, steps=200, batch=2, dt=0.01):
    torch.manual_seed(3)
    features = torch.randn(batch, steps, core.input_size).cumsum(1) * 0.2
    return features, core.initial_state(batch), torch.full((batch, steps), dt)


def test_reservoir_fires_and_is_repeatable():
    core = LiquidStateMachine(3, 40, output_size=2, seed=5)
    inputs = drive(core)
    states, _ = core.trajectory(*inputs)
    rates = states[..., core.slices["trace"]]
    assert torch.isfinite(states).all() and rates.mean() > 1.0
    assert torch.equal(
        states, LiquidStateMachine(3, 40, output_size=2, seed=5).trajectory(*inputs)[0]
    )
    assert not torch.equal(
        states, LiquidStateMachine(3, 40, output_size=2, seed=6).trajectory(*inputs)[0]
    )


def test_gaps_are_finite_and_no_time_changes_nothing():
    core = LiquidStateMachine(3, 30, output_size=2)
    features, state, _ = drive(core, steps=3)
    state = core.trajectory(features, state, torch.full((2, 3), 0.05))[0][:, -1]
    assert torch.equal(core(features, state, torch.zeros(2, 3))[1], state)
    assert torch.isfinite(core(features, state, torch.full((2, 3), 100.0))[1]).all()


def test_online_readout_equals_ridge_regression():
    """Recursive least squares over a run ends at the closed-form solution, and predicts a delayed
    input.
    """
    core = LiquidStateMachine(1, 40, output_size=1, seed=1).double()
    features, state, elapsed = (x.double() for x in drive(core, batch=1, steps=300))
    states, _ = core.trajectory(features, state, elapsed)
    targets = features[:, :-2].sin()
    plastic = {
        name: value.double() for name, value in core.initial_plastic(1, confidence=0.1).items()
    }
    for t in range(2, 300):
        plastic = core.learn(states[:, t], targets[:, t - 2], plastic)
    x = torch.stack([core._regressor(states[:, t])[0] for t in range(2, 300)])
    ridge = torch.linalg.solve(x.T @ x + 0.1 * torch.eye(41).double(), x.T @ targets[0])
    assert torch.allclose(plastic["weights"][0, 0], ridge[:, 0], atol=1e-6)
    error = (core.read(states[0, 2:], {"weights": plastic["weights"]}) - targets[0]).square().mean()
    assert error < 0.2 * targets.var()


def test_synapses_change_with_activity_outside_the_module():
    core = LiquidStateMachine(3, 30, output_size=2, plastic_synapses=True)
    before = core.internal.clone()
    plastic = core.initial_plastic(2)
    inputs = drive(core)
    _, after = core.trajectory(*inputs, plastic)
    assert not torch.equal(after["internal"], plastic["internal"])
    assert torch.equal(core.internal, before), "the module itself must not change"
    assert ((after["internal"] == 0) == (before == 0)).all()
    assert (after["internal"].sign() * before.sign() >= 0).all()


def test_readout_can_be_trained_by_gradient():
    core = LiquidStateMachine(3, 30, output_size=2)
    outputs, _ = core(*drive(core, steps=20))
    (outputs - 1.0).square().mean().backward()
    assert core.readout.weight.grad.abs().sum() > 0


def test_a_large_reservoir_has_the_spectral_radius_that_was_asked_for(monkeypatch):
    """The largest eigenvalue alone, as a large reservoir takes it, against all of them."""
    whole = LiquidStateMachine(3, 120, output_size=2, gain=0.8, seed=5)
    monkeypatch.setattr(liquid_state, "LARGE", 100)
    again = LiquidStateMachine(3, 120, output_size=2, gain=0.8, seed=5)
    torch.testing.assert_close(again.internal, whole.internal)
    radius = torch.linalg.eigvals(again.internal / again.trace_tau).abs().max()
    assert radius.item() == pytest.approx(0.8, rel=1e-4)


def test_shared_synapses_and_each_sequences_own_give_the_same():
    torch.manual_seed(0)
    core = LiquidStateMachine(3, 40, output_size=2, seed=1)
    features, elapsed = 2.0 * torch.randn(4, 10, 3), torch.rand(4, 10) * 0.1
    shared, _ = core.trajectory(features, core.initial_state(4), elapsed)
    own, _ = core.trajectory(
        features,
        core.initial_state(4),
        elapsed,
        {"internal": core.internal.expand(4, -1, -1).clone()},
    )
    torch.testing.assert_close(own, shared, atol=1e-4, rtol=1e-4)


def test_plastic_forward_is_forward_and_changes_synapses_only_where_they_are_plastic():
    torch.manual_seed(0)
    features, elapsed = 2.0 * torch.randn(2, 6, 3), torch.rand(2, 6) * 0.1
    fixed = LiquidStateMachine(3, 40, output_size=2, seed=1)
    torch.nn.init.normal_(fixed.readout.weight)
    plastic = LiquidStateMachine(3, 40, output_size=2, seed=1, plastic_synapses=True)
    plastic.load_state_dict(fixed.state_dict())
    whole, state = fixed(features, fixed.initial_state(2), elapsed)
    outputs, after, weights = fixed.forward_plastic(features, fixed.initial_state(2), elapsed, {})
    assert torch.equal(outputs, whole) and torch.equal(after, state) and weights == {}
    weights = {}
    state = plastic.initial_state(2)
    changed = []
    for step in range(6):
        one = slice(step, step + 1)
        output, state, weights = plastic.forward_plastic(
            features[:, one], state, elapsed[:, one], weights
        )
        changed.append(output)
    assert not torch.equal(weights["internal"][0], plastic.internal)
    assert not torch.allclose(torch.cat(changed, dim=1), whole)
    own, _ = plastic.trajectory(
        features, plastic.initial_state(2), elapsed, plastic.initial_plastic(2)
    )
    torch.testing.assert_close(torch.cat(changed, dim=1), plastic.readout(plastic._traces(own)))
