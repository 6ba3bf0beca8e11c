"""The liquid network as a lifecycle node: an image comes in, a velocity command goes out.

Configure loads the model and warms it up, activate resets the hidden state. Whatever ends being
active (deactivate, shutdown, an error in a transition) publishes zero once, then nothing more. The
network is used only through ``Policy``. Encoder and core are in one node: every hop between
Python nodes would serialise the image once more.
"""

from __future__ import annotations

import sys
import time as wall
import traceback
from typing import TYPE_CHECKING, Any, Callable

import numpy as np
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import Trigger

from liquid_nav.bringup import transport_remedy
from liquid_nav.camera import (
    FUTURE_STAMPS,
    CameraView,
    FrameAction,
    FrameGuard,
    camera_view,
    trained_view,
    view_difference,
)
from liquid_nav.errors import UserError
from liquid_nav.nodes.bond import Bond
from liquid_nav.nodes.controller_outputs import ControllerOutputs, Timing
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.memory import keep_memory
from liquid_nav.nodes.messages import NANO, ImageError, read_compressed, read_image
from liquid_nav.nodes.parameter_changes import ParameterChanges, Values
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import sensor_data_qos
from liquid_nav.nodes.running import refuse_unread, run_node
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.types import Command, Observation, PolicyState

if TYPE_CHECKING:
    from liquid_nav.policy import Policy

Reader = Callable[[Any], tuple[int, str, np.ndarray]]
"""From a message to stamp (ns), frame id and pixels, uint8 [H,W,3] RGB."""
UNITS = {
    "neurons": "1",
    "time_constants": "s",
    "timing": "s; frame_drop_ratio: 1",
    "cmd_vel": "m/s, rad/s",
    "view": "deg",
}
"""Units of what is published about the model and of its output."""
LOSSES = "more than one camera frame in ten is lost on the way: send smaller images, or {remedy}"
"""Text of the report; ``remedy``: see ``transport_remedy``."""
LOST_SHARE = 0.1
"""Lost frames, as a share of those that have arrived, above which that is reported."""
JUDGED_FRAMES = 30
"""How many frames must have arrived before: of fewer a single loss would be a large share."""

CHANGEABLE = {
    "model": (
        "default",
        "Model: a name in models/ or a folder. May be changed only while unconfigured.",
        None,
    ),
    "runtime": (
        "auto",
        "What computes the encoder: torch, onnxruntime, or auto, the faster one. May be "
        "changed only while unconfigured.",
        None,
    ),
    "nominal_rate": (30.0, "Frame rate assumed for the very first frame, Hz.", (0.1, 1000.0)),
    "longest_gap": (1.0, "A larger step of the stamps resets the state, s.", (0.01, 60.0)),
    "frozen_after": (
        1.0,
        "Identical pixels for this long mean a frozen camera, s; 0: never.",
        (0.0, 60.0),
    ),
    "blind_after": (
        1.0,
        "Pictures without contrast for this long mean a blind camera, s; 0: never.",
        (0.0, 60.0),
    ),
}
"""Parameter -> default, description, range; none may be changed while the node is active."""
LOADED = frozenset({"model", "runtime"})
"""Those that configure reads."""


