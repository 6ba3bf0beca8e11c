"""Every kind of core that a config can name is built, flown, saved and loaded; old configs keep
their meaning.
"""

import json

import numpy as np
import pytest
import torch

from liquid_nav.liquid import liquid_state
from liquid_nav.policy import ModelError, Observation, Policy, PolicyConfig
from liquid_nav.policy.core_factory import CORES
from liquid_nav.policy.published.stepped_past import SteppedPast
from liquid_nav.vision import EncoderConfig

SMALL = EncoderConfig(height=24, width=32, channels=(4,), kernels=(5,), strides=(3,), features=6)
TABLE = {
    "kind": "table",
    "layers": {"motor": 4, "inter": 2},
    "sensory": ["....+-"] * 6,
    "internal": ["....+."] + ["......"] * 3 + ["+-+-.."] * 2,
}
ENTRIES = {
    "ltc": {"wiring": TABLE, "time_constant": [0.05, 1.0]},
    "cfc": {"units": 5},
    "ctrnn": {"units": 5, "solver": {"kind": "rk4", "steps": 2}},
    "gruode": {"units": 5, "solver": {"kind": "euler", "steps": 4}},
    "leaky_liquid": {"units": 5, "time_constant": [0.05, 1.0]},
    "liquid_state": {"units": 40, "membrane_tau": [0.02, 0.1], "seed": 3},
    "lstm": {"units": 5},
    "gru": {"units": 5},
    "scaled_gru": {"units": 5},
    "tcn": {"units": 5, "dilations": [1, 2]},
    "feedforward": {"units": 5},
    "stacked": {"units": 5, "frames": 3},
    "published_cfc": {"units": 5, "backbone": [7, 7]},
    "published_mixed_cfc": {"units": 5, "backbone": [7], "forget_bias": 1.0},
    "published_wired_cfc": {"layers": {"inter": 5, "command": 4, "motor": 3}},
    "published_ctrnn": {"units": 5},
}
FRAME = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)


def fly(policy, times=(0.03, 0.05, 0.0, 0.2)):
    """Return the commands for four frames."""
    state, commands = policy.initial_state(), []
    for elapsed in times:
        decision, state = policy.step(Observation(FRAME), state, elapsed)
        commands.append(decision.command.as_array())
    return np.array(commands)


def test_every_kind_is_tried():
    assert set(ENTRIES) == set(CORES)


@pytest.mark.parametrize("kind", ENTRIES)
def test_survives_saving(kind, tmp_path):
    torch.manual_seed(0)
    policy = Policy(PolicyConfig(encoder=SMALL, core={"kind": kind, **ENTRIES[kind]})).eval()
    policy.save(tmp_path / "model")
    again = Policy.load(tmp_path / "model")
    commands = fly(policy)
    assert np.isfinite(commands).all()
    assert np.array_equal(commands, fly(again))
    with torch.no_grad():
        images = policy.preprocess(FRAME)[None, None].expand(1, 4, -1, -1, -1)
        whole, _ = policy(
            images, policy.initial_state().core, torch.tensor([[0.03, 0.05, 0.0, 0.2]])
        )
    np.testing.assert_allclose(whole[0], commands, atol=1e-5)


def test_a_large_reservoir_survives_saving_too(tmp_path, monkeypatch):
    """Its eigenvalues come from SciPy; the check before loading has no numbers for it."""
    monkeypatch.setattr(liquid_state, "LARGE", 30)
    policy = Policy(PolicyConfig(core={"kind": "liquid_state", "units": 40, "seed": 3}))
    policy.save(tmp_path / "model")
    again = Policy.load(tmp_path / "model", "torch")
    torch.testing.assert_close(again.core.internal, policy.core.internal)


def test_head_and_delay_of_an_ltc():
    core = {
        "kind": "ltc",
        "wiring": {**TABLE, "layers": {"motor": 6}},
        "unfolds": 3,
        "head": True,
        "delay": 1e-3,
    }
    policy = Policy(PolicyConfig(encoder=SMALL, core=core))
    assert policy.core.output_size == 4
    assert policy.core.delay == 1e-3
    assert np.isfinite(fly(policy)).all()


def test_constant_elapsed_ignores_the_stamps():
    config = PolicyConfig(
        encoder=SMALL, core={"kind": "published_ctrnn", "units": 5}, elapsed="constant"
    )
    policy = Policy(config)
    assert np.array_equal(fly(policy), fly(policy, (1.0, 2.0, 3.0, 4.0)))


def test_configs_from_before_elapsed_keep_their_meaning(tmp_path):
    policy = Policy(PolicyConfig(encoder=SMALL, core={"kind": "ltc", "wiring": TABLE}))
    policy.save(tmp_path)
    before = fly(policy)
    path = tmp_path / "config.json"
    values = json.loads(path.read_text())
    old = {k: v for k, v in values.items() if not k.startswith("elapsed")}
    assert sorted(old) == [
        "camera",
        "command_fields",
        "command_scale",
        "core",
        "encoder",
        "hold",
        "nominal_period",
        "outputs",
    ]
    path.write_text(json.dumps(old))
    again = Policy.load(tmp_path)
    elapsed = torch.tensor([[0.05]])
    assert again.core_time(elapsed) is elapsed
    assert np.array_equal(before, fly(again))


@pytest.mark.parametrize(
    "change",
    [
        {"elapsed": "sometimes"},
        {"elapsed_unit": 0.0},
        {"core": {"kind": "abacus"}},
        {"core": {"kind": "ltc", "wiring": {"kind": "knitted"}}},
        {"core": {"kind": "gruode", "units": 5, "solver": {"kind": "guess"}}},
        {"core": {"kind": "lstm"}},
    ],
)
def test_what_does_not_fit_is_one_line(change):
    with pytest.raises(ModelError) as caught:
        Policy(PolicyConfig.from_dict({"encoder": {"height": 24, "width": 32}, **change}))
    assert "\n" not in str(caught.value)


def test_solver_is_exact_to_its_tolerance_for_each_sequence():
    """dx/dt = -x, every sequence with its own time; a tight tolerance gives an exact solution."""
    start, elapsed = (
        torch.tensor([[1.0, 2.0], [1.0, -1.0], [3.0, 0.5]]),
        torch.tensor([[0.0], [1.0], [2.5]]),
    )
    exact = start * torch.exp(-elapsed)
    coarse = SteppedPast().advance(lambda x: -x, start, elapsed)
    fine = SteppedPast(rtol=1e-4, atol=1e-7).advance(lambda x: -x, start, elapsed)
    assert torch.equal(coarse[0], start[0])
    assert torch.allclose(coarse, exact, atol=1e-3)
    assert torch.allclose(fine, exact, atol=1e-5)
    with pytest.raises(ArithmeticError):
        SteppedPast(limit=3).advance(lambda x: -x, start, elapsed)
