"""A condition: season, weather, light, wind and what is wrong with camera and estimator.

Read from config/conditions/*.yaml; a key means the same in every way of flying, or is refused where
it cannot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from liquid_nav.errors import UserError
from liquid_nav.worlds._files import Reader, read_yaml
from liquid_nav.worlds.streams import Stream

SEASONS = ("summer", "autumn", "winter")
LIGHTS = ("day", "overcast", "dusk")
PALETTES = ("natural", "inverted", "sepia")
"""What the colours of everything but the target are turned into; see ``worlds/repaint.py``."""
GROUNDS = ("natural", "blue", "checkered")
"""What the ground is painted like."""
VEILS = ("none", "stripes")
"""What lies over every picture; see ``worlds/veil.py``."""
USUAL_RATE = 30.0
"""Camera frames per second where neither the condition nor the caller gives one."""
USUAL_VIEW = 80.0
"""Horizontal field of view of the camera where the condition gives none, degrees."""
EVERYWHERE = 1000.0
"""Distance beyond which nothing stands, m: the target is always drawn."""


class ConditionError(UserError):
    """A condition that cannot be read; the message is one line with cause and remedy."""


@dataclass(frozen=True)
class WindSpec:
    """The wind of a condition."""

    mean: tuple[float, float] = (0.0, 2.0)
    """Range of the horizontal mean speed, m/s; drawn by seed."""
    gust: float = 0.5
    """Standard deviation of the gusts on each horizontal axis, m/s; a third of it vertically."""


@dataclass(frozen=True)
class DriftSpec:
    """How wrong the velocity estimate is that the autopilot flies by; see
    ``simulation/drift.py``.
    """

    velocity: float = 0.0
    """Size of the horizontal error, m/s; of the vector if it is constant, standard deviation of
    each axis if not.
    """
    vertical: float = 0.0
    """Size of the vertical error, m/s."""
    wander: float = 0.0
    """Time constant with which the error becomes another, s; 0: it stays the same for a flight."""


@dataclass(frozen=True)
class CameraFaults:
    """What the camera is like, and what is wrong with its images."""

    noise: float = 2.0
    """Standard deviation, grey levels."""
    blur: float = 0.0
    """Sigma, pixels of a 256-wide image."""
    exposure: tuple[float, float] = (1.0, 1.0)
    """Range of the gain; drawn by seed once for a flight."""
    drop: float = 0.0
    """Share of frames that never come, 0 to 1."""
    late: float = 0.0
    """Share of frames that come one period late, 0 to 1."""
    jitter: float = 0.0
    """Largest shift of a frame's instant to either side, as a share of the period, 0 to 0.5."""
    rate: float = 0.0
    """Frames per second, Hz; 0: what the caller asks for, else ``USUAL_RATE``."""
    view: tuple[float, float] = (USUAL_VIEW, USUAL_VIEW)
    """Range of the horizontal field of view, degrees; drawn by seed."""
    mounting: float = 0.0
    """Angle by which the camera is turned from where it should look, degrees; about an axis drawn
    by seed.
    """


@dataclass(frozen=True)
class AppearanceSpec:
    """How the world is coloured, beyond what season and light do. Invented looks, for choosing and
    for training.
    """

    palette: str = "natural"
    """One of ``PALETTES``."""
    ground: str = "natural"
    """One of ``GROUNDS``."""
    veil: str = "none"
    """One of ``VEILS``."""
    random: float = 0.0
    """Probability that a flight's colours, textures and light are drawn at random, 0 to 1."""
    sight: tuple[float, float] = (EVERYWHERE, EVERYWHERE)
    """Range of the distance within which the target is drawn, m; farther off it is not there. Drawn
    by seed.
    """

    def draw_sight(self, seed: int) -> float:
        """Return the distance within which the target is drawn in the flight with this seed, m."""
        return float(Stream.SIGHT.generator(seed).uniform(*self.sight))


