"""What stops a flight: the body and the rotor discs against anything solid."""

import math

import pytest

from liquid_nav.types import Command
from liquid_nav.worlds import DRONE_MODEL

REACH = DRONE_MODEL.arm * math.sqrt(0.5) + DRONE_MODEL.rotor_radius
"""How far the rotor discs reach ahead and aside of the centre, m."""


def rest(drone, seconds=0.1):
    drone.world.advance(drone.world.time + seconds)
    return drone.collision


@pytest.mark.parametrize("gap, kind", [(0.03, None), (-0.03, "trunk")])
def test_a_rotor_disc_touches_a_trunk_where_it_ends(simulate, place, trunk, gap, kind):
    """Ahead of the front left rotor, where the body itself is far away."""
    x, y = DRONE_MODEL.arm * math.sqrt(0.5), DRONE_MODEL.arm * math.sqrt(0.5)
    beside = trunk(x + DRONE_MODEL.rotor_radius + 0.2 + gap, y)
    assert rest(simulate(place(beside))) == kind


def test_between_the_rotors_there_is_space(simulate, place, trunk):
    assert rest(simulate(place(trunk(0.26, 0.0, radius=0.04)))) is None
    assert rest(simulate(place(trunk(0.14, 0.0, radius=0.04)))) == "trunk", (
        "but not inside the body"
    )


def test_flying_into_a_trunk_ends_at_the_trunk(simulate, place, trunk):
    drone = simulate(place(trunk(4.0, 0.0)))
    drone.command(Command(vx=1.5))
    drone.world.advance(10.0)
    assert drone.collision == "trunk"
    assert drone.world.time < 5.0
    # Between the front rotors, the trunk touches both discs.
    arm = DRONE_MODEL.arm * math.sqrt(0.5)
    touch = 4.0 - arm - math.sqrt((DRONE_MODEL.rotor_radius + 0.2) ** 2 - arm**2)
    assert drone.state.position[0] == pytest.approx(touch, abs=0.02)
    ended = drone.world.time
    drone.world.advance(11.0)
    assert drone.world.time == ended, "nothing happens after a collision"


def test_passing_beside_a_trunk_touches_nothing(simulate, place, trunk):
    drone = simulate(place(trunk(3.0, REACH + 0.2 + 0.1), trunk(5.0, -REACH - 0.2 - 0.1)))
    drone.command(Command(vx=1.5))
    drone.world.advance(6.0)
    assert drone.collision is None
    assert drone.state.position[0] > 7.0


def test_the_ground_is_solid(simulate):
    drone = simulate()
    drone.command(Command(vz=-0.8))
    drone.world.advance(5.0)
    assert drone.collision == "ground"
    assert 0.0 < drone.state.position[2] < 0.12


def test_the_target_is_solid(simulate, place):
    from liquid_nav.worlds.placement import make_target

    layout = place(
        *make_target("chair", 4.0, 0.0, 0.5).solids, start=(0.0, 0.0, 0.6, 0.0), target=(4.0, 0.0)
    )
    drone = simulate(layout)
    drone.command(Command(vx=1.0))
    drone.world.advance(8.0)
    assert drone.collision == "chair"


def test_what_is_only_looked_at_lets_it_through(simulate, field, place):
    from dataclasses import replace

    from liquid_nav.worlds import generate_layout

    decorations = generate_layout(field, 5).decorations
    assert decorations
    beside = tuple(
        replace(thing, x=1.0 + 0.2 * i, y=0.0) for i, thing in enumerate(decorations[:20])
    )
    drone = simulate(replace(place(start=(0.0, 0.0, 0.4, 0.0)), decorations=beside))
    drone.command(Command(vx=1.0))
    drone.world.advance(5.0)
    assert drone.collision is None
