"""A scenario: what world, where the target is, what counts as a success. Read from
config/scenarios/*.yaml.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from liquid_nav.errors import UserError
from liquid_nav.types import Limits
from liquid_nav.worlds._files import Reader, read_yaml

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "forest": {"blocker_probability": 0.35, "trees_per_m2": 0.095, "bushes_per_m2": 0.018},
    "field": {
        "blocker_probability": 0.06,
        "bales": (4.0, 8.0),
        "bushes": (2.0, 4.0),
        "fences": (0.0, 2.0),
        "lone_trees": (1.0, 1.0),
    },
}
"""World -> its parameters and their values where a scenario gives none: probability, density
(1/m^2), [least, most].
"""
LARGEST = {"blocker_probability": 1.0, "trees_per_m2": 0.3, "bushes_per_m2": 0.3}
"""Largest value of a parameter that is no pair."""
WORLDS = tuple(PARAMETERS)
TASKS = ("fly_to_target",)
"""What can be flown; an unknown task would silently be flown as another one."""


class ScenarioError(UserError):
    """A scenario that cannot be read; the message is one line with cause and remedy."""


@dataclass(frozen=True)
class TargetSpec:
    """Where the target may stand; ranges are drawn from by seed."""

    kind: str = "chair"
    """What the target is."""
    distance: tuple[float, float] = (8.0, 18.0)
    """Range of the horizontal distance from the start, m."""
    bearing: tuple[float, float] = (-0.43, 0.43)
    """Range of the direction from the start, rad, counter-clockwise from the drone's first heading.
    """
    rotation: tuple[float, float] = (-math.pi, math.pi)
    """Range of the direction its front looks to, rad, counter-clockwise from east."""


@dataclass(frozen=True)
class SuccessRule:
    """What counts as a success, and when a flight has failed."""

    radius: float = 2.0
    """Horizontal distance from the target's centre within which the drone has to stay, m."""
    speed: float = 0.5
    """Horizontal speed below which it has to stay there, m/s."""
    hold: float = 2.0
    """Time for which it has to stay there, s."""
    time_limit: float = 60.0
    """Time after which the flight has failed, s."""
    lost_margin: float = 10.0
    """How much farther from the target than at the start the drone may get before it is lost, m."""


@dataclass(frozen=True)
class Geofence:
    """Where the drone may fly."""

    radius: float = 40.0
    """Largest horizontal distance from the start, m."""
    altitude: tuple[float, float] = (0.3, 4.0)
    """Lowest and highest altitude above the ground, m."""


@dataclass(frozen=True)
class Scenario:
    """One flight task, without its seed."""

    name: str
    """Name of the scenario, that of its file."""
    world: str
    """Kind of world, one of ``WORLDS``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the world: probability, density (1/m^2) or [least, most]; those not given are
    from ``PARAMETERS``.
    """
    target: TargetSpec = TargetSpec()
    """What the target is and where it may stand."""
    cruise_altitude: float = 1.5
    """Height above the ground at which the drone begins and flies, m."""
    task: str = "fly_to_target"
    """What is to be done, one of ``TASKS``."""
    condition: str = "summer"
    """Name of the condition in which it is flown unless another is asked for."""
    limits: Limits = Limits()
    """Limits of the commands."""
    success: SuccessRule = SuccessRule()
    """What counts as a success."""
    geofence: Geofence = Geofence()
    """Where the drone may fly."""

    def __post_init__(self) -> None:
        """Complete the parameters of the world."""
        complete = {**PARAMETERS.get(self.world, {}), **self.parameters}
        object.__setattr__(self, "parameters", MappingProxyType(complete))

    def __reduce__(self) -> "tuple[Callable[..., Scenario], tuple[Any, ...]]":
        """Pickle with a plain dict for the parameters (worker processes get scenarios)."""
        return _rebuild, (
            self.name,
            self.world,
            dict(self.parameters),
            self.target,
            self.cruise_altitude,
            self.task,
            self.condition,
            self.limits,
            self.success,
            self.geofence,
        )


def _rebuild(name: str, world: str, parameters: dict[str, Any], *rest: Any) -> Scenario:
    return Scenario(name, world, MappingProxyType(parameters), *rest)


def _parameters(part: Reader, world: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, default in PARAMETERS[world].items():
        if isinstance(default, tuple):
            found[key] = part.pair(key, default, 0, 100)
        else:
            found[key] = part.number(key, default, 0.0, LARGEST[key])
    part.finish(tuple(found))
    return found


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario by name (``forest``, ``field``) or from a YAML file.

    Raises:
        ScenarioError: unknown name, malformed YAML, wrong or unknown keys.
    """
    name, data = read_yaml(name_or_path, "scenarios", ScenarioError)
    top = Reader(data, f"scenario {name}", ScenarioError)
    if "world" not in top.data:
        raise ScenarioError(
            f"scenario {name}: the key 'world' is missing; use one of: {', '.join(WORLDS)}"
        )
    world = top.choice("world", "forest", WORLDS)
    parameters = _parameters(top.section("parameters"), world)
    part = top.section("target")
    target = TargetSpec(
        part.choice("kind", TargetSpec.kind, ("chair",)),
        part.pair("distance", TargetSpec.distance, 4.0, 30.0),
        part.pair("bearing", TargetSpec.bearing, -math.pi, math.pi),
        part.pair("rotation", TargetSpec.rotation, -4.0, 4.0),
    )
    part.finish(("kind", "distance", "bearing", "rotation"))
    part = top.section("limits")
    limits = Limits(
        *(part.number(key, getattr(Limits, key), 0.01, 50.0) for key in Limits.__dataclass_fields__)
    )
    part.finish(tuple(Limits.__dataclass_fields__))
    part = top.section("success")
    success = SuccessRule(
        *(
            part.number(key, getattr(SuccessRule, key), 0.0, 3600.0)
            for key in SuccessRule.__dataclass_fields__
        )
    )
    part.finish(tuple(SuccessRule.__dataclass_fields__))
    part = top.section("geofence")
    geofence = Geofence(
        part.number("radius", Geofence.radius, 1.0, 500.0),
        part.pair("altitude", Geofence.altitude, 0.0, 100.0),
    )
    part.finish(("radius", "altitude"))
    scenario = Scenario(
        name,
        world,
        MappingProxyType(dict(parameters)),
        target,
        top.number("cruise_altitude", Scenario.cruise_altitude, 0.5, 3.5),
        top.choice("task", Scenario.task, TASKS),
        str(top.data.pop("condition", Scenario.condition)),
        limits,
        success,
        geofence,
    )
    top.finish(
        (
            "world",
            "parameters",
            "target",
            "cruise_altitude",
            "task",
            "condition",
            "limits",
            "success",
            "geofence",
        )
    )
    return scenario
