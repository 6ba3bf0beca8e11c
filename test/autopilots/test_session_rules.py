"""The rules of the offboard session, one by one, without a protocol and without a simulated flight.

``Bench`` has a session whose adapter only takes notes, and says what the vehicle says. Time is the test's: 64 s at the
beginning, and steps of an eighth of a second, so that limits can be met exactly.
"""

from dataclasses import replace

import pytest

from liquid_nav.autopilots import ARDUPILOT, OffboardSession, SessionConfig
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.session import Event, Reply
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Fault, FaultKind, Mode, Order, Phase
from liquid_nav.types import Command

ZERO = Command()
FORWARD = Command(vx=1.0)
BACK = Command(vx=-1.0)
AUTO, GUIDED, LOITER, RETURN, LAND, BRAKE = 3, 4, 5, 6, 9, 17
FLAVOUR = replace(ARDUPILOT, streams_first=0.0, rules=())
"""ArduPilot's modes, without parameters to check and without a time of zero set points before GUIDED."""
NEEDS_A_PLACE = replace(FLAVOUR, hold_needs_global_position=True)
CLIMBS = replace(FLAVOUR, takes_off=False)
"""Climbs by set points, as PX4 does."""
STEP = 0.125
A_LITTLE = 2.0**-10


class Notes:
    """An adapter that only takes notes of what it is asked to send."""

    def __init__(self, flavour):
        self.flavour = flavour
        self.missing, self.known, self.asked_at = "", [], None
        self.notes = []

    def greet(self):
        self.notes.append(("greet",))

    def ask_again(self):
        self.notes.append(("ask again",))

    def ask_for_heartbeat(self):
        self.notes.append(("heartbeat",))

    def show_life(self):
        self.notes.append(("life",))

    def send_set_point(self, command):
        self.notes.append(("set point", command))

    def request(self, kind, value=0.0, attempt=0):
        self.notes.append(("request", kind, value, attempt))

    def ready(self, now):
        self.asked_at = now
        return self.missing

    def warnings(self):
        return list(self.known)

    def take(self):
        notes, self.notes = self.notes, []
        return notes


class Bench:
    """A session, and what it hears. An ``obedient`` vehicle says yes and shows it in its next heartbeat."""

    def __init__(self, flavour=FLAVOUR, now=64.0, **config):
        self.adapter = Notes(flavour)
        self.session = OffboardSession(self.adapter, SessionConfig(**{"resume": 8.0} | config))
        self.vehicle = self.session.vehicle
        self.now, self.boot = now, 8.0
        self.obedient, self.wish = True, FORWARD
        self.act = self.engagement = self.changes = 0
        self.coming, self.sent, self.happened = {}, [], []

    # The supervisor.

    def order(self, mode, supervisor="a"):
        order = Order(supervisor, Mode(mode), self.act, self.engagement, 0.0, self.changes)
        self.session.take_order(order, self.now)
        return self

    def change(self, mode):
        """The supervisor changes its mode by itself."""
        self.changes += 1
        return self.order(mode)

    def person(self, mode):
        self.act += 1
        self.engagement += mode == "engaged"
        return self.change(mode)

    def command(self, command=None):
        self.session.command(self.wish if command is None else command, self.now)
        return self

    # The vehicle.

    def beat(self, **shown):
        for name, value in (self.coming | shown).items():
            setattr(self.vehicle, name, value)
        self.coming = {}
        self.vehicle.beat(self.now)
        self.session.heard_heartbeat(self.now)
        return self

    def position(self):
        self.vehicle.position_time = self.now
        self.vehicle.boot = self.boot
        self.session.heard_position(self.now)
        return self

    def answer(self, kind, answer=Answer.ACCEPTED):
        self.session.answered(kind, answer, self.now)
        return self

    def obey(self, kind, value):
        self.answer(kind)
        if kind is RequestKind.MODE:
            self.coming["mode"] = int(value)
        elif kind is RequestKind.LAND:
            self.coming["mode"] = LAND
        elif kind is RequestKind.TAKE_OFF:
            self.coming["landed"] = Landed.IN_AIR
            self.vehicle.position = (0.0, 0.0, -value)
        else:
            self.coming["armed"] = kind is RequestKind.ARM

    # Time.

    def update(self):
        """Call the session once; returns what it sends now, in words."""
        notes = self.session.update(self.now)
        self.sent += notes
        self.happened += self.session.events()
        if self.obedient:
            for note in notes:
                if note[0] == "request":
                    self.obey(note[1], note[2])
        return notes

    def jump(self, seconds):
        """The session's clock is set; the vehicle's goes on as before."""
        self.now += seconds
        return self

    def sleep(self, seconds):
        self.now += seconds
        self.boot += seconds
        return self

    def step(self, seconds=STEP, without=()):
        """Let time pass, hear everything but what is named, and call the session; returns what it sends."""
        self.sleep(seconds)
        if "heartbeat" not in without:
            self.beat()
        if "position" not in without:
            self.position()
        if "command" not in without:
            self.command()
        return self.update()

    def go(self, seconds, without=(), step=STEP):
        notes = []
        for _ in range(round(seconds / step)):
            notes += self.step(step, without)
        return notes

    # Where a test begins.

    def connect(self, mode=LOITER, armed=False, landed=Landed.ON_GROUND):
        """The vehicle is there, and a supervisor that wants nothing."""
        self.order("disengaged")
        self.vehicle.landed = landed
        self.beat(mode=mode, armed=armed)
        self.position().command().update()
        return self

    def found_flying(self, mode=LOITER):
        return self.connect(mode, True, Landed.IN_AIR)

    def fly(self, mode=LOITER):
        """Engage a vehicle that is in the air already."""
        self.found_flying(mode).person("engaged").go(4 * STEP)
        assert self.phase is Phase.FLYING
        return self

    def hold(self):
        """A flight that a person has put on hold, in the autopilot's own mode."""
        self.fly().person("holding").go(4 * STEP)
        assert self.phase is Phase.HOLDING
        assert self.session.allowed == {BRAKE}
        return self

    def land(self):
        """A flight whose landing is shown."""
        self.fly().person("landing").go(4 * STEP)
        assert self.phase is Phase.LANDING
        assert self.session.allowed == {LAND}
        return self

    def start(self):
        """On the ground, just engaged: GUIDED is not shown yet."""
        self.connect().person("engaged")
        assert self.phase is Phase.STARTING
        return self

    def arming(self):
        """On the ground, arming was asked for and has not been answered."""
        self.start().step()
        self.obedient = False
        self.step()
        assert self.session.arm_asked is not None
        assert not self.vehicle.armed
        return self

    def climbing(self):
        """Armed, and a take-off was asked for that has not been answered."""
        self.arming()
        self.answer(RequestKind.ARM)
        self.coming["armed"] = True
        self.step()
        assert self.phase is Phase.CLIMBING
        return self

    def released(self):
        """A flight that a pilot has taken."""
        self.fly().sleep(STEP).beat(mode=RETURN).update()
        assert self.phase is Phase.RELEASED
        return self

    def lost(self):
        """Let the link be silent until it counts as lost."""
        self.go(3.25, without=("heartbeat", "position"))
        assert self.phase is Phase.OFFLINE
        return self

    def back(self, **shown):
        """The link is back."""
        return self.sleep(STEP).beat(**shown)

    # What is seen.

    @property
    def phase(self):
        return self.session.phase

    @property
    def fault(self):
        return None if self.session.fault is None else self.session.fault.kind

    def asked(self, notes=None):
        """Requests, as (kind, value)."""
        return [note[1:3] for note in (self.sent if notes is None else notes) if note[0] == "request"]

    def trouble(self):
        self.happened += self.session.events()
        return [event.words for event in self.happened if event.trouble]


def points(notes):
    """The set points among what was sent."""
    return [note[1] for note in notes if note[0] == "set point"]


def count(notes, word):
    return sum(note[0] == word for note in notes)


@pytest.fixture
def bench():
    return Bench()


# The beginning.


def test_a_new_session_knows_nothing_and_sends_nothing_but_life(bench):
    session = bench.session
    assert session.flavour is FLAVOUR
    assert session.adapter is bench.adapter
    assert (session.phase, session.fault, session.order, session.arm_asked) == (Phase.OFFLINE, None, None, None)
    assert (session.replies, session.parameters, session.allowed) == ({}, {}, frozenset())
    assert (session.checked, session.streaming, session.begun) == (False, False, False)
    assert (session.wanted, session.round_trip, session.now, session.pending_mode) == (ZERO, 0.0, 0.0, None)
    assert session.finished is False
    assert not session.confirmed
    assert session.events() == []
    assert [bench.update() for _ in range(3)] == [[("life",)], [], []]
    assert bench.phase is Phase.OFFLINE


def test_a_session_without_a_config_has_the_usual_one():
    assert OffboardSession(Notes(FLAVOUR)).config == SessionConfig()


def test_nobodys_orders_are_reported_as_nobodys(bench):
    report = bench.session.report()
    assert (report.phase, report.armed, report.airborne) == (Phase.OFFLINE, False, False)
    assert (report.supervisor, report.act, report.change, report.fault, report.words) == ("", 0, 0, "", "")


def test_a_report_tells_phase_vehicle_order_and_fault(bench):
    bench.fly().step(without=("position",))
    bench.go(1.25, without=("position",))
    report = bench.session.report()
    assert (report.phase, report.armed, report.airborne) == (Phase.HOLDING, True, True)
    assert (report.supervisor, report.act, report.change) == ("a", 1, 1)
    assert report.fault == "position_old"
    assert report.words == str(bench.session.fault)


# Connections.


@pytest.mark.parametrize(("mode", "armed", "words"), [
    (LOITER, False, "connected, LOITER, disarmed"),
    (GUIDED, True, "connected, GUIDED, armed"),
])
def test_a_connection_is_told_with_mode_and_motors(bench, mode, armed, words):
    bench.connect(mode, armed)
    assert bench.happened[0] == Event(64.0, False, words)
    assert count(bench.sent, "greet") == 1


def test_a_disarmed_vehicle_is_ready_and_an_armed_one_is_released(bench):
    assert bench.connect().phase is Phase.READY
    assert bench.fault is None
    assert not bench.asked()
    bench = Bench().found_flying()
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.FOUND_ARMED, subject="LOITER")
    bench.go(4.0)
    assert not bench.asked()
    assert not points(bench.sent)


def test_a_found_vehicle_that_is_disarmed_later_is_ready(bench):
    bench.found_flying().step()
    bench.coming["armed"] = False
    bench.step()
    assert bench.phase is Phase.READY


def test_a_landing_vehicle_is_watched_where_a_landing_was_ordered_before(bench):
    bench.order("landing").beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
    assert bench.phase is Phase.LANDING
    assert bench.session.allowed == {LAND}
    bench.go(2.0)
    assert not bench.asked()
    bench.coming["mode"] = LOITER
    bench.step()
    assert bench.phase is Phase.RELEASED


