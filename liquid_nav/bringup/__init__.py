"""Which processes make a flight, with which parameters: the same for the launch files and for
``liquid-nav fly``, which needs no ``launch``. Imports neither rclpy nor, but for the files named
``launching``, ``launch``.
"""
