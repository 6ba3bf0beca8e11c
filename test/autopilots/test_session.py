"""The bridge against both test vehicles, in lock step: whole flights, refusals, pilots, losses."""

import pytest

pytest.importorskip("pymavlink")

from liquid_nav.autopilots.flavours import ARDUPILOT, PX4  # noqa: E402
from liquid_nav.autopilots.mavlink_autopilot import Autopilot, AutopilotConfig  # noqa: E402
from liquid_nav.autopilots.mavlink_codec import Codec, signing_key  # noqa: E402
from liquid_nav.simulation.ardupilot_personality import ArduPilotVehicle  # noqa: E402
from liquid_nav.simulation.lock_step import LockStep, MemoryWire, UdpWire  # noqa: E402
from liquid_nav.simulation.px4_personality import Px4Vehicle  # noqa: E402
from liquid_nav.simulation.vehicle_body import PointBody  # noqa: E402
from liquid_nav.types import Command  # noqa: E402

KINDS = {"px4": (PX4, Px4Vehicle, 0x30000), "ardupilot": (ARDUPILOT, ArduPilotVehicle, 5)}
FORWARD = Command(1.0, 0.0, 0.0, 0.2)


class Flight:
    """A bridge and a vehicle, with a supervisor's word and a stream of commands in front."""

    def __init__(self, name, height=0.0, wire=None, vehicle_codec=None, **config):
        self.flavour, kind, self.sticks_mode = KINDS[name]
        self.vehicle = kind(PointBody(height), vehicle_codec)
        self.autopilot = Autopilot(self.flavour, AutopilotConfig(**config))
        self.lock = LockStep(self.autopilot, self.vehicle, wire)
        self.said, self.fresh, self.command = [], True, Command()

    def go(self, seconds, until=None):
        """Go on for a time, or until something holds; returns how long it took."""
        begin, end = self.lock.now, self.lock.now + seconds
        while self.lock.now < end - 1e-9:
            if self.fresh:
                self.autopilot.command(self.command, self.lock.now)
            self.lock.advance(self.lock.now + 0.02)
            self.said += [event.words for event in self.autopilot.events()]
            if until is not None and until():
                return self.lock.now - begin
        assert until is None, f"{self.autopilot.phase}, fault '{self.autopilot.fault}': {self.said}"
        return seconds

    def word(self, word):
        self.autopilot.follow(word, self.lock.now)

    def until(self, phase, seconds=40.0):
        return self.go(seconds, lambda: self.autopilot.phase == phase)

    def fly(self):
        self.until("ready")
        self.go(6.0)
        self.word("engaged")
        self.until("flying")
        return self

    def heard(self, *words):
        return any(all(word in line for word in words) for line in self.said)

    @property
    def speed(self):
        return float((self.vehicle.body.state.velocity**2).sum() ** 0.5)


@pytest.fixture(params=KINDS)
def name(request):
    return request.param


def test_a_flight_from_the_ground_to_the_ground(name):
    flight = Flight(name).fly()
    assert flight.vehicle.armed and flight.vehicle.body.state.position[2] == pytest.approx(1.5, abs=0.35)
    rule = flight.flavour.rules[0]
    assert flight.heard(rule.name, rule.why)
    flight.command = FORWARD
    flight.go(4.0)
    assert flight.vehicle.body.state.level_velocity()[0] == pytest.approx(1.0, abs=0.05)
    assert flight.vehicle.body.state.yaw_rate() == pytest.approx(0.2, abs=0.02)
    flight.word("landing")
    flight.until("ready")
    assert flight.vehicle.body.landed and not flight.vehicle.armed
    assert not flight.autopilot.streaming and flight.autopilot.fault == ""


def test_the_stream_has_its_rate_and_carries_the_command(name):
    flight = Flight(name, 2.0).fly()
    flight.command = FORWARD
    before = flight.vehicle.set_points
    flight.go(2.0)
    assert 2 * 20 <= flight.vehicle.set_points - before <= 2 * 50
    assert flight.vehicle.set_point.as_array() == pytest.approx(FORWARD.as_array())
    assert flight.vehicle.rejected_set_points == 0


def test_the_parameters_are_stated_before_arming(name):
    flight = Flight(name)
    flight.until("ready")
    flight.go(6.0)
    flight.word("engaged")
    flight.go(20.0, lambda: flight.vehicle.armed)
    rule = flight.flavour.rules[0]
    assert flight.heard(rule.name) and rule.lowest <= flight.vehicle.parameters[rule.name][0] <= rule.highest