@pytest.mark.parametrize(("order", "mode"), [("landing", LOITER), ("holding", LAND), (None, LAND)])
def test_a_found_flight_is_watched_only_if_it_lands_as_ordered(bench, order, mode):
    if order is not None:
        bench.order(order)
    bench.beat(mode=mode, armed=True, landed=Landed.IN_AIR)
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.FOUND_ARMED


def test_a_landing_that_was_found_may_be_held_and_gone_on_with(bench):
    bench.order("landing").beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
    bench.position().command().person("holding")
    assert bench.phase is Phase.HOLDING
    bench.change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)
    bench.go(4 * STEP)
    assert bench.phase is Phase.FLYING


def test_a_first_heartbeat_that_comes_between_two_calls_begins_a_link(bench):
    bench.order("disengaged").update()
    bench.jump(0.5).beat(mode=LOITER).update()
    assert bench.phase is Phase.READY
    bench.jump(1.0).update()
    bench.jump(1.0).update()
    bench.jump(1.0).update()
    assert bench.phase is Phase.READY
    bench.jump(A_LITTLE).update()
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, FaultKind.LINK_LOST)


def test_a_landing_that_was_found_is_watched_once_its_order_is_heard(bench):
    bench.beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
    assert bench.phase is Phase.RELEASED
    bench.order("landing")
    assert (bench.phase, bench.fault, bench.session.allowed) == (Phase.LANDING, None, {LAND})
    bench.go(2.0)
    assert not bench.asked()
    bench.coming["armed"] = False
    bench.step()
    assert bench.phase is Phase.READY


@pytest.mark.parametrize("spoilt", ["another mode", "disarmed", "somebody else's since"])
def test_a_landing_that_was_not_found_in_flight_is_not_watched(bench, spoilt):
    if spoilt == "somebody else's since":
        bench.fly().step()
        bench.coming["mode"] = LAND
        bench.step()
        bench.changes += 1
    else:
        bench.beat(mode=LAND, armed=True, landed=Landed.IN_AIR)
        if spoilt == "another mode":
            bench.vehicle.mode = RETURN
        else:
            bench.vehicle.armed = False
    before = bench.session.fault
    bench.order("landing")
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == before


def test_life_is_shown_once_a_second_and_after_the_clock_was_set_back(bench):
    shown = []
    for after in (0.0, 0.0, 1.0 - A_LITTLE, A_LITTLE, 0.0, 0.5, 0.5, -A_LITTLE, 0.0, 1.5):
        bench.now += after
        shown.append(count(bench.update(), "life"))
    assert shown == [1, 0, 0, 1, 0, 0, 1, 1, 0, 1]


def test_what_did_not_come_is_asked_for_again_every_two_seconds(bench):
    bench.connect()
    asked = []
    for after in (0.0, 1.0, 1.0 - A_LITTLE, A_LITTLE, 0.0, 1.0, 1.0, -A_LITTLE, 0.0):
        bench.now += after
        bench.vehicle.beat(bench.now)
        asked.append(count(bench.update(), "ask again"))
    assert asked == [0, 0, 0, 1, 0, 0, 1, 1, 0]


def test_nothing_is_asked_for_while_offline(bench):
    bench.order("disengaged")
    for _ in range(40):
        bench.now += STEP
        bench.update()
    assert {note[0] for note in bench.sent} == {"life"}


def test_a_heartbeat_is_asked_for_where_none_came_for_a_fifth_of_a_second():
    bench = Bench(now=0.0).connect()
    asked = []
    for now in (0.0, 0.1, 0.19, 0.2, 0.2, 0.3, 0.39, 0.4, 0.3, 0.3):
        bench.now = now
        asked.append(count(bench.update(), "heartbeat"))
    assert asked == [0, 0, 0, 1, 0, 0, 0, 1, 1, 0]


def test_no_heartbeat_is_asked_for_where_they_come_by_themselves():
    bench = Bench().connect()
    assert not count(bench.go(4.0), "heartbeat")


def test_heartbeats_are_asked_for_more_often_while_a_request_waits_for_one():
    bench = Bench(now=0.0).found_flying().person("engaged")
    asked = []
    for now in (0.0, 0.05, 0.06, 0.06, 0.1, 0.12, 0.17):
        bench.now = now
        asked.append(count(bench.update(), "heartbeat"))
    assert asked == [0, 0, 1, 0, 0, 1, 0]
    bench.now = 0.18
    bench.beat()
    bench.update()
    assert bench.asked() == [(RequestKind.MODE, GUIDED)]


def test_a_plan_that_waits_for_nothing_polls_slowly():
    bench = Bench(now=0.0).found_flying().person("landing")
    bench.obedient = False
    bench.now = 0.1
    bench.beat(mode=LAND)
    bench.update()
    bench.now = 0.11
    bench.beat()
    bench.update()
    bench.now = 0.2
    assert bench.session.confirmed
    assert bench.phase is Phase.LANDING
    assert not count(bench.update(), "heartbeat")
    bench.now = 0.32
    assert count(bench.update(), "heartbeat")


# A flight, from its engagement on.


def test_a_flight_from_the_ground(bench):
    bench.connect().person("engaged")
    assert (bench.phase, bench.session.begun, bench.session.fault) == (Phase.STARTING, True, None)
    bench.go(1.0)
    assert bench.asked() == [(RequestKind.MODE, GUIDED), (RequestKind.ARM, 1.0), (RequestKind.TAKE_OFF, 1.5)]
    assert bench.phase is Phase.FLYING
    assert bench.session.allowed == {GUIDED}
    assert points(bench.step()) == [FORWARD]
    assert bench.session.checked


def test_an_engagement_that_is_repeated_is_no_engagement(bench):
    bench.connect().person("engaged").go(1.0)
    bench.coming |= {"armed": False, "landed": Landed.ON_GROUND}
    bench.step()
    bench.step()
    assert bench.phase is Phase.READY
    count_before = len(bench.asked())
    for _ in range(8):
        bench.order("engaged")
        bench.step()
    assert bench.phase is Phase.READY
    assert len(bench.asked()) == count_before


def test_orders_that_are_repeated_do_not_disturb_a_flight(bench):
    bench.fly()
    for _ in range(16):
        bench.order("engaged")
        assert points(bench.step()) == [FORWARD]
    assert bench.phase is Phase.FLYING
    assert bench.fault is None


def test_an_order_that_is_older_than_what_was_heard_is_not_obeyed(bench):
    bench.fly()
    bench.session.take_order(Order("a", Mode.LANDING, 0, 0, 0.0, 0), bench.now)
    assert bench.phase is Phase.FLYING
    assert bench.session.report().act == 1


def test_an_engagement_without_a_link_says_so(bench):
    bench.order("disengaged").person("engaged")
    assert bench.phase is Phase.OFFLINE
    assert bench.session.fault == Fault(FaultKind.NO_HEARTBEAT, subject="is the link up?")
    assert bench.session.events()[-1].time == 64.0
    bench.beat(mode=LOITER, armed=False)
    assert bench.phase is Phase.READY


@pytest.mark.parametrize(("autopilot", "kind", "words"), [
    (12, 2, "this vehicle is flown by PX4, not by ArduPilot"),
    (3, 1, "this vehicle is a plane, not a multicopter: its modes mean something else"),
])
def test_a_vehicle_that_is_not_ours_to_fly_is_not_engaged(bench, autopilot, kind, words):
    bench.connect()
    bench.vehicle.autopilot, bench.vehicle.kind = autopilot, kind
    bench.person("engaged")
    assert bench.phase is Phase.READY
    assert bench.session.fault == Fault(FaultKind.WRONG_VEHICLE, subject=words)


def test_an_engagement_during_a_landing_is_refused(bench):
    bench.land().person("engaged")
    assert (bench.phase, bench.fault) == (Phase.LANDING, FaultKind.LANDING_GOES_ON)


def test_an_engagement_while_motors_are_being_stopped_is_refused(bench):
    bench.climbing().person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.person("engaged")
    assert (bench.phase, bench.fault) == (Phase.STOPPING, FaultKind.STILL_STOPPING)


@pytest.mark.parametrize("phase", ["arming", "climbing", "fly"])
def test_an_engagement_during_a_flight_begins_nothing_anew(bench, phase):
    getattr(bench, phase)()
    before = bench.phase
    bench.person("engaged")
    assert bench.phase is before
    assert bench.fault is None
    assert bench.session.events() == []


def test_an_engagement_of_a_pilots_flight_takes_over_by_the_mode_alone(bench):
    bench.released()
    bench.sent.clear()
    bench.person("engaged")
    assert bench.fault is None
    bench.go(1.0)
    assert bench.phase is Phase.FLYING
    assert bench.asked() == [(RequestKind.MODE, GUIDED)]


def test_an_engagement_ends_a_persons_hold(bench):
    bench.hold().sent.clear()
    bench.person("engaged").go(1.0)
    assert bench.phase is Phase.FLYING
    assert bench.asked() == [(RequestKind.MODE, GUIDED)]


def test_nothing_begins_before_everything_is_fresh_and_then_it_does(bench):
    bench.connect().sleep(1.0)
    bench.beat().position().update()
    bench.person("engaged").go(1.0, without=("command",))
    assert bench.phase is Phase.STARTING
    assert not bench.session.begun
    assert not bench.asked()
    assert not points(bench.sent)
    bench.go(1.0)
    assert bench.phase is Phase.FLYING


def test_a_connection_does_not_make_fresh_what_never_came(bench):
    bench.order("disengaged").beat(mode=LOITER, landed=Landed.ON_GROUND).person("engaged")
    assert bench.phase is Phase.STARTING
    assert bench.session.staleness().kind is FaultKind.SUPERVISOR_SILENT
    assert not bench.session.begun
    assert not bench.session.streaming


def test_a_start_that_has_begun_needs_its_supervisor(bench):
    bench.start()
    bench.obedient = False
    bench.go(0.5, without=("command",))
    assert bench.phase is Phase.STARTING
    bench.step(without=("command",))
    assert bench.fault is FaultKind.SUPERVISOR_SILENT
    assert bench.phase is Phase.READY


def test_a_climb_needs_its_supervisor(bench):
    bench.climbing().go(0.75, without=("command",))
    assert bench.fault is FaultKind.SUPERVISOR_SILENT
    assert bench.phase is Phase.STOPPING


def test_a_flight_holds_where_its_supervisor_falls_silent(bench):
    bench.fly().go(0.5, without=("command",))
    assert bench.phase is Phase.FLYING
    bench.step(without=("command",))
    assert bench.phase is Phase.HOLDING
    assert bench.session.fault == Fault(FaultKind.SUPERVISOR_SILENT, 0.625, 0.5)
    assert points(bench.sent)[-1] == ZERO


