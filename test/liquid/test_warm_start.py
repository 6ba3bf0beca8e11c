"""A warm start removes the transient that a start from zeros brings."""

import pytest
import torch

from liquid_nav.liquid import LTC, NCPWiring
from liquid_nav.liquid.warm_start import WarmStart, average_state, settle


@pytest.fixture(scope="module")
def setting():
    """A slow core, smooth signals [B,T,I], and where it would be had it lived all along."""
    torch.manual_seed(0)
    core = LTC(
        4, NCPWiring(6, 5, 2, 3, 3, 3, 3, 0), time_constant=(0.3, 1.0), kernel="torch"
    ).requires_grad_(False)
    phase = torch.rand(24, 1, 4) * 6.28
    features = (
        0.5
        + 0.4 * torch.sin(torch.arange(140)[None, :, None] / 20 + phase)
        + 0.5 * torch.rand(24, 1, 4)
    )
    elapsed = torch.full((24, 140), 1 / 30)
    outputs, _ = core(features, core.initial_state(24), elapsed)
    return core, features, elapsed, outputs


def transient(setting, state):
    """Mean output error over the first third of a second after frame 110, started in ``state``."""
    core, features, elapsed, wanted = setting
    outputs, _ = core(features[:, 110:120], state, elapsed[:, 110:120])
    return (outputs - wanted[:, 110:120]).abs().mean().item()


def test_every_warm_start_shortens_the_transient(setting):
    core, features, elapsed, _ = setting
    cold = transient(setting, core.initial_state(24))
    history = features[:, 102:110], elapsed[:, 102:110]
    assert (
        transient(
            setting,
            average_state(core, [(features[:8, :60], elapsed[:8, :60])], skip=30).expand(24, -1),
        )
        < cold
    )
    assert transient(setting, settle(core, *history)) < 0.5 * cold
    warm = WarmStart(core, hidden=32)
    optimizer = torch.optim.Adam(warm.parameters(), 0.01)
    torch.manual_seed(1)
    for _ in range(150):
        end = int(torch.randint(60, 110, ()))
        optimizer.zero_grad()
        warm.loss(core, features[:, end - 50 : end], elapsed[:, end - 50 : end], 8).backward()
        optimizer.step()
    with torch.no_grad():
        assert transient(setting, warm(*history)) < 0.5 * cold
