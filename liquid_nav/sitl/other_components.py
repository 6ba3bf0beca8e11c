"""What else sends on a MAVLink link: parts of the same vehicle, a ground station, another vehicle.

None of them flies anything. Each emits what a real one does, and what a careless receiver would
take for our autopilot's: acknowledgements, parameters, positions and texts of its own.
"""

from __future__ import annotations

from typing import Mapping

from pymavlink.dialects.v20 import common as mavlink

from liquid_nav.autopilots import (
    ARDUPILOT,
    COMPANION_COMPONENT_ID,
    COMPANION_SYSTEM_ID,
    PX4,
    AutopilotProfile,
    MavlinkCodec,
    MavlinkMessage,
    parameter_value_message,
)

HEARTBEAT = 1.0
"""s between heartbeats."""
CHATTER = 0.2
"""s between bursts of everything else."""
WRONG_PLACE = (50.0, -30.0, -20.0)
"""NED, m, that is none of our vehicle's."""
COMMANDS = (
    mavlink.MAV_CMD_DO_SET_MODE,
    mavlink.MAV_CMD_COMPONENT_ARM_DISARM,
    mavlink.MAV_CMD_NAV_TAKEOFF,
    mavlink.MAV_CMD_NAV_LAND,
    mavlink.MAV_CMD_SET_MESSAGE_INTERVAL,
    mavlink.MAV_CMD_REQUEST_MESSAGE,
)
"""Commands that our bridge sends: what others answer to these must not count."""
OTHER_MODE = {PX4.name: 0x30000, ARDUPILOT.name: 5}
"""Of the second vehicle: POSCTL, LOITER."""


class OtherComponent:
    """A component that sends a heartbeat.

    Args:
        system: its system id.
        component: its component id.
        kind: MAV_TYPE.
        autopilot: MAV_AUTOPILOT; 8: it is none.
        mode: its custom mode.
        armed: whether its heartbeat reports armed motors.
    """

    def __init__(
        self,
        system: int,
        component: int,
        kind: int,
        autopilot: int = mavlink.MAV_AUTOPILOT_INVALID,
        mode: int = 0,
        armed: bool = False,
    ) -> None:
        """See the class."""
        self.codec = MavlinkCodec(system, component)
        self._kind = kind
        self._autopilot = autopilot
        self._mode = mode
        self._flags = mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
        if armed:
            self._flags |= mavlink.MAV_MODE_FLAG_SAFETY_ARMED
        self._next_heartbeat = 0.0
        self._next_chatter = 0.0

    def packets(self, now: float) -> list[bytes]:
        """Return what it sends at a time in s; nothing where nothing is due. Time that was skipped
        is not made up.
        """
        messages: list[MavlinkMessage] = []
        if now >= self._next_heartbeat - 1e-9:
            self._next_heartbeat = now + HEARTBEAT
            messages.append(self.heartbeat())
        if now >= self._next_chatter - 1e-9:
            self._next_chatter = now + CHATTER
            messages += self.chatter(now)
        return [self.codec.encode(message) for message in messages]

    def heartbeat(self) -> MavlinkMessage:
        """Return its heartbeat."""
        state = mavlink.MAV_STATE_ACTIVE
        return mavlink.MAVLink_heartbeat_message(
            self._kind, self._autopilot, self._flags, self._mode, state, 3
        )

    def chatter(self, now: float) -> list[MavlinkMessage]:
        """Return what else it sends; nothing."""
        return []


