"""All topics of a flight in one table; docs/reference/topics.md describes the same for people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic."""

    name: str
    """Name relative to the drone's namespace, or absolute."""
    type: str
    """Type of its messages, such as ``sensor_msgs/msg/Image``."""
    latched: bool = False
    """Whether it is reliable and transient local: a late subscriber receives its last message."""
    best_effort: bool = False
    """Whether its reliability is best effort; otherwise reliable."""
    stamped: bool = True
    """Whether its messages begin with a header, whose stamp is their time."""


IMAGE = Topic("camera/image_raw", "sensor_msgs/msg/Image", best_effort=True)
FIXED_FRAMES = Topic("/tf_static", "tf2_msgs/msg/TFMessage", latched=True, stamped=False)
COMMAND = Topic("cmd_vel", "geometry_msgs/msg/TwistStamped")
TOPICS = (
    IMAGE,
    Topic("camera/camera_info", "sensor_msgs/msg/CameraInfo", best_effort=True),
    Topic("liquid_controller/cmd_vel", "geometry_msgs/msg/TwistStamped"),
    COMMAND,
    Topic("odom", "nav_msgs/msg/Odometry", best_effort=True),
    Topic("imu", "sensor_msgs/msg/Imu", best_effort=True),
    Topic("battery_state", "sensor_msgs/msg/BatteryState", best_effort=True),
    Topic("liquid_controller/neurons", "std_msgs/msg/Float32MultiArray", stamped=False),
    Topic("liquid_controller/time_constants", "std_msgs/msg/Float32MultiArray", stamped=False),
    Topic("liquid_controller/info", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("liquid_controller/latency", "std_msgs/msg/Float32", stamped=False),
    Topic("liquid_controller/mode", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("safety_supervisor/mode", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("safety_supervisor/order", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("autopilot_bridge/state", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("autopilot/odom", "nav_msgs/msg/Odometry", best_effort=True),
    Topic("autopilot/true_odom", "nav_msgs/msg/Odometry", best_effort=True),
    Topic("joy", "sensor_msgs/msg/Joy", best_effort=True, stamped=False),
    Topic("simulator/contact", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("simulator/pose", "std_msgs/msg/String", latched=True, stamped=False),
    Topic("simulator/markers", "visualization_msgs/msg/MarkerArray", latched=True, stamped=False),
    Topic("/tf", "tf2_msgs/msg/TFMessage", stamped=False),
    FIXED_FRAMES,
    Topic("/diagnostics", "diagnostic_msgs/msg/DiagnosticArray"),
)
PARAMETER_EVENTS = Topic("/parameter_events", "rcl_interfaces/msg/ParameterEvent", stamped=False)
"""ROS's own: what has been set in any node; the recorder keeps the changes."""
