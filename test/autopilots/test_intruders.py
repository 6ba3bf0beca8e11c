"""An intruder on an unsigned link end against a signed one: how far it moves the drone, before and
during engagement.

Displacement is the largest distance, m, between a flight with the intruder and the same flight
without it: the lock step makes both the same to the last bit, wind included. ``pytest -s
test/autopilots/test_intruders.py`` prints numbers of docs/results/safety.md.
"""

import numpy as np
import pytest

pytest.importorskip("pymavlink")

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import mavlink_messages as messages
from liquid_nav.autopilots.mavlink_adapter import MavlinkAdapter
from liquid_nav.autopilots.mavlink_codec import (
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    MavlinkCodec,
    mavlink_signing_key,
)
from liquid_nav.autopilots.profiles import AUTOPILOT_PROFILES
from liquid_nav.safety import Mode, Order
from liquid_nav.simulation import World
from liquid_nav.sitl.lock_step import LockStep, MemoryWire
from liquid_nav.sitl.mavlink_flight import SIMULATED_AUTOPILOTS
from liquid_nav.sitl.vehicle_body import EmbeddedBody
from liquid_nav.types import Command
from liquid_nav.worlds import load_condition, load_scenario

FORWARD = Command(vx=0.5)
ATTACK = 4.0
"""s."""
STEP = 0.02
MOVED = 0.01
"""m that the intruder may move a signed drone."""


class Intruder:
    """Sends with the bridge's ids to the vehicle, and with the vehicle's ids to the bridge, but
    has no key.
    """

    def __init__(self, lock, profile):
        self.lock, self.profile = lock, profile
        self.bridge, self.vehicle, self.packets = (
            MavlinkCodec(COMPANION_SYSTEM_ID, COMPANION_COMPONENT_ID),
            MavlinkCodec(1, 1),
            0,
        )

    def attack(self):
        lock, profile = self.lock, self.profile
        orders = [messages.set_point(Command(vy=3.0), lock.now, 1)]
        if self.packets % 25 == 0:
            orders += [
                messages.heartbeat(profile.texts_for_stations),
                messages.command_long(
                    1, mavlink.MAV_CMD_DO_SET_MODE, profile.mode_parameters(profile.follow)
                ),
                messages.command_long(1, mavlink.MAV_CMD_COMPONENT_ARM_DISARM, (1.0, 21196.0)),
            ]
        for order in orders:
            lock.vehicle.receive(self.bridge.encode(order))
        lies = [
            mavlink.MAVLink_heartbeat_message(2, profile.autopilot, 0x81, profile.land, 4, 3),
            mavlink.MAVLink_local_position_ned_message(
                round(lock.now * 1000), 50.0, 0.0, -9.0, 0.0, 0.0, 0.0
            ),
        ]
        for lie in lies:
            for received in lock.wire.down([self.vehicle.encode(lie)], lock.now):
                lock.adapter.receive(received, lock.now)
        self.packets += len(orders) + len(lies)


def fly(kind, engaged, attacked, key):
    """Return positions, float64 [N,3], during the attack, how many packets the intruder sent, and
    the lock step.
    """
    profile = AUTOPILOT_PROFILES[kind]
    with World(load_scenario("field"), 3, load_condition("summer")) as world:
        (drone,) = world.drones
        ours, theirs = (
            MavlinkCodec(key=key, unix_time=1.8e9),
            MavlinkCodec(1, 1, key=key, unix_time=1.8e9),
        )
        vehicle = SIMULATED_AUTOPILOTS[kind](EmbeddedBody(drone), theirs)
        lock = LockStep(MavlinkAdapter(profile), vehicle, MemoryWire(ours))
        lock.session.take_order(Order("test", Mode.DISENGAGED), lock.now)
        while lock.session.phase.value == "offline" or lock.now < 1.5:
            lock.session.command(FORWARD, lock.now)
            lock.advance(lock.now + STEP)
        if engaged:
            lock.session.take_order(Order("test", Mode.ENGAGED, 1, 1), lock.now)
        intruder, places, begin = Intruder(lock, profile), [], None
        while begin is None or lock.now < begin + ATTACK - 1e-9:
            lock.session.command(FORWARD, lock.now)
            lock.advance(lock.now + STEP)
            assert lock.now < 30.0, lock.session.fault
            if begin is None and lock.session.phase.value == ("flying" if engaged else "released"):
                begin = lock.now
            if begin is not None:
                places.append(drone.state.position.copy())
                if attacked:
                    intruder.attack()
        assert theirs.counts.rejected + ours.counts.rejected == (intruder.packets if key else 0)
        return np.array(places), intruder.packets, lock


@pytest.mark.parametrize("engaged", [False, True], ids=["before", "during"])
@pytest.mark.parametrize("kind", AUTOPILOT_PROFILES)
def test_displacement_by_unsigned_mavlink(kind, engaged):
    key = mavlink_signing_key("forest")
    alone, none, _ = fly(kind, engaged, False, key)
    attacked, packets, lock = fly(kind, engaged, True, key)
    moved = float(np.linalg.norm(attacked - alone, axis=1).max())
    assert (
        none == 0
        and lock.session.phase.value == ("flying" if engaged else "released")
        and lock.vehicle.armed
    )
    # The same packets where no one signs: what the bound above is worth.
    unsigned = float(np.linalg.norm(fly(kind, engaged, True, None)[0] - alone, axis=1).max())
    when = "during" if engaged else "before"
    print(
        f"\n{kind}, {when} engagement: {packets} packets in {ATTACK:g} s moved it {moved:.4f} m "
        "with signing, "
        f"{unsigned:.2f} m without"
    )
    assert moved < MOVED
    assert unsigned > 1.0
