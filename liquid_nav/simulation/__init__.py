"""The embedded drone: dynamics, camera, collision, the expert pilot, and flights in lock step with
a policy.
"""

from liquid_nav.simulation.airframe import CameraConfig
from liquid_nav.simulation.expert import Expert, ExpertConfig
from liquid_nav.simulation.flight import draw_latency, fly
from liquid_nav.simulation.flight_loop import safety_limits
from liquid_nav.simulation.frame_times import FrameTiming
from liquid_nav.simulation.judge import GROUND, REASONS, Judge, Outcome
from liquid_nav.simulation.physics import TIMESTEP
from liquid_nav.simulation.pilots import ExpertPilot, Pilot, PolicyPilot
from liquid_nav.simulation.record import FlightRecord
from liquid_nav.simulation.response import DroneResponse, sample_response
from liquid_nav.simulation.shared_world import SharedWorld
from liquid_nav.simulation.simulation import Simulation
from liquid_nav.simulation.state import DroneState

__all__ = [
    "GROUND",
    "REASONS",
    "TIMESTEP",
    "CameraConfig",
    "DroneResponse",
    "DroneState",
    "Expert",
    "ExpertConfig",
    "ExpertPilot",
    "FlightRecord",
    "FrameTiming",
    "Judge",
    "Outcome",
    "Pilot",
    "PolicyPilot",
    "SharedWorld",
    "Simulation",
    "draw_latency",
    "fly",
    "safety_limits",
    "sample_response",
]
