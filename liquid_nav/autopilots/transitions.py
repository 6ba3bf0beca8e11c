"""Which phase of the session may follow which; docs/reference/safety.md draws it, and tests hold
the session to it.
"""

from __future__ import annotations

from liquid_nav.safety import Phase

PHASE_TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.OFFLINE: frozenset(
        {Phase.READY, Phase.RELEASED, Phase.HOLDING, Phase.LANDING, Phase.STOPPING}
    ),
    Phase.READY: frozenset({Phase.OFFLINE, Phase.STARTING, Phase.RELEASED}),
    Phase.STARTING: frozenset(
        {
            Phase.OFFLINE,
            Phase.CLIMBING,
            Phase.FLYING,
            Phase.HOLDING,
            Phase.STOPPING,
            Phase.READY,
            Phase.LANDING,
            Phase.RELEASED,
        }
    ),
    Phase.CLIMBING: frozenset(
        {Phase.FLYING, Phase.HOLDING, Phase.STOPPING, Phase.LANDING, Phase.RELEASED}
    ),
    Phase.FLYING: frozenset({Phase.HOLDING, Phase.STOPPING, Phase.LANDING, Phase.RELEASED}),
    Phase.HOLDING: frozenset(
        {
            Phase.OFFLINE,
            Phase.READY,
            Phase.STARTING,
            Phase.FLYING,
            Phase.STOPPING,
            Phase.LANDING,
            Phase.RELEASED,
        }
    ),
    Phase.LANDING: frozenset(
        {Phase.OFFLINE, Phase.READY, Phase.HOLDING, Phase.STOPPING, Phase.RELEASED}
    ),
    Phase.STOPPING: frozenset({Phase.OFFLINE, Phase.READY, Phase.LANDING, Phase.RELEASED}),
    Phase.RELEASED: frozenset(
        {Phase.OFFLINE, Phase.READY, Phase.STARTING, Phase.LANDING, Phase.STOPPING}
    ),
}
"""Which phase may follow which."""
