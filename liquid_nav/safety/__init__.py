"""What stands between a policy and a drone: pure state machines with an injected clock."""

from liquid_nav.safety.supervisor import SafetyLimits, SafetySupervisor, SupervisorOutput
from liquid_nav.safety.watch import Watch, WatchLimits

__all__ = ["SafetyLimits", "SafetySupervisor", "SupervisorOutput", "Watch", "WatchLimits"]
