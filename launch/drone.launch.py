"""Fly a real drone: ros2 launch liquid_nav drone.launch.py source:=/dev/video0
connection:=serial:/dev/ttyAMA0:921600.

All arguments: ros2 launch liquid_nav drone.launch.py --show-args
"""

from launch import LaunchDescription

from liquid_nav.bringup import describe_drone


def generate_launch_description() -> LaunchDescription:
    """Return the graph of a real drone."""
    return describe_drone()
