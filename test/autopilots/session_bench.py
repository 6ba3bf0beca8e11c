"""An offboard session whose adapter only takes notes, and what sends it what a vehicle would send.

Time is the test's: 64 s at the beginning, and steps of an eighth of a second, so that limits can be
met exactly.
"""

from dataclasses import replace

from liquid_nav.autopilots import ARDUPILOT, OffboardSession, SessionConfig
from liquid_nav.autopilots.adapter import Answer, RequestKind
from liquid_nav.autopilots.steps import IDLE
from liquid_nav.autopilots.vehicle import Landed
from liquid_nav.safety import Mode, Order, Phase
from liquid_nav.types import Command

ZERO = Command()
FORWARD = Command(vx=1.0)
BACK = Command(vx=-1.0)
AUTO, GUIDED, LOITER, RETURN, LAND, BRAKE = 3, 4, 5, 6, 9, 17
PROFILE = replace(ARDUPILOT, streams_first=0.0, rules=())
"""ArduPilot's modes, without parameters to check and without a time of zero set points before
GUIDED.
"""
NEEDS_A_PLACE = replace(PROFILE, hold_needs_global_position=True)
CLIMBS = replace(PROFILE, takes_off=False)
"""Climbs by set points, as PX4 does."""
STEP = 0.125
A_LITTLE = 2.0**-10


class Notes:
    """An adapter that only takes notes of what it is asked to send."""

    def __init__(self, profile):
        self.profile = profile
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
    """A session, and what it receives. An ``obedient`` vehicle accepts and shows it in its next
    heartbeat.
    """

    def __init__(self, profile=PROFILE, now=64.0, **config):
        self.adapter = Notes(profile)
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
        self.session.received_heartbeat(self.now)
        return self

    def position(self):
        self.vehicle.position_time = self.now
        self.vehicle.boot = self.boot
        self.session.received_position(self.now)
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
        """Call the session once; returns what it sends now, as texts."""
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
        """Let time pass, receive everything but what is named, and call the session; returns what
        it sends.
        """
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
        self.idling().go(IDLE)
        assert self.phase is Phase.CLIMBING
        return self

    def idling(self):
        """Armed a moment ago: the motors turn on the ground."""
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
        return [
            note[1:3] for note in (self.sent if notes is None else notes) if note[0] == "request"
        ]

    def trouble(self):
        self.happened += self.session.events()
        return [event.text for event in self.happened if event.trouble]


def points(notes):
    """The set points among what was sent."""
    return [note[1] for note in notes if note[0] == "set point"]


def count(notes, kind):
    return sum(note[0] == kind for note in notes)
