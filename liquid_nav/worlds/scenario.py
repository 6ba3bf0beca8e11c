"""A scenario: what world, where the target is, what counts as a success. Read from config/scenarios/*.yaml."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from liquid_nav.errors import UserError
from liquid_nav.worlds._files import Reader, read_yaml

WORLDS = ("forest", "field")
TASKS = ("fly_to_target", "hike", "follow")


class ScenarioError(UserError):
    """A scenario that cannot be read; the message is one line with cause and remedy."""


@dataclass(frozen=True)
class TargetSpec:
    """Where the target may stand: ranges of distance (m), bearing and rotation (rad)."""

    kind: str = "chair"
    distance: tuple[float, float] = (8.0, 18.0)
    bearing: tuple[float, float] = (-0.43, 0.43)
    rotation: tuple[float, float] = (-math.pi, math.pi)


@dataclass(frozen=True)
class Limits:
    """What the drone may be asked to do: m/s, rad/s, m/s^2, rad/s^2."""

    speed: float = 2.0
    vertical_speed: float = 1.0
    yaw_rate: float = 1.2
    acceleration: float = 3.0
    yaw_acceleration: float = 4.0


@dataclass(frozen=True)
class SuccessRule:
    """Within ``radius`` m of the target, slower than ``speed`` m/s, for ``hold`` s, inside ``time_limit`` s."""

    radius: float = 2.0
    speed: float = 0.5
    hold: float = 2.0
    time_limit: float = 60.0
    lost_margin: float = 10.0


@dataclass(frozen=True)
class Geofence:
    """How far from the start (m, horizontal) and in what altitude band (m) the drone may fly."""

    radius: float = 40.0
    altitude: tuple[float, float] = (0.3, 4.0)


@dataclass(frozen=True)
class Scenario:
    """One flight task, without its seed."""

    name: str
    world: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    target: TargetSpec = TargetSpec()
    cruise_altitude: float = 1.5
    task: str = "fly_to_target"
    condition: str = "summer"
    limits: Limits = Limits()
    success: SuccessRule = SuccessRule()
    geofence: Geofence = Geofence()

    def __reduce__(self) -> tuple:
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


def _rebuild(name: str, world: str, parameters: dict, *rest: Any) -> Scenario:
    return Scenario(name, world, MappingProxyType(parameters), *rest)


def _parameters(part: Reader, world: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "blocker_probability": part.number("blocker_probability", 0.35 if world == "forest" else 0.06, 0.0, 1.0)
    }
    if world == "forest":
        found["trees_per_m2"] = part.number("trees_per_m2", 0.095, 0.0, 0.3)
        found["bushes_per_m2"] = part.number("bushes_per_m2", 0.018, 0.0, 0.3)
    else:
        for key, default in (("bales", (4, 8)), ("bushes", (2, 4)), ("fences", (0, 2)), ("lone_trees", (1, 1))):
            found[key] = part.pair(key, default, 0, 100)
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
        raise ScenarioError(f"scenario {name}: the key 'world' is missing; use one of: {', '.join(WORLDS)}")
    world = top.choice("world", "forest", WORLDS)
    parameters = _parameters(top.section("parameters"), world)
    part = top.section("target")
    target = TargetSpec(
        part.choice("kind", "chair", ("chair",)),
        part.pair("distance", (8.0, 18.0), 4.0, 30.0),
        part.pair("bearing", (-0.43, 0.43), -math.pi, math.pi),
        part.pair("rotation", (-math.pi, math.pi), -4.0, 4.0),
    )
    part.finish(("kind", "distance", "bearing", "rotation"))
    part = top.section("limits")
    limits = Limits(*(part.number(key, getattr(Limits, key), 0.01, 50.0) for key in Limits.__dataclass_fields__))
    part.finish(tuple(Limits.__dataclass_fields__))
    part = top.section("success")
    success = SuccessRule(
        *(part.number(key, getattr(SuccessRule, key), 0.0, 3600.0) for key in SuccessRule.__dataclass_fields__)
    )
    part.finish(tuple(SuccessRule.__dataclass_fields__))
    part = top.section("geofence")
    geofence = Geofence(part.number("radius", 40.0, 1.0, 500.0), part.pair("altitude", (0.3, 4.0), 0.0, 100.0))
    part.finish(("radius", "altitude"))
    scenario = Scenario(
        name,
        world,
        MappingProxyType(dict(parameters)),
        target,
        top.number("cruise_altitude", 1.5, 0.5, 3.5),
        top.choice("task", "fly_to_target", TASKS),
        str(top.data.pop("condition", "summer")),
        limits,
        success,
        geofence,
    )
    top.finish(
        ("world", "parameters", "target", "cruise_altitude", "task", "condition", "limits", "success", "geofence")
    )
    return scenario
