"""What counts as a collision in Gazebo."""

import sys
import types

import pytest
from std_msgs.msg import Header

from liquid_nav.nodes import gazebo_contacts
from liquid_nav.nodes.gazebo_contacts import listen_to_contacts, touched
from liquid_nav.worlds import generate_layout, load_condition, load_scenario
from liquid_nav.worlds.sdf import world_sdf
from liquid_nav.worlds.sdf_assets import Library
from liquid_nav.worlds.sdf_drone import DroneSpec

BODY = "drone::base_link::body"


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (BODY, "trunk_7::link::trunk.7", "trunk"),
        ("trunk_7::link::trunk.7", BODY, "trunk"),
        ("forest::drone::base_link::disc_2", "forest::bush_3::link::bush.3", "bush"),
        (BODY, "ground::link::ground", "ground"),
        (BODY, "drone_stand::link::stand", None),
        (BODY, "drone::rotor_1::rotor", None),
        ("trunk_7::link::trunk.7", "ground::link::ground", None),
        (BODY, "other", "other"),
        (BODY, "", "something"),
        ("", "", None),
        ("drone2::base_link::body", "trunk_7::link::trunk.7", None),
    ],
)
def test_what_the_drone_touches_is_named_by_its_kind(one, other, kind):
    assert touched(one, other) == kind


@pytest.mark.parametrize("scenario", ["forest", "field"])
def test_every_collision_of_our_worlds_is_named_by_a_kind_of_the_embedded_one(scenario):
    from xml.etree import ElementTree

    layout = generate_layout(load_scenario(scenario), 3)
    summer = load_condition("summer")
    text = world_sdf(layout, summer, Library("files"), drone=DroneSpec())
    kinds = set()
    for model in ElementTree.fromstring(text).iter("model"):
        for link in model.iter("link"):
            for collision in link.findall("collision"):
                name = "::".join((model.get("name"), link.get("name"), collision.get("name")))
                kinds.add(touched(BODY, name))
    assert kinds - {None} == {solid.kind for solid in layout.solids()} | {"ground"}


def test_without_the_message_type_nothing_is_listened_to(harness, monkeypatch):
    monkeypatch.setitem(sys.modules, "ros_gz_interfaces", None)
    assert not listen_to_contacts(harness.probe, "gazebo/contacts", lambda kind, time: None)


def test_each_contact_is_reported_with_the_time_of_its_stamp(harness, monkeypatch):
    """The type is not in any wheel: a stand-in has its fields, and the subscription is looked at
    instead of made.
    """
    package, messages = (
        types.ModuleType("ros_gz_interfaces"),
        types.ModuleType("ros_gz_interfaces.msg"),
    )
    messages.Contacts = type("Contacts", (), {})
    monkeypatch.setitem(sys.modules, "ros_gz_interfaces", package)
    monkeypatch.setitem(sys.modules, "ros_gz_interfaces.msg", messages)
    made = []
    node = types.SimpleNamespace(create_subscription=lambda *arguments: made.append(arguments))
    reported = []
    assert listen_to_contacts(
        node, "gazebo/contacts", lambda kind, time: reported.append((kind, time))
    )
    ((kind, topic, callback, quality),) = made
    assert (kind, topic, quality.depth) == (messages.Contacts, "gazebo/contacts", 10)
    name = types.SimpleNamespace
    contacts = [
        name(collision1=name(name=BODY), collision2=name(name="drone_stand::link::stand")),
        name(collision1=name(name="trunk_7::link::trunk.7"), collision2=name(name=BODY)),
    ]
    header = Header()
    header.stamp.sec, header.stamp.nanosec = 12, 500_000_000
    callback(name(header=header, contacts=contacts))
    assert reported == [("trunk", 12.5)]
    assert gazebo_contacts.STAND == "_stand"
