"""The engage switch of the remote control, as a session receives it."""

import pytest
from session_bench import (
    A_LITTLE,
    LOITER,
    RETURN,
    STEP,
    Bench,
)

from liquid_nav.autopilots import OffboardSession, SessionConfig
from liquid_nav.safety import Phase


class Switch(Bench):
    """A bench that receives the remote control every 125 ms; the switch is channel 5."""

    def __init__(self, **options):
        super().__init__(engage_channel=5, **options)
        self.healthy = True

    def receive(self, seconds, pulse, reported=True):
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if reported:
                self.vehicle.receiver, self.vehicle.receiver_time = self.healthy, self.now
            self.sticks(pulse)
        return self

    def sticks(self, pulse):
        self.vehicle.sticks = (1500, 1500, 1500, 1500, pulse)
        self.vehicle.sticks_time = self.vehicle.sticks_stamp = self.now
        self.session.received_sticks(self.now)

    @property
    def reported(self):
        report = self.session.report()
        return report.flips, report.switched_on


def test_a_flip_of_the_engage_switch_is_counted_and_reported():
    bench = Switch().beat(mode=LOITER)
    bench.session.events()
    assert bench.reported == (0, False)
    bench.receive(4.0, 1000)
    assert bench.reported == (0, False)
    bench.receive(1.0, 2000)
    assert bench.reported == (1, True) and bench.session.now == bench.now
    assert [event.text for event in bench.session.events()] == ["the engage switch was flipped"]
    bench.receive(4.0, 1000)
    assert bench.reported == (1, False)
    bench.receive(1.0, 2000)
    assert bench.reported == (2, True)


def test_without_a_channel_no_flip_is_reported():
    bench = Switch()
    bench.session = OffboardSession(bench.adapter, SessionConfig())
    bench.vehicle = bench.session.vehicle
    bench.beat(mode=LOITER).receive(4.0, 1000).receive(2.0, 2000)
    assert bench.reported == (0, False)


@pytest.mark.parametrize(
    ("phase", "counts"),
    [
        (Phase.READY, True),
        (Phase.STARTING, False),
        (Phase.CLIMBING, False),
        (Phase.FLYING, False),
        (Phase.HOLDING, False),
        (Phase.LANDING, False),
        (Phase.STOPPING, False),
        (Phase.RELEASED, True),
    ],
)
def test_a_flip_counts_only_while_nothing_of_ours_goes_on(phase, counts):
    bench = Switch().beat(mode=LOITER)
    bench.session.enter(phase)
    bench.receive(4.0, 1000).receive(1.0, 2000)
    assert bench.reported == (int(counts), True)


def test_a_flip_counts_only_while_the_vehicle_reports_that_its_receiver_is_healthy():
    bench = Switch().beat(mode=LOITER)
    bench.healthy = False
    bench.receive(4.0, 1000).receive(1.0, 2000)
    assert bench.reported == (0, False)
    silent = (
        Switch()
        .beat(mode=LOITER)
        .receive(4.0, 1000, reported=False)
        .receive(1.0, 2000, reported=False)
    )
    assert silent.reported == (0, False)


@pytest.mark.parametrize(("seconds", "counts"), [(2.0, True), (2.0 + STEP, False), (-STEP, False)])
def test_the_vehicles_report_on_its_receiver_has_a_time(seconds, counts):
    bench = Switch().beat(mode=LOITER).receive(4.0, 1000).receive(0.5, 2000)
    bench.now += STEP
    bench.vehicle.receiver_time = bench.now - seconds
    bench.sticks(2000)
    assert bench.reported[0] == int(counts)


def test_a_mode_that_is_chosen_during_a_flip_of_the_switch_ends_the_flip():
    for shown in ({"mode": RETURN}, {"mode": LOITER, "armed": True}):
        bench = Switch().beat(mode=LOITER).receive(4.0, 1000).receive(0.25, 2000)
        bench.beat(**shown)
        assert bench.receive(5.0, 2000).reported[0] == 0
    bench = Switch().beat(mode=LOITER).receive(4.0, 1000).receive(0.25, 2000).beat(mode=LOITER)
    assert bench.receive(5.0, 2000).reported[0] == 1


def test_a_person_who_wants_something_else_ends_the_flip():
    bench = Switch().beat(mode=LOITER).change("disengaged").receive(4.0, 1000).receive(0.25, 2000)
    assert bench.person("disengaged").receive(5.0, 2000).reported[0] == 0
    bench = Switch().beat(mode=LOITER).change("disengaged").receive(4.0, 1000).receive(0.25, 2000)
    assert bench.change("disengaged").receive(5.0, 2000).reported[0] == 1


def test_a_receiver_that_lost_its_transmitter_for_a_moment_ends_the_flip():
    bench = Switch().beat(mode=LOITER).receive(4.0, 1000)
    bench.vehicle.receiver = False
    bench.session.received_receiver_status(bench.now)
    assert bench.receive(5.0, 2000).reported[0] == 0
    bench = Switch().beat(mode=LOITER).receive(4.0, 1000)
    bench.session.received_receiver_status(bench.now + A_LITTLE)
    assert bench.session.now == bench.now + A_LITTLE and bench.receive(5.0, 2000).reported[0] == 1


@pytest.mark.parametrize(
    ("age", "reported"), [(0.5, True), (0.5 + A_LITTLE, False), (-A_LITTLE, False)]
)
def test_the_position_of_the_switch_is_reported_only_of_this_moment(age, reported):
    bench = Switch().beat(mode=LOITER).receive(1.0, 2000)
    bench.session.now = bench.vehicle.sticks_time + age
    assert bench.session.report().switched_on is reported


def test_the_position_of_the_switch_is_not_reported_without_a_link():
    bench = Switch().receive(1.0, 2000)
    assert bench.session.phase is Phase.OFFLINE and not bench.session.report().switched_on
    bench = Switch().beat(mode=LOITER).receive(1.0, 2000)
    bench.vehicle.sticks_time = None
    assert not bench.session.report().switched_on


def test_the_report_names_the_process_of_the_bridge():
    bench = Bench()
    assert bench.session.report().bridge == ""
    bench.session.identity = "b7"
    assert bench.session.report().bridge == "b7"