# What is fresh.


@pytest.fixture
def fresh():
    return Bench().found_flying()


def age(bench, seconds, of):
    """Everything is heard ``seconds`` later, but for one thing."""
    bench.session.now = bench.now = bench.now + seconds
    if of != "command":
        bench.command()
    if of != "position":
        bench.vehicle.position_time = bench.now
    if of != "heartbeat":
        bench.vehicle.heartbeat = bench.now
    return bench.session.staleness()


@pytest.mark.parametrize(("of", "kind", "limit"), [
    ("command", FaultKind.SUPERVISOR_SILENT, 0.5),
    ("position", FaultKind.POSITION_OLD, 1.0),
    ("heartbeat", FaultKind.HEARTBEAT_OLD, 2.5),
])
def test_each_thing_is_fresh_up_to_its_limit(of, kind, limit):
    def fault(seconds):
        return age(Bench().found_flying(), seconds, of)

    assert fault(0.0) is None
    assert fault(limit) is None
    assert fault(limit + A_LITTLE) == Fault(kind, limit + A_LITTLE, limit)


def test_what_comes_from_the_future_is_not_fresh(fresh):
    session, vehicle, now = fresh.session, fresh.vehicle, fresh.now
    vehicle.heartbeat = now + A_LITTLE
    assert session.staleness() == Fault(FaultKind.HEARTBEAT_OLD, -A_LITTLE, 2.5)
    vehicle.position_time = now + A_LITTLE
    assert session.staleness() == Fault(FaultKind.POSITION_OLD, -A_LITTLE, 1.0)
    session.command(ZERO, now + A_LITTLE)
    assert session.staleness() == Fault(FaultKind.SUPERVISOR_SILENT, -A_LITTLE, 0.5)


def test_what_never_came_has_the_age_of_eternity():
    bench = Bench()
    bench.session.now = 64.0
    session, vehicle = bench.session, bench.vehicle
    assert session.staleness() == Fault(FaultKind.SUPERVISOR_SILENT, 999.0, 0.5)
    session.command(ZERO, 64.0)
    assert session.staleness() == Fault(FaultKind.POSITION_OLD, 999.0, 1.0)
    vehicle.position_time = 64.0
    assert session.staleness() == Fault(FaultKind.HEARTBEAT_OLD, 999.0, 2.5)
    vehicle.heartbeat = 64.0
    assert session.staleness() is None


@pytest.mark.parametrize(("period", "limit"), [(0.25, 1.0), (0.5, 1.25), (1.0, 2.5), (1.125, 2.8), (3.0, 2.8)])
def test_a_heartbeat_is_old_after_two_and_a_half_of_its_periods_within_bounds(fresh, period, limit):
    fresh.vehicle.heartbeat_period = period
    assert age(fresh, limit - A_LITTLE, "heartbeat") is None
    fault = age(fresh, 2.0 * A_LITTLE, "heartbeat")
    assert fault.kind is FaultKind.HEARTBEAT_OLD
    assert fault.limit == limit


def test_what_the_protocol_misses_is_a_reason_not_to_fly(fresh):
    fresh.adapter.missing = "no heading"
    assert age(fresh, 1.0, "") == Fault(FaultKind.REFUSED, subject="no heading")
    assert fresh.adapter.asked_at == 65.0


def test_a_vehicle_that_does_not_say_whether_it_flies_is_not_flown(bench):
    assert bench.session.unknown() == Fault(FaultKind.LANDED_UNKNOWN)
    bench.connect()
    assert bench.session.unknown() is None
    bench.vehicle.landed = Landed.UNKNOWN
    bench.person("engaged").go(6.0)
    assert (bench.phase, bench.fault) == (Phase.READY, FaultKind.LANDED_UNKNOWN)
    assert not bench.asked()


def test_a_link_is_too_slow_beyond_its_limit(bench):
    session = bench.connect().session
    session.took(0.8)
    assert session.unknown() is None
    session.took(0.875)
    assert session.unknown() == Fault(FaultKind.LINK_SLOW, 0.875, 0.8)


@pytest.mark.parametrize(("times", "expected"), [
    ((0.5,), 0.5), ((0.5, 0.25), 0.475), ((0.5, 1.0), 1.0), ((-1.0,), 0.0), ((9.0,), 3.0), ((1.0, 0.0), 0.9),
    ((2.0, 1.875), 1.9875),
])
def test_the_time_of_the_link_rises_at_once_and_falls_slowly(bench, times, expected):
    for seconds in times:
        bench.session.took(seconds)
    assert bench.session.round_trip == pytest.approx(expected)


@pytest.mark.parametrize(("after", "mode", "round_trip", "confirmed"), [
    (A_LITTLE, LOITER, 0.0, True), (0.0, LOITER, 0.0, False), (-A_LITTLE, LOITER, 0.0, False),
    (A_LITTLE, GUIDED, 0.0, False), (0.5, LOITER, 0.5, False), (0.5 + A_LITTLE, LOITER, 0.5, True),
])
def test_a_mode_is_confirmed_by_a_heartbeat_that_was_sent_after_the_reason(bench, after, mode, round_trip, confirmed):
    session = bench.session
    session.allowed = frozenset({LOITER})
    session.reason, session.round_trip = 64.0, round_trip
    assert not session.confirmed
    bench.vehicle.mode = mode
    bench.vehicle.heartbeat = 64.0 + after
    assert session.confirmed is confirmed


@pytest.mark.parametrize(("flavour", "age", "holds"), [
    (NEEDS_A_PLACE, None, False), (NEEDS_A_PLACE, 0.0, True), (NEEDS_A_PLACE, 3.0, True),
    (NEEDS_A_PLACE, 3.0 + A_LITTLE, False), (NEEDS_A_PLACE, -A_LITTLE, False), (FLAVOUR, None, True),
    (FLAVOUR, 9.0, True),
])
def test_a_hold_mode_works_with_a_global_position_or_without_needing_one(flavour, age, holds):
    bench = Bench(flavour)
    bench.session.now = 64.0
    bench.vehicle.global_time = None if age is None else 64.0 - age
    assert bench.session.holds_by_mode is holds


@pytest.mark.parametrize(("sticks", "age", "there"), [
    ((1500,), 0.0, True), ((1500,), 3.0, True), ((1500,), 3.0 + A_LITTLE, False), ((1500,), -A_LITTLE, False),
    ((1500,), None, False), (None, 0.0, False), (None, None, False),
])
def test_a_remote_control_is_one_that_was_heard_lately(bench, sticks, age, there):
    bench.session.now = 64.0
    bench.vehicle.sticks = sticks
    bench.vehicle.sticks_time = None if age is None else 64.0 - age
    assert bench.session.has_remote_control is there


# Words, requests and answers.


def test_events_are_told_once_and_in_order(bench):
    session = bench.session
    session.now = 65.0
    session.say("something")
    session.complain(Fault(FaultKind.REBOOTED))
    session.told("hello", True, 66.0)
    session.told("bye", False, 67.0)
    assert session.events() == [
        Event(65.0, False, "something"), Event(65.0, True, "the autopilot has rebooted"),
        Event(66.0, True, "autopilot: hello"), Event(67.0, False, "autopilot: bye"),
    ]
    assert session.events() == []
    assert session.fault == Fault(FaultKind.REBOOTED)


def test_warnings_are_the_autopilots_own_of_the_time_and_then_the_protocols_each_once(bench):
    session = bench.session
    session.told("early", True, 64.0)
    session.told("chat", False, 65.0)
    session.told("bad", True, 65.0)
    session.told("worse", True, 66.0)
    session.told("bad", True, 66.0)
    bench.adapter.known = ["known", "worse"]
    assert session.warnings(65.0) == ["bad", "worse", "known"]
    assert session.warnings(65.0 + A_LITTLE) == ["worse", "bad", "known"]
    assert session.warnings(64.0) == ["early", "bad", "worse", "known"]


def test_the_last_fifty_texts_are_kept(bench):
    for number in range(51):
        bench.session.told(str(number), True, 64.0)
    assert bench.session.warnings(0.0) == [str(number) for number in range(1, 51)]


YES, WAIT, NO, LATER = Answer.ACCEPTED, Answer.IN_PROGRESS, Answer.DENIED, Answer.TEMPORARILY_REJECTED


@pytest.mark.parametrize(("first", "second", "counts"), [
    (YES, YES, Reply(64.0, YES)), (YES, NO, Reply(65.0, NO)), (NO, YES, Reply(64.0, NO)), (NO, NO, Reply(64.0, NO)),
    (WAIT, YES, Reply(65.0, YES)), (YES, WAIT, Reply(65.0, WAIT)), (WAIT, LATER, Reply(65.0, LATER)),
    (LATER, NO, Reply(64.0, LATER)),
])
def test_a_second_answer_makes_nothing_younger_but_a_no_after_a_yes_is_a_no(bench, first, second, counts):
    session = bench.session
    session.answered(RequestKind.ARM, first, 64.0)
    session.answered(RequestKind.ARM, second, 65.0)
    assert session.replies == {RequestKind.ARM: counts}
    assert session.now == 65.0


def test_a_request_goes_to_the_adapter_as_it_is(bench):
    bench.session.request(RequestKind.TAKE_OFF, 1.5, 2)
    bench.session.request(RequestKind.DISARM)
    assert bench.adapter.take() == [
        ("request", RequestKind.TAKE_OFF, 1.5, 2), ("request", RequestKind.DISARM, 0.0, 0),
    ]
    assert bench.session.pending_mode is None


@pytest.mark.parametrize(("kind", "value", "mode"), [
    (RequestKind.MODE, 5.0, LOITER), (RequestKind.LAND, 0.0, LAND), (RequestKind.ARM, 1.0, None),
])
@pytest.mark.parametrize(("after", "round_trip", "pending"), [
    (0.0, 0.0, True), (1.0 - A_LITTLE, 0.0, True), (1.0, 0.0, False), (1.0, 0.5, True), (1.5 - A_LITTLE, 0.5, True),
    (1.5, 0.5, False), (-A_LITTLE, 0.5, False),
])
def test_a_mode_that_was_asked_for_may_take_effect_for_a_second(bench, kind, value, mode, after, round_trip, pending):
    session = bench.session
    session.now, session.round_trip = 64.0, round_trip
    session.request(kind, value)
    session.now = 64.0 + after
    assert session.pending_mode == (mode if pending else None)
    assert session.pending_mode is None or isinstance(session.pending_mode, int)


# Modes of others win.


