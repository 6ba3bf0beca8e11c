"""What stands between a policy and a drone: pure state machines with an injected clock."""

from liquid_nav.flight.safety import SafetyLimits, SafetySupervisor, SupervisorOutput

__all__ = ["SafetyLimits", "SafetySupervisor", "SupervisorOutput"]
