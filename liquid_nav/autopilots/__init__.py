"""From the supervisor's orders to an autopilot: one offboard session, and an adapter for each
protocol.

MAVLink (``mavlink_adapter``, ``mavlink_codec``, ``link``) is not imported here: it needs pymavlink,
which PX4 over DDS and plain velocities do not.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.autopilots.connection import read_connection
    from liquid_nav.autopilots.failsafes import (
        explain_failsafe,
        failsafe_parameters,
        failsafe_stops_motors,
        is_known_failsafe,
    )
    from liquid_nav.autopilots.link import MavlinkLink, MavlinkUdp
    from liquid_nav.autopilots.mavlink_adapter import MavlinkAdapter
    from liquid_nav.autopilots.mavlink_codec import (
        COMPANION_COMPONENT_ID,
        COMPANION_SYSTEM_ID,
        MavlinkCodec,
        MavlinkMessage,
        mavlink_signing_key,
    )
    from liquid_nav.autopilots.mavlink_messages import (
        VELOCITY_YAW_RATE_MASK,
        decode_parameter,
        external_vision_message,
        parameter_value_message,
        request_message_rate,
    )
    from liquid_nav.autopilots.plain import PlainSession
    from liquid_nav.autopilots.profiles import (
        ARDUPILOT,
        AUTOPILOT_PROFILES,
        NO_FLIGHT_MODE,
        PX4,
        UNNAMED_MODE_PREFIX,
        AutopilotProfile,
        autopilot_profile,
        px4_mode,
    )
    from liquid_nav.autopilots.px4_dds import (
        Px4DdsAdapter,
        Px4SetPoint,
        Px4VehicleCommand,
        px4_mav_type,
        px4_topic_name,
    )
    from liquid_nav.autopilots.px4_truth import Px4GroundTruth
    from liquid_nav.autopilots.session import OffboardSession
    from liquid_nav.autopilots.session_config import SessionConfig, refused_while_flying
    from liquid_nav.autopilots.session_reports import SessionEvent
    from liquid_nav.autopilots.transitions import PHASE_TRANSITIONS
    from liquid_nav.autopilots.true_pose import (
        ARDUPILOT_METRES_PER_E7,
        DEGREES_PER_E7,
        PX4_METRES_PER_E7,
        TRUE_POSE_MESSAGE_IDS,
        TRUE_POSE_RATE,
        MavlinkTruePose,
    )
    from liquid_nav.autopilots.vehicle import Landed, Odometry, VehicleState
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "session_config": ["SessionConfig", "refused_while_flying"],
            "connection": ["read_connection"],
            "failsafes": [
                "explain_failsafe",
                "failsafe_parameters",
                "failsafe_stops_motors",
                "is_known_failsafe",
            ],
            "link": ["MavlinkLink", "MavlinkUdp"],
            "mavlink_adapter": ["MavlinkAdapter"],
            "mavlink_codec": [
                "COMPANION_COMPONENT_ID",
                "COMPANION_SYSTEM_ID",
                "MavlinkCodec",
                "MavlinkMessage",
                "mavlink_signing_key",
            ],
            "mavlink_messages": [
                "VELOCITY_YAW_RATE_MASK",
                "decode_parameter",
                "external_vision_message",
                "parameter_value_message",
                "request_message_rate",
            ],
            "plain": ["PlainSession"],
            "profiles": [
                "ARDUPILOT",
                "AUTOPILOT_PROFILES",
                "AutopilotProfile",
                "NO_FLIGHT_MODE",
                "PX4",
                "UNNAMED_MODE_PREFIX",
                "autopilot_profile",
                "px4_mode",
            ],
            "px4_dds": [
                "Px4DdsAdapter",
                "Px4SetPoint",
                "Px4VehicleCommand",
                "px4_mav_type",
                "px4_topic_name",
            ],
            "px4_truth": ["Px4GroundTruth"],
            "session": ["OffboardSession"],
            "session_reports": ["SessionEvent"],
            "transitions": ["PHASE_TRANSITIONS"],
            "true_pose": [
                "ARDUPILOT_METRES_PER_E7",
                "DEGREES_PER_E7",
                "MavlinkTruePose",
                "PX4_METRES_PER_E7",
                "TRUE_POSE_MESSAGE_IDS",
                "TRUE_POSE_RATE",
            ],
            "vehicle": ["Landed", "Odometry", "VehicleState"],
        },
    )

__all__ = [
    "ARDUPILOT",
    "ARDUPILOT_METRES_PER_E7",
    "AUTOPILOT_PROFILES",
    "AutopilotProfile",
    "COMPANION_COMPONENT_ID",
    "COMPANION_SYSTEM_ID",
    "DEGREES_PER_E7",
    "Landed",
    "MavlinkAdapter",
    "MavlinkCodec",
    "MavlinkLink",
    "MavlinkMessage",
    "MavlinkTruePose",
    "MavlinkUdp",
    "NO_FLIGHT_MODE",
    "Odometry",
    "OffboardSession",
    "PHASE_TRANSITIONS",
    "PX4",
    "PX4_METRES_PER_E7",
    "PlainSession",
    "Px4DdsAdapter",
    "Px4GroundTruth",
    "Px4SetPoint",
    "Px4VehicleCommand",
    "SessionConfig",
    "SessionEvent",
    "TRUE_POSE_MESSAGE_IDS",
    "TRUE_POSE_RATE",
    "UNNAMED_MODE_PREFIX",
    "VELOCITY_YAW_RATE_MASK",
    "VehicleState",
    "autopilot_profile",
    "decode_parameter",
    "explain_failsafe",
    "external_vision_message",
    "failsafe_parameters",
    "failsafe_stops_motors",
    "is_known_failsafe",
    "mavlink_signing_key",
    "parameter_value_message",
    "px4_mav_type",
    "px4_mode",
    "px4_topic_name",
    "read_connection",
    "refused_while_flying",
    "request_message_rate",
]
