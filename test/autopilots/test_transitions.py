"""Every arrow of the bridge's state diagram once: what leads along it, with the PX4 test
vehicle.
"""

import pytest

from liquid_nav.autopilots import PHASE_TRANSITIONS, Landed
from liquid_nav.safety import Phase
from liquid_nav.types import Command

SET_MODE, DISARM = 176, 400
RETURN = 0x5040000


def refuse(flight, *numbers):
    """Let the vehicle answer "temporarily rejected" to some commands."""
    original = flight.vehicle.on_command

    def answer(message):
        disarms = message.command == DISARM and message.param1 > 0.5
        if message.command in numbers and not disarms:
            flight.vehicle.acknowledge(message.command, 1)
        else:
            original(message)

    flight.vehicle.on_command = answer


def until(flight, phase, seconds=40.0):
    flight.go(seconds, lambda: flight.session.phase.value == phase)
    return flight


def starting(flight):
    flight.settle().person("engaged")
    return until(flight, "starting")


def armed_and_starting(flight):
    flight.settle().person("engaged")
    flight.go(
        10.0,
        lambda: flight.session.phase is Phase.STARTING and flight.session.arm_asked is not None,
    )
    return flight


def climbing(flight):
    flight.settle().person("engaged")
    return until(flight, "climbing")


def in_the_air(flight):
    climbing(flight)
    flight.go(10.0, lambda: flight.height > 0.3)
    return flight


def stopping(flight):
    armed_and_starting(flight)
    flight.vehicle.lose_commands = 1000
    flight.person("disengaged")
    return until(flight, "stopping")


def holding(flight):
    flight.fly().person("holding")
    return until(flight, "holding")


def landing(flight):
    flight.fly().person("landing")
    flight.go(1.0)
    return flight


def released(flight):
    flight.fly()
    flight.vehicle.pilot_sticks()
    flight.vehicle.pilot_switches(flight.pilot_mode)
    return until(flight, "released")


def lose(flight):
    flight.cut = True


def find_again(flight, phase):
    """Lose the link until the session is offline, and find it again."""
    flight.cut = True
    until(flight, "offline", 5.0)
    flight.cut = False


def switch(flight):
    flight.vehicle.pilot_sticks()
    flight.vehicle.pilot_switches(flight.pilot_mode)


def stand(flight):
    """Be on the ground as far as the vehicle reports, with the flight going on."""
    flight.session.vehicle.landed = Landed.ON_GROUND
    flight.vehicle._landed = lambda: None


def lands_without_disarming(flight):
    flight.vehicle._disarm = lambda *text: None
    landing(flight)


def waits_for_set_points_on_the_ground(flight):
    armed_and_starting(flight)
    flight.go(5.0, lambda: flight.vehicle.armed)
    flight.vehicle.parameters["COM_OF_LOSS_T"] = (
        60.0,
        flight.vehicle.parameters["COM_OF_LOSS_T"][1],
    )
    find_again(flight, "starting")


def waits_for_set_points_in_the_air(flight):
    flight.fly()
    flight.vehicle.parameters["COM_OF_LOSS_T"] = (
        60.0,
        flight.vehicle.parameters["COM_OF_LOSS_T"][1],
    )
    find_again(flight, "flying")


def without_orders_and_lost(flight):
    flight.settle().fresh = False
    flight.go(1.0)
    flight.person("engaged")
    flight.go(0.5)
    lose(flight)


def takes_off_while_stopping(flight):
    in_the_air(flight)
    stand(flight)
    flight.person("disengaged")
    until(flight, "stopping")
    flight.session.vehicle.landed = Landed.IN_AIR


