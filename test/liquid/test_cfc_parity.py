"""The CfC equals ``ncps`` on the same weights and wiring: outputs, states and gradients."""

import pytest
import torch

from liquid_nav.liquid import CfC, NCPWiring

ncps_torch = pytest.importorskip("ncps.torch")
ncps_wirings = pytest.importorskip("ncps.wirings")
MODES = {"gated": "default", "no_gate": "no_gate", "pure": "pure"}


def copy_cell(ours, theirs):
    """Copy the parameters of one of their cells; return pairs of parameters."""
    pairs = [(getattr(ours, n), getattr(theirs, n)) for n in ("w_tau", "A") if hasattr(ours, n)]
    layers = [
        (getattr(ours, n), getattr(theirs, n))
        for n in ("ff1", "ff2", "time_a", "time_b")
        if hasattr(ours, n)
    ]
    if len(ours.backbone):
        linear = [m for m in theirs.backbone if isinstance(m, torch.nn.Linear)]
        layers += list(zip(ours.backbone, linear))
    for a, b in layers:
        pairs += [(a.weight, b.weight), (a.bias, b.bias)]
    with torch.no_grad():
        for a, b in pairs:
            a.copy_(b)
    return pairs


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("wired", [False, True])
@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("seed", range(2))
def test_equals_ncps(mode, wired, mixed, seed):
    torch.manual_seed(seed)
    inputs = (7, 20)[seed]
    if wired:
        wiring = ncps_wirings.NCP(9, 6, 3, 4, 3, 4, 3, seed=seed)
        theirs = ncps_torch.CfC(inputs, wiring, mode=MODES[mode], mixed_memory=mixed)
        ours = CfC(
            inputs, wiring=NCPWiring(9, 6, 3, 4, 3, 4, 3, seed), mode=mode, mixed_memory=mixed
        )
        cells = list(zip(ours.cells, theirs.rnn_cell._layers))
    else:
        sizes = {"backbone_units": 16, "backbone_layers": 1 + seed}
        theirs = ncps_torch.CfC(
            inputs, 11, mode=MODES[mode], mixed_memory=mixed, proj_size=4, **sizes
        )
        ours = CfC(inputs, 11, output_size=4, mode=mode, mixed_memory=mixed, **sizes)
        cells = [(ours.cells[0], theirs.rnn_cell)]
    pairs = [pair for cell in cells for pair in copy_cell(*cell)]
    extra = (
        [] if wired else [(ours.head.weight, theirs.fc.weight), (ours.head.bias, theirs.fc.bias)]
    )
    if mixed:
        extra += [(ours.memory.input_map.weight, theirs.lstm.input_map.weight)]
        extra += [(ours.memory.input_map.bias, theirs.lstm.input_map.bias)]
        extra += [(ours.memory.recurrent_map.weight, theirs.lstm.recurrent_map.weight)]
    with torch.no_grad():
        for a, b in extra:
            a.copy_(b)

    features = torch.randn(3, 8, inputs).requires_grad_()
    elapsed = torch.rand(3, 8)
    start = torch.randn(3, ours.state_size) * 0.3
    outputs, state = ours(features, start, elapsed)
    weight = torch.randn_like(outputs)
    (outputs * weight).sum().backward()
    other = features.detach().clone().requires_grad_()
    loss = 0.0
    for b in range(3):  # the reference mixes samples up when their elapsed times differ
        h = start[b : b + 1]
        hx = (h[:, : ours.units], h[:, ours.units :]) if mixed else h
        readout, last = theirs(other[b : b + 1], hx, timespans=elapsed[b : b + 1])
        last = torch.cat(last, dim=-1) if mixed else last
        assert torch.allclose(outputs[b], readout[0], atol=1e-5)
        assert torch.allclose(state[b], last[0], atol=1e-5)
        loss = loss + (readout[0] * weight[b]).sum()
    loss.backward()
    assert torch.allclose(features.grad, other.grad, atol=1e-4)
    for a, b in pairs + extra:
        assert torch.allclose(a.grad, b.grad, atol=1e-4, rtol=1e-4)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="either units or a wiring"):
        CfC(3)
    with pytest.raises(ValueError, match="mode 'closed'"):
        CfC(3, 4, mode="closed")
