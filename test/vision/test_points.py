"""Heat maps and where they are hottest."""

import numpy as np
import pytest
import torch

from liquid_nav.vision import BackboneConfig, BackboneEncoder
from liquid_nav.vision.points import CLEARLY, Points


@pytest.fixture
def points():
    torch.manual_seed(2)
    return Points(4, 6, 10, 5, 7, 3).eval()


def drawn(points, heat):
    """The answer to heat maps [N,K,h,w] instead of those of the convolutions."""
    points.heat = torch.nn.Identity()
    points.look = torch.nn.Identity()
    with torch.inference_mode():
        return points(heat).numpy()


@pytest.mark.parametrize(("row", "column"), [(0, 0), (5, 9), (0, 9), (3, 4)])
def test_a_hot_place_is_answered_with_where_it_is(points, row, column):
    heat = torch.zeros(1, 3, 6, 10)
    heat[0, 1, row, column] = 50.0
    answer = drawn(points, heat)[0]
    right, down = answer[:6].reshape(3, 2)[1]
    assert right == pytest.approx(-1.0 + 2.0 * column / 9, abs=1e-5)
    assert down == pytest.approx(-1.0 + 2.0 * row / 5, abs=1e-5)
    # The other two are as hot everywhere: in the middle, and seen as clearly as nothing is.
    assert np.abs(answer[[0, 1, 4, 5, 6, 8]]).max() < 1e-5
    assert answer[7] == pytest.approx(CLEARLY * (50.0 - np.log(60)), abs=1e-4)


def test_the_answer_is_the_mean_place_under_a_softmax(points):
    heat = np.random.default_rng(0).uniform(0.0, 5.0, (7, 3, 6, 10))
    answer = drawn(points, torch.from_numpy(heat))
    share = np.exp(heat) / np.exp(heat).sum((2, 3), keepdims=True)
    right = (share * np.linspace(-1, 1, 10)).sum((2, 3))
    down = (share * np.linspace(-1, 1, 6)[:, None]).sum((2, 3))
    assert answer[:, :6].reshape(7, 3, 2) == pytest.approx(np.stack((right, down), 2), abs=1e-5)
    assert answer[:, 6:] == pytest.approx(CLEARLY * np.log(np.exp(heat).mean((2, 3))), abs=1e-5)


def test_what_is_seen_elsewhere_is_answered_as_moved(points):
    """Away from the edges, and the more exactly the clearer it is."""
    points.heat.weight.data *= 300.0
    maps = torch.zeros(1, 4, 6, 10)
    maps[0, :, 2, 3] = torch.tensor((3.0, -2.0, 1.0, 4.0))
    with torch.inference_mode():
        here = points(maps)[0, :6].view(3, 2)
        there = points(maps.roll(3, 3))[0, :6].view(3, 2)
    found = (here[:, 0] < 0.6) & (here[:, 0].abs() > 0.05)
    assert found.any()
    torch.testing.assert_close(
        there[found, 0] - here[found, 0],
        torch.full((int(found.sum()),), 6.0 / 9),
        atol=0.05,
        rtol=0,
    )


def test_a_head_with_points_learns_and_one_without_is_as_before():
    torch.manual_seed(0)
    with_points = BackboneEncoder(BackboneConfig(height=24, width=32, points=(2, 1)))
    without = BackboneEncoder(BackboneConfig(height=24, width=32))
    assert not any(name.startswith("head.points") for name in without.state_dict())
    assert with_points.head.dense.in_features == without.head.dense.in_features + 9
    images = torch.randint(0, 255, (4, 24, 32, 3), dtype=torch.uint8)
    with_points(images).square().sum().backward()
    moved = [
        name
        for name, p in with_points.head.points.named_parameters()
        if p.grad is None or not p.grad.any()
    ]
    assert moved == []


@pytest.mark.parametrize("points", [(4,), (4, 0), (4, 4, 4)])
def test_points_that_do_not_fit_the_maps_are_named(points):
    with pytest.raises(ValueError, match="must be none, or at least 1 for each of the maps"):
        BackboneConfig(points=points)
