"""With ``true_pose``: a simulated vehicle's true pose (MAVLink) to ``autopilot/true_odom``."""

from __future__ import annotations

from liquid_nav.autopilots import (
    TRUE_POSE_MESSAGE_IDS,
    TRUE_POSE_RATE,
    MavlinkMessage,
    MavlinkTruePose,
    request_message_rate,
)
from liquid_nav.nodes.autopilot_outputs import AutopilotOutputs

ASK_AGAIN = 2.0
"""s until it is requested again: the vehicle may have been restarted meanwhile."""


class TruePoseRelay:
    """Requests the messages, and publishes the pose that they give."""

    def __init__(self, kind: str, outputs: AutopilotOutputs, wanted: bool) -> None:
        """``kind``: px4 or ardupilot; ``wanted``: whether it is requested at all."""
        self._wanted = wanted
        self._kind = kind
        self._outputs = outputs
        self._pose = MavlinkTruePose()
        self._asked = -ASK_AGAIN
        if wanted:
            outputs.offer_true_pose()

    def receive(self, message: MavlinkMessage, boot: float | None) -> None:
        """Take a message of the vehicle's autopilot; ``boot``: its last time since boot, s."""
        if not self._wanted:
            return
        odometry = self._pose.read(message, boot)
        if odometry is not None:
            self._outputs.true_pose(odometry)

    def update(self, target: int | None, now: float) -> list[MavlinkMessage]:
        """Return what has to be sent to the vehicle ``target``."""
        if not self._wanted or target is None or 0.0 <= now - self._asked < ASK_AGAIN:
            return []
        self._asked = now
        return [request_message_rate(target, TRUE_POSE_MESSAGE_IDS[self._kind], TRUE_POSE_RATE)]
