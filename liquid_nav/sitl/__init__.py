"""Simulated autopilots to test against: a vehicle that sends and receives real MAVLink as PX4 or as
ArduPilot does, and flights in lock step through it. Test equipment, not part of what flies a drone.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.sitl.mavlink_flight import SIMULATED_AUTOPILOTS, fly_mavlink
    from liquid_nav.sitl.vehicle_body import EmbeddedBody
    from liquid_nav.sitl.vehicle_server import UdpServer
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "mavlink_flight": ["SIMULATED_AUTOPILOTS", "fly_mavlink"],
            "vehicle_body": ["EmbeddedBody"],
            "vehicle_server": ["UdpServer"],
        },
    )

__all__ = [
    "EmbeddedBody",
    "SIMULATED_AUTOPILOTS",
    "UdpServer",
    "fly_mavlink",
]
