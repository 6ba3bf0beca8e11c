"""Colour fields: smooth, bounded, the same for a whole flight, and in the stored looks."""

import numpy as np
import pytest
import torch

from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.colour_fields import ColourFields
from liquid_nav.learning.front_features import compute_looks, open_looks
from liquid_nav.learning.recipe import RecipeError, load_recipe
from liquid_nav.vision import BackboneConfig, BackboneEncoder

ALWAYS = ColourFields(share=1.0, densest=0.7, curve=0.5)


def draws(fields, count, height=90, width=160):
    generator = torch.Generator().manual_seed(5)
    return [fields.draw(height, width, generator) for _ in range(count)]


def test_strengths_bound_what_is_drawn():
    found = draws(ALWAYS, 400, 9, 16)
    density = torch.stack([draw.density for draw in found])
    exponent = torch.stack([draw.exponent for draw in found])
    assert density.shape == (400, 9, 16, 1)
    assert density.min() >= 0.0
    assert 0.6 < density.max() <= 0.7
    assert exponent.log().abs().max() <= 0.5 + 1e-6
    assert exponent.log().min() < -0.45
    assert exponent.log().max() > 0.45


def test_a_share_of_the_flights_stays_as_it_is():
    images = torch.rand(2, 9, 16, 3)
    same = [
        bool(torch.equal(draw.apply(images), images))
        for draw in draws(ColourFields(share=0.6), 1000, 9, 16)
    ]
    assert np.mean(same) == pytest.approx(0.4, abs=0.05)


def test_a_field_is_smooth():
    """Neighbouring pixels differ by no more than two neighbouring cells do over the pixels between
    them.
    """
    for draw in draws(ALWAYS, 50):
        steepest = 0.7 / (90 / 4)
        assert draw.density.diff(dim=0).abs().max() <= steepest + 1e-6
        assert draw.density.diff(dim=1).abs().max() <= 0.7 / (160 / 4) + 1e-6


def test_mist_and_curve_by_hand():
    draw = ALWAYS.draw(3, 4, torch.Generator().manual_seed(1))
    images = torch.rand(2, 3, 4, 3)
    for n, row, column, channel in np.ndindex(2, 3, 4, 3):
        density = float(draw.density[row, column, 0])
        curved = float(images[n, row, column, channel]) ** float(draw.exponent)
        wanted = curved * (1 - density) + float(draw.colour[row, column, channel]) * density
        assert float(draw.apply(images)[n, row, column, channel]) == pytest.approx(wanted, abs=1e-5)


def test_pixels_stay_pixels():
    images = torch.rand(3, 9, 16, 3) * 1.4 - 0.2
    for draw in draws(ALWAYS, 50, 9, 16):
        seen = draw.apply(images)
        assert torch.isfinite(seen).all()
        assert seen.min() >= 0.0
        assert seen.max() <= 1.0


def test_the_same_generator_draws_the_same():
    one, two = draws(ALWAYS, 3), draws(ALWAYS, 3)
    assert all(
        torch.equal(a.density, b.density) and torch.equal(a.colour, b.colour)
        for a, b in zip(one, two)
    )
    assert not torch.equal(one[0].density, one[1].density)


@pytest.mark.parametrize(
    "wrong", [{"share": 1.5}, {"share": -0.1}, {"densest": 1.0}, {"curve": -0.1}]
)
def test_strengths_that_are_none(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ColourFields(**wrong)


@pytest.fixture
def shard(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(150, 0), flight(20, 1)])
    return tmp_path / "data"


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    small = BackboneConfig(
        height=24, width=32, blocks=3, maps=(1, 3), reduced=(4, 4), looked=(3, 3), features=7
    )
    return BackboneEncoder(small).eval()


def test_the_clean_look_stays_clean_and_the_others_differ_from_flight_to_flight(encoder, shard):
    compute_looks(shard, encoder, 1, None, 1)
    (without,), _ = open_looks(shard)
    without = np.array(without)
    compute_looks(shard, encoder, 2, None, 1, fields=ALWAYS)
    (clean, changed), _ = open_looks(shard)
    assert np.array_equal(clean, without)
    assert not np.allclose(changed, clean)
    # Frame 7 of both flights is the same picture; in a flight all frames are changed in the same
    # way.
    assert not np.allclose(changed[7], changed[157])


def test_looks_of_other_fields_are_computed_again(encoder, shard):
    compute_looks(shard, encoder, 2, None, 1, fields=ALWAYS)
    first = np.array(open_looks(shard)[0][1])
    compute_looks(
        shard, encoder, 2, None, 1, fields=ColourFields(share=1.0, densest=0.3, curve=0.0)
    )
    assert not np.allclose(first, open_looks(shard)[0][1])


def test_a_recipe_gives_its_fields_to_the_looks_and_the_plain_encoder_has_none(tmp_path):
    text = "rounds: [{driver: expert, flights: 1, steps: 1}]\ncolour_fields: {densest: 0.4}\n"
    path = tmp_path / "recipe.yaml"
    path.write_text(text + "policy: {encoder: {kind: backbone}}\n")
    assert load_recipe(path).colour_fields == ColourFields(densest=0.4)
    path.write_text(text)
    with pytest.raises(RecipeError, match="colour_fields"):
        load_recipe(path)
    path.write_text(text.replace("0.4", "1.4") + "policy: {encoder: {kind: backbone}}\n")
    with pytest.raises(RecipeError, match="densest"):
        load_recipe(path)