def test_a_parameter_that_may_not_be_set_stops_everything(name):
    flight = Flight(name, set_parameters=False)
    if name == "ardupilot":
        flight.vehicle.parameters["GUID_TIMEOUT"] = (20.0, 9)
    flight.until("ready")
    flight.go(6.0)
    flight.word("engaged")
    flight.go(10.0, lambda: flight.autopilot.fault != "")
    assert flight.flavour.rules[0].name in flight.autopilot.fault
    flight.go(3.0)
    assert not flight.vehicle.armed and flight.vehicle.set_points == 0


def test_refused_arming_is_told_in_the_autopilots_own_words(name):
    flight = Flight(name)
    flight.until("ready")
    flight.vehicle.refuse_arming = "Preflight Fail: the accelerometers disagree with each other by far"
    flight.go(6.0)
    flight.word("engaged")
    flight.go(25.0, lambda: flight.autopilot.phase == "ready" and flight.autopilot.fault != "")
    assert "arming refused" in flight.autopilot.fault and flight.vehicle.refuse_arming in flight.autopilot.fault
    flight.go(3.0)
    assert (flight.autopilot.phase, flight.autopilot.streaming, flight.vehicle.armed) == ("ready", False, False)


def test_a_silent_supervisor_is_a_hold_before_the_stream_stops(name):
    flight = Flight(name, 2.0).fly()
    flight.command = FORWARD
    flight.go(3.0)
    flight.fresh = False
    took = flight.go(3.0, lambda: flight.vehicle.set_point == Command())
    assert took <= 0.5 + 0.1
    flight.go(5.0, lambda: not flight.autopilot.streaming)
    assert flight.autopilot.telemetry.mode == flight.flavour.hold and flight.heard("no command from the supervisor")
    assert not flight.heard("Failsafe")
    flight.go(3.0)
    assert flight.speed < 0.1
    flight.fresh = True
    flight.go(5.0)
    assert flight.autopilot.phase == "holding"  # nobody has engaged again


def test_nothing_begins_without_a_supervisor_that_is_heard(name):
    flight = Flight(name)
    flight.until("ready")
    flight.go(6.0)
    flight.fresh = False
    flight.go(1.0)
    flight.word("engaged")
    flight.go(3.0)
    assert not flight.vehicle.armed and flight.vehicle.set_points == 0
    flight.go(3.0, lambda: "no command from the supervisor" in flight.autopilot.fault)
    flight.fresh = True
    flight.go(3.0)
    assert not flight.vehicle.armed and flight.autopilot.phase == "ready"
    flight.word("disengaged")
    flight.word("engaged")
    flight.until("flying")


def test_commands_that_are_heard_late_begin_the_flight(name):
    flight = Flight(name)
    flight.until("ready")
    flight.go(6.0)
    flight.fresh = False
    flight.go(1.0)
    flight.word("engaged")
    flight.go(3.0)
    flight.fresh = True
    flight.until("flying")
    assert flight.autopilot.fault == ""


def test_a_mode_that_changes_before_the_commands_are_heard_is_not_asked_back(name):
    flight = Flight(name, 2.0)
    flight.until("ready")
    flight.fresh = False
    flight.go(1.0)
    flight.word("engaged")
    flight.vehicle.mode = flight.sticks_mode
    flight.until("released", 3.0)
    flight.fresh = True
    flight.go(5.0)
    assert flight.vehicle.mode == flight.sticks_mode and flight.vehicle.set_points == 0
    assert flight.heard("hands off")


def test_what_is_not_a_number_does_not_move_it(name):
    flight = Flight(name, 2.0).fly()
    flight.command = Command(vx=float("nan"))
    flight.go(6.0)
    assert flight.autopilot.phase == "holding" and flight.speed < 0.05


def test_a_pilots_mode_is_never_asked_back(name):
    flight = Flight(name, 2.0).fly()
    flight.command = FORWARD
    flight.go(1.0)
    flight.vehicle.sticks = (1500,) * 8
    flight.vehicle.mode = flight.sticks_mode
    took = flight.until("released", 2.0)
    assert took <= 1.2 and flight.heard("hands off") and not flight.autopilot.streaming
    before = flight.vehicle.set_points
    flight.word("holding")
    flight.go(2.0)
    flight.word("engaged")  # the supervisor's faults are gone: not a person's word
    flight.go(5.0)
    assert (flight.vehicle.mode, flight.vehicle.set_points) == (flight.sticks_mode, before)
    flight.word("disengaged")
    flight.word("engaged")  # a person engages again
    flight.until("flying")


