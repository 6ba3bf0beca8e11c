"""What the drone touches in Gazebo, from its contact sensor: judged by the same rule as everywhere.

Collisions of our worlds are named ``<kind>.<number>``, as in the embedded simulator. The stand that
the drone waits on before it flies is nothing that it could hit.
"""

from __future__ import annotations

from typing import Callable

from rclpy.node import Node

from liquid_nav.nodes.messages import NANO, nanoseconds
from liquid_nav.nodes.qos import sensor_data_qos

STAND = "_stand"
"""End of the name of the model under the drone."""


def touched(one: str, other: str, drone: str = "drone") -> str | None:
    """Return the kind of what the drone touches, or None for a contact that is not the drone's or
    is its stand's.

    Args:
        one: Scoped name of a collision, such as ``drone::base_link::body``.
        other: Of the other one, such as ``trunk_7::link::trunk.7``.
        drone: Name of the drone's model.
    """
    for ours, theirs in ((one, other), (other, one)):
        if drone in ours.split("::")[:-1]:
            parts = theirs.split("::")
            if drone in parts[:-1] or any(part.endswith(STAND) for part in parts[:-1]):
                return None
            return parts[-1].partition(".")[0] or "something"
    return None


def listen_to_contacts(node: Node, topic: str, report: Callable[[str, float], None]) -> bool:
    """Call ``report(kind, time)`` (s of the stamp) for each contact on ``topic``.

    Returns:
        Whether that can be done: the type of the message comes with ros_gz.
    """
    try:
        from ros_gz_interfaces.msg import Contacts
    except ImportError:
        return False

    def on_contacts(message: Contacts) -> None:
        time = nanoseconds(message.header.stamp) / NANO
        for contact in message.contacts:
            kind = touched(contact.collision1.name, contact.collision2.name)
            if kind is not None:
                report(kind, time)

    node.create_subscription(Contacts, topic, on_contacts, sensor_data_qos(10))
    return True