@pytest.mark.parametrize("phase", ["start", "arming", "climbing", "fly", "hold", "land"])
def test_a_mode_that_we_did_not_ask_for_ends_our_part_in_every_phase(bench, phase):
    getattr(bench, phase)().sent.clear()
    bench.sleep(STEP).beat(mode=RETURN)
    session = bench.session
    assert bench.phase is (Phase.RELEASED if bench.vehicle.armed else Phase.READY)
    assert session.fault == Fault(FaultKind.FOREIGN_MODE, subject="RTL")
    assert (session.streaming, session.allowed) == (False, frozenset())
    notes = bench.go(4.0)
    assert not points(notes)
    assert not [kind for kind, _ in bench.asked(notes) if kind is not RequestKind.DISARM]


def test_a_mode_that_was_asked_for_is_ours_before_it_is_acknowledged(bench):
    bench.found_flying().person("engaged")
    bench.obedient = False
    bench.step()
    assert bench.session.pending_mode == GUIDED
    bench.session.allowed = frozenset({LOITER})
    bench.sleep(STEP).beat(mode=GUIDED)
    assert bench.phase is Phase.STARTING
    bench.sleep(1.0).beat()
    assert bench.phase is Phase.RELEASED


@pytest.mark.parametrize("phase", ["climbing", "fly", "hold"])
def test_a_flight_that_is_disarmed_is_not_ours_any_more(bench, phase):
    getattr(bench, phase)()
    bench.sleep(STEP).beat(armed=False)
    assert bench.phase is Phase.READY  # by way of released
    assert bench.session.fault == Fault(FaultKind.DISARMED)
    assert not bench.session.streaming


def test_a_start_is_disarmed_by_nature(bench):
    bench.start().step()
    assert bench.phase is Phase.STARTING
    assert bench.fault is None


def test_motors_that_have_stopped_may_show_any_mode(bench):
    bench.climbing().person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.sleep(STEP).beat(mode=LOITER, armed=False)
    assert bench.fault is None
    assert bench.phase is Phase.STOPPING


def test_motors_that_have_not_stopped_may_not_show_any_mode(bench):
    bench.climbing().person("disengaged")
    bench.sleep(STEP).beat(mode=LOITER)
    assert bench.phase is Phase.RELEASED


def test_a_vehicle_that_somebody_arms_is_released_with_the_name_of_its_mode(bench):
    bench.connect().step()
    bench.coming |= {"armed": True, "mode": AUTO}
    bench.step()
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.FOUND_ARMED, subject="AUTO")
    assert not bench.asked()


def test_a_request_to_arm_that_comes_into_effect_late_is_taken_back(bench):
    bench.connect().step()
    bench.session.arm_asked = bench.now
    bench.coming["armed"] = True
    bench.step()
    assert bench.phase is Phase.STOPPING
    assert bench.session.allowed == {LOITER}
    bench.step()
    assert (RequestKind.DISARM, 0.0) in bench.asked()
    bench.go(1.5)
    assert bench.phase is Phase.READY


@pytest.mark.parametrize(("after", "round_trip", "remembered"), [
    (1.0, 0.0, True), (1.0 + A_LITTLE, 0.0, False), (1.25, 0.25, True), (1.25 + A_LITTLE, 0.25, False),
])
def test_a_request_to_arm_is_remembered_for_its_time(bench, after, round_trip, remembered):
    bench.connect()
    bench.session.arm_asked, bench.session.round_trip = bench.now, round_trip
    bench.sleep(after).beat()
    assert (bench.session.arm_asked is not None) is remembered
    assert bench.phase is Phase.READY


@pytest.mark.parametrize("phase", ["start", "climbing"])
def test_a_request_to_arm_is_not_forgotten_while_it_matters(bench, phase):
    getattr(bench, phase)()
    bench.session.arm_asked = bench.now - 9.0
    bench.sleep(STEP).beat()
    assert bench.session.arm_asked is not None


def test_a_request_to_arm_is_not_forgotten_while_motors_are_being_stopped(bench):
    bench.arming().person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.session.arm_asked = bench.now - 9.0
    bench.sleep(STEP).beat()
    assert bench.session.arm_asked is not None


@pytest.mark.parametrize(("after", "disarms"), [(0.5, True), (1.0, True), (1.0 + A_LITTLE, False)])
def test_a_request_to_arm_that_is_on_its_way_is_taken_back_where_a_pilot_takes_over(bench, after, disarms):
    bench.arming()
    bench.session.arm_asked = bench.now + STEP - after
    bench.sleep(STEP).beat(mode=AUTO)
    asked = bench.asked(bench.update())
    assert asked == ([(RequestKind.DISARM, 0.0)] if disarms else [])


@pytest.mark.parametrize("shown", [{"armed": True}, {"landed": Landed.IN_AIR}])
def test_nothing_is_disarmed_that_a_pilot_has_armed_or_flies(bench, shown):
    bench.arming().sleep(STEP).beat(mode=AUTO, **shown)
    assert not bench.asked(bench.update())


# Two that give orders.


def test_two_publishers_mean_zero_and_a_hold_and_only_a_landing_is_obeyed(bench):
    bench.fly()
    bench.session.distrust("/order", bench.now)
    assert bench.phase is Phase.HOLDING
    assert bench.session.fault == Fault(FaultKind.TWO_SUPERVISORS, subject="/order")
    assert bench.session.events()[-1].time == bench.now
    bench.sleep(0.03125)
    assert points(bench.update()) == [ZERO]
    bench.person("engaged")
    assert bench.phase is Phase.HOLDING
    assert bench.session.report().act == 1
    bench.person("landing")
    assert bench.phase is Phase.LANDING
    assert bench.session.report().act == 3


def test_two_publishers_are_named_once_for_each_topic(bench):
    bench.fly()
    for topic in ("/order", "/order", "/command", ""):
        bench.session.distrust(topic, bench.now)
    assert [words.split(":")[0] for words in bench.trouble()[-2:]] == [
        "more than one node publishes /order", "more than one node publishes /command",
    ]


def test_what_was_not_obeyed_is_used_up_and_later_orders_are_obeyed(bench):
    bench.connect().session.distrust("/order", bench.now)
    assert bench.fault is None  # nothing of ours goes on
    bench.person("engaged")
    assert bench.phase is Phase.READY
    bench.session.distrust("", bench.now)
    bench.order("engaged")
    assert bench.phase is Phase.READY
    bench.person("engaged")
    assert bench.phase is Phase.STARTING


def test_a_command_from_before_two_publishers_is_not_flown_after_them(bench):
    bench.fly()
    bench.session.distrust("/order", bench.now)
    bench.session.distrust("", bench.now)
    bench.person("engaged")
    sent = bench.go(0.375, without=("command",), step=0.0625)
    assert bench.phase is Phase.FLYING
    assert set(points(sent)) == {ZERO}
    assert FORWARD in points(bench.step())


def test_while_two_publish_nobodys_command_is_flown(bench):
    bench.fly()
    bench.session.distrust("/order", bench.now)
    bench.session.enter(Phase.FLYING)
    assert points(bench.step()) == [ZERO]


# The end.


def test_an_end_in_flight_is_a_hold_and_finished_when_it_is_shown(bench):
    bench.fly().session.close(bench.now)
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.ENDING)
    told = bench.session.events()
    assert told == [Event(bench.now, True, "the bridge is being ended: the autopilot holds")]
    assert not bench.session.finished
    bench.step()
    assert not bench.session.finished
    bench.step()
    assert bench.session.finished
    bench.session.close(bench.now)
    assert bench.session.events() == []


@pytest.mark.parametrize("phase", ["start", "climbing"])
def test_an_end_on_the_ground_stops_the_motors(bench, phase):
    getattr(bench, phase)()
    bench.session.close(bench.now + STEP)
    assert bench.phase in (Phase.READY, Phase.STOPPING)
    assert bench.fault is FaultKind.ENDING
    assert bench.session.now == bench.now + STEP
    assert bench.session.finished is (bench.phase is Phase.READY)


def test_an_end_does_not_end_a_landing_and_waits_until_it_is_shown(bench):
    bench.fly().person("landing")
    bench.session.close(bench.now)
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    assert not bench.session.finished
    bench.go(3 * STEP)
    assert bench.session.finished


@pytest.mark.parametrize("phase", ["connect", "found_flying", "hold"])
def test_an_end_where_nothing_moves_by_us_is_finished_at_once(bench, phase):
    getattr(bench, phase)()
    before = bench.phase, bench.fault
    assert not bench.session.finished
    bench.session.close(bench.now)
    assert bench.session.finished
    assert (bench.phase, bench.fault) == before


def test_an_ending_session_obeys_nobody(bench):
    bench.fly().session.close(bench.now)
    bench.person("landing")
    assert bench.phase is Phase.HOLDING
    assert bench.session.report().act == 1


# Holds and resumes.


def test_a_persons_hold_is_the_autopilots_and_the_stream_stops_when_it_is_shown(bench):
    bench.fly().sent.clear()
    bench.person("holding")
    assert bench.phase is Phase.HOLDING
    assert bench.fault is None
    assert points(bench.step()) == [ZERO]
    assert bench.asked() == [(RequestKind.MODE, BRAKE)]
    assert bench.session.streaming
    bench.go(2 * STEP)
    assert not bench.session.streaming
    assert not points(bench.go(1.0))


def test_a_supervisors_hold_is_zero_for_two_seconds_and_then_the_autopilots(bench):
    bench.fly().change("holding")
    begin = bench.now
    while bench.now < begin + 2.0 - STEP:
        bench.order("holding")
        assert points(bench.step()) == [ZERO]
        assert bench.phase is Phase.FLYING
    bench.step()
    assert bench.now == begin + 2.0
    assert bench.phase is Phase.HOLDING
    assert bench.fault is None


def test_a_supervisors_hold_that_is_shorter_goes_on_without_a_word(bench):
    bench.fly().change("holding").go(1.0)
    bench.change("engaged")
    assert points(bench.step()) == [FORWARD]
    assert (bench.phase, bench.fault) == (Phase.FLYING, None)


@pytest.mark.parametrize("mode", ["holding", "pilot", "landing", "disengaged"])
def test_only_an_engaged_supervisors_command_is_flown(bench, mode):
    bench.fly()
    bench.session.order = Order("a", Mode(mode), 1, 1)
    assert points(bench.step()) == [ZERO]


def test_nobodys_command_is_not_flown(bench):
    bench.fly().session.order = None
    assert points(bench.step()) == [ZERO]


@pytest.mark.parametrize("phase", ["start", "climbing"])
@pytest.mark.parametrize("whose", ["person", "change"])
@pytest.mark.parametrize("mode", ["holding", "disengaged"])
def test_a_hold_or_an_end_before_it_flies_stops_the_motors(bench, phase, whose, mode):
    getattr(bench, phase)()
    getattr(bench, whose)(mode)
    assert bench.phase is (Phase.READY if phase == "start" else Phase.STOPPING)
    assert bench.fault is None
    bench.obedient = True
    bench.go(3.0)
    assert bench.phase is Phase.READY
    assert not bench.vehicle.armed


