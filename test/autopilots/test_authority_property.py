"""Random sequences of everything that happens to a drone: supervisor, session and test vehicle, as
one machine.

``LIQUID_NAV_STEPS=100000 pytest -s test/autopilots/test_authority_property.py`` for the full
number; a few thousand otherwise. Invariants are looked at after every 20 ms, not only after a rule.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import PHASE_TRANSITIONS
from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    MavlinkCodec,
    mavlink_signing_key,
)
from liquid_nav.safety import FaultKind, Mode, Phase
from liquid_nav.sitl.other_components import all_other_components
from liquid_nav.types import Command

STEPS = int(os.environ.get("LIQUID_NAV_STEPS", "1500"))
"""Rules that are run for each kind of vehicle."""
LENGTH = 50
"""Rules of one sequence at most."""
ARM, SET_MODE, LAND, TAKE_OFF = 400, 176, 21, 22
SETTLED = 0.3
"""s after an event in which what was on its way before may still arrive: links and polls take time.
"""
SWITCH = 7
"""Channel of the remote control that engages."""
LANDING_TAKES = 60.0
"""s in which an accepted landing ends on the ground."""
UNSEEN = 1.3
"""s until a foreign mode is shown, where nothing but the heartbeat contains it."""
RECEIVED_AFTER = 0.06
"""s from a touch that the supervisor has noticed until the bridge has received it."""
SWITCHES = 0.5
"""s from a touch in which a switch of the remote control may still take effect."""


class Intruder:
    """An intruder on the link without the key: sends with the vehicle's ids to the bridge, and the
    other way round.
    """

    def __init__(self, chain):
        self.chain = chain
        self.as_vehicle, self.as_bridge = (
            MavlinkCodec(1, 1),
            MavlinkCodec(COMPANION_SYSTEM_ID, COMPANION_COMPONENT_ID),
        )
        self.count = 0

    def packets(self, now):
        """Lies for the bridge; requests go to the vehicle at the same time."""
        self.count += 1
        if self.count % 10:
            return []
        profile = self.chain.profile
        for request in (
            messages.command_long(1, ARM, (1.0, 21196.0)),
            messages.command_long(1, SET_MODE, profile.mode_parameters(profile.follow)),
            messages.command_long(1, TAKE_OFF, (0.0,) * 6 + (10.0,)),
            messages.set_point(Command(vx=3.0, vz=2.0), now, 1),
        ):
            self.chain.vehicle.receive(self.as_bridge.encode(request))
        mode = (profile.follow, profile.land, profile.hold)[self.count // 10 % 3]
        flags = 0x81 if self.count // 30 % 2 else 0x01
        lies = (
            mavlink.MAVLink_heartbeat_message(2, profile.autopilot, flags, mode, 4, 3),
            mavlink.MAVLink_local_position_ned_message(
                round(now * 1000), 50.0, 0.0, -9.0, 0.0, 0.0, 0.0
            ),
            mavlink.MAVLink_extended_sys_state_message(0, 1 + self.count // 10 % 2),
            mavlink.MAVLink_command_ack_message(ARM, 0),
        )
        return [self.as_vehicle.encode(lie) for lie in lies]


class Watching:
    """Looks at every tick of a chain; raises AssertionError where an invariant is broken."""

    def __init__(self, chain):
        self.chain = chain
        self.foreign_since = self.touched_since = self.engaged_at = None
        self.seen_after = UNSEEN
        self.handed_over = None
        self.foreign_shown = False
        self.landing_since = None
        self.climb_without = 0.0
        self.excused = 0.0
        self._watch_phases()

    def _engaged_by_switch(self):
        """A flip that was granted is a person's engagement, like any other."""
        answers, self.chain.switch_answers = self.chain.switch_answers, []
        if any(done for done, _ in answers):
            self.engaged()

    def _watch_phases(self):
        """Every change of phase must be one of the table; a new session begins offline."""
        session = self.chain.session
        if session is None or getattr(session, "watched", False):
            return
        session.watched = True
        enter = session.enter

        def checked(phase):
            before = session.phase
            assert phase is before or phase in PHASE_TRANSITIONS[before], f"{before} -> {phase}"
            enter(phase)

        session.enter = checked

    def tick(self):
        chain = self.chain
        count = len(chain.sent)
        armed_before = chain.vehicle.armed
        chain.tick()
        self._engaged_by_switch()
        self._watch_phases()
        new = chain.sent[count:]
        self._look_at_modes()
        self._look_at_requests(new)
        self._look_at_motors(armed_before)
        self._look_at_landing()
        self._look_at_holds()
        del chain.sent[:-400]
        del chain.log[:-50]

    def _sent(self, new):
        """Requests and set points of this tick."""
        chain = self.chain
        everything, chain.sent = chain.sent, new
        requests, points = chain.requests(), chain.set_points()
        chain.sent = everything
        return requests, points

    def _look_at_modes(self):
        """What another operator has chosen, and what is gone again before any heartbeat has shown
        it, cannot be respected.
        """
        session = self.chain.session
        if self.foreign_since is None or self.foreign_shown or session is None:
            return
        mode = self.chain.shown
        self.foreign_shown = session.vehicle.mode == mode and mode not in session.allowed
        if mode in session.allowed:
            self.foreign_since = None

    def _look_at_requests(self, new):
        chain, now = self.chain, self.chain.now
        requests, points = self._sent(new)
        for _, number, first, _ in requests:
            if number == ARM and first > 0.5:
                assert self.engaged_at is not None, "asked to arm without an engagement"
            if number == TAKE_OFF:
                assert self.engaged_at is not None, "took off without an engagement"
            if number in (SET_MODE, LAND):
                # A foreign mode that was shown by a heartbeat is never asked back; whoever
                # engages or lands after it means it.
                late = self.foreign_since is not None and now - self.foreign_since > self.seen_after
                assert not late, (
                    f"asked for a mode {now - self.foreign_since:.2f} s after a foreign one"
                )
            if number == SET_MODE and self.handed_over is not None:
                since = now - self.handed_over
                assert not RECEIVED_AFTER < since < SWITCHES, (
                    f"asked for a mode {since:.2f} s after a touch"
                )
        if self.touched_since is not None and now - self.touched_since > 0.04:
            for point in points:
                assert max(abs(value) for value in point[1:]) < 1e-9, (
                    f"set point {point} after a touch"
                )
        session = chain.session
        stale = session is None or chain.supervisor is None
        self.climb_without = self.climb_without + 0.02 if stale else 0.0
        if self.climb_without > 0.6 and session is not None and session.phase is not Phase.LANDING:
            for point in points:
                assert max(abs(value) for value in point[1:]) < 1e-9, (
                    "commanded without a supervisor"
                )
        for point in points:
            assert all(abs(value) < 6.0 for value in point[1:])

    def _look_at_motors(self, before):
        chain = self.chain
        if chain.vehicle.armed and not before:
            assert self.engaged_at is not None, "motors started without an engagement"

    def _look_at_landing(self):
        chain, now = self.chain, self.chain.now
        if self.landing_since is None:
            return
        if not chain.vehicle.armed:
            self.landing_since = None
            return
        assert now - self.landing_since < LANDING_TAKES, (
            f"a landing that does not end: {chain.summary()}"
        )

    def _look_at_holds(self):
        """A session that holds on its own account reports why."""
        supervisor, session = self.chain.supervisor, self.chain.session
        if supervisor is None:
            return
        if supervisor.state is Mode.PILOT:
            assert supervisor.why
        if session is not None and session.phase is Phase.RELEASED:
            assert session.fault is not None
        held_alone = (
            session is not None and session.phase is Phase.HOLDING and session.fault is None
        )
        if held_alone and session.order is not None:
            assert session.order.mode is not Mode.ENGAGED or session._plan is not None, (
                "a hold without a cause"
            )

    # What people do.

    def engaged(self):
        self.engaged_at = self.chain.now
        self.foreign_since = self.touched_since = self.handed_over = None

    def stopped(self):
        """A person wants an end: what was engaged before is over, but for what is on its way."""
        self.engaged_at = None

    def took_over(self, seen_after=UNSEEN):
        """Another operator has chosen a mode, or flies the drone: nothing of ours may follow."""
        self.foreign_since = self.chain.now
        self.seen_after = seen_after
        self.foreign_shown = False
        self.landing_since = None

    def touched(self):
        self.touched_since = self.handed_over = self.chain.now
        self.landing_since = None


