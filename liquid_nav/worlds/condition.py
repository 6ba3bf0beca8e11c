"""A condition: season, weather, light, wind and what is wrong with camera and estimator.

Read from config/conditions/*.yaml. A key means the same in every way of flying; where it cannot be
followed, the flight is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from liquid_nav.errors import UserError
from liquid_nav.registry import Registry
from liquid_nav.worlds._files import Reader, known_names, read_yaml
from liquid_nav.worlds.keys import choice_key, number_key, range_key, read_keys, section_key
from liquid_nav.worlds.streams import RandomStream

SEASONS = ("summer", "autumn", "winter")
LIGHTS = ("day", "overcast", "dusk")
PALETTES = ("natural", "inverted", "sepia")
"""What the colours of everything but the target are turned into; see ``worlds/repaint.py``."""
GROUNDS = ("natural", "blue", "checkered")
"""What the ground is painted like."""
VEILS = ("none", "stripes")
"""What lies over every picture; see ``worlds/veil.py``."""
DEFAULT_FRAME_RATE = 30.0
"""Camera frames per second where neither the condition nor the caller gives one."""
DEFAULT_FIELD_OF_VIEW = 80.0
"""Horizontal field of view of the camera where the condition gives none, degrees."""
UNLIMITED_SIGHT = 1000.0
"""Distance beyond which nothing stands, m: the target is always drawn."""


class ConditionError(UserError):
    """A condition that cannot be read; the message is one line with cause and remedy."""


@dataclass(frozen=True)
class WindSpec:
    """The wind of a condition."""

    mean: tuple[float, float] = range_key((0.0, 2.0), 0.0, 30.0)
    """Range of the horizontal mean speed, m/s; drawn by seed."""
    gust: float = number_key(0.5, 0.0, 20.0)
    """Standard deviation of the gusts on each horizontal axis, m/s; a third of it vertically."""


@dataclass(frozen=True)
class DriftSpec:
    """How wrong the velocity estimate is that the autopilot flies by; see
    ``simulation/drift.py``.
    """

    velocity: float = number_key(0.0, 0.0, 5.0)
    """Size of the horizontal error of the velocity estimate, m/s; of the vector if it is constant,
    standard deviation of each axis if not.
    """
    vertical: float = number_key(0.0, 0.0, 5.0)
    """Size of the vertical error of the velocity estimate, m/s."""
    wander: float = number_key(0.0, 0.0, 1000.0)
    """Time constant with which the error becomes another, s; 0: it stays the same for a flight."""


@dataclass(frozen=True)
class CameraFaults:
    """What the camera is like, and what is wrong with its images."""

    noise: float = number_key(2.0, 0.0, 100.0)
    """Standard deviation of the noise of a pixel, grey levels."""
    blur: float = number_key(0.0, 0.0, 10.0)
    """Sigma of a Gaussian blur, pixels of a 256-wide image."""
    exposure: tuple[float, float] = range_key((1.0, 1.0), 0.05, 10.0)
    """Range of the gain; drawn by seed once for a flight."""
    drop: float = number_key(0.0, 0.0, 1.0)
    """Share of frames that never come, 0 to 1."""
    late: float = number_key(0.0, 0.0, 1.0)
    """Share of frames that come one period late, with the stamp that they had, 0 to 1."""
    jitter: float = number_key(0.0, 0.0, 0.5)
    """Largest shift of a frame's instant to either side, as a share of the period, 0 to 0.5."""
    rate: float = number_key(0.0, 0.0, 240.0)
    """Frames per second, Hz; 0: what the caller asks for, usually 30."""
    view: tuple[float, float] = range_key(
        (DEFAULT_FIELD_OF_VIEW, DEFAULT_FIELD_OF_VIEW), 30.0, 150.0
    )
    """Range of the horizontal field of view, degrees; drawn by seed."""
    mounting: float = number_key(0.0, 0.0, 45.0)
    """Angle by which the camera is turned from where it should look, degrees; about an axis drawn
    by seed.
    """


