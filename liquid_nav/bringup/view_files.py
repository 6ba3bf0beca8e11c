"""What windows beside a flight show: our files for them, and the topics in them. Needs neither
rclpy nor launch.
"""

RVIZ_FILE = "config/views/liquid_nav.rviz"
PERSPECTIVE_FILE = "config/views/liquid_nav.perspective"
AGGREGATOR_FILE = "config/views/diagnostics.yaml"
STAMPED_PLOT_TOPICS = (
    "/cmd_vel/twist/linear/x",
    "/cmd_vel/twist/linear/z",
    "/cmd_vel/twist/angular/z",
    "/liquid_controller/timing/position[2]",
)
"""What rqt_plot shows of a real drone, whose stamps are those of the wall clock."""
UNSTAMPED_PLOT_TOPICS = (
    "/plots/command/linear/x",
    "/plots/velocity/linear/x",
    "/plots/command/angular/z",
    "/plots/position/z",
    "/plots/latency/data",
)
"""What it shows of a simulated one, see ``nodes.plots``."""
RVIZ_DRONE_TOPICS = ("/camera/camera_info", "/camera/image_raw", "/odom", "/simulator/markers")
"""Topics in our RViz file that belong to one drone."""
FOXGLOVE_FILES = ("config/views/foxglove_live.json", "config/views/foxglove_bag.json")
"""Layouts for a live connection, and for bags, in which images are compressed."""
PLOTJUGGLER_FILE = "config/views/plotjuggler.xml"
