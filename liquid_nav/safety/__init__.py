"""What stands between a policy and a drone: pure state machines with an injected clock."""

from liquid_nav.safety.contract import ACTIVE, FLOWN, IN_CHARGE, BridgeReport, Mode, Order, Phase
from liquid_nav.safety.faults import Fault, FaultKind
from liquid_nav.safety.limit_changes import lower, refused_in_flight
from liquid_nav.safety.limits import SafetyLimits
from liquid_nav.safety.stamp_clock import StampClock
from liquid_nav.safety.sticks import Sticks
from liquid_nav.safety.supervisor import MODE_TRANSITIONS, SafetySupervisor, SupervisorOutput
from liquid_nav.safety.switch import FIRST_CHANNEL, LAST_CHANNEL, EngageSwitch
from liquid_nav.safety.watch import EARLY, Watch, WatchLimits

__all__ = [
    "ACTIVE",
    "FLOWN",
    "EARLY",
    "FIRST_CHANNEL",
    "IN_CHARGE",
    "LAST_CHANNEL",
    "MODE_TRANSITIONS",
    "BridgeReport",
    "EngageSwitch",
    "Fault",
    "FaultKind",
    "Mode",
    "Order",
    "Phase",
    "SafetyLimits",
    "SafetySupervisor",
    "StampClock",
    "Sticks",
    "SupervisorOutput",
    "Watch",
    "WatchLimits",
    "lower",
    "refused_in_flight",
]
