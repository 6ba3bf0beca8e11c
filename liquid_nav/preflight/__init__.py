"""What is checked before a flight: facts that were gathered from the graph, and the checks that
judge them. No ROS in here; ``nodes.preflight_probe`` gathers.
"""
