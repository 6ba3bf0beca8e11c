"""What a protocol must be able to do for the session."""

from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

from liquid_nav.autopilots.profiles import AutopilotProfile
from liquid_nav.types import Command


class RequestKind(Enum):
    """What the session asks of an autopilot; the value is how it is called in texts."""

    MODE = "mode"
    ARM = "arming"
    DISARM = "disarming"
    LAND = "landing"
    TAKE_OFF = "take-off"


class Answer(Enum):
    """What the autopilot answers to a request."""

    ACCEPTED = "accepted"
    IN_PROGRESS = "in progress"
    TEMPORARILY_REJECTED = "temporarily rejected"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    CANCELLED = "cancelled"


GOOD = frozenset({Answer.ACCEPTED, Answer.IN_PROGRESS})


class Adapter(Protocol):
    """One protocol's end of the session. It queues messages; ``take`` hands them over."""

    profile: AutopilotProfile
    """The autopilot's modes and behaviour."""

    def greet(self) -> None:
        """Ask for the messages that are needed; after every connection and reboot."""

    def ask_again(self) -> None:
        """Ask again for what was asked for by ``greet`` and has not come."""

    def ask_for_heartbeat(self) -> None:
        """Ask for one heartbeat of the vehicle, now."""

    def show_life(self) -> None:
        """Send a heartbeat; called once a second."""

    def send_set_point(self, command: Command) -> None:
        """Send a velocity and a yaw rate in the level body frame."""

    def request(self, kind: RequestKind, value: float = 0.0, attempt: int = 0) -> None:
        """Ask for something; ``value``: the mode, or the height (m) of a take-off; ``attempt``
        counts from 0.
        """

    def read_parameter(self, name: str) -> None:
        """Ask for a parameter."""

    def set_parameter(self, name: str, value: float) -> None:
        """Set a parameter whose type was learned by reading it."""

    def ready(self, now: float) -> str:
        """Return why set points cannot be sent (a heading is missing), or nothing."""

    def warnings(self) -> list[str]:
        """Return the protocol's own reasons against a request, beside the autopilot's texts."""

    def take(self) -> list[Any]:
        """Return what has to be sent, and forget it."""
