"""The ROS 2 nodes: parameters, messages and timers around the other subpackages, nothing else.

Importing this package does not import rclpy, so that ``bringup`` can be used where no ROS is.
"""