@dataclass(frozen=True)
class Condition:
    """Everything around a flight that is not its layout."""

    name: str = "summer"
    """Name of the condition, that of its file."""
    season: str = "summer"
    """One of ``SEASONS``."""
    fog: float = 0.0
    """Extinction coefficient of the fog, 1/m; 0: clear."""
    light: str = "day"
    """One of ``LIGHTS``."""
    wind: WindSpec = WindSpec()
    """Mean wind and gusts."""
    camera: CameraFaults = CameraFaults()
    """What the camera is like, and what is wrong with its images."""
    drift: DriftSpec = DriftSpec()
    """Error of the autopilot's velocity estimate."""
    appearance: AppearanceSpec = AppearanceSpec()
    """Invented colours of the world and sight of the target."""

    def frame_rate(self, asked: float | None = None) -> float:
        """Return the camera's frames per second, Hz: what is asked for, else the condition's, else
        ``USUAL_RATE``.
        """
        if asked:
            return float(asked)
        return self.camera.rate or USUAL_RATE


def load_condition(name_or_path: str | Path) -> Condition:
    """Load a condition by name (``summer``, ``autumn``, ``winter``, ``fog``, ``dusk``) or from a
    YAML file.

    Raises:
        ConditionError: unknown name, malformed YAML, wrong or unknown keys.
    """
    name, data = read_yaml(name_or_path, "conditions", ConditionError)
    top = Reader(data, f"condition {name}", ConditionError)
    part = top.section("wind")
    wind = WindSpec(
        part.pair("mean", WindSpec.mean, 0.0, 30.0), part.number("gust", WindSpec.gust, 0.0, 20.0)
    )
    part.finish(("mean", "gust"))
    part = top.section("camera")
    camera = CameraFaults(
        part.number("noise", CameraFaults.noise, 0.0, 100.0),
        part.number("blur", CameraFaults.blur, 0.0, 10.0),
        part.pair("exposure", CameraFaults.exposure, 0.05, 10.0),
        part.number("drop", CameraFaults.drop, 0.0, 1.0),
        part.number("late", CameraFaults.late, 0.0, 1.0),
        part.number("jitter", CameraFaults.jitter, 0.0, 0.5),
        part.number("rate", CameraFaults.rate, 0.0, 240.0),
        part.pair("view", CameraFaults.view, 30.0, 150.0),
        part.number("mounting", CameraFaults.mounting, 0.0, 45.0),
    )
    part.finish(tuple(CameraFaults.__dataclass_fields__))
    part = top.section("drift")
    drift = DriftSpec(
        part.number("velocity", DriftSpec.velocity, 0.0, 5.0),
        part.number("vertical", DriftSpec.vertical, 0.0, 5.0),
        part.number("wander", DriftSpec.wander, 0.0, 1000.0),
    )
    part.finish(("velocity", "vertical", "wander"))
    part = top.section("appearance")
    appearance = AppearanceSpec(
        part.choice("palette", AppearanceSpec.palette, PALETTES),
        part.choice("ground", AppearanceSpec.ground, GROUNDS),
        part.choice("veil", AppearanceSpec.veil, VEILS),
        part.number("random", AppearanceSpec.random, 0.0, 1.0),
        part.pair("sight", AppearanceSpec.sight, 0.0, EVERYWHERE),
    )
    part.finish(("palette", "ground", "veil", "random", "sight"))
    condition = Condition(
        name,
        top.choice("season", Condition.season, SEASONS),
        top.number("fog", Condition.fog, 0.0, 1.0),
        top.choice("light", Condition.light, LIGHTS),
        wind,
        camera,
        drift,
        appearance,
    )
    top.finish(("season", "fog", "light", "wind", "camera", "drift", "appearance"))
    return condition


OWN_ESTIMATOR = ("drift",)
"""What an autopilot that is not ours does not let us bring in: its estimator is its own."""
OWN_LOOK = ("appearance.palette", "appearance.ground", "appearance.random", "appearance.sight")
"""What a world that we do not render cannot show."""
OWN_CLOCK = ("camera.jitter",)
"""What a camera that is not ours cannot do: its frames come when they come."""
OWN_CAMERA = ("camera.rate", "camera.view", "camera.mounting")
"""What a drone model that is not ours decides for itself."""


def check_supported(condition: Condition, where: str, lacking: Sequence[str]) -> Condition:
    """Return the condition, to be flown in ``where``, which has no such thing as the keys
    ``lacking``.

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
