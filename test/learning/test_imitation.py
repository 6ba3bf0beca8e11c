"""Augmentation against a formula for each pixel, and a loss that looks at what counts."""

import contextlib

import pytest
import torch

from liquid_nav.learning.augment import Photometric
from liquid_nav.learning.auxiliary import HEIGHT, NAMES
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.losses import geometry_loss
from liquid_nav.policy import Policy

ALWAYS = Photometric(share=1.0, noise=0.0)


@pytest.fixture
def images():
    return torch.randint(
        0, 256, (3, 4, 24, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(2)
    )


@pytest.fixture
def module(tiny):
    def make(photometric=None, mixed=False):
        torch.manual_seed(0)
        return ImitationModule(Policy(tiny), photometric=photometric, mixed=mixed)

    return make


@pytest.fixture
def batch(images):
    generator = torch.Generator().manual_seed(3)
    return {
        "images": images,
        "labels": torch.rand(3, 4, 4, generator=generator) - 0.5,
        "elapsed": 0.05 + 0.1 * torch.rand(3, 4, generator=generator),
        "auxiliary": torch.rand(3, 4, len(NAMES), generator=generator).round(),
        "weight": torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]),
    }


def draw(photometric, batch, seed=1):
    return photometric.draw(batch, torch.Generator().manual_seed(seed))


def test_saturation_contrast_and_brightness_by_hand():
    """Without the colour matrix: mix with grey, then stretch about 0.45, then shift."""
    photometric = Photometric(share=1.0, matrix=0.0, noise=0.0)
    matrix, offset, _ = draw(photometric, 50)
    generator = torch.Generator().manual_seed(1)
    contrast, saturation = (
        1 + 0.4 * (2 * torch.rand(50, 1, 1, generator=generator) - 1) for _ in range(2)
    )
    torch.randn(50, 3, 3, generator=generator)
    brightness = 0.25 * (2 * torch.rand(50, 1, 1, generator=generator) - 1)
    x = torch.rand(50, 9, 3, generator=generator)
    grey = (x * torch.tensor((0.299, 0.587, 0.114))).sum(-1, keepdim=True)
    mixed = saturation * x + (1 - saturation) * grey
    expected = contrast * (mixed - 0.45) + 0.45 + brightness
    torch.testing.assert_close(x @ matrix + offset, expected, rtol=1e-5, atol=1e-5)


def test_strengths_bound_what_is_drawn():
    matrix, offset, noise = draw(Photometric(share=1.0, matrix=0.0, saturation=0.0), 2000)
    scale = matrix.diagonal(dim1=1, dim2=2)
    assert 0.6 <= scale.min() < 0.65 and 1.35 < scale.max() <= 1.4 + 1e-6
    assert (offset - 0.45 * (1 - scale[:, None])).abs().max() <= 0.25 + 1e-5
    assert 0.0 <= noise.min() and 0.045 < noise.max() <= 0.05


def test_grey_stays_grey_without_the_matrix():
    matrix, offset, _ = draw(Photometric(share=1.0, matrix=0.0), 20)
    grey = torch.full((20, 1, 3), 0.6) @ matrix + offset
    torch.testing.assert_close(grey, grey[..., :1].expand(-1, -1, 3), rtol=1e-5, atol=1e-5)


def test_a_share_stays_as_it_is():
    matrix, offset, noise = draw(Photometric(share=0.7), 4000)
    same = (matrix == torch.eye(3)).all(-1).all(-1)
    assert same.float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert not offset[same].any() and not noise[same].any()
    assert not draw(Photometric(share=0.0), 10)[2].any()


def test_the_same_generator_draws_the_same():
    for a, b in zip(draw(Photometric(), 5), draw(Photometric(), 5), strict=True):
        assert torch.equal(a, b)


def test_augmentation_and_normalisation_are_one_map_of_every_pixel(module, images):
    learner = module(ALWAYS).train()
    seen = []
    learner.policy.encoder.encode = lambda pixels: (
        seen.append(pixels) or torch.zeros(len(pixels), 7)
    )
    torch.manual_seed(9)
    learner.encode(images)
    torch.manual_seed(9)
    matrix, offset, _ = ALWAYS.draw(len(images))
    mean, deviation = learner.policy.encoder.mean, learner.policy.encoder.deviation
    for b in range(3):
        for t in range(4):
            for row, column in ((0, 0), (7, 31), (23, 13)):
                pixel = images[b, t, row, column].float() / 255
                expected = ((pixel @ matrix[b] + offset[b, 0]) - mean) / deviation
                torch.testing.assert_close(
                    seen[0][b * 4 + t, row, column], expected, rtol=1e-4, atol=1e-4
                )


def test_without_training_the_encoder_sees_the_image_as_it_is(module, images):
    learner = module(ALWAYS).eval()
    with torch.no_grad():
        features = learner.encode(images)
        plain = learner.policy.encoder(images.flatten(0, 1)).view(3, 4, -1)
    torch.testing.assert_close(features, plain, rtol=1e-4, atol=1e-5)