def test_a_hold_while_it_climbs_in_the_air_is_a_hold(bench):
    bench.climbing().vehicle.landed = Landed.IN_AIR
    bench.change("holding")
    assert bench.phase is Phase.HOLDING


def test_a_start_in_somebody_elses_mode_is_given_up_without_a_request(bench):
    bench.found_flying().vehicle.landed = Landed.UNKNOWN
    bench.person("engaged").step()
    assert (bench.phase, bench.session.allowed) == (Phase.STARTING, {LOITER})
    bench.person("holding")
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.RESUME_REFUSED
    assert not bench.asked(bench.go(1.0))


def test_a_start_in_somebody_elses_mode_is_given_up_with_its_own_reason(bench):
    bench.found_flying().vehicle.landed = Landed.UNKNOWN
    bench.person("engaged").step()
    bench.session.distrust("/order", bench.now)
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.TWO_SUPERVISORS


def test_a_start_in_the_air_whose_mode_may_come_holds(bench):
    bench.found_flying().person("engaged")
    assert bench.session.allowed == {LOITER, GUIDED}
    bench.person("holding")
    assert bench.phase is Phase.HOLDING


def test_a_persons_hold_stops_a_landing_in_the_air_and_not_on_the_ground(bench):
    bench.land().session.complain(Fault(FaultKind.LANDING_GOES_ON))
    bench.person("holding")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)
    bench = Bench().land()
    bench.vehicle.landed = Landed.ON_GROUND
    bench.person("holding")
    assert bench.phase is Phase.LANDING


def test_a_supervisors_hold_does_not_stop_a_landing(bench):
    bench.land().change("holding").go(1.0)
    assert bench.phase is Phase.LANDING


@pytest.mark.parametrize("begin", ["connect", "found_flying", "released"])
def test_a_hold_of_what_is_not_ours_begins_nothing(bench, begin):
    getattr(bench, begin)()
    before = bench.phase, bench.fault
    bench.person("holding")
    assert (bench.phase, bench.fault) == before
    assert not bench.asked(bench.go(1.0))


@pytest.mark.parametrize(("after", "goes_on"), [(2.5, True), (8.0, True), (8.0 + A_LITTLE, False)])
def test_a_hold_goes_on_by_itself_within_the_time_for_that(bench, after, goes_on):
    bench.fly().change("holding")
    begin = bench.now
    bench.go(after - 0.5)
    bench.order("holding")
    bench.step(begin + after - bench.now)
    assert bench.phase is Phase.HOLDING
    bench.session.complain(Fault(FaultKind.POSITION_OLD))
    bench.sent.clear()
    bench.change("engaged")
    if goes_on:
        assert bench.fault is None
        bench.go(1.0)
        assert bench.phase is Phase.FLYING
        assert (RequestKind.MODE, GUIDED) in bench.asked()
    else:
        assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.RESUME_REFUSED)
        bench.go(1.0)
        assert (RequestKind.MODE, GUIDED) not in bench.asked()


def test_a_resume_at_the_moment_of_the_hold_goes_on(bench):
    bench.fly().change("holding").change("engaged")
    assert (bench.phase, bench.fault) == (Phase.FLYING, None)


def test_a_resume_of_a_hold_that_began_in_the_future_is_refused(bench):
    bench.fly().change("holding").jump(-A_LITTLE).change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.RESUME_REFUSED)


def test_a_resume_that_is_not_allowed_is_a_hold_where_it_still_flies():
    bench = Bench(resume=0.0).fly().change("holding")
    bench.step()
    assert bench.phase is Phase.FLYING
    bench.change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.RESUME_REFUSED)


@pytest.mark.parametrize("spoilt", ["disarmed", "on the ground", "touched", "never held"])
def test_a_resume_takes_only_what_hangs_in_the_air_by_our_doing(bench, spoilt):
    if spoilt == "touched":
        bench = Bench(NEEDS_A_PLACE).fly().change("pilot").change("holding")
    elif spoilt == "never held":
        bench.fly().change("pilot")
        bench.session.enter(Phase.FLYING)
    else:
        bench.hold()
        if spoilt == "disarmed":
            bench.vehicle.armed = False
        else:
            bench.vehicle.landed = Landed.ON_GROUND
    bench.change("engaged")
    assert bench.fault is FaultKind.RESUME_REFUSED
    assert bench.phase is (Phase.STOPPING if spoilt == "on the ground" else Phase.HOLDING)


@pytest.mark.parametrize("begin", ["connect", "released", "land"])
def test_a_resume_elsewhere_is_nothing(bench, begin):
    getattr(bench, begin)()
    before = bench.phase, bench.fault
    bench.change("holding").change("engaged")
    assert (bench.phase, bench.fault) == before


# Disengaging.


@pytest.mark.parametrize("whose", ["person", "change"])
def test_disengaging_in_flight_holds(bench, whose):
    bench.fly()
    getattr(bench, whose)("disengaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)


def test_another_supervisor_that_wants_nothing_is_a_hold(bench):
    bench.fly().order("disengaged", "b")
    assert bench.phase is Phase.HOLDING
    assert bench.session.report().supervisor == "b"


@pytest.mark.parametrize("whose", ["person", "change"])
def test_disengaging_does_not_end_a_landing(bench, whose):
    bench.land().sent.clear()
    getattr(bench, whose)("disengaged")
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    bench.go(1.0)
    assert not bench.asked()


def test_disengaging_a_held_vehicle_that_stands_stops_its_motors_once(bench):
    bench.hold().person("disengaged")
    bench.vehicle.landed = Landed.ON_GROUND
    bench.order("disengaged").step()
    assert bench.phase is Phase.HOLDING  # the same order is no event
    bench.person("disengaged").go(1.0)
    assert bench.phase is Phase.READY
    assert not bench.vehicle.armed


def test_a_person_may_disarm_on_the_ground_whoever_has_armed(bench):
    bench.connect(LOITER, True).sent.clear()
    assert bench.phase is Phase.RELEASED
    bench.change("holding").change("disengaged")
    assert bench.phase is Phase.RELEASED
    bench.person("disengaged")
    assert bench.phase is Phase.STOPPING
    bench.go(1.0)
    assert bench.asked() == [(RequestKind.DISARM, 0.0)]
    assert bench.phase is Phase.READY


def test_nobody_disarms_a_pilots_flight(bench):
    bench.released().sent.clear()
    bench.person("disengaged")
    assert bench.phase is Phase.RELEASED
    assert not bench.asked(bench.go(1.0))


def test_a_pilots_vehicle_that_leaves_the_ground_while_it_is_disarmed_is_not_ours_to_land(bench):
    bench.connect(LOITER, True).person("disengaged")
    bench.obedient = False
    bench.step()
    bench.answer(RequestKind.DISARM, Answer.DENIED)
    bench.vehicle.landed = Landed.IN_AIR
    bench.step()
    assert bench.phase is Phase.RELEASED


def test_a_vehicle_of_ours_that_leaves_the_ground_while_it_is_disarmed_lands(bench):
    bench.climbing().person("disengaged")
    bench.step()
    bench.answer(RequestKind.DISARM, Answer.DENIED)
    bench.vehicle.landed = Landed.IN_AIR
    bench.step()
    assert bench.phase is Phase.LANDING


# A pilot's touch.


def test_a_touch_is_zero_at_once_and_hands_over(bench):
    bench.fly().sent.clear()
    bench.change("pilot")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.PILOT_TOUCH)
    bench.now += 0.02
    assert points(bench.update()) == [ZERO]
    bench.go(4 * STEP)
    assert bench.phase is Phase.RELEASED
    assert bench.asked() == [(RequestKind.MODE, BRAKE)]
    assert not points(bench.go(1.0))


def test_a_touch_of_a_remote_control_ends_where_its_sticks_work(bench):
    bench.fly().sent.clear()
    bench.vehicle.sticks, bench.vehicle.sticks_time = (1500,), bench.now
    bench.change("pilot").go(4 * STEP)
    assert bench.asked() == [(RequestKind.MODE, LOITER)]


def test_a_touch_is_told_once_however_often_it_is_heard():
    bench = Bench(NEEDS_A_PLACE).fly().change("pilot")
    for _ in range(8):
        bench.order("pilot")
        assert points(bench.step()) == [ZERO]
    assert bench.trouble().count(str(Fault(FaultKind.PILOT_TOUCH))) == 1


def test_after_a_touch_an_engagement_flies_again(bench):
    bench.fly().change("pilot").go(4 * STEP)
    bench.person("engaged").go(4 * STEP)
    assert bench.phase is Phase.FLYING
    assert points(bench.step()) == [FORWARD]


@pytest.mark.parametrize("begin", ["connect", "found_flying", "released"])
def test_a_touch_of_what_is_not_ours_is_nothing(bench, begin):
    getattr(bench, begin)()
    before = bench.phase, bench.fault
    bench.change("pilot")
    assert (bench.phase, bench.fault) == before


def test_a_touch_does_not_keep_motors_running_that_are_being_stopped(bench):
    bench.climbing().person("disengaged").change("pilot")
    assert (bench.phase, bench.fault) == (Phase.STOPPING, None)


def test_a_touch_on_the_ground_stops_the_motors_after_a_younger_heartbeat(bench):
    bench.climbing().change("pilot")
    assert bench.phase is Phase.HOLDING
    bench.step()
    assert bench.phase is Phase.STOPPING


def test_a_touch_during_the_autopilots_landing_leaves_it_to_the_autopilot(bench):
    bench.land().change("pilot")
    assert (bench.phase, bench.fault) == (Phase.LANDING, FaultKind.PILOT_TOUCH)
    assert not bench.asked(bench.go(1.0))
    assert bench.phase is Phase.LANDING


def test_a_touch_before_a_landing_has_begun_ends_it(bench):
    bench.fly().person("landing").change("pilot")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.PILOT_TOUCH)


def test_a_resume_after_a_touch_flies_nobodys_command(bench):
    bench.fly().change("pilot")
    bench.session.enter(Phase.FLYING)
    bench.session.order = Order("a", Mode.ENGAGED, 1, 1)
    assert points(bench.step()) == [ZERO]


# Landings.


@pytest.mark.parametrize("whose", ["person", "change"])
@pytest.mark.parametrize("begin", ["fly", "hold"])
def test_a_landing_of_ours_is_asked_for_and_watched(bench, begin, whose):
    getattr(bench, begin)().session.complain(Fault(FaultKind.POSITION_OLD))
    bench.sent.clear()
    getattr(bench, whose)("landing")
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    bench.go(4 * STEP)
    assert bench.asked() == [(RequestKind.MODE, LAND)]
    bench.coming |= {"armed": False, "landed": Landed.ON_GROUND}
    bench.step()
    session = bench.session
    assert (bench.phase, bench.fault) == (Phase.READY, None)
    assert (session.streaming, session.allowed, session.arm_asked) == (False, frozenset(), None)