@dataclass(frozen=True)
class AppearanceSpec:
    """How the world is coloured, beyond what season and light do. Invented looks, for choosing and
    for training.
    """

    palette: str = choice_key("natural", PALETTES)
    """What the colours of everything but the target are turned into."""
    ground: str = choice_key("natural", GROUNDS)
    """Colours of the ground."""
    veil: str = choice_key("none", VEILS)
    """What lies over every picture."""
    random: float = number_key(0.0, 0.0, 1.0)
    """Probability that a flight's colours, textures and light are drawn at random, 0 to 1."""
    sight: tuple[float, float] = range_key((UNLIMITED_SIGHT, UNLIMITED_SIGHT), 0.0, UNLIMITED_SIGHT)
    """Range of the distance within which the target is drawn, m; farther off it is not there. Drawn
    by seed.
    """
    occluded: tuple[float, float] = range_key((0.0, 0.0), 0.0, 60.0)
    """Range of the time for which the target is not drawn, again and again, s; 0: it is always
    drawn. Each time is drawn by seed.
    """
    between: tuple[float, float] = range_key((2.0, 5.0), 0.1, 60.0)
    """Range of the time from the start, and from the end of one such time, to the next one, s."""

    def draw_sight(self, seed: int) -> float:
        """Return the distance within which the target is drawn in the flight with this seed, m."""
        return float(RandomStream.SIGHT.generator(seed).uniform(*self.sight))


@dataclass(frozen=True)
class Condition:
    """Everything around a flight that is not its layout."""

    name: str = "summer"
    """Name of the condition, that of its file."""
    season: str = choice_key("summer", SEASONS)
    """Leaves, ground and snow."""
    fog: float = number_key(0.0, 0.0, 1.0)
    """Extinction coefficient of the fog, 1/m; 0: clear."""
    light: str = choice_key("day", LIGHTS)
    """Sun and sky."""
    wind: WindSpec = section_key(WindSpec())
    """Mean wind and gusts."""
    camera: CameraFaults = section_key(CameraFaults())
    """What the camera is like, and what is wrong with its images."""
    drift: DriftSpec = section_key(DriftSpec())
    """Error of the autopilot's velocity estimate."""
    appearance: AppearanceSpec = section_key(AppearanceSpec())
    """Invented colours of the world and sight of the target."""

    def frame_rate(self, asked: float | None = None) -> float:
        """Return the camera's frames per second, Hz: what is asked for, else the condition's, else
        ``DEFAULT_FRAME_RATE``.
        """
        if asked:
            return float(asked)
        return self.camera.rate or DEFAULT_FRAME_RATE


FOLDER = "conditions"
"""Below config/."""
CONDITIONS: Registry[Mapping[str, Any]] = Registry("liquid_nav.conditions", {})
"""Name -> the keys of a condition, as its YAML file would hold them; other packages add to it (see
``registry``). A name in config/conditions comes first.
"""


def load_condition(name_or_path: str | Path) -> Condition:
    """Load a condition by the name of its file in config/conditions (``winter``,
    ``pseudo/sepia``), by its name in ``CONDITIONS``, or from a YAML file elsewhere.

    Raises:
        ConditionError: unknown name, malformed YAML, wrong or unknown keys.
        UserError: the installed package that offers it cannot be imported.
    """
    name = str(name_or_path)
    if name not in known_names(FOLDER) and name in CONDITIONS:
        data: Any = CONDITIONS[name]
    else:
        name, data = read_yaml(name_or_path, FOLDER, ConditionError, CONDITIONS)
    return read_keys(Reader(data, f"condition {name}", ConditionError), Condition, name=name)


KEYS_OF_OWN_ESTIMATOR = ("drift",)
"""Keys that an autopilot with an estimator of its own cannot follow."""
KEYS_OF_OWN_LOOK = (
    "appearance.palette",
    "appearance.ground",
    "appearance.random",
    "appearance.sight",
    "appearance.occluded",
)
"""Keys that a world which another program renders cannot show."""
KEYS_OF_OWN_CLOCK = ("camera.jitter",)
"""Keys that a camera cannot follow whose frames another program times."""
KEYS_OF_OWN_CAMERA = ("camera.rate", "camera.view", "camera.mounting")
"""Keys that a drone model with a camera of its own cannot follow."""


def check_condition_supported(
    condition: Condition, where: str, lacking: Sequence[str]
) -> Condition:
    """Return the condition, to be flown in ``where``, which cannot follow the keys ``lacking``.

    Raises:
        ConditionError: The condition sets one of these keys.
    """
    usual = Condition()
    for key in lacking:
        read = attrgetter(key)
        if read(condition) != read(usual):
            raise ConditionError(
                f"condition {condition.name}: '{key}' cannot be simulated in {where}",
                "fly it with sim:=embedded, or take another condition",
            )
    return condition
