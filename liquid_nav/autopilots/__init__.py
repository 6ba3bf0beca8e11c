"""From the supervisor's orders to an autopilot: one offboard session, and an adapter for each
protocol.

MAVLink (``mavlink_adapter``, ``mavlink_codec``, ``link``) is not imported here: it needs pymavlink,
which PX4 over DDS and plain velocities do not.
"""

from liquid_nav.autopilots.config import SessionConfig, refused_while_flying
from liquid_nav.autopilots.plain import PlainSession
from liquid_nav.autopilots.profiles import ARDUPILOT, PROFILES, PX4, AutopilotProfile, profile
from liquid_nav.autopilots.px4_dds import Px4DdsAdapter
from liquid_nav.autopilots.reports import Event
from liquid_nav.autopilots.session import OffboardSession
from liquid_nav.autopilots.transitions import TRANSITIONS
from liquid_nav.autopilots.vehicle import Landed, Odometry, VehicleState

__all__ = [
    "ARDUPILOT",
    "PROFILES",
    "PX4",
    "TRANSITIONS",
    "Event",
    "AutopilotProfile",
    "Landed",
    "Odometry",
    "OffboardSession",
    "PlainSession",
    "Px4DdsAdapter",
    "SessionConfig",
    "VehicleState",
    "profile",
    "refused_while_flying",
]
