"""The encoder in onnxruntime against the one in torch."""

import importlib.util

import numpy as np
import pytest
import torch

from liquid_nav.errors import UserError
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.policy.runtimes import choose_runtime
from liquid_nav.types import Observation
from liquid_nav.vision import BackboneConfig, BackboneEncoder, EncoderConfig

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

from liquid_nav.vision.onnx_encoder import OnnxEncoder, OnnxFront


def lively(config, seed=0):
    """An encoder whose numbers are all its own, statistics of the normalisation included."""
    torch.manual_seed(seed)
    encoder = BackboneEncoder(config)
    for look in (*encoder.head.looks, *(points.look for points in encoder.head.points)):
        look.normalise.running_mean.normal_()
        look.normalise.running_var.uniform_(0.3, 3.0)
        look.normalise.running_var[0] = (
            2e-5  # a channel that hardly varies: what is added to it counts
        )
        look.normalise.weight.data.uniform_(0.5, 2.0)
        look.normalise.bias.data.normal_()
    return encoder.eval()


@pytest.mark.parametrize(
    "config",
    [
        BackboneConfig(),
        BackboneConfig(height=72, width=101, blocks=5, maps=(3, 5), bounded=False),
        BackboneConfig(
            front="efficientnet_lite2", blocks=8, maps=(8,), reduced=(16,), looked=(8,), features=20
        ),
        BackboneConfig(points=(5, 3)),
    ],
    ids=["default", "odd sizes", "one map", "points"],
)
def test_it_answers_what_torch_answers(config):
    encoder = lively(config)
    compiled = OnnxEncoder(encoder)
    images = (
        np.random.default_rng(1)
        .integers(0, 256, (5, 1, config.height, config.width, 3))
        .astype(np.uint8)
    )
    with torch.inference_mode():
        for image in torch.from_numpy(images):
            wanted, found = encoder(image), compiled(image)
            assert found.shape == wanted.shape and found.dtype == torch.float32
            assert wanted.std() > 1e-3
            torch.testing.assert_close(found, wanted, atol=2e-4, rtol=2e-4)


def test_a_front_answers_many_images_as_torch_does():
    encoder = lively(BackboneConfig(height=72, width=101))
    images = np.random.default_rng(3).integers(0, 256, (7, 72, 101, 3)).astype(np.uint8)
    with torch.inference_mode():
        pixels = encoder.normalise(torch.from_numpy(images))
        wanted = encoder.maps(pixels)
        for threads in (1, 2):
            found = OnnxFront(encoder, threads)(pixels)
            assert len(found) == 2
            for ours, theirs in zip(found, wanted, strict=True):
                torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


def test_a_policy_flies_the_same_in_both_and_sees_new_weights_after_training():
    policy = Policy(PolicyConfig(encoder=BackboneConfig())).eval()
    image = np.random.default_rng(2).integers(0, 256, (144, 256, 3)).astype(np.uint8)

    def fly():
        state, commands = policy.initial_state(), []
        for _ in range(4):
            decision, state = policy.step(Observation(image), state, 0.033)
            commands.append(decision.command.as_array())
        return np.array(commands)

    in_torch = policy.use("torch") and fly()
    assert policy.use("auto").runtime == "onnxruntime"
    np.testing.assert_allclose(fly(), in_torch, atol=1e-4)
    policy.train()
    with torch.no_grad():
        policy.encoder.head.dense.bias += 0.5
    policy.eval()
    changed = fly()
    assert np.abs(changed - in_torch).max() > 1e-3
    np.testing.assert_allclose(policy.use("torch") and fly(), changed, atol=1e-4)


def test_a_loaded_policy_uses_what_is_fastest_unless_set_otherwise(tmp_path):
    Policy(PolicyConfig(encoder=BackboneConfig())).save(tmp_path / "backbone")
    Policy(PolicyConfig(encoder=EncoderConfig())).save(tmp_path / "plain")
    assert Policy.load(tmp_path / "backbone").runtime == "onnxruntime"
    assert Policy.load(tmp_path / "backbone", runtime="torch").runtime == "torch"
    assert Policy.load(tmp_path / "plain").runtime == "torch"
    with pytest.raises(UserError, match="kind 'backbone' alone"):
        Policy.load(tmp_path / "plain", runtime="onnxruntime")
    with pytest.raises(
        UserError, match="unknown runtime 'tensorrt'. choose one of: auto, torch, onnxruntime"
    ):
        Policy.load(tmp_path / "plain", runtime="tensorrt")


def test_without_onnxruntime_torch_flies_and_the_message_states_how_to_install_it(monkeypatch):
    encoder = BackboneEncoder(BackboneConfig())
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else find(name)
    )
    assert choose_runtime(encoder, "auto") == "torch"
    with pytest.raises(UserError, match="pip install 'liquid_nav"):
        choose_runtime(encoder, "onnxruntime")
