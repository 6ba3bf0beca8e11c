"""The embedded drone: dynamics, camera, collision, the expert pilot, and flights in lock step with
a policy.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.simulation.airframe import (
        CAMERA_AT,
        LEGS,
        ROTOR_RADIUS,
        ROTORS,
        CameraConfig,
        camera_angles,
    )
    from liquid_nav.simulation.camera import CameraRenderer
    from liquid_nav.simulation.controller import VelocityController
    from liquid_nav.simulation.drone import Drone
    from liquid_nav.simulation.expert import Expert, ExpertConfig
    from liquid_nav.simulation.flight import draw_latency, fly
    from liquid_nav.simulation.flight_loop import FlightLoop, safety_limits
    from liquid_nav.simulation.frame_loop import Frame, FrameFeed, FrameLoop
    from liquid_nav.simulation.frame_times import DROPPED, LATE, FrameTiming
    from liquid_nav.simulation.judge import GROUND, INTERRUPTED, REASONS, Judge, Outcome
    from liquid_nav.simulation.pilots import ExpertPilot, Pilot, PolicyPilot
    from liquid_nav.simulation.posed import PosedWorld
    from liquid_nav.simulation.record import FlightRecord, RecordBuilder
    from liquid_nav.simulation.response import WIDE_RANGES, DroneResponse, sample_response
    from liquid_nav.simulation.state import DroneState
    from liquid_nav.simulation.weather import View, Weather
    from liquid_nav.simulation.world import TIMESTEP, World
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "airframe": [
                "CAMERA_AT",
                "CameraConfig",
                "LEGS",
                "ROTORS",
                "ROTOR_RADIUS",
                "camera_angles",
            ],
            "camera": ["CameraRenderer"],
            "controller": ["VelocityController"],
            "drone": ["Drone"],
            "expert": ["Expert", "ExpertConfig"],
            "flight": ["draw_latency", "fly"],
            "flight_loop": ["FlightLoop", "safety_limits"],
            "frame_loop": ["Frame", "FrameFeed", "FrameLoop"],
            "frame_times": ["DROPPED", "FrameTiming", "LATE"],
            "judge": ["GROUND", "INTERRUPTED", "Judge", "Outcome", "REASONS"],
            "pilots": ["ExpertPilot", "Pilot", "PolicyPilot"],
            "posed": ["PosedWorld"],
            "record": ["FlightRecord", "RecordBuilder"],
            "response": ["DroneResponse", "WIDE_RANGES", "sample_response"],
            "state": ["DroneState"],
            "weather": ["View", "Weather"],
            "world": ["TIMESTEP", "World"],
        },
    )

__all__ = [
    "CAMERA_AT",
    "CameraConfig",
    "CameraRenderer",
    "DROPPED",
    "Drone",
    "DroneResponse",
    "DroneState",
    "Expert",
    "ExpertConfig",
    "ExpertPilot",
    "FlightLoop",
    "FlightRecord",
    "Frame",
    "FrameFeed",
    "FrameLoop",
    "FrameTiming",
    "GROUND",
    "INTERRUPTED",
    "Judge",
    "LATE",
    "LEGS",
    "Outcome",
    "Pilot",
    "PolicyPilot",
    "PosedWorld",
    "REASONS",
    "ROTORS",
    "ROTOR_RADIUS",
    "RecordBuilder",
    "TIMESTEP",
    "VelocityController",
    "View",
    "WIDE_RANGES",
    "Weather",
    "World",
    "camera_angles",
    "draw_latency",
    "fly",
    "safety_limits",
    "sample_response",
]