def test_a_landing_that_is_repeated_lands_once(bench):
    bench.land().sent.clear()
    bench.order("landing").person("landing")
    assert not bench.asked(bench.go(1.0))


def test_a_pilots_flight_is_landed_for_a_person_only(bench):
    bench.released().change("landing")
    assert bench.phase is Phase.RELEASED
    bench.person("landing")
    assert bench.phase is Phase.LANDING


def test_a_landing_of_a_disarmed_vehicle_is_nothing(bench):
    bench.connect().person("landing")
    assert (bench.phase, bench.fault) == (Phase.READY, None)
    assert not bench.asked(bench.go(1.0))


def test_a_landing_of_a_vehicle_that_stands_stops_its_motors_with_one_request_at_a_time(bench):
    bench.climbing().person("landing")
    assert bench.phase is Phase.STOPPING
    notes = bench.step()
    bench.order("landing")
    notes += bench.step(0.0625)
    assert bench.asked(notes) == [(RequestKind.DISARM, 0.0)]


def test_a_landing_of_what_somebody_else_has_armed_on_the_ground_stops_its_motors(bench):
    bench.connect(LOITER, True).person("landing")
    assert bench.phase is Phase.STOPPING


def test_a_landing_stops_motors_that_may_start_late(bench):
    bench.connect().session.arm_asked = bench.now
    bench.person("landing")
    assert bench.phase is Phase.STOPPING


def test_a_landing_of_a_start_gives_it_up(bench):
    bench.start().person("landing")
    assert bench.phase is Phase.READY
    assert not bench.session.streaming


def test_a_vehicle_that_says_that_it_flies_disarmed_is_not_landed(bench):
    bench.found_flying().vehicle.armed = False
    bench.person("landing")
    assert bench.phase is Phase.RELEASED


def test_a_landing_by_set_points_ends_disarmed(bench):
    bench.fly()
    bench.obedient = False
    bench.person("landing").step()
    bench.answer(RequestKind.MODE, Answer.DENIED)
    bench.vehicle.landed = Landed.ON_GROUND
    bench.go(0.5)
    assert bench.phase is Phase.LANDING
    assert bench.session.streaming
    bench.session.arm_asked = bench.now
    bench.sleep(STEP).beat(armed=False)
    session = bench.session
    assert (bench.phase, session.streaming, session.allowed) == (Phase.READY, False, frozenset())
    assert session.arm_asked is None
    notes = bench.go(1.0)
    assert not points(notes)
    assert not bench.asked(notes)
    assert bench.phase is Phase.READY


# Links that are lost and come back.


def test_a_link_is_lost_after_more_than_three_seconds_without_a_heartbeat(bench):
    bench.fly().go(3.0, without=("heartbeat",))
    assert bench.phase is Phase.HOLDING
    bench.step(A_LITTLE, without=("heartbeat",))
    session = bench.session
    assert bench.phase is Phase.OFFLINE
    assert session.fault == Fault(FaultKind.LINK_LOST, limit=3.0)
    assert (session.streaming, session.allowed) == (False, frozenset())
    notes = bench.go(4.0, without=("heartbeat",))
    assert {note[0] for note in notes} == {"life"}


@pytest.mark.parametrize("begin", ["connect", "found_flying", "start", "climbing", "land"])
def test_a_link_is_lost_in_every_phase(bench, begin):
    getattr(bench, begin)().lost()
    assert bench.fault is FaultKind.LINK_LOST


def test_a_flight_whose_link_comes_back_holds_where_it_still_waits_for_set_points(bench):
    bench.fly()
    bench.obedient = False
    bench.lost().back()
    assert bench.phase is Phase.HOLDING
    assert bench.session.allowed == {GUIDED}
    assert bench.session.streaming
    bench.step()
    assert bench.asked()[-1] == (RequestKind.MODE, BRAKE)


@pytest.mark.parametrize("mode", [BRAKE, RETURN, LOITER])
def test_a_flight_whose_link_comes_back_in_another_mode_is_somebody_elses(bench, mode):
    bench.fly().lost().back(mode=mode)
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.FOREIGN_MODE, subject=FLAVOUR.mode_name(mode))


def test_a_flight_whose_link_comes_back_disarmed_is_over(bench):
    bench.fly()
    bench.session.arm_asked = bench.now
    bench.lost().back(armed=False)
    assert bench.phase is Phase.READY
    assert bench.session.arm_asked is None
    bench.lost().back(armed=True)
    assert bench.fault is FaultKind.FOUND_ARMED  # what was kept is forgotten


def test_a_start_whose_link_comes_back_with_motors_on_stops_them(bench):
    bench.climbing().lost().back()
    assert bench.phase is Phase.STOPPING
    assert bench.session.allowed == {GUIDED}


def test_a_start_whose_link_comes_back_in_its_own_failsafe_on_the_ground_stops_its_motors(bench):
    bench.climbing().lost().back(mode=BRAKE, failsafe=True)
    assert bench.phase is Phase.STOPPING
    assert bench.session.allowed == {BRAKE}


@pytest.mark.parametrize(("mode", "failsafe"), [(BRAKE, False), (AUTO, True), (AUTO, False)])
def test_a_start_whose_link_comes_back_in_another_mode_is_somebody_elses(bench, mode, failsafe):
    bench.climbing().lost().back(mode=mode, failsafe=failsafe)
    assert bench.phase is Phase.RELEASED
    assert bench.fault is FaultKind.FOREIGN_MODE


@pytest.mark.parametrize(("shown", "lands"), [
    ({"mode": LAND}, True), ({"mode": GUIDED}, True), ({"mode": BRAKE, "failsafe": True}, True),
    ({"mode": BRAKE}, False), ({"mode": RETURN, "failsafe": True}, False), ({"mode": LOITER}, False),
])
def test_a_landing_whose_link_comes_back_lands_unless_somebody_has_taken_over(bench, shown, lands):
    bench.fly().person("landing")
    bench.obedient = False
    bench.step()
    bench.lost().back(**shown)
    if lands:
        assert (bench.phase, bench.fault) == (Phase.LANDING, None)
        assert bench.session.allowed >= {shown["mode"], LAND}
    else:
        assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOREIGN_MODE)


def test_a_landing_that_was_shown_and_whose_link_comes_back_is_asked_for_once_more_at_most(bench):
    bench.land().lost().back()
    assert (bench.phase, bench.fault) == (Phase.LANDING, None)
    bench.sent.clear()
    bench.go(1.0)
    assert not bench.asked()  # it is shown already


@pytest.mark.parametrize("whose", ["person", "change"])
def test_disengaging_while_the_link_is_lost_does_not_end_a_landing(bench, whose):
    bench.land().lost()
    getattr(bench, whose)("disengaged")
    bench.back()
    assert bench.phase is Phase.LANDING


@pytest.mark.parametrize(("whose", "phase"), [("person", Phase.RELEASED), ("change", Phase.LANDING)])
def test_a_persons_hold_while_the_link_is_lost_ends_a_landing(bench, whose, phase):
    bench.land().lost()
    getattr(bench, whose)("holding")
    bench.back()
    assert bench.phase is phase


@pytest.mark.parametrize("mode", ["holding", "disengaged"])
def test_what_a_person_wants_while_the_link_is_lost_does_not_give_the_motors_away(bench, mode):
    bench.climbing().lost().person(mode).back()
    assert bench.phase is Phase.STOPPING


@pytest.mark.parametrize("mode", ["holding", "disengaged", "pilot"])
def test_orders_before_any_connection_are_nothing(bench, mode):
    bench.order("engaged").person(mode)
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, None)
    bench.beat(mode=GUIDED, armed=True, landed=Landed.IN_AIR)
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_touch_while_the_link_is_lost_gives_the_flight_away(bench):
    bench.fly().lost().change("pilot").back()
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_touch_before_the_link_is_lost_gives_the_flight_away():
    bench = Bench(NEEDS_A_PLACE).fly().change("pilot").lost()
    bench.back()
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_touch_during_the_autopilots_landing_does_not_give_it_away(bench):
    bench.land().change("pilot").lost().back()
    assert bench.phase is Phase.LANDING


def test_a_flight_whose_link_came_back_may_be_resumed(bench):
    bench.fly()
    bench.obedient = False
    bench.lost().back()
    assert bench.phase is Phase.HOLDING
    bench.change("holding").change("engaged")
    assert bench.fault is not FaultKind.RESUME_REFUSED


def test_a_touch_is_forgotten_once_the_pilot_has_the_vehicle_and_a_person_asks_for_it_again(bench):
    bench.fly().change("pilot").go(4 * STEP)
    assert bench.phase is Phase.RELEASED
    bench.person("landing").person("holding").change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, None)
    bench.go(4 * STEP)
    assert bench.phase is Phase.FLYING


def test_a_touch_is_forgotten_with_the_landing_that_it_was_in(bench):
    bench.land().change("pilot")
    bench.sleep(STEP).beat(armed=False, landed=Landed.ON_GROUND)
    assert bench.phase is Phase.READY
    bench.session.arm_asked = bench.now
    bench.obedient = False
    bench.sleep(STEP).beat(armed=True)
    assert bench.phase is Phase.STOPPING
    bench.lost().back()
    assert bench.phase is Phase.STOPPING


def test_a_mode_of_ours_that_is_shown_late_in_a_landing_may_be_found_again(bench):
    bench.found_flying().person("engaged")
    bench.obedient = False
    bench.step()
    bench.sleep(STEP).beat(mode=AUTO)
    assert bench.phase is Phase.RELEASED
    bench.person("landing").sleep(STEP).beat(mode=GUIDED)
    assert bench.phase is Phase.LANDING
    bench.lost().back()
    assert bench.phase is Phase.LANDING


@pytest.mark.parametrize(("mode", "phase"), [
    (LOITER, Phase.LANDING), (GUIDED, Phase.LANDING), (LAND, Phase.LANDING), (RETURN, Phase.RELEASED),
])
def test_a_landing_that_is_ordered_while_the_link_is_lost_is_done_later(bench, mode, phase):
    bench.found_flying().lost().person("landing")
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, FaultKind.LANDING_WAITS)
    bench.back(mode=mode)
    assert bench.phase is phase
    assert bench.fault is (None if phase is Phase.LANDING else FaultKind.FOREIGN_MODE)


def test_a_landing_that_is_ordered_before_any_connection_does_not_wait(bench):
    bench.order("disengaged").person("landing")
    assert bench.session.fault == Fault(FaultKind.LANDING_WAITS)
    bench.beat(mode=LOITER, armed=True, landed=Landed.IN_AIR)
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.FOUND_ARMED)


