"""The liquid property of a trained core: slower in noise, quicker at a jump, as an output and as
neurons.
"""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from typer.testing import CliRunner

from liquid_nav.cli.bench import bench_app
from liquid_nav.liquid import LTC, DenseWiring
from liquid_nav.liquid.ode import ODECore
from liquid_nav.liquid.solvers import RK4
from liquid_nav_benchmarks.bench.liquid_property import response_times
from liquid_nav_benchmarks.bench.tracking_core import NOISY, QUIET, ask, draw, errors

TRAINED = Path(__file__).with_name("tracking.safetensors")
"""What ``liquid-nav bench tracking --seed 1 --core tracking.safetensors`` leaves."""


class FirstOrder(ODECore):
    """tau dx/dt = u - x, one filter per input."""

    def __init__(self, tau: list[float]) -> None:
        super().__init__(len(tau), len(tau), solver=RK4(8))
        self.tau = nn.Parameter(torch.tensor(tau))

    def membrane(self):
        return lambda held: lambda x: (held, 1.0, self.tau)


def test_response_times_of_first_order_filters_are_their_time_constants():
    core = FirstOrder([0.05, 0.4])
    features, elapsed = torch.rand(3, 6, 2), torch.rand(3, 6) * 0.04 + 0.01
    found = response_times(core, features, elapsed)
    assert torch.allclose(found, torch.tensor([0.05, 0.4]).expand_as(found), rtol=1e-3)


def test_an_output_that_runs_away_from_its_input_has_no_response_time():
    core = FirstOrder([-0.5])
    assert response_times(core, torch.rand(1, 4, 1), torch.full((1, 4), 0.03)).isnan().all()


def test_signals_are_held_levels_with_two_kinds_of_noise():
    levels, measured, noise = draw(200, 300, torch.Generator().manual_seed(0))
    assert levels.abs().max() <= 1.0 and noise.unique().tolist() == pytest.approx([QUIET, NOISY])
    assert (levels.diff(dim=1) != 0).float().mean().item() == pytest.approx(0.03, rel=0.1)
    for deviation in (QUIET, NOISY):
        where = (noise - deviation).abs() < 1e-3
        assert (measured - levels)[where].std().item() == pytest.approx(deviation, rel=0.05)


@pytest.fixture(scope="module")
def trained() -> LTC:
    core = LTC(1, DenseWiring(24, motor=1, seed=1), time_constant=(1 / 30, 1.0))
    core.load_state_dict(load_file(TRAINED))
    return core.eval()


def test_the_trained_core_beats_every_fixed_filter(trained):
    error = errors(trained)
    assert error["core"] < 0.85 * error["fixed"]


def test_time_constants_lengthen_in_noise_and_shorten_at_a_jump(trained):
    rows = {row["change"]: row for row in ask(trained).rows()}
    assert rows["noise"]["response_ms"] > 1.5 * rows["calm"]["response_ms"]
    assert rows["jump"]["response_ms"] < 0.85 * rows["calm"]["response_ms"]
    assert rows["noise"]["membranes"] > 1.0 > rows["jump"]["membranes"]
    assert rows["noise"]["longer"] > rows["noise"]["shorter"]
    assert rows["jump"]["shorter"] > rows["jump"]["longer"]


def test_the_command_trains_draws_and_keeps(tmp_path):
    files = {
        name: tmp_path / file
        for name, file in {
            "--json": "rows.json",
            "--plot": "tracking.png",
            "--core": "core.safetensors",
        }.items()
    }
    options = [str(part) for pair in files.items() for part in pair]
    result = CliRunner().invoke(bench_app, ["tracking", "--steps", "2", *options])
    assert result.exit_code == 0, result.output
    assert [row["change"] for row in json.loads(files["--json"].read_text())] == [
        "calm",
        "noise",
        "jump",
    ]
    assert files["--plot"].read_bytes().startswith(b"\x89PNG")
    core = LTC(1, DenseWiring(24, motor=1, seed=0))
    core.load_state_dict(load_file(files["--core"]))
