"""The published checkpoints, imported, saved, loaded and flown, give the published numbers frame by
frame.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from liquid_nav.policy import Observation, Policy

h5py = pytest.importorskip("h5py", reason="h5py is not installed: pip install 'liquid_nav[import]'")

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "checkpoints"
GOLDEN = REFERENCE / "public.npz"
SEQUENCES = ("sample", "shapes", "noise")
#: names of the slices that hold the golden states h0, h1, ... of a kind
STATES = {
    "mixedcfc": ("memory", "neurons"),
    "wiredcfccell": ("inter", "command", "motor"),
    "lstm": ("hidden", "memory"),
}
KINDS = ("ncp", "ltc", "cfc", "mixedcfc", "wiredcfccell", "lstm", "gruode", "ctrnn")

pytestmark = pytest.mark.skipif(
    not GOLDEN.exists(), reason=f"no golden outputs: {GOLDEN} is absent"
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Spare the other processes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def golden():
    """Return the golden inputs and outputs."""
    with np.load(GOLDEN) as file:
        return dict(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a function that imports a kind into a model folder, once."""
    from liquid_nav.policy.published.importing import import_keras_checkpoint

    root, made = tmp_path_factory.mktemp("models"), {}

    def get(kind: str) -> Path:
        if kind not in made:
            import_keras_checkpoint(
                REFERENCE / f"{kind}.hdf5", kind, REFERENCE / "params.json"
            ).save(root / kind)
            made[kind] = root / kind
        return made[kind]

    return get


def states(policy, state, kind):
    """Return the parts of a state that are compared with h0, h1, ..."""
    if kind not in STATES:
        return [state.core[0].numpy()]
    return [state.core[0, policy.core.slices[name]].numpy() for name in STATES[kind]]


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("kind", KINDS)
def test_flies_as_published(kind, sequence, folder, golden):
    policy = Policy.load(folder(kind))
    state, tolerance = policy.initial_state(), 1e-4 if kind == "ctrnn" else 1e-5
    outputs, features = [], []
    for index, image in enumerate(golden[f"frames/{sequence}"]):
        decision, state = policy.step(Observation(image), state, elapsed=0.033)
        outputs.append(decision.command.as_array())
        features.append(state.held[0].numpy())
        if index == 0:
            for part, values in enumerate(states(policy, state, kind)):
                np.testing.assert_allclose(
                    values, golden[f"{kind}/{sequence}/h{part}_first"], atol=1e-4, rtol=0
                )
    wanted = golden[f"{kind}/{sequence}/feat"]
    np.testing.assert_allclose(features, wanted, atol=1e-5 * np.abs(wanted).max(), rtol=0)
    np.testing.assert_allclose(outputs, golden[f"{kind}/{sequence}/out"], atol=tolerance, rtol=0)
    for part, values in enumerate(states(policy, state, kind)):
        np.testing.assert_allclose(values, golden[f"{kind}/{sequence}/h{part}"], atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_equal_steps(kind, folder, golden):
    policy = Policy.load(folder(kind))
    images = torch.from_numpy(golden["frames/sample"][None, :6])
    with torch.no_grad():
        commands, _ = policy(images, policy.initial_state().core, torch.full((1, 6), 0.05))
    np.testing.assert_allclose(commands[0], golden[f"{kind}/sample/out"][:6], atol=1e-4, rtol=0)


def test_real_time_on_request(folder):
    """With stamps a network sees frames of its training's rate: half the time is half a frame."""
    from liquid_nav.policy.published.importing import import_keras_checkpoint

    constant = Policy.load(folder("ncp"))
    stamps = import_keras_checkpoint(
        REFERENCE / "ncp.hdf5", "ncp", elapsed="stamps", frame_rate=20.0
    )
    assert (constant.config.elapsed, constant.config.elapsed_constant) == ("constant", 1.0)
    seconds = torch.tensor([[0.05, 0.025]])
    assert torch.equal(constant.core_time(seconds), torch.ones(1, 2))
    assert torch.allclose(stamps.core_time(seconds), torch.tensor([[1.0, 0.5]]))


@pytest.mark.parametrize(
    ("file", "kind", "parts"),
    [
        ("ltc", "ncp", ("output_w", "(69,)", "(4,)")),
        ("ncp", "ltc", ("output_w", "(4,)", "(34,)")),
        ("lstm", "gruode", ("no gruode", "reset kernel", "lstm_cell/kernel:0", "(128, 772)")),
        ("cfc", "lstm", ("no lstm", "kernel", "(321, 147)")),
        ("gruode", "ctrnn", ("no ctrnn", "kernel", "(326, 198)")),
    ],
)
def test_wrong_kind_names_the_array(file, kind, parts):
    from typer.testing import CliRunner

    from liquid_nav.cli import app as cli

    source = str(REFERENCE / f"{file}.hdf5")
    result = CliRunner().invoke(
        cli.app, ["import", "keras", source, "--kind", kind, "--out", "/nonexistent/model"]
    )
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    for part in parts:
        assert part in result.stderr


def test_missing_array_is_named(tmp_path):
    from liquid_nav.policy import ModelError
    from liquid_nav.policy.published.importing import import_keras_checkpoint

    with h5py.File(REFERENCE / "ncp.hdf5") as whole, h5py.File(tmp_path / "cut.hdf5", "w") as cut:
        for name in whole:
            whole.copy(name, cut)
        for name, value in whole.attrs.items():
            cut.attrs[name] = value
        layer = cut[whole.attrs["layer_names"][-1]]
        layer.attrs["weight_names"] = layer.attrs["weight_names"][:-2]
    with pytest.raises(ModelError, match=r"output_w \(4,\) is missing"):
        import_keras_checkpoint(tmp_path / "cut.hdf5", "ncp")
    (tmp_path / "text.hdf5").write_text("no checkpoint")
    with pytest.raises(ModelError, match="cannot be read"):
        import_keras_checkpoint(tmp_path / "text.hdf5", "ncp")
    with pytest.raises(ModelError, match="no checkpoint at"):
        import_keras_checkpoint(tmp_path / "absent.hdf5", "ncp")


def test_parameters_come_from_the_file_and_are_never_run(tmp_path):
    import json

    from liquid_nav.policy import ModelError
    from liquid_nav.policy.published.training_parameters import read_parameters

    found = read_parameters(REFERENCE / "params.json", "mixedcfc", "mixedcfc.hdf5")
    assert found == read_parameters(None, "mixedcfc", "mixedcfc.hdf5")
    assert read_parameters(REFERENCE / "params.json", "wiredcfccell", "x") == {"wiring_seed": 22224}
    bad = tmp_path / "params.json"
    for value in ("CTRNNParams(ct_network_type=__import__('os').getcwd())", 5):
        bad.write_text(json.dumps({"a": value}))
        with pytest.raises(ModelError, match="cannot be read"):
            read_parameters(bad, "mixedcfc", "a")