class LiquidController(LifecycleNode):
    """Parameters, messages and the transitions; the rest is in other modules."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters; the model is loaded by configure."""
        super().__init__("liquid_controller", **options)
        changeable = {
            name: declare(self, name, default, text, limits, read_only=False)
            for name, (default, text, limits) in CHANGEABLE.items()
        }
        self._autostart = declare(
            self, "autostart", True, "Configure and activate without a lifecycle manager."
        )
        bonded = declare(
            self,
            "bond",
            False,
            "While active, a bond with nav2_lifecycle_manager (ROS package bond).",
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids.")
        transport = declare(
            self,
            "image_transport",
            "raw",
            "raw: camera/image_raw; compressed: camera/image_raw/compressed.",
        )
        self._topic, kind, read = camera_topic(transport)
        self._guard = FrameGuard(0.0, 0.0, 0.0)
        self._take(changeable)
        self._outputs = ControllerOutputs(self, prefix)
        self._steady = wall.monotonic
        """The computer's steady clock, s: measures the network's own time."""
        self._bond = Bond(self) if bonded else None
        self._diagnostics = Diagnostics(self)
        self._mode = ""
        self._policy: Policy | None = None
        self._state: PolicyState | None = None
        self._trained: CameraView | None = None
        self._seen: CameraView | None = None
        self._last: tuple[Command, int] | None = None
        self._active = False
        self._simulated = self.get_parameter("use_sim_time").value
        self._read: Reader = read
        subscribe(self, self._diagnostics, kind, self._topic, self._on_image, sensor_data_qos())
        subscribe(
            self,
            self._diagnostics,
            CameraInfo,
            "camera/camera_info",
            self._on_camera_info,
            sensor_data_qos(),
        )
        self.create_service(Trigger, "liquid_controller/reset", self._on_reset)
        self._show_mode("unconfigured", "just started")
        ParameterChanges(self, changeable, self._refuses, self._take)

    def _refuses(self, values: Values) -> str:
        """Return why the parameters cannot be these now, or nothing."""
        name = self.get_fully_qualified_name()
        changed = {key for key, value in values.items() if value != self._values[key]}
        if self._policy is not None and changed & LOADED:
            steps = "cleanup"
            if self._active:
                steps = "deactivate, then cleanup"
            return (
                f"the model is loaded by configure: first ros2 lifecycle set {name} "
                f"{steps}; set it; then configure"
            )
        if self._active:
            return (
                f"it steers by it: first ros2 lifecycle set {name} deactivate (the "
                "supervisor then holds)"
            )
        if not values["model"]:
            return "model is empty: give a name in models/ or a folder"
        return ""

    def _take(self, values: Values) -> None:
        """Keep the parameters; a model is loaded by the next configure."""
        self._values = dict(values)
        self._guard.nominal_period = 1.0 / values["nominal_rate"]
        self._guard.longest_gap = values["longest_gap"]
        self._guard.frozen_after = values["frozen_after"]
        self._guard.blind_after = values["blind_after"]

    def _show_mode(self, mode: str, cause: str) -> None:
        """Publish and log the mode where it has changed."""
        if mode == self._mode:
            return
        self._mode = mode
        self._outputs.mode(mode)
        self._diagnostics.report_mode(mode, cause, model=self._values["model"])

    def start(self) -> None:
        """Configure and activate with ``autostart``; raises UserError for an unusable model."""
        if not self._autostart:
            return
        self._problem: UserError | None = None
        if self.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise self._problem or UserError(
                "liquid_controller could not be configured", "see its log"
            )
        self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and run it a few times: the first frame is then as fast as the others."""
        try:
            policy = self._load()
        except UserError as error:
            self._problem = error
            self._policy = None
            self._diagnostics.report("model", ERROR, str(error))
            return TransitionCallbackReturn.FAILURE
        except Exception:
            # rclpy would swallow it.
            self.get_logger().error(traceback.format_exc())
            raise
        self._policy = policy
        self._trained = _view_of_model(policy)
        self._compare_views()
        view = None
        if self._trained is not None:
            view = [self._trained.across, self._trained.down]
        self._outputs.info(
            {
                "model": self._values["model"],
                "view": view,
                "runtime": policy.runtime,
                "sha256": policy.card.get("sha256", ""),
                "neuron_names": list(policy.neuron_names),
                "units": UNITS,
            }
        )
        self._diagnostics.report("model", OK, f"{self._values['model']} is loaded")
        self._diagnostics.report("lifecycle", OK, "no transition has failed since")
        self._show_mode("inactive", "the transition configure")
        return TransitionCallbackReturn.SUCCESS

    def _load(self) -> Policy:
        """Return the model after a few steps; raises UserError where it cannot be used."""
        from liquid_nav.policy import Policy

        policy = Policy.load(self._values["model"], self._values["runtime"])
        blank = Observation(np.zeros((144, 256, 3), np.uint8))
        memory = policy.initial_state()
        for _ in range(3):
            decision, memory = policy.step(blank, memory, self._guard.nominal_period)
            if not decision.command.is_finite():
                cause = f"model '{self._values['model']}' does not give finite commands"
                raise UserError(cause, "train it again or use another")
        return policy

    @property
    def _loaded(self) -> Policy:
        """The model, between configure and cleanup."""
        assert self._policy is not None  # configure succeeds only with a model
        return self._policy

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Reset the hidden state and begin to answer frames."""
        # First, so that an error from here on publishes zero.
        self._active = True
        self._reset()
        self._show_mode("active", "the transition activate")
        if self._bond is not None:
            self._bond.start()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Publish zero, then nothing more."""
        self._stop_commands("inactive", "the transition deactivate")
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Publish zero where it was active, then nothing more; release the model."""
        self._stop_commands("finalized", "the transition shutdown")
        self._policy = None
        self._state = None
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After an error in a transition: as after a shutdown, but it can be configured again."""
        self._stop_commands("unconfigured", f"a transition from {state.label} failed")
        self._policy = None
        self._state = None
        self._diagnostics.report(
            "lifecycle", ERROR, f"a transition from {state.label} failed: configure it again"
        )
        return super().on_error(state)

    def _stop_commands(self, mode: str, cause: str) -> None:
        """Publish zero once where it was active, and the mode."""
        if self._bond is not None:
            self._bond.stop()
        if self._active:
            self._active = False
            self._outputs.command(Command(), self.get_clock().now().nanoseconds)
        self._show_mode(mode, cause)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the model."""
        self._policy = None
        self._state = None
        self._diagnostics.report("model", OK, "none is loaded")
        self._show_mode("unconfigured", "the transition cleanup")
        return TransitionCallbackReturn.SUCCESS

    def _reset(self) -> None:
        self._state = self._loaded.initial_state()
        self._last = None
        self._guard.reset()

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._policy is None:
            response.success = False
            response.message = "not configured: there is no state to reset"
        else:
            self._reset()
            response.success = True
            response.message = "hidden state reset"
        return response

    def _on_image(self, message: Image | CompressedImage) -> None:
        if not self._active:
            return
        arrived = self.get_clock().now().nanoseconds
        try:
            stamp, frame_id, image = self._read(message)
        except ImageError as error:
            self._diagnostics.report("camera", ERROR, f"{self._topic}: {error}")
            # Counted where all messages are that cannot be used.
            raise
        now = None if self._simulated else arrived
        verdict = self._guard.see(stamp, image, now)
        if verdict.action is FrameAction.REPEAT:
            if self._last is not None and self._last[1] == stamp:
                self._outputs.command(*self._last)
            return
        if self._guard.early_in_a_row:
            self._report_future()
            return
        if verdict.action is FrameAction.IGNORE:
            self._diagnostics.report("camera", ERROR, f"{self._topic}: {verdict.reason}")
            return
        if verdict.action is FrameAction.RESTART:
            self._state = self._loaded.initial_state()
        if self._step(image, stamp, arrived, verdict.elapsed, frame_id):
            self._report_camera(verdict.reason)

    def _on_camera_info(self, message: CameraInfo) -> None:
        seen = camera_view(message)
        if seen != self._seen:
            self._seen = seen
            self._compare_views()

    def _compare_views(self) -> None:
        """Report whether the camera's view is that of the training, where both are known."""
        if self._seen is None or self._trained is None:
            return
        text = view_difference(self._seen, self._trained)
        if text:
            self._diagnostics.report("view", WARN, text)
        else:
            self._diagnostics.report(
                "view", OK, f"the camera sees {self._seen}, as the model was trained"
            )

    def _step(
        self, image: np.ndarray, stamp: int, arrived: int, elapsed: float, frame_id: str
    ) -> bool:
        """Step the policy and publish; returns whether the image could be used.

        Args:
            image: uint8 [H,W,3] RGB.
            stamp: Of the image, ns.
            arrived: When it arrived, ns of the node's clock.
            elapsed: Time by which the state is stepped, s.
            frame_id: Of the image.
        """
        policy = self._loaded
        assert self._state is not None  # activate has reset it
        begin = self._steady()
        try:
            decision, self._state = policy.step(Observation(image), self._state, elapsed)
        except ValueError as error:
            self._diagnostics.report("policy", ERROR, f"the policy refuses its input: {error}")
            return False
        network = self._steady() - begin
        if not decision.command.is_finite():
            # The state may be bad too: begin with a new one at the next frame.
            self._state = policy.initial_state()
            self._last = None
            self._diagnostics.report(
                "policy",
                ERROR,
                "the model's output is not a finite number: no command, state reset",
            )
            return True
        self._last = decision.command, stamp
        self._outputs.command(decision.command, stamp)
        published = self.get_clock().now().nanoseconds
        timing = Timing(
            transport=(arrived - stamp) / NANO,
            network=network,
            total=(published - stamp) / NANO,
            frame_drop_ratio=self._guard.drop_ratio,
        )
        self._outputs.timing(timing, stamp)
        shown = {name: f"{value:.4f}" for name, value in timing.values().items()}
        self._diagnostics.report("policy", OK, "commands are finite", **shown)
        self._outputs.inside(policy, self._state, stamp)
        self._outputs.saliency(policy, image, stamp, frame_id)
        return True

    def _report_future(self) -> None:
        """Report the cause; single images are left out, and the flight goes on."""
        guard = self._guard
        level = WARN if guard.early_in_a_row == 1 else ERROR
        ahead = f"{guard.ahead:.2f} s"
        self._diagnostics.report(
            "camera", level, f"{self._topic}: {FUTURE_STAMPS}", early=guard.early, ahead=ahead
        )

    def _report_camera(self, reason: str) -> None:
        guard = self._guard
        counts = {"frames": guard.frames, "repeated": guard.repeated, "lost": guard.lost}
        if reason:
            self._diagnostics.report("camera", WARN, f"{self._topic}: {reason}", **counts)
        elif guard.was_early(self.get_clock().now().nanoseconds):
            # The text of then: neither the next image nor the next early one changes the status.
            text = f"{self._topic}: {FUTURE_STAMPS}"
            self._diagnostics.report(
                "camera", WARN, text, early=guard.early, ahead=f"{guard.ahead:.2f} s", **counts
            )
        elif guard.frames > JUDGED_FRAMES and guard.lost > LOST_SHARE * guard.frames:
            text = LOSSES.format(remedy=transport_remedy())
            self._diagnostics.report("camera", WARN, f"{self._topic}: {text}", **counts)
        else:
            self._diagnostics.report("camera", OK, f"{self._topic}: frames arrive", **counts)


def _view_of_model(policy: Any) -> CameraView | None:
    """Return the view that a model was trained with; None where it has no configuration."""
    config = getattr(policy, "config", None)
    if config is None:
        return None
    return trained_view(config.camera, config.encoder.width, config.encoder.height)


def camera_topic(transport: str) -> tuple[str, type, Reader]:
    """Return topic, type and reader (stamp in ns, frame id, RGB pixels) of an image transport;
    raises UserError.
    """
    if transport == "raw":
        return "camera/image_raw", Image, read_image
    if transport == "compressed":
        return "camera/image_raw/compressed", CompressedImage, read_compressed
    raise UserError(f"unknown image_transport '{transport}'", "Choose raw or compressed")


def make_liquid_controller() -> LiquidController:
    """Create the node and, with ``autostart``, start it."""
    node = LiquidController()
    # Before the model is loaded.
    refuse_unread(node)
    node.start()
    return node


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    keep_memory()
    sys.exit(run_node(make_liquid_controller, arguments))


if __name__ == "__main__":
    main()
