"""The body of the drone, from which every simulator's drone is written: an X500-class quadrotor."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rotor:
    """One rotor."""

    bearing: float
    """Where its axis stands, degrees counter-clockwise from the nose."""
    sense: str
    """How it turns, seen from above: cw or ccw."""


@dataclass(frozen=True)
class DroneModel:
    """Shape, mass and motors of a drone. Body frame: x forward, y left, z up, from the centre."""

    body: tuple[float, float, float] = (0.12, 0.09, 0.05)
    """Half extents of the box that is its body, m."""
    arm: float = 0.25
    """Horizontal distance of a rotor's axis from the centre, m."""
    rotors: tuple[Rotor, ...] = (
        Rotor(45.0, "ccw"),
        Rotor(135.0, "cw"),
        Rotor(-135.0, "ccw"),
        Rotor(-45.0, "cw"),
    )
    """Its rotors, in the order of their numbers."""
    rotor_radius: float = 0.127
    """Radius of a rotor's disc, m."""
    rotor_height: float = 0.06
    """Height of the discs above the centre, m."""
    rotor_thickness: float = 0.02
    """Thickness of the discs, m."""
    standing_height: float = 0.12
    """Height of the centre of a standing drone above the ground, m."""
    mass: float = 2.0
    """Nominal mass, kg."""
    inertia: tuple[float, float, float] = (0.0216, 0.0216, 0.040)
    """Moments of inertia at that mass, kg m^2."""
    rotor_thrust_limit: float = 9.8
    """Largest thrust of a rotor, N."""
    rotor_yaw_moment: float = 0.016
    """Yaw moment per thrust of one rotor, m."""
    camera_position: tuple[float, float, float] = (0.13, 0.0, 0.02)
    """Where the camera is mounted, m."""
    camera_pitch: float = math.radians(10.0)
    """Angle by which it is mounted nose down, rad."""

    @property
    def inertia_per_kg(self) -> tuple[float, ...]:
        """Moments of inertia per mass, m^2."""
        return tuple(moment / self.mass for moment in self.inertia)

    @property
    def rotor_layout(self) -> tuple[tuple[float, float, float], ...]:
        """X and y of each rotor, m, and the sign of its reaction moment about z."""
        reaction = {"cw": 1.0, "ccw": -1.0}
        return tuple((*self.rotor_position(one), reaction[one.sense]) for one in self.rotors)

    def rotor_position(self, rotor: Rotor) -> tuple[float, float]:
        """Return x and y of a rotor, m."""
        angle = math.radians(rotor.bearing)
        return self.arm * math.cos(angle), self.arm * math.sin(angle)


DRONE_MODEL = DroneModel()
"""The embedded drone."""
GAZEBO_DRONE_MODEL = replace(
    DRONE_MODEL,
    rotors=(Rotor(-45.0, "ccw"), Rotor(135.0, "ccw"), Rotor(45.0, "cw"), Rotor(-135.0, "cw")),
    standing_height=0.17,
    mass=1.5,
    # More about the vertical, and the motors could not turn it in time.
    inertia=(0.0347563, 0.07, 0.05),
)
"""The same body with the mass, the motors' order and the legs of a set that is known to fly under
Gazebo's velocity controller.
"""