class Authority(RuleBasedStateMachine):
    """One drone; subclasses name its kind."""

    kind = "px4"
    chain_class = None

    @initialize(
        height=st.sampled_from((0.0, 0.0, 3.0)),
        crowd=st.booleans(),
        slow=st.booleans(),
        unaddressed=st.booleans(),
        resume=st.booleans(),
        phase=st.floats(0.0, 0.99),
        intruder=st.booleans(),
    )
    def begin(self, height, crowd, slow, unaddressed, resume, phase, intruder):
        options = {"engage_channel": SWITCH}
        if not resume:
            options["resume"] = 0.0
        intruder = intruder and self.kind != "px4_dds"
        if intruder:
            key = mavlink_signing_key("forest")
            options["codecs"] = (
                MavlinkCodec(key=key, unix_time=1.8e9),
                MavlinkCodec(1, 1, key=key, unix_time=1.8e9),
            )
        self.chain = self.chain_class(self.kind, height, **options)
        vehicle = self.chain.vehicle
        vehicle.answers_no_requests = slow
        vehicle.acks_unaddressed = unaddressed and self.kind == "ardupilot"
        vehicle.shift_heartbeat(phase)
        self.switch = -1.0
        vehicle.pilot_sticks(switch=self.switch)
        if crowd and self.kind != "px4_dds":
            self.chain.others = all_other_components(self.chain.profile)
        if intruder:
            self.chain.others = [*self.chain.others, Intruder(self.chain)]
        self.watching = Watching(self.chain)
        self.go(6.0)

    def go(self, seconds):
        for _ in range(max(1, round(seconds / 0.02))):
            self.watching.tick()

    @rule(seconds=st.sampled_from((0.02, 0.1, 0.3, 0.7, 1.5, 4.0, 12.0)))
    def time_passes(self, seconds):
        self.go(seconds)

    @precondition(lambda self: self.chain.supervisor is not None)
    @rule()
    def a_person_engages(self):
        done, _ = self.chain.engage()
        if done:
            self.watching.engaged()
        self.go(0.02)

    @precondition(lambda self: self.chain.supervisor is not None)
    @rule(request=st.sampled_from(("disengage", "hold")))
    def a_person_stops(self, request):
        getattr(self.chain.supervisor, request)(self.chain.supervisor_now)
        if request == "hold":
            self.watching.landing_since = None
        self.watching.stopped()
        self.go(0.02)

    @precondition(lambda self: self.chain.supervisor is not None)
    @rule()
    def a_person_lands(self):
        chain, watching = self.chain, self.watching
        done, _ = chain.supervisor.land(chain.supervisor_now)
        watching.stopped()
        watching.handed_over = None
        self.go(0.04)
        session = chain.session
        if done and session is not None and session.phase is Phase.LANDING and not chain.cut:
            watching.landing_since = chain.now
        # Whoever asks for a landing takes the drone back from any operator.
        watching.foreign_since = None

    @rule(
        deflection=st.floats(0.4, 1.0) | st.floats(-1.0, -0.4),
        stick=st.sampled_from(("roll", "pitch")),
    )
    def sticks_are_moved(self, deflection, stick):
        self._touch(0.4, switch=self.switch, **{stick: deflection})
        self.chain.vehicle.pilot_sticks(switch=self.switch)
        self.go(0.1)

    def _touch(self, seconds, **positions):
        """Put the remote control somewhere for a while, and see whether that is a pilot's touch."""
        chain = self.chain
        active = chain.supervisor is not None and chain.supervisor.mode in (
            "engaged",
            "holding",
            "landing",
        )
        chain.vehicle.pilot_sticks(**positions)
        reaches = active and chain.session is not None and not chain.cut and self.kind != "px4_dds"
        for _ in range(round(seconds / 0.02)):
            self.watching.tick()
            touched = chain.supervisor is not None and chain.supervisor.state is Mode.PILOT
            if reaches and touched and self.watching.touched_since is None:
                self.watching.touched()

    @rule(
        positions=st.lists(st.sampled_from((-1.0, 0.0, 1.0)), min_size=1, max_size=3),
        seconds=st.sampled_from((0.2, 0.7)),
    )
    def the_engage_switch_is_moved(self, positions, seconds):
        for self.switch in positions:
            self._touch(seconds, switch=self.switch)

    @rule(held=st.sampled_from((0.3, 0.7, 3.0)))
    def the_engage_switch_is_flipped(self, held):
        for self.switch, seconds in ((-1.0, 3.3), (1.0, held)):
            self._touch(seconds, switch=self.switch)

    @rule(works=st.booleans())
    def the_receiver_loses_its_transmitter_and_receives_it_again(self, works):
        self.chain.vehicle.radio = works
        self.go(0.02)

    @rule(
        whose=st.sampled_from(("bridge", "supervisor", "both")),
        seconds=st.sampled_from((0.4, 0.9, 2.0, 60.0)),
        back=st.booleans(),
    )
    def a_clock_jumps(self, whose, seconds, back):
        step = -seconds if back else seconds
        if whose != "supervisor":
            self.chain.skew += step
        if whose != "bridge":
            self.chain.supervisor_skew += step
        self.go(0.1)

    @rule()
    def the_mode_is_switched(self):
        self._another_chooses(self.chain.pilot_mode)

    @rule()
    def a_return_is_chosen(self):
        self._another_chooses(self._return())

    @precondition(lambda self: self.kind != "px4_dds")
    @rule(lag=st.sampled_from((0.0, 0.04, 0.1, 0.16)), returns=st.booleans())
    def a_switch_of_the_remote_control_chooses(self, lag, returns):
        """Its channel is seen before the autopilot acts on it: not even on a slow heartbeat is a
        mode asked back.

        ``lag``: s from when the supervisor has noticed it.
        """
        if self.chain.supervisor is not None and self.chain.supervisor.mode != "engaged":
            # On the way up, as a rule, or in flight.
            self.a_person_engages()
            self.go(12.0)
        self.watching.touched_since = None
        for _ in range(8):
            self._touch(0.04, switch=self.switch, roll=0.5)
            if self.watching.touched_since is not None:
                break
        noticed = self.watching.touched_since is not None
        self.go(lag)
        self._another_chooses(
            self._return() if returns else self.chain.pilot_mode,
            RECEIVED_AFTER if noticed else UNSEEN,
        )
        self.chain.vehicle.pilot_sticks(switch=self.switch)

    def _return(self):
        return 6 if self.kind == "ardupilot" else 0x5040000

    def _another_chooses(self, mode, seen_after=UNSEEN):
        # A choice of the mode that is set already cannot be seen.
        changes = self.chain.vehicle.mode != mode
        if self.chain.vehicle.pilot_switches(mode) and changes:
            self.watching.took_over(seen_after)
        self.go(0.02)

    @rule(seconds=st.sampled_from((0.3, 1.0, 2.9, 3.6, 8.0)))
    def the_link_is_lost(self, seconds):
        self.chain.cut = True
        self.go(seconds)
        self.chain.cut = False
        self.go(0.1)

    @rule()
    def the_autopilot_reboots(self):
        if self.chain.vehicle.body.landed or not self.chain.vehicle.armed:
            self.chain.vehicle.reboot()
            self.watching.landing_since = None
        self.go(0.1)

    @precondition(lambda self: self.chain.session is not None)
    @rule(orderly=st.booleans())
    def the_bridge_ends(self, orderly):
        chain = self.chain
        self.watching.handed_over = None
        if orderly:
            chain.session.close(chain.bridge_now)
            for _ in range(125):
                if chain.session.finished:
                    break
                self.watching.tick()
            if chain.session.phase is not Phase.LANDING:
                self.watching.landing_since = None
        else:
            self.watching.landing_since = None
        chain.kill_bridge()
        self.go(0.02)

    @precondition(lambda self: self.chain.session is None)
    @rule()
    def the_bridge_starts(self):
        self.chain.start_bridge()
        self.watching.engaged_at = None
        self.watching._watch_phases()
        self.go(0.1)

    @precondition(lambda self: self.chain.supervisor is not None)
    @rule()
    def the_supervisor_is_killed(self):
        self.chain.kill_supervisor()
        self.go(0.02)

    @precondition(lambda self: self.chain.supervisor is None)
    @rule()
    def the_supervisor_starts(self):
        self.chain.start_supervisor()
        self.go(0.1)

    @rule()
    def the_controller_comes_and_goes(self):
        self.chain.controller = not self.chain.controller
        self.go(0.1)

    @rule()
    def the_camera_comes_and_goes(self):
        self.chain.camera = not self.chain.camera
        self.go(0.1)

    @rule(
        command=st.builds(
            Command, *[st.floats(-3.0, 3.0) | st.sampled_from((float("nan"), 1e31))] * 4
        )
    )
    def the_policy_wants(self, command):
        self.chain.command = command
        self.go(0.02)

    @rule(commands=st.integers(0, 3), acks=st.integers(0, 3))
    def messages_are_lost(self, commands, acks):
        self.chain.vehicle.lose_commands = commands
        self.chain.vehicle.lose_acks = acks
        self.go(0.02)

    @rule(text=st.sampled_from(("", "", "Preflight Fail: compass")))
    def arming_may_be_refused(self, text):
        self.chain.vehicle.refuse_arming = text
        self.go(0.02)

    @rule(works=st.booleans())
    def the_global_position_comes_and_goes(self, works):
        self.chain.vehicle.global_position = works
        self.go(0.02)

    @rule()
    def the_supervisors_inputs_stand_still(self):
        """Camera and controller stop together for a while, and come back."""
        camera, controller = self.chain.camera, self.chain.controller
        self.chain.camera = self.chain.controller = False
        self.go(1.0)
        self.chain.camera, self.chain.controller = camera, controller
        self.go(0.02)

    @precondition(lambda self: self.chain.session is not None)
    @rule(topic=st.sampled_from(("cmd_vel", "safety_supervisor/order")))
    def a_second_supervisor_publishes(self, topic):
        chain = self.chain
        chain.session.distrust(topic, chain.bridge_now)
        self.go(0.2)
        if chain.session is not None:
            chain.session.distrust("", chain.bridge_now)
        self.go(0.02)

    @invariant()
    def the_motors_are_off_where_no_flight_is_on(self):
        if not hasattr(self, "chain"):
            return
        session = self.chain.session
        if session is not None and session.phase is Phase.READY:
            assert not session.streaming


@pytest.mark.slow
@pytest.mark.timeout(3 * 3600)
def test_nothing_arms_climbs_or_changes_a_mode_unless_a_person_has_just_asked_for_it(chain, kind):
    machine = type(f"Authority_{kind}", (Authority,), {"kind": kind, "chain_class": chain})
    options = settings(
        max_examples=max(1, STEPS // LENGTH),
        stateful_step_count=LENGTH,
        deadline=None,
        derandomize="LIQUID_NAV_STEPS" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=options)


def test_every_kind_of_fault_of_the_bridge_has_a_text():
    """Every kind has a sentence; none is forgotten when a kind is added."""
    from liquid_nav.safety import Fault

    for kind in FaultKind:
        sentence = str(Fault(kind, 1.5, 0.5, "subject"))
        headline = Fault(kind, 1.5, 0.5, "subject").headline
        assert (
            sentence
            and headline
            and "\n" not in sentence + headline
            and "{" not in sentence + headline
        )