def test_a_short_hold_of_the_supervisor_streams_zero_and_a_long_one_hands_over(name):
    flight = Flight(name, 2.0).fly()
    flight.word("holding")
    flight.go(1.0)
    flight.word("engaged")
    flight.go(1.0)
    assert flight.autopilot.phase == "flying"
    flight.word("holding")
    flight.go(6.0)
    assert flight.autopilot.phase == "holding" and flight.autopilot.telemetry.mode == flight.flavour.hold
    flight.word("engaged")
    flight.until("flying", 8.0)


def test_a_lost_link_and_its_return(name):
    flight = Flight(name, 2.0).fly()
    flight.command = FORWARD
    flight.go(2.0)
    flight.lock.cut = True
    flight.go(5.0)
    assert flight.autopilot.phase == "offline" and "link lost" in flight.autopilot.fault
    flight.go(1.0)
    assert flight.speed < 0.1  # its own failsafe
    flight.lock.cut = False
    flight.go(6.0)
    # PX4 has changed its mode: hands off. ArduPilot still waits for set points: it is asked to hold.
    assert flight.autopilot.phase == {"px4": "released", "ardupilot": "holding"}[name]
    assert flight.speed < 0.1 and not flight.autopilot.streaming


def test_a_hold_asked_for_on_a_broken_link_is_not_ours_to_end():
    flight = Flight("px4", 2.0).fly()
    flight.lock.cut = True
    flight.word("holding")  # the supervisor misses the odometry
    flight.until("offline", 5.0)
    flight.lock.cut = False
    flight.until("released", 3.0)
    flight.word("engaged")  # the supervisor's faults are gone: not a person's word
    flight.go(3.0)
    assert flight.autopilot.phase == "released" and flight.vehicle.shown_mode == PX4.hold and flight.speed < 0.1


@pytest.mark.parametrize("seconds", [5.0, -5.0])
def test_a_jump_of_the_bridges_clock_is_no_lost_link(name, seconds):
    flight = Flight(name, 2.0).fly()
    flight.command = FORWARD
    flight.go(1.0)
    autopilot = flight.autopilot
    for call in ("update", "receive", "command"):
        method = getattr(autopilot, call)
        setattr(autopilot, call, lambda *values, m=method: m(*values[:-1], values[-1] + seconds))
    flight.go(2.0)
    assert not flight.heard("link lost") and not flight.heard("Failsafe")
    flight.lock.cut = True
    flight.go(3.5)
    assert flight.autopilot.phase == "offline"  # it still notices a real loss


@pytest.mark.parametrize("heard", [0, 60, 1000])
@pytest.mark.parametrize("acts_first", [True, False])
def test_a_bridge_that_slept_does_not_ask_the_failsafes_mode_back(name, acts_first, heard):
    """As seen with a real PX4: awake again, its own hold had hidden the failsafe's, and it flew on by itself."""
    flight = Flight(name, 2.0).fly()
    flight.command = FORWARD
    flight.go(2.0)
    packets = flight.vehicle.advance(flight.lock.now + 6.0)
    if flight.flavour is PX4:
        assert flight.vehicle.shown_mode == PX4.hold
    if acts_first:
        flight.lock.exchange()
    # The socket's buffer is full after a while: the rest is lost.
    for message in flight.lock.wire.down(packets, flight.lock.now)[:heard]:
        flight.autopilot.receive(message, flight.lock.now)
    flight.lock.exchange()
    flight.word("holding")
    flight.go(1.0)
    flight.word("engaged")  # resumed by the supervisor: not a person's word
    flight.go(3.0)
    assert flight.autopilot.phase == "released" and flight.heard("the bridge stood still")
    assert not flight.autopilot.streaming and flight.speed < 0.1


def test_a_refused_arming_tells_the_cause_that_px4_named_before():
    """As a real PX4 does: the cause once, when the mode changes; then only that there is one."""
    flight = Flight("px4")
    flight.until("ready")
    flight.go(6.0)
    flight.vehicle.refuse_arming = "Arming denied: Resolve system health failures first"
    flight.word("engaged")
    flight.until("starting")
    flight.vehicle.text("Preflight Fail: compass", 4)
    flight.until("ready")
    fault = flight.autopilot.fault
    assert "Preflight Fail: compass" in fault and "Resolve system health failures first" in fault


