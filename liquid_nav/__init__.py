"""liquid_nav: fly a drone to a target through forest and field, from camera images, with a liquid
neural network.
"""

__version__ = "0.1.0"
