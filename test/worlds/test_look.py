"""The look of a place: drawn once, and taken by both writers of worlds."""

from dataclasses import FrozenInstanceError, replace
from xml.etree import ElementTree

import numpy as np
import pytest

from liquid_nav.worlds import AppearanceSpec, generate_layout, load_condition, load_scenario
from liquid_nav.worlds.look import draw_look
from liquid_nav.worlds.mjcf import spec_of_look
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import Library


@pytest.fixture(scope="module")
def layout():
    return generate_layout(load_scenario("field"), 3)


def test_a_look_is_the_same_every_time_and_cannot_be_changed(layout):
    winter = load_condition("winter")
    look = draw_look(layout, winter)
    assert look == draw_look(layout, winter) != draw_look(layout, load_condition("dusk"))
    assert len(look.tints) == len(layout.items)
    assert len(look.undergrowth) == len(layout.decorations)
    with pytest.raises(FrozenInstanceError):
        look.fog = 0.1


def test_what_is_absent_in_a_season_takes_no_draw(layout):
    """The tints of the other things stay in the order in which they were always drawn."""
    summer, winter = (draw_look(layout, load_condition(name)) for name in ("summer", "winter"))
    assert summer.tints == winter.tints, "items come first, and none of them is absent"
    absent = [item.species in ("flowers", "poppies") for item in layout.decorations]
    assert any(absent) and not all(absent)
    assert {tint for tint, gone in zip(winter.undergrowth, absent) if gone} == {(1.0, 1.0, 1.0)}
    rest = [tint for tint, gone in zip(winter.undergrowth, absent) if not gone]
    assert rest == list(summer.undergrowth[: len(rest)])
    assert winter.mean_undergrowth(layout) == pytest.approx(np.mean(rest, axis=0))


def test_both_writers_take_the_same_look(layout, monkeypatch):
    summer = load_condition("summer")
    other = replace(
        draw_look(layout, summer),
        sun=(0.5, 0.25),
        sunlight=(0.1, 0.2, 0.3),
        ambient=(0.4, 0.5, 0.6),
        headlight=(0.0, 0.0, 0.0),
        tints=((0.9, 0.8, 0.7),) * len(layout.items),
    )
    spec = spec_of_look(layout, other)
    (sun,) = spec.lights
    np.testing.assert_allclose(sun.diffuse, (0.1, 0.2, 0.3), atol=1e-6)
    np.testing.assert_allclose(sun.ambient, (0.4, 0.5, 0.6), atol=1e-6)
    monkeypatch.setattr("liquid_nav.worlds.sdf.draw_look", lambda *_: other)
    world = ElementTree.fromstring(world_sdf(layout, summer, Library("f"))).find("world")
    assert world.findtext("light/diffuse") == "0.1 0.2 0.3 1"
    assert world.findtext("scene/ambient") == "0.4 0.5 0.6 1"
    direction = [float(part) for part in world.findtext("light/direction").split()]
    np.testing.assert_allclose(sun.dir, direction, atol=1e-6)
    bale = next(n for n, item in enumerate(layout.items) if item.kind == "bale")
    link = world.find(f"model[@name='bale_{bale}']/link")
    assert link.findtext("visual/material/diffuse") == "0.9 0.8 0.7 1"


def test_a_random_look_reaches_textures_colours_and_light(layout):
    plain = load_condition("summer")
    drawn = replace(plain, appearance=AppearanceSpec(random=1.0))
    usual, other = draw_look(layout, plain), draw_look(layout, drawn)
    assert (usual.tints, usual.sun, usual.sky) == (other.tints, other.sun, other.sky)
    assert usual.sunlight != other.sunlight and usual.ambient != other.ambient
    for picture in ("ground_texture", "sky_texture"):
        assert (getattr(usual, picture)() != getattr(other, picture)()).mean() > 0.5
