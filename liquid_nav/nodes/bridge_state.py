"""The bridge's state as others read it: JSON in a String, which anybody may get wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass

from std_msgs.msg import String


@dataclass(frozen=True, slots=True)
class BridgeState:
    """phase: of ``flight.mavlink_autopilot``; fault: why the last thing asked for did not happen, or empty.

    airborne: whether the vehicle flies.
    """

    phase: str
    fault: str
    airborne: bool = False

    @classmethod
    def read(cls, message: String) -> BridgeState | None:
        """Return the state, or None for what is no state."""
        try:
            facts = json.loads(message.data)
        except ValueError:
            return None
        if not isinstance(facts, dict):
            return None
        phase, fault = facts.get("phase"), facts.get("fault")
        good = isinstance(phase, str) and isinstance(fault, str)
        return cls(phase, fault, facts.get("airborne") is True) if good else None
