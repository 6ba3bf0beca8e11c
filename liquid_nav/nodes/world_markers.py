"""The simulated world as markers for RViz and Foxglove: obstacles, target, way, and the drone."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from geometry_msgs.msg import Point, Quaternion, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from liquid_nav.geometry import attitude_from_euler
from liquid_nav.simulation import Expert
from liquid_nav.worlds import DRONE_MODEL, Layout, Solid

SHAPES = {"box": Marker.CUBE, "ellipsoid": Marker.SPHERE, "cylinder": Marker.CYLINDER}
COLORS = {
    "trunk": (0.36, 0.25, 0.16, 1.0),
    "crown": (0.22, 0.45, 0.15, 0.35),
    "bush": (0.30, 0.45, 0.20, 0.8),
    "boulder": (0.50, 0.50, 0.50, 1.0),
    "bale": (0.80, 0.70, 0.35, 1.0),
    "post": (0.45, 0.35, 0.25, 1.0),
    "barrel": (0.20, 0.35, 0.55, 1.0),
}
"""Red, green, blue and opacity by the kind of a solid; crowns let the drone below them be seen."""
OTHER = (0.60, 0.60, 0.60, 1.0)
"""Of a solid of any other kind."""
TARGET = (0.90, 0.10, 0.10, 1.0)
REACHED = (0.90, 0.10, 0.10, 0.25)
"""Of the disc on which the target counts as reached."""
WAY = (0.10, 0.45, 0.95, 1.0)
DRONE = (0.10, 0.10, 0.12, 1.0)
STEP = 0.25
"""m between the points of the way."""


def world_markers(layout: Layout, prefix: str) -> MarkerArray:
    """Return everything that does not move, in ``odom``, and the drone in ``base_link``.

    Namespaces: ``world``, ``target``, ``way`` (that of the expert from the start: a network may fly
    another one) and ``drone``.

    Args:
        layout: The place, with this drone's start.
        prefix: Of all frame ids.
    """
    odom = f"{prefix}odom"
    standing = [solid for item in layout.items for solid in item.solids]
    markers = [_solid(solid, COLORS.get(solid.kind, OTHER), odom, "world") for solid in standing]
    markers += [_solid(solid, TARGET, odom, "target") for solid in layout.target.solids]
    markers += [_disc(layout, odom), _way(layout, odom)]
    markers += _drone(f"{prefix}base_link")
    for number, marker in enumerate(markers):
        marker.id = number
    return MarkerArray(markers=markers)


def _solid(solid: Solid, color: tuple[float, ...], frame: str, space: str) -> Marker:
    marker = _marker(SHAPES[solid.shape], frame, space, color)
    _place(marker, solid.position)
    pitch = 0.0
    half = solid.size
    if solid.lying:
        # A cylinder marker stands along its z; one that lies along x is pitched there.
        pitch = np.pi / 2.0
        half = solid.size[::-1]
    attitude = attitude_from_euler(0.0, pitch, solid.yaw)
    marker.pose.orientation = Quaternion(**dict(zip("wxyz", map(float, attitude))))
    _scale(marker, *(2.0 * length for length in half))
    return marker


def _disc(layout: Layout, frame: str) -> Marker:
    marker = _marker(Marker.CYLINDER, frame, "target", REACHED)
    _place(marker, (layout.target.x, layout.target.y, 0.01))
    radius = layout.scenario.success.radius
    _scale(marker, 2.0 * radius, 2.0 * radius, 0.02)
    return marker


def _way(layout: Layout, frame: str) -> Marker:
    marker = _marker(Marker.LINE_STRIP, frame, "way", WAY)
    _scale(marker, 0.05, 0.0, 0.0)
    height = layout.scenario.cruise_altitude
    points = Expert(layout).way(np.array((layout.start.x, layout.start.y)), STEP)
    marker.points = [Point(x=float(x), y=float(y), z=float(height)) for x, y in points]
    return marker


def _drone(frame: str) -> list[Marker]:
    body = _marker(Marker.CUBE, frame, "drone", DRONE)
    _scale(body, *(2.0 * half for half in DRONE_MODEL.body))
    across = 2.0 * DRONE_MODEL.rotor_radius
    parts = [body]
    for x, y, _ in DRONE_MODEL.rotor_layout:
        rotor = _marker(Marker.CYLINDER, frame, "drone", DRONE)
        _place(rotor, (x, y, DRONE_MODEL.rotor_height))
        _scale(rotor, across, across, DRONE_MODEL.rotor_thickness)
        parts.append(rotor)
    for part in parts:
        part.frame_locked = True
    return parts


def _marker(kind: int, frame: str, space: str, color: tuple[float, ...]) -> Marker:
    red, green, blue, opacity = color
    marker = Marker(
        type=kind, action=Marker.ADD, ns=space, color=ColorRGBA(r=red, g=green, b=blue, a=opacity)
    )
    # No stamp: it belongs to every time.
    marker.header.frame_id = frame
    marker.pose.orientation.w = 1.0
    return marker


def _place(marker: Marker, position: Sequence[float]) -> None:
    marker.pose.position = Point(**dict(zip("xyz", map(float, position))))


def _scale(marker: Marker, x: float, y: float, z: float) -> None:
    marker.scale = Vector3(x=float(x), y=float(y), z=float(z))
