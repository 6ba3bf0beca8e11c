"""Fly through the field: ros2 launch liquid_nav field.launch.py pilot:=expert seed:=7.

All arguments: ros2 launch liquid_nav field.launch.py --show-args
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def generate_launch_description() -> LaunchDescription:
    """Return the graph of a flight in the field."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "scenario",
                default_value="field",
                description="World to fly in: a name or a YAML file.",
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(Path(__file__).with_name("flight.launch.py")))
            ),
        ]
    )
