"""The ROS 2 nodes: parameters, messages and timers around the other subpackages, nothing else."""