class Gimbal(OtherComponent):
    """A gimbal of our vehicle: component 154 of system 1, which denies commands.

    Args:
        parameters: name -> (value, MAV_PARAM_TYPE) of our autopilot's; the gimbal sends the same
            names, other values.
        bytewise: whether integers travel as the bits of a float, as PX4 does it.
        asker: (system, component) to which its acknowledgements are addressed: the bridge.
        system: its system id.
    """

    def __init__(
        self,
        parameters: Mapping[str, tuple[float, int]] | None = None,
        bytewise: bool = True,
        asker: tuple[int, int] = (COMPANION_SYSTEM_ID, COMPANION_COMPONENT_ID),
        system: int = 1,
    ) -> None:
        """See the class."""
        super().__init__(system, mavlink.MAV_COMP_ID_GIMBAL, mavlink.MAV_TYPE_GIMBAL)
        self._parameters = dict(parameters or {})
        self._bytewise = bytewise
        self._asker = asker

    def chatter(self, now: float) -> list[MavlinkMessage]:
        """Denied commands, wrong parameters, a text, a wrong position."""
        denied = [
            mavlink.MAVLink_command_ack_message(
                number, mavlink.MAV_RESULT_DENIED, 0, 0, *self._asker
            )
            for number in COMMANDS
        ]
        wrong = [
            parameter_value_message(name, value + 7.0, kind, self._bytewise)
            for name, (value, kind) in self._parameters.items()
        ]
        text = mavlink.MAVLink_statustext_message(
            mavlink.MAV_SEVERITY_CRITICAL, b"Gimbal: motor overload"
        )
        return [*denied, *wrong, text, wrong_position(now)]


class AdsbReceiver(OtherComponent):
    """A receiver of other aircraft's positions: component 156 of system 1."""

    def __init__(self, system: int = 1) -> None:
        """``system``: its system id."""
        super().__init__(system, mavlink.MAV_COMP_ID_ADSB, mavlink.MAV_TYPE_ADSB)


class Companion(OtherComponent):
    """Another program on the companion computer, with the vehicle's system id: 1, 191."""

    def __init__(self, system: int = 1) -> None:
        """``system``: its system id."""
        component = mavlink.MAV_COMP_ID_ONBOARD_COMPUTER
        super().__init__(system, component, mavlink.MAV_TYPE_ONBOARD_CONTROLLER)


class GroundStation(OtherComponent):
    """QGroundControl, with the ids that it uses: 255, 190."""

    def __init__(self, system: int = 255, component: int = 190) -> None:
        """``system``, ``component``: its ids."""
        super().__init__(system, component, mavlink.MAV_TYPE_GCS)


class SecondVehicle(OtherComponent):
    """Another vehicle of the same make, armed, in the air and in a mode of its own: 2, 1.

    Args:
        profile: its autopilot.
        system: its system id.
    """

    def __init__(self, profile: AutopilotProfile = PX4, system: int = 2) -> None:
        """See the class."""
        super().__init__(
            system,
            mavlink.MAV_COMP_ID_AUTOPILOT1,
            mavlink.MAV_TYPE_QUADROTOR,
            profile.autopilot,
            OTHER_MODE[profile.name],
            armed=True,
        )

    def chatter(self, now: float) -> list[MavlinkMessage]:
        """Its own place, landed state and empty battery."""
        return [
            wrong_position(now),
            mavlink.MAVLink_extended_sys_state_message(0, mavlink.MAV_LANDED_STATE_IN_AIR),
            mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 13000, -1, 5, 0, 0, 0, 0, 0, 0),
            mavlink.MAVLink_statustext_message(mavlink.MAV_SEVERITY_CRITICAL, b"Low battery"),
        ]


def wrong_position(now: float) -> MavlinkMessage:
    """Return a local position that is not our vehicle's; ``now``: s."""
    return mavlink.MAVLink_local_position_ned_message(
        round(now * 1000), *WRONG_PLACE, 3.0, -2.0, 1.0
    )


def all_other_components(
    profile: AutopilotProfile = PX4, parameters: Mapping[str, tuple[float, int]] | None = None
) -> list[OtherComponent]:
    """Return one of each.

    Args:
        profile: the autopilot of our vehicle, and of the second one.
        parameters: see ``Gimbal``.
    """
    return [
        Gimbal(parameters, profile.bytewise),
        AdsbReceiver(),
        Companion(),
        GroundStation(),
        SecondVehicle(profile),
    ]
