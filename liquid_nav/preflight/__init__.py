"""What is checked before a flight: facts that were gathered from the graph, and the checks that
judge them. No ROS in here; ``nodes.preflight_probe`` gathers.
"""

from liquid_nav.preflight.autopilot_checks import BRIDGE_STATE_TOPIC, ORDER_TOPIC
from liquid_nav.preflight.checks import CONTROLLER_INFO_TOPIC, preflight_findings
from liquid_nav.preflight.facts import (
    BridgeFacts,
    Finding,
    FindingLevel,
    ParameterScalar,
    PreflightFacts,
    PreflightLimits,
    TopicStatistics,
    percentile,
)
from liquid_nav.preflight.watches import WATCH_PARAMETERS, watch_names

__all__ = [
    "BRIDGE_STATE_TOPIC",
    "BridgeFacts",
    "CONTROLLER_INFO_TOPIC",
    "Finding",
    "FindingLevel",
    "ORDER_TOPIC",
    "ParameterScalar",
    "PreflightFacts",
    "PreflightLimits",
    "TopicStatistics",
    "WATCH_PARAMETERS",
    "percentile",
    "preflight_findings",
    "watch_names",
]
