"""Preflight's checks of the bridge and of the autopilot behind it. No ROS in here."""

from __future__ import annotations

from liquid_nav.autopilots import (
    AUTOPILOT_PROFILES,
    NO_FLIGHT_MODE,
    UNNAMED_MODE_PREFIX,
    failsafe_parameters,
    failsafe_stops_motors,
    is_known_failsafe,
)
from liquid_nav.preflight.facts import (
    BridgeFacts,
    Failsafe,
    Finding,
    PreflightFacts,
    PreflightLimits,
    TopicStatistics,
    failure,
    ok,
    warning,
)
from liquid_nav.safety import Phase

BRIDGE_STATE_TOPIC = "autopilot_bridge/state"
ORDER_TOPIC = "safety_supervisor/order"
SAME_VERSION = "run the {node} of this package, in the same version"
DDS = "px4_dds"
PLAIN = ("twist", "twist_stamped")
BY_HAND = "look at them in QGroundControl: {names}"


def check_autopilot(facts: PreflightFacts, wanted: PreflightLimits) -> list[Finding]:
    """Return the findings about the bridge; without a bridge a single one."""
    if not wanted.autopilot:
        return []
    if BRIDGE_STATE_TOPIC in facts.unreadable:
        remedy = SAME_VERSION.format(node="autopilot_bridge")
        return [failure("autopilot", f"{BRIDGE_STATE_TOPIC} cannot be read", remedy)]
    bridge = facts.autopilot
    if bridge is None:
        return [
            failure(
                "autopilot", f"no {BRIDGE_STATE_TOPIC}", "start autopilot_bridge, or --no-autopilot"
            )
        ]
    if facts.topics.get(BRIDGE_STATE_TOPIC, TopicStatistics()).rate == 0.0:
        remedy = "read its log; its last message is too old to rely on"
        return [
            failure(
                "autopilot",
                f"the bridge has stopped publishing: no {BRIDGE_STATE_TOPIC} arrives",
                remedy,
            )
        ]
    found = [_state(bridge), _receives_supervisor(bridge, facts)]
    # An autopilot from which the bridge receives nothing has reported no failsafes yet.
    if bridge.report.phase is not Phase.OFFLINE:
        kind = facts.parameters.get("autopilot_bridge", {}).get("autopilot")
        found += [_hold(bridge, kind), *_failsafes(bridge, kind)]
    return found


def _state(bridge: BridgeFacts) -> Finding:
    phase = bridge.report.phase
    fault = bridge.report.text
    if fault or phase in (Phase.OFFLINE, Phase.RELEASED):
        text = f"{phase.value}: {fault or bridge.text or 'not connected'}"
        remedy = "check the connection, its parameters, and the autopilot's messages"
        return failure("autopilot", text, remedy)
    # The text of an unnamed mode begins with its kind, not with a name.
    if bridge.mode in ("", NO_FLIGHT_MODE) or bridge.mode.startswith(UNNAMED_MODE_PREFIX):
        text = f"{phase.value}, mode unknown ({bridge.mode or 'not reported'})"
        remedy = (
            "look at the mode in QGroundControl, and whether this firmware is one that "
            "docs/how_to/autopilots.md names"
        )
        return warning("autopilot", text, remedy)
    return ok("autopilot", f"{phase.value}, mode {bridge.mode}")


def _receives_supervisor(bridge: BridgeFacts, facts: PreflightFacts) -> Finding:
    """Check that the bridge receives the supervisor to which a person gives orders."""
    if ORDER_TOPIC in facts.unreadable:
        remedy = SAME_VERSION.format(node="safety_supervisor")
        return failure("orders", f"{ORDER_TOPIC} cannot be read", remedy)
    if facts.order is None:
        remedy = "start safety_supervisor of this package, in the same version"
        return failure("orders", f"no {ORDER_TOPIC}", remedy)
    received = bridge.report.supervisor
    ours = facts.order.supervisor
    if not received:
        remedy = f"compare namespaces and domains: ros2 topic info -v {ORDER_TOPIC}"
        return failure("orders", "the bridge receives no supervisor", remedy)
    if received != ours:
        text = f"the bridge receives supervisor {received}, the orders are those of {ours}"
        remedy = f"run exactly one safety_supervisor: ros2 topic info -v {ORDER_TOPIC}"
        return failure("orders", text, remedy)
    return ok("orders", f"the bridge receives supervisor {ours}")


def _hold(bridge: BridgeFacts, kind: object) -> Finding:
    if bridge.hold == "mode":
        return ok("hold", "the autopilot's hold mode")
    if bridge.hold == "zero set points":
        text = "zero set points: there is no global position; if the bridge ends, PX4 lands"
        remedy = "wait for GPS, or fly knowing that the end of the bridge is a landing"
        return warning("hold", text, remedy)
    if kind in PLAIN:
        text = "zero velocities: a plain topic has no hold mode"
        return warning("hold", text, "make sure that the vehicle itself stops when they end")
    remedy = SAME_VERSION.format(node="autopilot_bridge")
    return warning("hold", "the bridge does not report how it would hold", remedy)


def _failsafes(bridge: BridgeFacts, kind: object) -> list[Finding]:
    """Return a finding for each reported parameter, and one for those that are not reported."""
    found = [_failsafe(name, failsafe) for name, failsafe in bridge.failsafes.items()]
    if kind == DDS:
        remedy = BY_HAND.format(names=", ".join(failsafe_parameters("PX4")))
        return [*found, warning("failsafes", "they cannot be read over DDS", remedy)]
    if kind not in AUTOPILOT_PROFILES:
        text = "a plain topic reports none" if kind in PLAIN else "the bridge's kind cannot be read"
        return [*found, warning("failsafes", text, "look at the vehicle's own failsafes by hand")]
    missing = [
        name
        for name in failsafe_parameters(AUTOPILOT_PROFILES[kind].name)
        if name not in bridge.failsafes
    ]
    if missing:
        names = ", ".join(missing)
        remedy = f"wait a few seconds and look again, or {BY_HAND.format(names=names)}"
        found.append(warning("failsafes", f"not reported yet: {names}", remedy))
    return found


def _failsafe(name: str, failsafe: Failsafe) -> Finding:
    text = f"{failsafe.value:g}: {failsafe.meaning}"
    if failsafe_stops_motors(name, failsafe.value):
        return failure(name, text, f"set {name} in QGroundControl so that the motors stay on")
    if not is_known_failsafe(name, failsafe.value):
        return warning(name, text, f"look up {name} for the firmware of this autopilot")
    return ok(name, text)
