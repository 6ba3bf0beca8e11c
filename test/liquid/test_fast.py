"""The numba kernel gives the numbers and gradients of the torch path, also in forked children and
on threads.
"""

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from liquid_nav.liquid import LTC, CoreInputError, NCPWiring

pytest.importorskip("numba")


def pair(inputs=20, seed=0):
    """Return the same core twice: the reference path and the fast one."""
    torch.manual_seed(seed)
    reference = LTC(inputs, NCPWiring(9, 6, 3, 3, 3, 4, 3, seed), kernel="torch")
    fast = copy.deepcopy(reference)
    fast.kernel = "numba"
    return reference, fast


def gradients(core, features, state, elapsed, weight):
    """Return outputs and the gradients of a weighted sum of outputs and last state."""
    leaves = [t.clone().requires_grad_() for t in (features, state, elapsed)]
    core.zero_grad()
    outputs, last = core(*leaves)
    ((outputs * weight).sum() + last.square().sum()).backward()
    return outputs.detach(), {n: p.grad for n, p in core.named_parameters()} | dict(
        zip(("features", "state", "elapsed"), (leaf.grad for leaf in leaves))
    )


@pytest.mark.parametrize("batch", [1, 3, 8, 21])
@pytest.mark.parametrize("steps", [1, 7])
@pytest.mark.parametrize("threads", [1, 2])
def test_equals_torch_path(batch, steps, threads):
    """Every gradient, for full and ragged tiles, also where no time passed."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        reference, fast = pair(seed=batch)
        features, state = torch.randn(batch, steps, 20), torch.randn(batch, 18) * 0.4
        elapsed = torch.rand(batch, steps) * 0.3
        elapsed[::2] = 0.0 if steps == 1 else elapsed[::2]
        weight = torch.randn(batch, steps, 3)
        expected, wanted = gradients(reference, features, state, elapsed, weight)
        outputs, found = gradients(fast, features, state, elapsed, weight)
        assert torch.allclose(outputs, expected, atol=1e-5)
        for name in wanted:
            assert torch.allclose(found[name], wanted[name], atol=1e-4, rtol=1e-4), name
    finally:
        torch.set_num_threads(before)


def test_without_gradient_equals_with():
    """Inference, which stores nothing, computes the same."""
    _, fast = pair()
    features, state, elapsed = torch.randn(4, 5, 20), torch.zeros(4, 18), torch.rand(4, 5)
    with torch.no_grad():
        quiet = fast(features, state, elapsed)[0]
    assert torch.equal(quiet, fast(features, state, elapsed)[0])


def test_extreme_inputs_saturate():
    """Features of thousands, as the published encoder makes them, give the reference's numbers."""
    reference, fast = pair()
    features, state, elapsed = (
        torch.randn(2, 4, 20) * 2000,
        torch.zeros(2, 18),
        torch.full((2, 4), 10.0),
    )
    assert torch.allclose(
        reference(features, state, elapsed)[0], fast(features, state, elapsed)[0], atol=1e-5
    )


def test_double_precision_falls_back_and_demanding_numba_reports_it():
    """Auto serves every type; an explicit wish that cannot be met is an error."""
    _, fast = pair()
    fast.double()
    arguments = (
        torch.randn(1, 2, 20).double(),
        torch.zeros(1, 18).double(),
        torch.rand(1, 2).double(),
    )
    with pytest.raises(CoreInputError, match="numba"):
        fast(*arguments)
    fast.kernel = "auto"
    assert fast(*arguments)[0].dtype == torch.float64


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_compute_the_same(method):
    """A forked or spawned process may use the kernel after its parent has."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fast = pair()[1].requires_grad_(False)
        arguments = torch.ones(24, 3, 20), torch.zeros(24, 18), torch.ones(24, 3)
        expected, _ = fast(*arguments)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
            assert torch.allclose(
                pool.submit(fast, *arguments).result(timeout=60)[0], expected, atol=1e-6
            )
    finally:
        torch.set_num_threads(before)


def test_training_follows_the_same_loss_curve():
    """Thirty optimizer steps on either path: equal losses to rounding, and the task is being
    learned.
    """
    curves = []
    for core in pair(inputs=6, seed=4):
        generator = torch.Generator().manual_seed(0)
        optimizer = torch.optim.Adam(core.parameters(), 0.02)
        losses = []
        for _ in range(30):
            features = torch.rand(8, 12, 6, generator=generator)
            elapsed = torch.rand(8, 12, generator=generator) * 0.05
            outputs, _ = core(features, core.initial_state(8), elapsed)
            loss = (outputs - features[..., :3].cumsum(1) / 12).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            core.clamp_()
            losses.append(loss.item())
        curves.append(torch.tensor(losses))
    assert torch.allclose(*curves, rtol=1e-3)
    assert curves[1][-5:].mean() < 0.7 * curves[1][:5].mean()
