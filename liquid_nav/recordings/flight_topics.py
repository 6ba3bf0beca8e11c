"""All topics of a flight in one table; docs/reference/topics.md describes the same for people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordedTopic:
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


IMAGE_TOPIC = RecordedTopic("camera/image_raw", "sensor_msgs/msg/Image", best_effort=True)
"""Camera images."""
STATIC_TF_TOPIC = RecordedTopic("/tf_static", "tf2_msgs/msg/TFMessage", latched=True, stamped=False)
"""Transforms that do not change."""
COMMAND_TOPIC = RecordedTopic("cmd_vel", "geometry_msgs/msg/TwistStamped")
"""What the supervisor lets through."""
PILOT_COMMAND_TOPICS = ("liquid_controller/cmd_vel", "expert_pilot/cmd_vel")
"""Topics on which a pilot proposes commands, before the supervisor."""
RECORDED_TOPICS = (
    IMAGE_TOPIC,
    RecordedTopic("camera/camera_info", "sensor_msgs/msg/CameraInfo", best_effort=True),
    RecordedTopic("liquid_controller/cmd_vel", "geometry_msgs/msg/TwistStamped"),
    RecordedTopic("expert_pilot/cmd_vel", "geometry_msgs/msg/TwistStamped"),
    COMMAND_TOPIC,
    RecordedTopic("odom", "nav_msgs/msg/Odometry", best_effort=True),
    RecordedTopic("imu", "sensor_msgs/msg/Imu", best_effort=True),
    RecordedTopic("battery_state", "sensor_msgs/msg/BatteryState", best_effort=True),
    RecordedTopic("liquid_controller/neurons", "sensor_msgs/msg/JointState"),
    RecordedTopic("liquid_controller/time_constants", "sensor_msgs/msg/JointState"),
    RecordedTopic("liquid_controller/info", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("liquid_controller/timing", "sensor_msgs/msg/JointState"),
    RecordedTopic("liquid_controller/mode", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("expert_pilot/mode", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("safety_supervisor/mode", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("safety_supervisor/order", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("autopilot_bridge/state", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("autopilot/odom", "nav_msgs/msg/Odometry", best_effort=True),
    RecordedTopic("autopilot/true_odom", "nav_msgs/msg/Odometry", best_effort=True),
    RecordedTopic("joy", "sensor_msgs/msg/Joy", best_effort=True, stamped=False),
    RecordedTopic("simulator/contact", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic("simulator/pose", "std_msgs/msg/String", latched=True, stamped=False),
    RecordedTopic(
        "simulator/markers", "visualization_msgs/msg/MarkerArray", latched=True, stamped=False
    ),
    RecordedTopic("/tf", "tf2_msgs/msg/TFMessage", stamped=False),
    STATIC_TF_TOPIC,
    RecordedTopic("/diagnostics", "diagnostic_msgs/msg/DiagnosticArray"),
)
"""What a flight is recorded of."""
PARAMETER_EVENTS_TOPIC = RecordedTopic(
    "/parameter_events", "rcl_interfaces/msg/ParameterEvent", stamped=False
)
"""ROS's own: what has been set in any node; the recorder keeps the changes."""
