"""Fly through the forest: ros2 launch liquid_nav forest.launch.py pilot:=expert seed:=7.

All arguments: ros2 launch liquid_nav forest.launch.py --show-args
"""

from launch import LaunchDescription

from liquid_nav.bringup import describe


def generate_launch_description() -> LaunchDescription:
    """Return the graph of a flight in the forest."""
    return describe("forest")
