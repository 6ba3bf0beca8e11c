"""The LTC equals ``ncps`` on the same weights and wiring: states, outputs and gradients."""

import numpy as np
import pytest
import torch

from liquid_nav.liquid import LTC, NCPWiring

ncps_torch = pytest.importorskip("ncps.torch")
ncps_wirings = pytest.importorskip("ncps.wirings")

DENSE = ("w", "sigma", "mu", "erev", "sensory_w", "sensory_sigma", "sensory_mu", "sensory_erev")
SHAPES = [
    (18, 12, 4, 6, 4, 4, 6, 128),
    (5, 4, 2, 3, 2, 3, 2, 7),
    (3, 2, 1, 1, 1, 0, 1, 1),
    (10, 6, 3, 2, 3, 5, 4, 30),
]


def pair(shape, seed=0, kernel="torch"):
    """Build ours and theirs with equal weights."""
    inter, command, motor, sensory_fanout, inter_fanout, recurrent, fanin, inputs = shape
    theirs_wiring = ncps_wirings.NCP(
        inter, command, motor, sensory_fanout, inter_fanout, recurrent, fanin, seed=22224 + seed
    )
    torch.manual_seed(seed)
    theirs = ncps_torch.LTC(inputs, theirs_wiring, implicit_param_constraints=False)
    ours = LTC(
        inputs,
        NCPWiring(
            inter, command, motor, sensory_fanout, inter_fanout, recurrent, fanin, 22224 + seed
        ),
        kernel=kernel,
    )
    cell = theirs.rnn_cell
    with torch.no_grad():
        (
            cell.output_w.uniform_(0.5, 1.5),
            cell.input_w.uniform_(0.5, 1.5),
            cell.input_b.uniform_(-0.3, 0.3),
        )
    ours.load_dense(dict(cell.named_parameters()))
    return ours, theirs


@pytest.mark.parametrize("shape", SHAPES)
def test_wiring_equals_ncps(shape):
    ours, theirs = pair(shape)
    assert np.array_equal(ours.wiring.internal, theirs._wiring.adjacency_matrix)
    assert np.array_equal(ours.wiring.sensory, theirs._wiring.sensory_adjacency_matrix)


@pytest.mark.parametrize("kernel", ["torch", "numba"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_forward_and_gradients_equal_ncps(shape, seed, kernel):
    if kernel == "numba":
        pytest.importorskip("numba")
    ours, theirs = pair(shape, seed, kernel)
    generator = torch.Generator().manual_seed(seed)
    batch, steps = 3, 9
    features = torch.randn(batch, steps, shape[-1], generator=generator).requires_grad_()
    elapsed = torch.rand(batch, steps, generator=generator) * 1.5 + 1e-3
    start = torch.randn(batch, ours.state_size, generator=generator) * 0.3
    outputs, state = ours(features, start, elapsed)
    torch.manual_seed(seed)
    weight = torch.randn_like(outputs)
    (outputs * weight).sum().backward()
    mine = {name: p.grad for name, p in ours.named_parameters()}

    other = features.detach().clone().requires_grad_()
    loss = 0.0
    for b in range(batch):  # the reference mixes samples up when their elapsed times differ
        v, readouts = start[b : b + 1], []
        for t in range(steps):
            y, v = theirs.rnn_cell(other[b : b + 1, t], v, elapsed[b : b + 1, t])
            readouts.append(y)
        assert torch.allclose(outputs[b], torch.cat(readouts), atol=1e-5)
        assert torch.allclose(state[b], v[0], atol=1e-5)
        loss = loss + (torch.cat(readouts) * weight[b]).sum()
    loss.backward()
    assert torch.allclose(features.grad, other.grad, atol=1e-4)
    for name, theirs_p in theirs.rnn_cell.named_parameters():
        if name in mine:
            expected = theirs_p.grad
            if name in DENSE:
                prefix = "sensory_" if name.startswith("sensory_") else ""
                expected = expected[getattr(ours, prefix + "pre"), getattr(ours, prefix + "post")]
            assert torch.allclose(mine[name], expected, atol=1e-4, rtol=1e-4), name


def test_zero_and_long_gaps_are_finite_and_zero_changes_nothing():
    ours, _ = pair(SHAPES[0])
    with torch.no_grad():
        ours.cm[:2] = 0.0
    features = torch.randn(2, 4, 128, requires_grad=True)
    start = torch.randn(2, 34)
    elapsed = torch.zeros(2, 4, requires_grad=True)
    outputs, state = ours(features, start, elapsed)
    assert torch.equal(state, start)
    outputs.sum().backward()
    assert torch.isfinite(features.grad).all() and torch.isfinite(elapsed.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in ours.parameters())
    assert torch.isfinite(ours(features, start, torch.full((2, 4), 1e6))[0]).all()


def test_initial_time_constants_are_in_seconds():
    torch.manual_seed(1)
    core = LTC(64, NCPWiring(18, 12, 4), nominal_period=1 / 30)
    tau = core.time_constants(torch.rand(1, 64), core.initial_state(1))
    assert tau.min() > 0.04 and tau.max() <= 1.2
