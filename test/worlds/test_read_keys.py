"""Every field of a thing in a layout is read by what builds worlds: one that nothing reads would
mislead.
"""

import dataclasses

from liquid_nav.worlds import (
    LayoutItem,
    build_mujoco_spec,
    generate_layout,
    load_condition,
    load_scenario,
)
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import Library


def test_every_field_of_an_item_is_read_by_what_builds_worlds(monkeypatch):
    layout = generate_layout(load_scenario("forest"), 3)
    summer = load_condition("summer")
    read = set()

    def spy(item, name):
        read.add(name)
        return object.__getattribute__(item, name)

    monkeypatch.setattr(LayoutItem, "__getattribute__", spy)
    build_mujoco_spec(layout, summer)
    world_sdf(layout, summer, Library("files"))
    assert {field.name for field in dataclasses.fields(LayoutItem)} <= read