def test_a_reboot_in_flight_is_noticed(name):
    flight = Flight(name, 2.0).fly()
    flight.vehicle.reboot()
    flight.go(1.0)
    flight.word("holding")  # the supervisor misses the odometry
    flight.go(9.0)
    assert flight.heard("link lost") and flight.heard("has rebooted")
    assert flight.autopilot.phase == "released" and not flight.autopilot.streaming and not flight.autopilot.checked
    flight.word("engaged")  # its faults are gone: not a person's word
    flight.go(5.0)
    assert flight.autopilot.phase == "released" and not flight.vehicle.armed


def test_a_vehicle_that_was_away_on_the_ground_does_not_take_off_by_itself(name):
    flight = Flight(name)
    flight.until("ready")
    flight.word("engaged")
    flight.lock.cut = True
    flight.until("offline", 10.0)
    flight.word("holding")
    flight.lock.cut = False
    flight.go(10.0, lambda: flight.autopilot.phase == "ready")
    flight.word("engaged")  # resumed by the supervisor
    flight.go(15.0)
    assert flight.autopilot.phase == "ready" and not flight.vehicle.armed and flight.heard("engage again")
    flight.word("disengaged")
    flight.word("engaged")  # by a person
    flight.go(20.0, lambda: flight.vehicle.armed)
    assert flight.vehicle.armed


def test_an_outside_mode_change_while_landing_is_obeyed(name):
    flight = Flight(name, 3.0).fly()
    flight.word("landing")
    flight.go(3.0)
    flight.vehicle.sticks, flight.vehicle.mode = (1500,) * 8, flight.sticks_mode
    flight.until("released", 2.0)


def test_disengaging_on_the_ground_stands_down(name):
    flight = Flight(name)
    flight.until("ready")
    flight.go(6.0)
    flight.word("engaged")
    flight.go(20.0, lambda: flight.vehicle.armed)
    flight.word("disengaged")
    flight.go(12.0, lambda: not flight.vehicle.armed)
    flight.go(1.0)
    assert flight.autopilot.phase == "ready" and not flight.autopilot.streaming


def test_the_wrong_autopilot_is_named(name):
    flight = Flight(name)
    flight.autopilot.flavour = {"px4": ARDUPILOT, "ardupilot": PX4}[name]
    flight.until("ready")
    flight.word("engaged")
    assert flight.autopilot.flavour.name in flight.autopilot.fault and flight.autopilot.phase == "ready"


def test_other_vehicles_are_ignored(name):
    flight = Flight(name, 2.0).fly()
    stranger = Codec(7, 1)
    before = flight.autopilot.telemetry.mode
    for message in (flight.vehicle.heartbeat(),):
        message.custom_mode = 3
        for heard in Codec().decode(stranger.encode(message)):
            flight.autopilot.receive(heard, flight.lock.now)
    assert flight.autopilot.telemetry.mode == before and flight.autopilot.foreign == 1


def test_over_real_sockets_it_flies_the_same(name):
    flights = [Flight(name, 2.0), Flight(name, 2.0, UdpWire())]
    for flight in flights:
        flight.fly().command = FORWARD
        flight.go(3.0)
        flight.lock.wire.close()
    states = [flight.vehicle.body.state for flight in flights]
    assert states[0].position.tolist() == states[1].position.tolist()


def test_signed_it_flies_and_an_unsigned_intruder_does_not_move_it(name):
    key = signing_key("forest")
    wire, theirs = MemoryWire(Codec(key=key, unix_time=1.8e9)), Codec(1, 1, key=key, unix_time=1.8e9)
    flight, intruder = Flight(name, 2.0, wire, theirs).fly(), Codec(255, 190)
    flight.go(3.0)
    place = flight.vehicle.body.state.position.copy()
    from liquid_nav.autopilots import mavlink_messages as messages

    for _ in range(100):
        for message in (messages.set_point(Command(vx=5.0), flight.lock.now, 1),
                        messages.command_long(1, 400, (0.0, 21196.0)), messages.command_long(1, 21)):
            flight.vehicle.receive(intruder.encode(message))
        flight.go(0.02)
    moved = float(((flight.vehicle.body.state.position - place) ** 2).sum() ** 0.5)
    assert moved < 0.01 and flight.vehicle.armed and flight.autopilot.phase == "flying"
    assert theirs.counts.rejected == 300
