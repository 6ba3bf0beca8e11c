"""A flight made by hand: quick, and with every kind of solid in it."""

import math

import numpy as np
import pytest

from liquid_nav.simulation.flight_record import FlightRecord
from liquid_nav.simulation.judge import FlightOutcome
from liquid_nav.worlds import Layout, LayoutItem, Scenario, Solid, Start, Target

ROWS = 90


@pytest.fixture
def layout():
    solids = (
        Solid("trunk", "cylinder", (4.0, 2.0, 2.0), (0.2, 0.2, 2.0)),
        Solid("crown", "ellipsoid", (4.0, 2.0, 5.0), (1.5, 1.5, 1.5)),
        Solid("bale", "box", (6.0, -2.0, 0.5), (0.8, 0.4, 0.5), 0.4),
        Solid("trunk", "cylinder", (8.0, 3.0, 0.3), (1.5, 0.3, 0.3), 1.0, lying=True),
    )
    item = LayoutItem("tree", "oak", 0, 4.0, 2.0, 0.0, solids)
    chair = Target(
        "chair", 10.0, 0.0, 0.0, (Solid("chair", "box", (10.0, 0.0, 0.4), (0.3, 0.3, 0.4)),)
    )
    return Layout(Scenario("forest", "forest"), 7, Start(0.0, 0.0, 1.5, 0.0), chair, (item,), ())


def build_record(reason="success"):
    time = np.arange(ROWS) / 30.0
    x = 8.5 * (1 - np.cos(np.pi * time / time[-1])) / 2
    position = np.stack((x, 0.3 * np.sin(time), np.full(ROWS, 1.5)), axis=1)
    columns = {
        "time": time,
        "position": position,
        "yaw": np.zeros(ROWS),
        "velocity": np.gradient(position, 1 / 30.0, axis=0),
        "command": np.stack(
            (np.ones(ROWS), np.zeros(ROWS), np.zeros(ROWS), 0.2 * np.sin(time)), axis=1
        ),
        "distance": np.hypot(10.0 - position[:, 0], position[:, 1]),
    }
    outcome = FlightOutcome(reason, "a <b>detail</b>", 3.0)
    start, target = (0.0, 0.0, 1.5, 0.0), (10.0, 0.0, math.pi / 2)
    return FlightRecord(
        "forest", 7, "summer", "expert", 30.0, 0.04, start, target, outcome, columns
    )


@pytest.fixture
def make_record():
    return build_record


@pytest.fixture
def record():
    return build_record()
