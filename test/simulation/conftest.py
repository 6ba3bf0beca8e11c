"""Places without trees, and drones in them: no wind, no camera noise, whatever a test does not ask
for.
"""

import pytest

from liquid_nav.simulation import DroneResponse, World
from liquid_nav.worlds import (
    CameraFaults,
    Condition,
    Layout,
    Solid,
    Start,
    Target,
    WindSpec,
    load_scenario,
)

CALM = Condition(wind=WindSpec((0.0, 0.0), 0.0), camera=CameraFaults(noise=0.0))


@pytest.fixture(scope="session")
def calm():
    return CALM


@pytest.fixture(scope="session")
def field():
    return load_scenario("field")


@pytest.fixture(scope="session")
def forest():
    return load_scenario("forest")


@pytest.fixture(scope="session")
def trunk():
    """Return a function that makes a trunk of 6 m at (x, y), solid from the ground up."""
    return lambda x, y, radius=0.2: Solid("trunk", "cylinder", (x, y, 3.0), (radius, radius, 3.0))


@pytest.fixture(scope="session")
def place(field):
    """Return a function that makes an empty layout; ``solids`` stand in for the target's."""

    def make(*solids, start=(0.0, 0.0, 1.5, 0.0), target=(15.0, 0.0), scenario=field):
        return Layout(
            scenario, 0, Start(*start), Target("chair", *target, 0.0, tuple(solids)), (), ()
        )

    return make


@pytest.fixture
def simulate(place):
    """Return a function that puts a drone into a layout (an empty one by default); closes its world
    after the test.
    """
    opened = []

    def make(layout=None, condition=CALM, response=None, seed=0, **options):
        layout = layout or place()
        opened.append(
            World(
                layout.scenario,
                seed,
                condition,
                layouts=[layout],
                responses=[response or DroneResponse()],
                **options,
            )
        )
        return opened[-1].drones[0]

    yield make
    for world in opened:
        world.close()
