"""Setting things on the ground so that a drone can always pass between them."""

import math

import cv2
import numpy as np

from liquid_nav.worlds.catalogue import SPECIES, Inhabitant, form, inhabitants
from liquid_nav.worlds.targets import TARGETS
from liquid_nav.worlds.values import LayoutItem, Target

BAND = (0.9, 2.1)
"""Heights at which drones fly, m."""
START_CLEAR = 2.0
"""m around the start without anything in the band."""
TARGET_CLEAR = 2.6
"""m around the target without anything in the band."""
CLEARANCE = 0.75
"""m between the middle of a path to the target and the next thing; such a path must exist."""


def make_item(species: str, variant: int, x: float, y: float, yaw: float) -> LayoutItem:
    """Return the item for a form of the catalogue at a place."""
    shape = form(species, variant)
    solids = tuple(solid.placed(x, y, yaw) for solid in shape.solids)
    return LayoutItem(shape.kind, species, variant, float(x), float(y), float(yaw), solids)


def make_target(kind: str, x: float, y: float, yaw: float) -> Target:
    """Return the target with its solids."""
    solids = tuple(solid.placed(x, y, yaw) for solid in TARGETS[kind].solids())
    return Target(kind, float(x), float(y), float(yaw), solids)


class _Discs:
    """Discs on the ground: x, y and radius, m, in an array that grows."""

    def __init__(self) -> None:
        self._rows = np.zeros((4096, 3))
        self._count = 0

    @property
    def found(self) -> np.ndarray:
        """Return [N, 3] discs so far."""
        return self._rows[: self._count]

    def add(self, discs: np.ndarray) -> None:
        """Add [N, 3] discs."""
        end = self._count + len(discs)
        while end > len(self._rows):
            self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
        self._rows[self._count : end] = discs
        self._count = end

    def are_near(self, x: float, y: float, radius: float, gap: float) -> bool:
        """Return whether one of them comes closer than ``gap`` m to a disc at (x, y)."""
        near = self.found
        return bool((np.hypot(near[:, 0] - x, near[:, 1] - y) < near[:, 2] + radius + gap).any())


class Ground:
    """Collects items; keeps start and target clear and a gap between whatever crosses the flight
    band.
    """

    def __init__(self, rng: np.random.Generator, target: tuple[float, float]) -> None:
        """Begin with empty ground around the start (0, 0) and the target."""
        self.rng = rng
        self.target = np.asarray(target)
        self.items: list[LayoutItem] = []
        self.decorations: list[LayoutItem] = []
        self._band = _Discs()
        self._low = _Discs()
        self._inhabitants: dict[str, tuple[Inhabitant, ...]] = {}

    @property
    def discs(self) -> np.ndarray:
        """Return [N, 3] discs in the flight band so far."""
        return self._band.found

    def to_world(self, along: float, across: float) -> tuple[float, float]:
        """Return the point at ``along`` m from the start towards the target and ``across`` m to the
        left.
        """
        direction = self.target / np.linalg.norm(self.target)
        return (
            float(along * direction[0] - across * direction[1]),
            float(along * direction[1] + across * direction[0]),
        )

    def add(
        self,
        species: str,
        x: float,
        y: float,
        yaw: float | None = None,
        gap: float = 1.9,
        variant: int | None = None,
    ) -> bool:
        """Add an item there if the rules allow; returns whether it stands."""
        rng = self.rng
        if variant is None:
            variant = int(rng.integers(SPECIES[species].variants))
        if yaw is None:
            yaw = rng.uniform(-math.pi, math.pi)
        item = make_item(species, variant, x, y, yaw)
        band = np.array([d for s in item.solids for d in s.discs(*BAND)]).reshape(-1, 3)
        low = np.array([d for s in item.solids for d in s.discs(0.0, BAND[0])]).reshape(-1, 3)
        # No drone flies below the band: there things may come nearer to start and target, and must
        # only not grow into each other.
        for px, py, r in low:
            if (
                math.hypot(px, py) < START_CLEAR * 0.6 + r
                or math.hypot(px - self.target[0], py - self.target[1]) < 1.6 + r
            ):
                return False
            if self._low.are_near(px, py, r, 0.1):
                return False
        for px, py, r in band:
            if math.hypot(px, py) < START_CLEAR + r:
                return False
            if math.hypot(px - self.target[0], py - self.target[1]) < TARGET_CLEAR + r:
                return False
            if self._band.are_near(px, py, r, gap):
                return False
        self._band.add(band)
        self._low.add(low)
        self.items.append(item)
        return True

    def decorate(self, species: str, x: float, y: float) -> None:
        """Add something that is only looked at."""
        variant = int(self.rng.integers(SPECIES[species].variants))
        self.decorations.append(
            make_item(species, variant, x, y, self.rng.uniform(-math.pi, math.pi))
        )

    def inhabitants(self, habitat: str) -> tuple[Inhabitant, ...]:
        """Return the species of a habitat, see ``catalogue.inhabitants``."""
        if habitat not in self._inhabitants:
            self._inhabitants[habitat] = inhabitants(habitat)
        return self._inhabitants[habitat]

    def draw(self, habitat: str) -> str:
        """Return the name of a species that is drawn from a habitat."""
        choice = self.inhabitants(habitat)
        return choice[int(self.rng.integers(len(choice)))].species

    def block_line(self, habitat: str, tries: int = 20) -> bool:
        """Set something of a habitat on the straight line from start to target."""
        length = float(np.linalg.norm(self.target))
        for _ in range(tries):
            along = self.rng.uniform(START_CLEAR + 0.6, length - TARGET_CLEAR - 0.6)
            x, y = self.to_world(along, self.rng.normal(0.0, 0.16))
            if self.add(self.draw(habitat), x, y):
                return True
        return False


def passable(
    discs: np.ndarray,
    target: tuple[float, float],
    clearance: float = CLEARANCE,
    within: float = 1.4,
    step: float = 0.25,
) -> bool:
    """Return whether a path with that clearance leads from (0, 0) to within ``within`` m of the
    target.
    """
    margin = 6.0
    low = np.minimum(0.0, np.asarray(target)) - margin
    high = np.maximum(0.0, np.asarray(target)) + margin
    shape = np.ceil((high - low) / step).astype(int) + 1
    xs = low[0] + step * np.arange(shape[0])
    ys = low[1] + step * np.arange(shape[1])
    free = np.ones(shape, dtype=bool)
    for x, y, r in discs:
        reach = r + clearance
        i0, i1 = np.searchsorted(xs, (x - reach, x + reach))
        j0, j1 = np.searchsorted(ys, (y - reach, y + reach))
        free[i0:i1, j0:j1] &= (xs[i0:i1, None] - x) ** 2 + (
            ys[None, j0:j1] - y
        ) ** 2 >= reach * reach
    goal = (xs[:, None] - target[0]) ** 2 + (ys[None, :] - target[1]) ** 2 <= within * within
    count, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    start = labels[round(-low[0] / step), round(-low[1] / step)]
    return count > 1 and start > 0 and bool((goal & (labels == start)).any())