def test_a_vehicle_that_comes_back_is_greeted_and_not_asked_again_at_once(bench):
    bench.connect().lost().sent.clear()
    bench.back()
    notes = bench.update()
    assert count(notes, "greet") == 1
    assert not count(notes, "ask again")
    assert not count(notes, "heartbeat")


# Reboots.


@pytest.mark.parametrize("begin", ["climbing", "fly", "hold", "land"])
def test_a_reboot_ends_our_part(bench, begin):
    getattr(bench, begin)().sent.clear()
    bench.session.arm_asked = bench.now
    bench.sleep(STEP).beat(reboots=1)
    session = bench.session
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.REBOOTED)
    assert (session.checked, session.arm_asked, session.streaming) == (False, None, False)
    notes = bench.update()
    assert count(notes, "greet") == 1
    assert not bench.asked(notes)
    bench.sleep(STEP).beat()
    assert not count(bench.update(), "greet")


def test_a_reboot_of_a_vehicle_that_stands_is_only_told(bench):
    bench.connect().session.checked = True
    bench.session.arm_asked = bench.now
    bench.sleep(STEP).beat(reboots=1)
    assert bench.session.events() == [Event(bench.now, False, "the autopilot has rebooted")]
    assert (bench.phase, bench.fault, bench.session.checked) == (Phase.READY, None, False)
    assert bench.session.arm_asked is None


# Gaps: the clock has jumped, or nobody has called us.


@pytest.mark.parametrize(("gap", "noticed"), [(1.0, False), (1.0 + A_LITTLE, True), (0.0, False), (-A_LITTLE, True)])
def test_a_gap_is_a_second_and_more_or_a_clock_that_goes_back(bench, gap, noticed):
    bench.fly()
    now = bench.jump(gap).now
    reason = bench.session.reason
    bench.beat()
    assert bench.session.reason == (now if noticed else reason)


def test_before_the_first_heartbeat_there_is_no_gap(bench):
    bench.update()
    bench.jump(5.0).position()
    bench.jump(5.0).update()
    assert bench.session.reason < 0.0


def test_after_a_gap_zero_is_streamed_until_a_new_command_comes(bench):
    bench.fly().jump(2.0)
    assert points(bench.update()) == [ZERO]
    assert bench.phase is Phase.FLYING
    bench.sleep(STEP).beat().position()
    assert points(bench.update()) == [ZERO]
    bench.sleep(STEP).beat().position().command()
    assert points(bench.update()) == [FORWARD]
    assert bench.phase is Phase.FLYING


def test_a_command_that_comes_with_the_waking_is_flown(bench):
    bench.fly().jump(2.0).beat().position().command()
    assert points(bench.update()) == [FORWARD]


def test_after_a_gap_what_is_needed_must_come_in_its_time(bench):
    bench.fly().jump(2.0).update()
    bench.go(0.5, without=("command",))
    assert bench.phase is Phase.FLYING
    bench.step(without=("command",))
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.SUPERVISOR_SILENT)


def test_a_second_gap_does_not_make_the_same_command_fresh_again(bench):
    bench.fly().jump(2.0).update()
    bench.jump(2.0).beat()
    bench.vehicle.position_time = bench.now
    bench.update()
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.SUPERVISOR_SILENT)
    assert bench.session.fault.value == 2.0


def test_a_gap_is_no_lost_link_but_silence_after_it_is(bench):
    bench.found_flying().step()
    bench.jump(9.0).update()
    assert bench.phase is Phase.RELEASED
    for _ in range(24):
        bench.jump(STEP).update()
    assert bench.phase is Phase.RELEASED
    bench.jump(A_LITTLE).update()
    assert (bench.phase, bench.fault) == (Phase.OFFLINE, FaultKind.LINK_LOST)


def test_a_link_that_stays_silent_is_lost_however_seldom_we_are_called(bench):
    bench.found_flying().step()
    phases = []
    for _ in range(3):
        bench.jump(2.0).update()
        phases.append(bench.phase)
    assert phases == [Phase.RELEASED, Phase.RELEASED, Phase.OFFLINE]


def test_a_mode_is_asked_for_only_on_what_comes_after_a_gap(bench):
    bench.found_flying().step()
    bench.person("engaged").sleep(STEP).beat().jump(2.0)
    assert not bench.asked(bench.update())
    bench.sleep(STEP).beat().position().command()
    assert bench.asked(bench.update()) == [(RequestKind.MODE, GUIDED)]


def test_one_gap_is_one_however_much_is_heard_after_it(bench):
    bench.fly().jump(2.0).beat()
    reason = bench.session.reason
    bench.jump(0.25).beat()
    assert bench.session.reason == reason
    bench.update()
    bench.jump(2.0).beat()
    assert bench.session.reason == bench.now


def test_a_clock_that_goes_back_begins_a_hold_anew(bench):
    bench.fly().person("holding")
    bench.obedient = False
    bench.step()
    assert bench.session.pending_mode == BRAKE
    bench.jump(-32.0).beat()
    assert bench.phase is Phase.HOLDING
    assert bench.session.pending_mode is None
    bench.position().update()
    assert bench.asked(bench.step()) == [(RequestKind.MODE, BRAKE)]


def test_a_clock_that_goes_back_leaves_a_hold_alone_that_is_shown(bench):
    bench.hold().jump(-32.0).beat().position().update()
    assert bench.phase is Phase.HOLDING
    assert not bench.asked(bench.go(1.0))


def test_a_clock_that_goes_back_leaves_a_landing_that_goes_on_and_asks_for_one_that_does_not(bench):
    bench.land().jump(-32.0).beat().position().update()
    assert bench.phase is Phase.LANDING
    assert not bench.asked(bench.go(1.0))
    bench = Bench().fly().person("landing")
    bench.obedient = False
    bench.step()
    bench.jump(-32.0).beat().position().update()
    assert bench.phase is Phase.LANDING
    assert bench.asked(bench.step()) == [(RequestKind.MODE, LAND)]


@pytest.mark.parametrize(("begin", "phase"), [
    ("start", Phase.READY), ("arming", Phase.STOPPING), ("climbing", Phase.STOPPING),
])
def test_a_clock_that_goes_back_ends_a_start(bench, begin, phase):
    getattr(bench, begin)().jump(-32.0).beat()
    assert (bench.phase, bench.fault) == (phase, FaultKind.RESUME_REFUSED)


def test_a_clock_that_goes_back_does_not_keep_motors_running(bench):
    bench.climbing().person("disengaged").step()
    bench.obedient = True
    bench.session.arm_asked = bench.now
    bench.jump(-32.0).beat().position().update()
    assert bench.session.arm_asked == bench.now
    assert bench.phase is Phase.STOPPING
    bench.go(1.5)
    assert bench.phase is Phase.READY
    assert count(bench.sent, "request")
    assert bench.asked()[-1] == (RequestKind.DISARM, 0.0)


def test_a_clock_that_goes_back_knows_no_request_to_arm_that_was_not_made(bench):
    bench.connect().jump(-32.0).beat()
    assert bench.session.arm_asked is None


def test_a_clock_that_goes_back_forgets_answers(bench):
    bench.connect().answer(RequestKind.ARM).jump(-1.0).beat()
    assert bench.session.replies == {}


def test_a_clock_that_goes_back_leaves_nothing_in_the_future(bench):
    bench.fly()
    bench.vehicle.sticks_time = bench.now
    bench.jump(-32.0).update()
    vehicle = bench.vehicle
    assert (vehicle.heartbeat, vehicle.position_time, vehicle.sticks_time) == (bench.now,) * 3
    assert bench.session.staleness() is None
    assert bench.phase is Phase.FLYING


def test_a_clock_that_goes_back_lets_a_supervisors_hold_last_as_long(bench):
    bench.fly().change("holding").go(1.0)
    bench.jump(-32.0).beat().position().command().update()
    begin = bench.now
    assert bench.phase is Phase.FLYING
    bench.go(1.875)
    assert bench.phase is Phase.FLYING
    bench.step()
    assert bench.now == begin + 2.0
    assert bench.phase is Phase.HOLDING


def test_a_clock_that_goes_forward_ends_no_start(bench):
    bench.climbing().jump(2.0).beat()
    assert (bench.phase, bench.fault) == (Phase.CLIMBING, None)


# Sleeps: the vehicle's own clock tells them from jumps.


@pytest.mark.parametrize(("slept", "let_go"), [(1.0 + A_LITTLE, True), (2.0, True), (30.0, True)])
def test_a_bridge_that_slept_lets_go(bench, slept, let_go):
    bench.fly().sleep(slept).beat().position()
    assert bench.phase is Phase.RELEASED
    assert bench.session.fault == Fault(FaultKind.STOOD_STILL, slept)


@pytest.mark.parametrize(("jumped", "passed", "slept"), [
    (2.0, 0.0, False), (2.0, 1.0, False), (2.0, 1.0 + A_LITTLE, True), (-2.0, 1.0, False), (-2.0, 1.5, True),
])
def test_a_jump_of_our_clock_is_no_sleep(bench, jumped, passed, slept):
    bench.fly().jump(jumped).boot += passed
    bench.beat().position()
    assert bench.phase is (Phase.RELEASED if slept else Phase.FLYING)


@pytest.mark.parametrize(("after", "let_go"), [(0.5, True), (0.5 + A_LITTLE, False)])
def test_a_sleep_is_told_by_what_comes_soon_after_waking(bench, after, let_go):
    bench.fly().jump(2.0).update()
    bench.jump(after).boot += 1.5
    bench.position()
    assert bench.phase is (Phase.RELEASED if let_go else Phase.FLYING)


def test_whoever_does_not_stream_cannot_have_slept(bench):
    bench.hold().sleep(2.0).beat().position().update()
    assert bench.phase is Phase.HOLDING
    assert bench.fault is None


def test_a_vehicle_that_was_away_before_its_first_heartbeat_is_no_sleep_of_ours(bench):
    bench.order("disengaged").position()
    bench.sleep(6.0).beat(mode=LOITER, armed=True, landed=Landed.IN_AIR)
    bench.person("engaged").position().command().update()
    assert bench.session.streaming
    bench.sleep(STEP).beat().position()
    assert (bench.phase, bench.fault) == (Phase.STARTING, None)


@pytest.mark.parametrize("when", ["before", "after"])
def test_without_the_vehicles_clock_a_sleep_is_not_known(bench, when):
    bench.fly()
    if when == "before":
        bench.vehicle.boot = None
        bench.sleep(2.0).beat().position()
    else:
        bench.boot = None
        bench.jump(2.0).beat().position()
    assert bench.phase is Phase.FLYING


