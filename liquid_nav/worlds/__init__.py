"""Worlds: from the description of a scenario to a layout and on to a MuJoCo model; and the
conditions around it.
"""

from liquid_nav.types import Limits
from liquid_nav.worlds.condition import (
    OWN_CAMERA,
    OWN_CLOCK,
    OWN_ESTIMATOR,
    OWN_LOOK,
    AppearanceSpec,
    CameraFaults,
    Condition,
    ConditionError,
    DriftSpec,
    WindSpec,
    check_supported,
    load_condition,
)
from liquid_nav.worlds.layout import (
    Item,
    Layout,
    Solid,
    Start,
    Target,
    generate_layout,
    line_blocked,
)
from liquid_nav.worlds.mounting import Mounting, draw_mounting, euler_angles
from liquid_nav.worlds.scenario import (
    Geofence,
    Scenario,
    ScenarioError,
    SuccessRule,
    TargetSpec,
    load_scenario,
)
from liquid_nav.worlds.starts import shared_start
from liquid_nav.worlds.veil import veiled

__all__ = [
    "OWN_CAMERA",
    "OWN_CLOCK",
    "OWN_ESTIMATOR",
    "OWN_LOOK",
    "AppearanceSpec",
    "CameraFaults",
    "Condition",
    "ConditionError",
    "DriftSpec",
    "Geofence",
    "Item",
    "Layout",
    "Limits",
    "Mounting",
    "Scenario",
    "ScenarioError",
    "Solid",
    "Start",
    "SuccessRule",
    "Target",
    "TargetSpec",
    "WindSpec",
    "build_spec",
    "check_supported",
    "draw_mounting",
    "euler_angles",
    "generate_layout",
    "line_blocked",
    "load_condition",
    "load_scenario",
    "shared_start",
    "veiled",
]


def __getattr__(name: str) -> object:
    """Load what needs MuJoCo only when it is asked for."""
    if name == "build_spec":
        from liquid_nav.worlds.mjcf import build_spec

        return build_spec
    raise AttributeError(name)
