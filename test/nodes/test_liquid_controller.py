"""The controller over DDS: what it answers, and what it reports when it cannot."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import String

from liquid_nav.errors import UserError
from liquid_nav.nodes.controller_outputs import ControllerOutputs
from liquid_nav.nodes.drone_messages import camera_info_message
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.messages import command_from, image_message, named_values, nanoseconds
from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos
from liquid_nav.types import Command, Decision, Observation

SECOND = 1_000_000_000
CAMERA, POLICY = "liquid_controller: camera", "liquid_controller: policy"
INPUT = "liquid_controller: input camera/image_raw"


@pytest.fixture(scope="module")
def pictures():
    """Six camera images of coloured squares, uint8 [6,72,128,3]: noise would be blindness."""
    squares = np.random.default_rng(0).integers(0, 255, (6, 9, 16, 3), dtype=np.uint8)
    return squares.repeat(8, axis=1).repeat(8, axis=2)


class Bench:
    """A controller with a camera in front of it and a subscriber behind it."""

    def __init__(self, harness, model, **parameters):
        self.harness = harness
        harness.listen_to_diagnostics()
        self.camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data_qos())
        self.commands = harness.listen("liquid_controller/cmd_vel", TwistStamped, reliable_qos(10))
        self.node = harness.add(LiquidController, model=str(model), **parameters)
        self.node.start()
        harness.matched(self.camera)
        harness.until(lambda: self.node.count_subscribers("liquid_controller/cmd_vel"), "discovery")

    def show(self, pixels, stamp):
        self.camera.publish(image_message(pixels, round(stamp * SECOND), "camera_optical_frame"))

    def answer(self, pixels, stamp):
        """Show a frame and return the command with its stamp."""
        before = len(self.commands)
        self.show(pixels, stamp)
        self.harness.until(lambda: len(self.commands) > before, f"a command for {stamp}")
        assert nanoseconds(self.commands[-1].header.stamp) == round(stamp * SECOND)
        return command_from(self.commands[-1])

    def change(self, transition):
        """Ask for a transition over the lifecycle service; returns success and the new state."""
        harness = self.harness
        answers = []
        wanted = ChangeState.Request(transition=Transition(id=transition))
        asked = (("change_state", ChangeState, wanted), ("get_state", GetState, GetState.Request()))
        for name, kind, request in asked:
            client = harness.probe.create_client(kind, f"liquid_controller/{name}")
            harness.until(client.service_is_ready, f"service {name}")
            future = client.call_async(request)
            harness.until(future.done, f"answer of {name}")
            answers.append(future.result())
        return answers[0].success, answers[1].current_state.label

    def silent_after(self, pictures, commands):
        """Show frames and let a service answer after them: the commands are still as many."""
        for k, picture in enumerate(pictures):
            self.show(picture, 50.0 + 0.04 * k)
            self.harness.call("liquid_controller/reset")
        return len(self.commands) == commands

    def refuses(self, message, *parts, name=CAMERA):
        """Show a message until the diagnostic reports it; nothing is answered."""
        before = len(self.commands)
        self.camera.publish(message)
        self.harness.until(lambda: self.harness.reports(name, *parts), str(parts))
        assert len(self.commands) == before


@pytest.fixture
def bench(harness, small_model):
    return Bench(harness, small_model)


def expected(model, pictures, steps):
    """Commands of a policy stepped outside of ROS; ``steps``: (picture, elapsed)."""
    from liquid_nav.policy import Policy

    policy = Policy.load(model)
    state, commands = policy.initial_state(), []
    for picture, elapsed in steps:
        decision, state = policy.step(Observation(pictures[picture]), state, elapsed)
        commands.append(decision.command)
    return commands


def test_commands_are_the_policys_with_real_elapsed_times(bench, small_model, pictures):
    got = [bench.answer(pictures[k], stamp) for k, stamp in enumerate((1.0, 1.04, 1.07))]
    assert got == expected(small_model, pictures, [(0, 1 / 30), (1, 0.04), (2, 0.03)])


def test_a_repeated_stamp_is_answered_again_without_a_step(bench, small_model, pictures):
    first = bench.answer(pictures[0], 1.0)
    assert bench.answer(pictures[0], 1.0) == first
    assert (
        bench.answer(pictures[1], 1.04)
        == expected(small_model, pictures, [(0, 1 / 30), (1, 0.04)])[1]
    )


def test_a_clock_that_jumps_back_resets_the_state_and_is_named(bench, small_model, pictures):
    bench.answer(pictures[0], 10.0)
    assert bench.answer(pictures[1], 5.0) == expected(small_model, pictures, [(1, 1 / 30)])[0]
    bench.harness.until(lambda: bench.harness.reports(CAMERA, "jumped backwards by 5.00 s"))


def test_an_image_from_the_future_changes_nothing_and_is_named(bench, small_model, pictures):
    bench.answer(pictures[0], 1.0)
    bench.show(pictures[2], 2_147_483_000.0)
    bench.harness.until(
        lambda: bench.harness.reports(CAMERA, "camera/image_raw: images have stamps in the future")
    )
    assert (
        bench.answer(pictures[1], 1.04)
        == expected(small_model, pictures, [(0, 1 / 30), (1, 0.04)])[1]
    )
    assert len(bench.commands) == 2
    # The next good image does not clear the status at once.
    assert bench.harness.reports(CAMERA, "synchronise the clocks (chrony)")


def test_a_lens_that_the_model_does_not_know_is_named(bench, pictures):
    harness = bench.harness
    models = harness.probe.create_publisher(CameraInfo, "camera/camera_info", sensor_data_qos())

    def seen(degrees, *parts):
        message = camera_info_message(
            1280, 720, np.radians(degrees), SECOND, "camera_optical_frame"
        )
        harness.until(
            lambda: models.publish(message) or harness.reports("liquid_controller: view", *parts),
            parts,
        )

    seen(80.0, "the camera sees 80 x 51 degrees, as the model was trained")
    seen(
        62.0,
        "the camera sees 62 x 37 degrees",
        "the model was trained at 80 x 51 degrees: use a lens like that",
    )
    # Nothing but a status: the flight goes on.
    bench.answer(pictures[0], 1.0)
    bench.answer(pictures[1], 1.04)
    seen(80.0, "as the model was trained")


def test_reset_forgets(bench, small_model, pictures):
    bench.answer(pictures[0], 1.0)
    assert bench.harness.call("liquid_controller/reset").success
    assert bench.answer(pictures[1], 1.04) == expected(small_model, pictures, [(1, 1 / 30)])[0]


def test_a_wrong_encoding_is_named(bench, pictures):
    message = image_message(pictures[0], SECOND, "c")
    message.encoding = "16UC1"
    bench.refuses(message, "camera/image_raw", "encoding is '16UC1'", "rgb8")
    bench.answer(pictures[0], 1.1)


@pytest.mark.parametrize(
    ("shape", "name", "parts"),
    [((0, 0, 3), CAMERA, "size is 0 x 0"), ((4, 6, 3), POLICY, "6 x 4 pixels")],
)
def test_a_wrong_size_is_named(bench, shape, name, parts):
    bench.refuses(image_message(np.zeros(shape, np.uint8), SECOND, "c"), parts, name=name)


def test_a_frozen_camera_is_named(bench, pictures):
    for k in range(10):
        bench.answer(pictures[0], 1.0 + 0.1 * k)
    bench.refuses(image_message(pictures[0], 2 * SECOND, "c"), "camera is frozen: identical pixels")
    bench.answer(pictures[1], 2.1)


def test_an_output_that_is_not_a_number_is_named_and_not_sent(bench, pictures):
    bench.answer(pictures[0], 1.0)
    step = bench.node._policy.step

    def broken(observation, state, elapsed):
        return Decision(Command(vx=float("nan"))), step(observation, state, elapsed)[1]

    bench.node._policy.step = broken
    bench.refuses(
        image_message(pictures[1], round(1.04 * SECOND), "c"), "not a finite number", name=POLICY
    )
    bench.node._policy.step = step
    bench.answer(pictures[2], 1.08)


def test_a_model_that_gives_no_numbers_is_not_flown(harness, tmp_path):
    import torch

    from liquid_nav.policy import Policy

    policy = Policy()
    with torch.no_grad():
        # Finite, but not what becomes of them.
        for parameter in policy.core.parameters():
            parameter.fill_(3e38)
    policy.save(tmp_path)
    with pytest.raises(UserError, match="does not give finite commands"):
        harness.add(LiquidController, model=str(tmp_path)).start()


def test_inactive_gives_zero_once_and_then_nothing(bench, pictures):
    bench.answer(pictures[0], 1.0)
    before = len(bench.commands)
    bench.node.trigger_deactivate()
    bench.harness.until(lambda: len(bench.commands) > before, "the zero command")
    assert not command_from(bench.commands[-1]).as_array().any()
    bench.show(pictures[1], 1.04)
    bench.node.trigger_activate()
    bench.answer(pictures[2], 1.08)
    assert len(bench.commands) == before + 2


@pytest.mark.parametrize(
    ("transition", "left"),
    [
        (Transition.TRANSITION_ACTIVE_SHUTDOWN, "finalized"),
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
    ],
)
def test_a_manager_that_ends_it_gets_zero_once_and_then_nothing(bench, pictures, transition, left):
    modes = bench.harness.listen("liquid_controller/mode", String, latched_qos())
    bench.answer(pictures[0], 1.0)
    before = len(bench.commands)
    assert bench.change(transition) == (True, left)
    bench.harness.until(lambda: len(bench.commands) > before, "the zero command")
    assert not command_from(bench.commands[-1]).as_array().any()
    assert bench.silent_after(pictures[1:4], before + 1)
    bench.harness.until(lambda: modes and modes[-1].data == left, "the mode")


def test_a_shutdown_while_inactive_logs_nothing(bench, pictures):
    bench.answer(pictures[0], 1.0)
    assert bench.change(Transition.TRANSITION_DEACTIVATE) == (True, "inactive")
    bench.harness.until(lambda: len(bench.commands) == 2, "the zero command")
    assert bench.change(Transition.TRANSITION_INACTIVE_SHUTDOWN) == (True, "finalized")
    assert bench.silent_after(pictures[1:4], 2)


def test_an_error_in_a_transition_gives_zero_once_and_it_can_be_configured_again(bench, pictures):
    harness = bench.harness
    assert bench.change(Transition.TRANSITION_DEACTIVATE) == (True, "inactive")
    harness.until(lambda: len(bench.commands) == 1, "the zero command")
    bench.node._policy.initial_state = lambda: 1 / 0
    assert bench.change(Transition.TRANSITION_ACTIVATE) == (False, "unconfigured")
    harness.until(lambda: len(bench.commands) == 2, "the zero command")
    assert not command_from(bench.commands[-1]).as_array().any()
    assert bench.silent_after(pictures[1:4], 2)
    name = "liquid_controller: lifecycle"
    harness.until(
        lambda: harness.reports(name, "transition from inactive failed"), "the diagnostic"
    )
    assert bench.change(Transition.TRANSITION_CONFIGURE) == (True, "inactive")
    assert bench.change(Transition.TRANSITION_ACTIVATE) == (True, "active")
    bench.answer(pictures[0], 90.0)
    harness.until(lambda: harness.reports(name, "no transition has failed"), "the diagnostic")


def test_a_blinded_camera_is_named_and_silence_ends_with_the_next_picture(bench, pictures):
    rng = np.random.default_rng(5)

    def covered():
        return np.clip(rng.normal(12.0, 6.0, (72, 128, 3)), 0, 255).astype(np.uint8)

    bench.answer(pictures[0], 1.0)
    for k in range(1, 10):
        bench.answer(covered(), 1.0 + 0.1 * k)
    bench.refuses(image_message(covered(), 2 * SECOND, "c"), "camera is blind", "1 s", "black")
    foggy = image_message(covered() + 200, round(2.1 * SECOND), "c")
    bench.refuses(foggy, "camera is blind", "without contrast")
    bench.answer(pictures[1], 2.2)


def test_blindness_can_be_switched_off(harness, small_model):
    bench = Bench(harness, small_model, blind_after=0.0, frozen_after=0.0)
    for k in range(20):
        bench.answer(np.zeros((72, 128, 3), np.uint8), 1.0 + 0.1 * k)


def test_images_that_are_none_are_dropped_and_counted(bench, pictures):
    harness = bench.harness
    whole = image_message(pictures[0], SECOND, "c")
    six = image_message(pictures[0], SECOND, "c")
    six.data = six.data[:6]
    bench.refuses(six, "data has 6 bytes")
    # What DDS cannot read never gets here: the next one does.
    bench.camera.publish(serialize_message(whole)[:40])
    bench.refuses(six, "2 message(s) dropped: ImageError: data has 6 bytes", name=INPUT)
    bench.answer(pictures[0], 1.0)
    harness.until(lambda: harness.reports(INPUT, "2 message(s) dropped so far"), "recovery")


def test_an_error_of_the_policy_drops_the_frame_and_is_named(bench, pictures):
    step = bench.node._policy.step
    bench.node._policy.step = lambda *values: 1 / 0
    message = image_message(pictures[0], SECOND, "c")
    bench.refuses(message, "1 message(s) dropped: ZeroDivisionError", name=INPUT)
    bench.node._policy.step = step
    bench.answer(pictures[1], 1.04)


def test_neurons_and_info_can_be_looked_at(bench, pictures):
    harness = bench.harness
    neurons = harness.listen("liquid_controller/neurons", JointState, reliable_qos(10))
    constants = harness.listen("liquid_controller/time_constants", JointState, reliable_qos(10))
    info = harness.listen("liquid_controller/info", String, latched_qos())
    modes = harness.listen("liquid_controller/mode", String, latched_qos())
    harness.until(
        lambda: (
            bench.node.count_subscribers("liquid_controller/neurons")
            and bench.node.count_subscribers("liquid_controller/time_constants")
            and info
            and modes
        ),
        "info",
    )
    stamp = 1.0
    while not (neurons and constants):
        bench.answer(pictures[0], stamp := stamp + 0.04)
    bench.answer(pictures[1], stamp := stamp + 0.04)
    harness.until(
        lambda: all(
            nanoseconds(received[-1].header.stamp) == round(stamp * SECOND)
            for received in (neurons, constants)
        ),
        "the stamp of the last image",
    )
    facts = json.loads(info[0].data)
    inside = bench.node._policy.inspect(bench.node._state)
    for messages, quantity in ((neurons, "neurons"), (constants, "time_constants")):
        assert list(messages[-1].name) == facts["neuron_names"]
        assert list(messages[-1].position) == pytest.approx(inside[quantity].tolist())
    assert min(constants[-1].position) > 0.0
    assert len(facts["sha256"]) == 64 and facts["units"]["time_constants"] == "s"
    assert (
        facts["view"] == pytest.approx([80.0, 50.534], abs=1e-3) and facts["units"]["view"] == "deg"
    )
    assert modes[-1].data == "active"


def test_each_command_has_its_times_and_the_share_of_missing_frames(bench, pictures, monkeypatch):
    harness = bench.harness
    timings = harness.listen("liquid_controller/timing", JointState, reliable_qos(10))
    harness.until(lambda: bench.node.count_subscribers("liquid_controller/timing"), "discovery")
    begin = bench.node.get_clock().now().nanoseconds
    # A steady clock that moves only while the network steps.
    steady = iter((10.0, 10.03, 20.0, 20.04, 30.0, 30.05))
    monkeypatch.setattr(bench.node, "_steady", lambda: next(steady))
    # Nominally 30 Hz: before the third frame two are missing. All are 0.5 s old when they are
    # shown.
    stamps = [begin - SECOND // 2 + round(frame * SECOND / 30) for frame in (0, 1, 4)]
    for picture, stamp in zip(pictures, stamps):
        bench.answer(picture, stamp / SECOND)
    harness.until(lambda: len(timings) == 3, "the times")
    end = bench.node.get_clock().now().nanoseconds
    for message, stamp, network in zip(timings, stamps, (0.03, 0.04, 0.05)):
        assert nanoseconds(message.header.stamp) == pytest.approx(stamp, abs=1000)
        values = named_values(message)
        assert list(values) == ["transport", "network", "total", "frame_drop_ratio"]
        assert values["network"] == pytest.approx(network)
        # It arrived after the test began and before it ended, whatever the machine's speed.
        assert begin - stamp <= values["transport"] * SECOND + 1000
        assert values["transport"] < values["total"]
        assert values["total"] * SECOND - 1000 <= end - stamp
    ratios = [named_values(message)["frame_drop_ratio"] for message in timings]
    assert ratios == [0.0, 0.0, pytest.approx(2 / 5)]
    status = bench.node._diagnostics._statuses["policy"]
    shown = {pair.key: float(pair.value) for pair in status.values}
    assert shown == pytest.approx(named_values(timings[-1]), abs=1e-4)


def test_a_missing_model_is_one_line(harness):
    with pytest.raises(UserError, match="no model at 'nonesuch'"):
        harness.add(LiquidController, model="nonesuch").start()


def test_without_autostart_a_manager_decides(harness, small_model):
    node = harness.add(LiquidController, model=str(small_model), autostart=False)
    node.start()
    assert node._state_machine.current_state[1] == "unconfigured"


# Parameters of a running controller, and its modes


def put(bench, **values):
    """Set parameters as `ros2 param set` does; returns the reason of a refusal, or nothing."""
    (result,) = bench.node.set_parameters(
        [Parameter(name, value=value) for name, value in values.items()]
    )
    return result.reason


@pytest.fixture(scope="module")
def other_model(tmp_path_factory):
    """Another policy in another folder."""
    import torch

    from liquid_nav.policy import Policy

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("other")
    Policy().save(folder)
    return folder


def test_another_model_flies_after_cleanup_set_and_configure(
    bench, small_model, other_model, pictures
):
    info = bench.harness.listen("liquid_controller/info", String, latched_qos())
    first = bench.answer(pictures[0], 1.0)
    refused = put(bench, model=str(other_model))
    assert "ros2 lifecycle set /liquid_controller deactivate, then cleanup" in refused
    assert bench.change(Transition.TRANSITION_DEACTIVATE) == (True, "inactive")
    assert "ros2 lifecycle set /liquid_controller cleanup" in put(bench, model=str(other_model))
    assert bench.change(Transition.TRANSITION_CLEANUP) == (True, "unconfigured")
    assert "model is empty" in put(bench, model="")
    assert put(bench, model=str(other_model)) == ""
    assert bench.change(Transition.TRANSITION_CONFIGURE) == (True, "inactive")
    assert bench.change(Transition.TRANSITION_ACTIVATE) == (True, "active")
    assert (
        bench.answer(pictures[0], 2.0) == expected(other_model, pictures, [(0, 1 / 30)])[0] != first
    )
    bench.harness.until(lambda: json.loads(info[-1].data)["model"] == str(other_model), "its name")


def test_a_model_that_does_not_exist_can_be_corrected_without_a_restart(
    harness, small_model, pictures
):
    bench = Bench(harness, small_model, autostart=False)
    assert put(bench, model="nowhere") == ""
    assert bench.change(Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")
    assert put(bench, model=str(small_model)) == ""
    assert bench.change(Transition.TRANSITION_CONFIGURE) == (True, "inactive")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nominal_rate", 10.0),
        ("longest_gap", 0.5),
        ("frozen_after", 0.0),
        ("blind_after", 0.0),
    ],
)
def test_what_frames_are_judged_by_is_changed_while_it_does_not_steer(bench, name, value):
    assert "it steers by it" in put(bench, **{name: value})
    bench.change(Transition.TRANSITION_DEACTIVATE)
    assert put(bench, **{name: value}) == ""
    guard = bench.node._guard
    found = {
        "nominal_rate": 1.0 / guard.nominal_period,
        "longest_gap": guard.longest_gap,
        "frozen_after": guard.frozen_after,
        "blind_after": guard.blind_after,
    }
    assert found[name] == pytest.approx(value)
    for other in (math.nan, -1.0, 1e6):
        assert put(bench, **{name: other})
        assert bench.node.get_parameter(name).value == value


def test_every_change_of_its_mode_is_a_status_with_its_cause(bench):
    def reported(*expected):
        status = bench.harness.diagnostics.get("liquid_controller: mode")
        values = {pair.key: pair.value for pair in status.values} if status else {}
        return tuple(values.get(key) for key in ("mode", "before", "cause")) == expected

    bench.harness.until(
        lambda: reported("active", "inactive", "the transition activate"), "the mode"
    )
    bench.change(Transition.TRANSITION_DEACTIVATE)
    bench.harness.until(
        lambda: reported("inactive", "active", "the transition deactivate"), "the mode"
    )
    bench.change(Transition.TRANSITION_CLEANUP)
    bench.harness.until(
        lambda: reported("unconfigured", "inactive", "the transition cleanup"), "the mode"
    )


def test_a_core_without_time_constants_publishes_none(harness):
    outputs = ControllerOutputs(harness.probe, "")
    sent = {"neurons": [], "constants": []}
    for name, messages in sent.items():
        subscribed = SimpleNamespace(get_subscription_count=lambda: 1, publish=messages.append)
        setattr(outputs, f"_{name}", subscribed)
    policy = SimpleNamespace(neuron_names=["a", "b"], inspect=lambda state: {"neurons": [1.0, 2.0]})
    outputs.inside(policy, None, 5)
    assert [named_values(message) for message in sent["neurons"]] == [{"a": 1.0, "b": 2.0}]
    assert not sent["constants"]