# What a refusal leads to.


def refuse_mode(bench):
    """The next mode is asked for, refused, and the refusal's time to explain itself is over."""
    bench.obedient = False
    bench.step()
    bench.answer(RequestKind.MODE, Answer.DENIED)
    bench.go(0.5)


def test_a_start_that_is_refused_on_the_ground_ends_it_in_the_autopilots_words(bench):
    bench.start()
    bench.session.told("no GPS", True, bench.now)
    refuse_mode(bench)
    assert bench.phase is Phase.READY
    assert str(bench.session.fault) == "mode GUIDED refused (denied): no GPS"
    assert not bench.session.streaming


def test_a_start_that_is_refused_in_the_air_is_somebody_elses(bench):
    bench.found_flying().person("engaged")
    refuse_mode(bench)
    assert (bench.phase, bench.fault) == (Phase.RELEASED, FaultKind.REFUSED)
    assert str(bench.session.fault).startswith("mode GUIDED refused")


def test_a_start_that_is_refused_where_set_points_are_followed_holds(bench):
    bench.found_flying(GUIDED)
    bench.session.took(0.9)
    bench.person("engaged").go(6.0)
    assert bench.phase is Phase.HOLDING
    assert bench.fault is FaultKind.LINK_SLOW


def test_a_resume_that_is_refused_holds_on_as_before(bench):
    bench.hold().sent.clear()
    bench.change("engaged")
    refuse_mode(bench)
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.REFUSED)
    assert bench.session.allowed == {BRAKE}
    assert not bench.session.streaming
    assert not points(bench.go(1.0))


def test_a_resume_that_is_refused_while_zero_set_points_hold_goes_on_with_them():
    bench = Bench(NEEDS_A_PLACE).fly().person("holding")
    bench.step()
    bench.adapter.missing = "no heading"
    bench.change("engaged")
    assert (bench.phase, bench.fault) == (Phase.HOLDING, FaultKind.REFUSED)
    assert bench.session.allowed == {GUIDED}
    assert bench.session.streaming
    assert points(bench.step()) == [ZERO]


# The stream.


def test_set_points_come_at_their_rate():
    bench = Bench(rate=32.0).fly()
    bench.vehicle.heartbeat_period = 1.0
    sent = []
    for after in (0.5, 0.0, 0.03110, 0.00010, 0.0, 0.03125, -0.015625, 0.0, 0.03125):
        bench.now += after
        sent.append(len(points(bench.update())))
    assert sent == [1, 0, 0, 1, 0, 1, 1, 0, 1]


def test_a_new_command_is_sent_at_once_but_not_faster_than_fifty_a_second():
    bench = Bench(rate=20.0).fly()
    bench.step()
    sent = []
    for after, news in ((0.0, True), (0.0198, False), (0.0002, False), (0.0, False), (0.03, False), (0.025, False)):
        bench.now += after
        if news:
            bench.command(BACK)
        sent.append(points(bench.update()))
    assert sent == [[], [], [BACK], [], [], [BACK]]


@pytest.mark.parametrize(("after", "news", "due"), [
    (0.0198, True, False), (0.0199, True, True), (0.0199, False, False), (0.0311, False, False),
    (0.03125 - 0.0001, False, True),
])
def test_a_set_point_is_due_from_its_time_on(after, news, due):
    bench = Bench(rate=32.0).fly()
    bench.now = 0.0
    bench.beat().position().command()
    assert points(bench.update()) == [FORWARD]
    bench.now = after
    if news:
        bench.command()
    assert len(points(bench.update())) == due


def test_a_command_is_bounded_and_one_that_no_protocol_can_carry_is_as_good_as_none(bench):
    bench.fly()
    bench.wish = Command(vx=1e6, vz=-9.0, yaw_rate=9.0)
    assert points(bench.step()) == [Command(5.0, 0.0, -2.0, 2.0)]
    bench.command(Command(vx=float("nan")))
    bench.sleep(STEP).beat().position()
    assert points(bench.update()) == [Command(5.0, 0.0, -2.0, 2.0)]
    bench.wish = Command(vx=float("inf"))
    bench.go(0.5)
    assert bench.phase is Phase.HOLDING
    assert bench.fault is FaultKind.SUPERVISOR_SILENT


def test_nothing_is_streamed_before_an_engagement_and_zero_until_it_flies(bench):
    bench.found_flying()
    assert not points(bench.go(1.0))
    bench.person("engaged")
    notes = []
    while bench.phase is not Phase.FLYING:
        assert set(points(notes)) <= {ZERO}
        notes = bench.step()
    assert points(bench.step()) == [FORWARD]


def test_a_climb_by_set_points_streams_its_own_and_not_the_supervisors():
    bench = Bench(CLIMBS).climbing()
    bench.vehicle.position = (0.0, 0.0, 0.0)
    assert set(points(bench.go(0.5))) == {Command(vz=0.7)}


def test_what_is_not_fresh_stops_the_command_at_once(bench):
    bench.fly()
    bench.adapter.missing = "no heading"
    assert points(bench.step()) == [ZERO]
    assert bench.phase is Phase.HOLDING


# The engage switch of the remote control.


class Switch(Bench):
    """A bench whose remote control is heard every eighth of a second; the switch is channel 5."""

    def __init__(self, **options):
        super().__init__(engage_channel=5, **options)
        self.healthy = True

    def hear(self, seconds, pulse, told=True):
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if told:
                self.vehicle.receiver, self.vehicle.receiver_time = self.healthy, self.now
            self.sticks(pulse)
        return self

    def sticks(self, pulse):
        self.vehicle.sticks = (1500, 1500, 1500, 1500, pulse)
        self.vehicle.sticks_time = self.vehicle.sticks_stamp = self.now
        self.session.heard_sticks(self.now)

    @property
    def told(self):
        report = self.session.report()
        return report.flips, report.switched_on


def test_a_flip_of_the_engage_switch_is_counted_and_told():
    bench = Switch().beat(mode=LOITER)
    bench.session.events()
    assert bench.told == (0, False)
    bench.hear(4.0, 1000)
    assert bench.told == (0, False)
    bench.hear(1.0, 2000)
    assert bench.told == (1, True) and bench.session.now == bench.now
    assert [event.words for event in bench.session.events()] == ["the engage switch was flipped"]
    bench.hear(4.0, 1000)
    assert bench.told == (1, False)
    bench.hear(1.0, 2000)
    assert bench.told == (2, True)


def test_without_a_channel_no_flip_is_told():
    bench = Switch()
    bench.session = OffboardSession(bench.adapter, SessionConfig())
    bench.vehicle = bench.session.vehicle
    bench.beat(mode=LOITER).hear(4.0, 1000).hear(2.0, 2000)
    assert bench.told == (0, False)


@pytest.mark.parametrize(("phase", "counts"), [
    (Phase.READY, True), (Phase.STARTING, False), (Phase.CLIMBING, False),
    (Phase.FLYING, False), (Phase.HOLDING, False), (Phase.LANDING, False), (Phase.STOPPING, False),
    (Phase.RELEASED, True),
])  # fmt: skip
def test_a_flip_counts_only_while_nothing_of_ours_goes_on(phase, counts):
    bench = Switch().beat(mode=LOITER)
    bench.session.enter(phase)
    bench.hear(4.0, 1000).hear(1.0, 2000)
    assert bench.told == (int(counts), True)


def test_a_flip_counts_only_while_the_vehicle_says_that_its_receiver_is_healthy():
    bench = Switch().beat(mode=LOITER)
    bench.healthy = False
    bench.hear(4.0, 1000).hear(1.0, 2000)
    assert bench.told == (0, False)
    silent = Switch().beat(mode=LOITER).hear(4.0, 1000, told=False).hear(1.0, 2000, told=False)
    assert silent.told == (0, False)


@pytest.mark.parametrize(("seconds", "counts"), [(2.0, True), (2.0 + STEP, False), (-STEP, False)])
def test_the_vehicles_word_on_its_receiver_has_a_time(seconds, counts):
    bench = Switch().beat(mode=LOITER).hear(4.0, 1000).hear(0.5, 2000)
    bench.now += STEP
    bench.vehicle.receiver_time = bench.now - seconds
    bench.sticks(2000)
    assert bench.told[0] == int(counts)


def test_a_mode_that_somebody_chooses_while_the_hand_is_at_the_switch_ends_the_flip():
    for shown in ({"mode": RETURN}, {"mode": LOITER, "armed": True}):
        bench = Switch().beat(mode=LOITER).hear(4.0, 1000).hear(0.25, 2000)
        bench.beat(**shown)
        assert bench.hear(5.0, 2000).told[0] == 0
    bench = Switch().beat(mode=LOITER).hear(4.0, 1000).hear(0.25, 2000).beat(mode=LOITER)
    assert bench.hear(5.0, 2000).told[0] == 1


def test_a_person_who_wants_something_else_ends_the_flip():
    bench = Switch().beat(mode=LOITER).change("disengaged").hear(4.0, 1000).hear(0.25, 2000)
    assert bench.person("disengaged").hear(5.0, 2000).told[0] == 0
    bench = Switch().beat(mode=LOITER).change("disengaged").hear(4.0, 1000).hear(0.25, 2000)
    assert bench.change("disengaged").hear(5.0, 2000).told[0] == 1


def test_a_receiver_that_lost_its_transmitter_for_a_moment_ends_the_flip():
    bench = Switch().beat(mode=LOITER).hear(4.0, 1000)
    bench.vehicle.receiver = False
    bench.session.heard_receiver(bench.now)
    assert bench.hear(5.0, 2000).told[0] == 0
    bench = Switch().beat(mode=LOITER).hear(4.0, 1000)
    bench.session.heard_receiver(bench.now + A_LITTLE)
    assert bench.session.now == bench.now + A_LITTLE and bench.hear(5.0, 2000).told[0] == 1


@pytest.mark.parametrize(("age", "told"), [(0.5, True), (0.5 + A_LITTLE, False), (-A_LITTLE, False)])
def test_where_the_switch_stands_is_told_only_of_this_moment(age, told):
    bench = Switch().beat(mode=LOITER).hear(1.0, 2000)
    bench.session.now = bench.vehicle.sticks_time + age
    assert bench.session.report().switched_on is told


def test_where_the_switch_stands_is_not_told_without_a_link():
    bench = Switch().hear(1.0, 2000)
    assert bench.session.phase is Phase.OFFLINE and not bench.session.report().switched_on
    bench = Switch().beat(mode=LOITER).hear(1.0, 2000)
    bench.vehicle.sticks_time = None
    assert not bench.session.report().switched_on


def test_the_report_names_the_process_of_the_bridge():
    bench = Bench()
    assert bench.session.report().bridge == ""
    bench.session.identity = "b7"
    assert bench.session.report().bridge == "b7"