def test_without_augmentation_nothing_is_made_on_another_device(module, images, monkeypatch):
    """A recipe with ``photometric: null`` on a GPU; "meta" stands for it, which has no autocast."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    learner = module().train().to("meta")
    assert learner.encode(images.to("meta")).shape == (3, 4, 7)


def test_noise_differs_from_frame_to_frame(module, images):
    learner = module(
        Photometric(share=1.0, brightness=0, contrast=0, saturation=0, matrix=0, noise=0.2)
    ).train()
    seen = []
    learner.policy.encoder.encode = lambda pixels: (
        seen.append(pixels) or torch.zeros(len(pixels), 7)
    )
    same = images[:, :1].expand(-1, 4, -1, -1, -1).contiguous()
    torch.manual_seed(4)
    learner.encode(same)
    noise = seen[0] - learner.policy.encoder.normalise(same.flatten(0, 1))
    assert noise.std() > 0.01
    assert (noise.view(3, 4, -1)[:, 0] - noise.view(3, 4, -1)[:, 1]).abs().max() > 0.01


def test_half_precision_is_close(module, images):
    with torch.no_grad():
        exact, mixed = (module(mixed=m).eval().encode(images) for m in (False, True))
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact, rtol=0.1, atol=0.05)


def test_padding_does_not_count(module, batch):
    learner = module()
    before = learner.losses(batch)
    padding = batch["weight"] == 0
    batch["labels"][padding], batch["auxiliary"][padding] = 100.0, 1.0
    for name, value in learner.losses(batch).items():
        torch.testing.assert_close(value, before[name])


def test_the_loss_is_zero_where_the_policy_is_right(module, batch):
    learner = module()
    with torch.no_grad():
        features = learner.encode(batch["images"])
        core = learner.policy.core
        outputs, _ = core(features, core.initial_state(3), batch["elapsed"])
        batch["labels"] = learner.policy.commands(outputs)
        losses = learner.losses(batch)
    assert losses["command"] == pytest.approx(0.0, abs=1e-7)
    assert losses["loss"] == pytest.approx(0.5 * losses["auxiliary"].item())


def test_the_height_counts_with_its_weight_and_only_where_it_is_known(module, batch):
    def loss(weight):
        made = module()
        made.height_weight = weight
        made.eval()
        return made.losses(batch)["auxiliary"]

    without, usual, double = (float(loss(weight).detach()) for weight in (0.0, 0.5, 1.0))
    assert usual > without and double - without == pytest.approx(2 * (usual - without), rel=1e-4)
    batch["auxiliary"][..., HEIGHT] = float("nan")
    unknown = loss(0.5)
    assert float(unknown.detach()) == pytest.approx(without, rel=1e-5)
    unknown.backward()


def test_a_data_set_without_the_height_gives_no_gradient_that_is_none(module, batch):
    batch["auxiliary"][..., HEIGHT] = float("nan")
    made = module()
    made.height_weight = 0.5
    made.losses(batch)["loss"].backward()
    gradient = made.auxiliary.weight.grad
    assert (
        torch.isfinite(gradient).all()
        and (gradient[HEIGHT] == 0.0).all()
        and (gradient[0] != 0.0).any()
    )


def test_a_few_steps_learn(module, batch):
    learner = module()
    optimizer = torch.optim.Adam(learner.parameters(), 0.01)
    first = learner.losses(batch)["loss"].item()
    for _ in range(30):
        optimizer.zero_grad()
        learner.losses(batch)["loss"].backward()
        optimizer.step()
        learner.policy.core.clamp_()
    assert learner.losses(batch)["loss"].item() < 0.7 * first
    for name in ("w", "cm", "gleak"):
        assert (getattr(learner.policy.core, name) >= 0).all(), name


def test_without_a_weight_of_the_commands_the_encoder_learns_alone(tiny, batch):
    torch.manual_seed(0)
    module = ImitationModule(Policy(tiny), command=0.0, auxiliary=1.0, mixed=False)
    losses = module.losses(batch)
    assert losses["command"] == 0.0 and losses["loss"] == losses["auxiliary"] > 0.0
    losses["loss"].backward()
    moved = {name for name, one in module.policy.named_parameters() if one.grad is not None}
    assert moved and all(name.startswith("encoder.") for name in moved)


@pytest.mark.parametrize(("visible", "weight"), [(1.0, 1.0), (0.0, 0.1)])
def test_the_place_of_a_target_that_is_not_seen_counts_a_tenth(visible, weight):
    seen = torch.zeros(1, 1, len(NAMES))
    right = torch.zeros(1, 1, len(NAMES))
    right[..., 2] = visible
    wrong = right.clone()
    wrong[..., 0] = 1.0
    losses = [geometry_loss(seen, one, torch.ones(1, 1), height=0.0) for one in (right, wrong)]
    # An error of one in one of the place's two numbers, times the factor of that term.
    assert float(losses[1] - losses[0]) == pytest.approx(0.5 * 4.0 * weight)
