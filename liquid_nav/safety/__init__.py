"""What stands between a policy and a drone: pure state machines with an injected clock."""

from liquid_nav.safety.contract import (
    ACTIVE_MODES,
    FLOWN_PHASES,
    PHASES_IN_CHARGE,
    BridgeReport,
    Mode,
    Order,
    Phase,
)
from liquid_nav.safety.faults import Fault, FaultKind
from liquid_nav.safety.limit_changes import is_lowered, refused_in_flight
from liquid_nav.safety.limits import SafetyLimits
from liquid_nav.safety.stamp_clock import StampClock
from liquid_nav.safety.sticks import Sticks
from liquid_nav.safety.supervisor import MODE_TRANSITIONS, SafetySupervisor, SupervisorOutput
from liquid_nav.safety.switch import FIRST_SWITCH_CHANNEL, LAST_SWITCH_CHANNEL, EngageSwitch
from liquid_nav.safety.watch import EARLY_STAMP_TOLERANCE, Watch, WatchLimits

__all__ = [
    "ACTIVE_MODES",
    "BridgeReport",
    "EARLY_STAMP_TOLERANCE",
    "EngageSwitch",
    "FIRST_SWITCH_CHANNEL",
    "FLOWN_PHASES",
    "Fault",
    "FaultKind",
    "LAST_SWITCH_CHANNEL",
    "MODE_TRANSITIONS",
    "Mode",
    "Order",
    "PHASES_IN_CHARGE",
    "Phase",
    "SafetyLimits",
    "SafetySupervisor",
    "StampClock",
    "Sticks",
    "SupervisorOutput",
    "Watch",
    "WatchLimits",
    "is_lowered",
    "refused_in_flight",
]
