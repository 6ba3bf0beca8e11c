"""A condition: season, weather, light, wind and what is wrong with the camera. Read from config/conditions/*.yaml."""

from dataclasses import dataclass
from pathlib import Path

from liquid_nav.errors import UserError
from liquid_nav.worlds._files import Reader, read_yaml

SEASONS = ("summer", "autumn", "winter")
LIGHTS = ("day", "overcast", "dusk")


class ConditionError(UserError):
    """A condition that cannot be read; the message is one line with cause and remedy."""


@dataclass(frozen=True)
class WindSpec:
    """Wind: range of the mean speed (m/s, drawn by seed) and standard deviation of the gusts (m/s)."""

    mean: tuple[float, float] = (0.0, 2.0)
    gust: float = 0.5


@dataclass(frozen=True)
class DriftSpec:
    """How wrong the velocity estimate is that the autopilot flies by; see ``simulation/drift.py``."""

    velocity: float = 0.0
    """Size of the horizontal error, m/s; of the vector if it is constant, standard deviation of each axis if not."""
    vertical: float = 0.0
    """Size of the vertical error, m/s."""
    wander: float = 0.0
    """Time constant with which the error becomes another, s; 0: it stays the same for a flight."""


@dataclass(frozen=True)
class CameraFaults:
    """What is wrong with the images.

    ``noise``: standard deviation in grey levels; ``blur``: sigma in pixels of a 256-wide image; ``exposure``: range
    of the gain; ``drop``: share of frames that never come; ``late``: share of frames that come one period late.
    """

    noise: float = 2.0
    blur: float = 0.0
    exposure: tuple[float, float] = (1.0, 1.0)
    drop: float = 0.0
    late: float = 0.0


@dataclass(frozen=True)
class Condition:
    """Everything around a flight that is not its layout. ``fog`` is an extinction in 1/m (0: clear)."""

    name: str = "summer"
    season: str = "summer"
    fog: float = 0.0
    light: str = "day"
    wind: WindSpec = WindSpec()
    camera: CameraFaults = CameraFaults()
    drift: DriftSpec = DriftSpec()


def load_condition(name_or_path: str | Path) -> Condition:
    """Load a condition by name (``summer``, ``autumn``, ``winter``, ``fog``, ``dusk``) or from a YAML file.

    Raises:
        ConditionError: unknown name, malformed YAML, wrong or unknown keys.
    """
    name, data = read_yaml(name_or_path, "conditions", ConditionError)
    top = Reader(data, f"condition {name}", ConditionError)
    part = top.section("wind")
    wind = WindSpec(part.pair("mean", (0.0, 2.0), 0.0, 30.0), part.number("gust", 0.5, 0.0, 20.0))
    part.finish(("mean", "gust"))
    part = top.section("camera")
    camera = CameraFaults(
        part.number("noise", 2.0, 0.0, 100.0),
        part.number("blur", 0.0, 0.0, 10.0),
        part.pair("exposure", (1.0, 1.0), 0.05, 10.0),
        part.number("drop", 0.0, 0.0, 1.0),
        part.number("late", 0.0, 0.0, 1.0),
    )
    part.finish(("noise", "blur", "exposure", "drop", "late"))
    part = top.section("drift")
    drift = DriftSpec(
        part.number("velocity", 0.0, 0.0, 5.0),
        part.number("vertical", 0.0, 0.0, 5.0),
        part.number("wander", 0.0, 0.0, 1000.0),
    )
    part.finish(("velocity", "vertical", "wander"))
    condition = Condition(
        name,
        top.choice("season", "summer", SEASONS),
        top.number("fog", 0.0, 0.0, 1.0),
        top.choice("light", "day", LIGHTS),
        wind,
        camera,
        drift,
    )
    top.finish(("season", "fog", "light", "wind", "camera", "drift"))
    return condition


def check_own_estimator(condition: Condition, where: str) -> Condition:
    """Return the condition, to be flown where the autopilot has an estimator of its own (``where``).

    Raises:
        ConditionError: The condition asks for an error of the estimate, which cannot be brought in there.
    """
    if condition.drift != DriftSpec():
        raise ConditionError(
            f"condition {condition.name}: 'drift' cannot be simulated in {where}, whose estimator is its own",
            "fly it with sim:=embedded, or take another condition",
        )
    return condition
