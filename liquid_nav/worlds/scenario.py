"""A scenario: what world, where the target is, what counts as a success. Read from
config/scenarios/*.yaml.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liquid_nav.errors import UserError
from liquid_nav.types import Limits
from liquid_nav.worlds._files import Reader, read_yaml
from liquid_nav.worlds.keys import (
    choice_key,
    number_key,
    range_key,
    read_keys,
    section_key,
    text_key,
)
from liquid_nav.worlds.kinds import WORLDS
from liquid_nav.worlds.targets import TARGETS

TASKS = ("fly_to_target",)
"""What can be flown; an unknown task would silently be flown as another one."""


class ScenarioError(UserError):
    """A scenario that cannot be read; the message is one line with cause and remedy."""


@dataclass(frozen=True)
class TargetSpec:
    """Where the target may stand; ranges are drawn from by seed."""

    kind: str = choice_key("chair", tuple(TARGETS))
    """What the target is."""
    distance: tuple[float, float] = range_key((8.0, 18.0), 4.0, 30.0)
    """Range of the horizontal distance from the start, m."""
    bearing: tuple[float, float] = range_key((-0.43, 0.43), -math.pi, math.pi)
    """Range of the direction from the start, rad, counter-clockwise from the drone's first heading.
    """
    rotation: tuple[float, float] = range_key((-math.pi, math.pi), -4.0, 4.0)
    """Range of the direction its front looks to, rad, counter-clockwise from east."""


@dataclass(frozen=True)
class SuccessRule:
    """What counts as a success, and when a flight has failed."""

    radius: float = number_key(2.0, 0.0, 3600.0)
    """Horizontal distance from the target's centre within which the drone has to stay, m."""
    speed: float = number_key(0.5, 0.0, 3600.0)
    """Horizontal speed below which it has to stay there, m/s."""
    hold: float = number_key(2.0, 0.0, 3600.0)
    """Time for which it has to stay there, s."""
    time_limit: float = number_key(60.0, 0.0, 3600.0)
    """Time after which the flight has failed, s."""
    lost_margin: float = number_key(10.0, 0.0, 3600.0)
    """How much farther from the target than at the start the drone may get before it is lost, m."""


@dataclass(frozen=True)
class Geofence:
    """Where the drone may fly."""

    radius: float = number_key(40.0, 1.0, 500.0)
    """Largest horizontal distance from the start, m."""
    altitude: tuple[float, float] = range_key((0.3, 4.0), 0.0, 100.0)
    """Lowest and highest altitude above the ground, m."""


@dataclass(frozen=True)
class Scenario:
    """One flight task, without its seed. A value: it can be hashed, and sent to other processes."""

    name: str
    """Name of the scenario, that of its file."""
    world: str
    """Kind of world, one of ``kinds.WORLDS``."""
    parameters: Any = None
    """What the kind of world can be set to, such as ``ForestParameters``; None: its defaults."""
    target: TargetSpec = section_key(TargetSpec())
    """What the target is and where it may stand."""
    cruise_altitude: float = number_key(1.5, 0.5, 3.5)
    """Height above the ground at which the drone begins and flies, m."""
    task: str = choice_key("fly_to_target", TASKS)
    """What is to be done."""
    condition: str = text_key("summer", "name or file of a condition")
    """Condition in which it is flown unless another is asked for."""
    limits: Limits = section_key(Limits(), 0.01, 50.0)
    """Limits of the commands."""
    success: SuccessRule = section_key(SuccessRule())
    """What counts as a success."""
    geofence: Geofence = section_key(Geofence())
    """Where the drone may fly."""

    def __post_init__(self) -> None:
        """Take the defaults of the kind of world where no parameters are given.

        Raises:
            ScenarioError: the kind of world is unknown, or the parameters are of another one.
        """
        kind = _parameters(self.name, self.world)
        if self.parameters is None:
            object.__setattr__(self, "parameters", kind())
        elif not isinstance(self.parameters, kind):
            raise ScenarioError(
                f"scenario {self.name}: {self.parameters!r} are no parameters of '{self.world}'",
                f"give {kind.__name__}(...)",
            )


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario by the name of its file in config/scenarios (``forest``, ``field``), or from
    a YAML file elsewhere.

    Raises:
        ScenarioError: unknown name, malformed YAML, wrong or unknown keys.
    """
    name, data = read_yaml(name_or_path, "scenarios", ScenarioError)
    top = Reader(data, f"scenario {name}", ScenarioError)
    if "world" not in top.data:
        raise ScenarioError(f"scenario {name}: the key 'world' is missing; use one of: {_known()}")
    world = str(top.data.pop("world"))
    parameters = read_keys(top.section("parameters"), _parameters(name, world))
    return read_keys(
        top, Scenario, known=("world", "parameters"), name=name, world=world, parameters=parameters
    )


def _parameters(name: str, world: str) -> type[Any]:
    """Return the class of the parameters of a kind of world."""
    try:
        return WORLDS[world].parameters
    except KeyError:
        raise ScenarioError(
            f"scenario {name}: 'world' is {world!r}; use one of: {_known()}"
        ) from None


def _known() -> str:
    return ", ".join(WORLDS)
