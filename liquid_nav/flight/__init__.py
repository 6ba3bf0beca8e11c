"""What stands between a policy and a drone: limits and autopilot protocols, as pure state machines with a clock given in."""

from liquid_nav.flight.safety import SafetyLimits, SafetySupervisor, SupervisorOutput

__all__ = ["SafetyLimits", "SafetySupervisor", "SupervisorOutput"]