ARROWS = {
    ("offline", "ready"): (lambda f: None, 0.0),
    ("offline", "released"): (lambda f: None, 3.0),
    ("offline", "holding"): (waits_for_set_points_in_the_air, 3.0),
    ("offline", "landing"): (lambda f: find_again(landing(f), "landing"), 8.0),
    ("offline", "stopping"): (waits_for_set_points_on_the_ground, 0.0),
    ("ready", "offline"): (lambda f: lose(f.settle()), 0.0),
    ("ready", "starting"): (starting, 0.0),
    ("ready", "released"): (
        lambda f: (
            f.vehicle.pilot_sticks(throttle=-1.0),
            f.settle(),
            switch(f),
            f.vehicle.pilot_arms(True),
        ),
        0.0,
    ),
    ("starting", "offline"): (without_orders_and_lost, 0.0),
    ("starting", "climbing"): (climbing, 0.0),
    ("starting", "flying"): (lambda f: f.fly(), 3.0),
    ("starting", "holding"): (lambda f: (starting(f), f.go(1.0), f.change("holding")), 3.0),
    ("starting", "stopping"): (lambda f: armed_and_starting(f).person("disengaged"), 0.0),
    ("starting", "ready"): (lambda f: starting(f).person("disengaged"), 0.0),
    ("starting", "landing"): (lambda f: starting(f).person("landing"), 3.0),
    ("starting", "released"): (lambda f: switch(starting(f)), 3.0),
    ("climbing", "flying"): (lambda f: until(f.settle().person("engaged"), "flying"), 0.0),
    ("climbing", "holding"): (lambda f: in_the_air(f).person("holding"), 0.0),
    ("climbing", "stopping"): (lambda f: climbing(f).person("disengaged"), 0.0),
    ("climbing", "landing"): (lambda f: in_the_air(f).person("landing"), 0.0),
    ("climbing", "released"): (lambda f: switch(in_the_air(f)), 0.0),
    ("flying", "holding"): (holding, 3.0),
    ("flying", "stopping"): (lambda f: (stand(f.fly()), f.person("disengaged")), 3.0),
    ("flying", "landing"): (landing, 3.0),
    ("flying", "released"): (released, 3.0),
    ("holding", "offline"): (lambda f: lose(holding(f)), 3.0),
    ("holding", "ready"): (lambda f: (starting(f), f.change("pilot"), f.person("disengaged")), 0.0),
    ("holding", "starting"): (lambda f: holding(f).person("engaged"), 3.0),
    ("holding", "flying"): (
        lambda f: (f.fly(), f.change("holding"), until(f, "holding"), f.change("engaged")),
        3.0,
    ),
    ("holding", "stopping"): (lambda f: (stand(holding(f)), f.person("disengaged")), 3.0),
    ("holding", "landing"): (lambda f: holding(f).person("landing"), 3.0),
    ("holding", "released"): (lambda f: switch(holding(f)), 3.0),
    ("landing", "offline"): (lambda f: lose(landing(f)), 8.0),
    ("landing", "ready"): (landing, 3.0),
    ("landing", "holding"): (lambda f: landing(f).person("holding"), 8.0),
    ("landing", "stopping"): (lands_without_disarming, 2.0),
    ("landing", "released"): (lambda f: switch(landing(f)), 8.0),
    ("stopping", "offline"): (lambda f: lose(stopping(f)), 0.0),
    ("stopping", "ready"): (lambda f: armed_and_starting(f).person("disengaged"), 0.0),
    ("stopping", "landing"): (takes_off_while_stopping, 0.0),
    ("stopping", "released"): (lambda f: switch(stopping(f)), 0.0),
    ("released", "offline"): (lambda f: lose(released(f)), 3.0),
    ("released", "ready"): (lambda f: (released(f), f.vehicle.pilot_sticks(throttle=-1.0)), 2.0),
    ("released", "starting"): (lambda f: released(f).person("engaged"), 3.0),
    ("released", "landing"): (lambda f: released(f).person("landing"), 3.0),
    ("released", "stopping"): (
        lambda f: (
            f.vehicle.pilot_sticks(throttle=-1.0),
            f.settle(),
            switch(f),
            f.vehicle.pilot_arms(True),
            until(f, "released"),
            f.person("landing"),
        ),
        0.0,
    ),
}
"""(from, to) -> what leads there, and the height at which the vehicle begins, m."""


def test_every_arrow_of_the_diagram_is_here():
    assert set(ARROWS) == {
        (a.value, b.value) for a, after in PHASE_TRANSITIONS.items() for b in after
    }


@pytest.mark.parametrize("arrow", ARROWS, ids="-".join)
def test_an_arrow(flight, arrow):
    lead, height = ARROWS[arrow]
    flight = flight("px4", height, resume=60.0)
    lead(flight)
    flight.go(60.0, lambda: arrow in flight.changes)
    allowed = {(a.value, b.value) for a, after in PHASE_TRANSITIONS.items() for b in after}
    assert set(flight.changes) <= allowed
    # What is asked of a phase holds whenever it is there.
    session = flight.session
    assert session.phase is not Phase.READY or not session.streaming
    assert (
        session.phase not in (Phase.READY, Phase.RELEASED, Phase.OFFLINE) or session._plan is None
    )


def test_refused_set_points_and_modes_leave_the_vehicle_with_whoever_has_it(flight):
    flight = flight("px4", 3.0).settle()
    refuse(flight, SET_MODE)
    mode = flight.shown
    flight.person("engaged")
    until(flight, "released", 20.0)
    assert flight.shown == mode and "refused" in str(flight.session.fault)
    ended = flight.now
    flight.go(3.0)
    assert not flight.set_points(ended) and not flight.requests(ended)


def test_a_return_that_is_chosen_while_we_hold_is_not_held(flight):
    flight = holding(flight("px4", 3.0))
    flight.go(2.0)
    flight.vehicle.pilot_switches(RETURN)
    until(flight, "released", 2.0)
    flight.command = Command(vx=1.0)
    begin = flight.now
    flight.go(20.0, lambda: not flight.vehicle.armed)
    assert not flight.set_points(begin) and not flight.requests(begin)
