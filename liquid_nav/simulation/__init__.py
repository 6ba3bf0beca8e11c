"""The embedded drone: dynamics, camera, collision, the expert pilot, and flights in lock step with
a policy.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.simulation.airframe import camera_angles
    from liquid_nav.simulation.camera_renderer import CameraRenderer
    from liquid_nav.simulation.controller import VelocityController
    from liquid_nav.simulation.drone import Drone
    from liquid_nav.simulation.expert import Expert, ExpertConfig
    from liquid_nav.simulation.flight import draw_latency, fly_in_simulation
    from liquid_nav.simulation.flight_loop import FlightLoop, safety_limits
    from liquid_nav.simulation.flight_record import FlightRecord, RecordBuilder
    from liquid_nav.simulation.frame_loop import CameraFrame, FrameFeed, FrameLoop
    from liquid_nav.simulation.frame_times import FRAME_DROPPED, FRAME_LATE, FrameTiming
    from liquid_nav.simulation.image_weather import CameraPlacement, Weather
    from liquid_nav.simulation.judge import (
        FLIGHT_INTERRUPTED,
        GROUND_CONTACT,
        OUTCOME_REASONS,
        FlightJudge,
        FlightOutcome,
    )
    from liquid_nav.simulation.occlusion import TargetOcclusion
    from liquid_nav.simulation.pilots import ExpertPilot, Pilot, PolicyPilot
    from liquid_nav.simulation.posed import PosedWorld
    from liquid_nav.simulation.response import WIDE_RESPONSE_RANGES, DroneResponse, sample_response
    from liquid_nav.simulation.state import DroneState
    from liquid_nav.simulation.world import PHYSICS_TIMESTEP, World
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "airframe": ["camera_angles"],
            "camera_renderer": ["CameraRenderer"],
            "controller": ["VelocityController"],
            "drone": ["Drone"],
            "expert": ["Expert", "ExpertConfig"],
            "flight": ["draw_latency", "fly_in_simulation"],
            "flight_loop": ["FlightLoop", "safety_limits"],
            "flight_record": ["FlightRecord", "RecordBuilder"],
            "frame_loop": ["CameraFrame", "FrameFeed", "FrameLoop"],
            "frame_times": ["FRAME_DROPPED", "FRAME_LATE", "FrameTiming"],
            "image_weather": ["CameraPlacement", "Weather"],
            "judge": [
                "FLIGHT_INTERRUPTED",
                "FlightJudge",
                "FlightOutcome",
                "GROUND_CONTACT",
                "OUTCOME_REASONS",
            ],
            "occlusion": ["TargetOcclusion"],
            "pilots": ["ExpertPilot", "Pilot", "PolicyPilot"],
            "posed": ["PosedWorld"],
            "response": ["DroneResponse", "WIDE_RESPONSE_RANGES", "sample_response"],
            "state": ["DroneState"],
            "world": ["PHYSICS_TIMESTEP", "World"],
        },
    )

__all__ = [
    "CameraFrame",
    "CameraPlacement",
    "CameraRenderer",
    "Drone",
    "DroneResponse",
    "DroneState",
    "Expert",
    "ExpertConfig",
    "ExpertPilot",
    "FLIGHT_INTERRUPTED",
    "FRAME_DROPPED",
    "FRAME_LATE",
    "FlightJudge",
    "FlightLoop",
    "FlightOutcome",
    "FlightRecord",
    "FrameFeed",
    "FrameLoop",
    "FrameTiming",
    "GROUND_CONTACT",
    "OUTCOME_REASONS",
    "PHYSICS_TIMESTEP",
    "Pilot",
    "PolicyPilot",
    "PosedWorld",
    "RecordBuilder",
    "VelocityController",
    "TargetOcclusion",
    "WIDE_RESPONSE_RANGES",
    "Weather",
    "World",
    "camera_angles",
    "draw_latency",
    "fly_in_simulation",
    "safety_limits",
    "sample_response",
]
