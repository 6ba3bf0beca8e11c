"""What must be true before a drone takes off, checked on what was received from a live graph. No
ROS in here.
"""

from __future__ import annotations

import math
from typing import Callable

from liquid_nav.bringup import transport_remedy
from liquid_nav.camera import view_difference
from liquid_nav.preflight.autopilot_checks import BRIDGE_STATE_TOPIC, ORDER_TOPIC, check_autopilot
from liquid_nav.preflight.facts import (
    Finding,
    PreflightFacts,
    PreflightLimits,
    TopicStatistics,
    failure,
    ok,
    percentile,
    warning,
)
from liquid_nav.preflight.watches import check_resumes, check_watches
from liquid_nav.safety import Mode

CONTROLLER_INFO_TOPIC = "liquid_controller/info"


def preflight_findings(facts: PreflightFacts, wanted: PreflightLimits) -> list[Finding]:
    """Return the findings in the order in which a person would look for a cause."""
    single: tuple[Callable[[PreflightFacts, PreflightLimits], Finding], ...] = (
        _clock,
        _camera,
        _camera_rate,
        _camera_age,
        _camera_image,
        _camera_model,
        _controller,
        _model,
        _commands,
        _latency,
        _supervisor,
        _one_publisher,
        _limits,
        _odometry,
        _frames,
        _battery,
        _disk,
        _diagnostics,
    )
    several = (_camera_view, check_watches, check_resumes, check_autopilot)
    found = [one(facts, wanted) for one in single]
    return found + [finding for many in several for finding in many(facts, wanted)]


def _stream(facts: PreflightFacts, name: str) -> TopicStatistics:
    return facts.topics.get(name, TopicStatistics())


def _clock(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    answers = set(facts.sim_time.values())
    if not answers:
        text = "no node of this package reports which clock it uses"
        return failure("clock", text, "start the nodes, in this namespace and domain")
    publishers = _stream(facts, "/clock").publishers
    if len(answers) > 1:
        simulated = ", ".join(sorted(name for name, value in facts.sim_time.items() if value))
        return failure(
            "clock",
            f"only {simulated} use(s) simulated time",
            "set use_sim_time the same for all nodes",
        )
    if answers == {True} and publishers == 0:
        text = f"use_sim_time is set, but there is no publisher on {facts.clock}"
        return failure("clock", text, "start the simulator, or set it false")
    clock = _stream(facts, "/clock").last
    if answers == {True} and clock.get("first") == clock.get("last"):
        text = "has one publisher, but nothing arrives"
        if clock:
            text = f"stands at {clock['last']:g} s"
        return failure(
            "clock",
            f"{facts.clock} {text}",
            "start or resume the simulation (service simulator/start)",
        )
    if answers == {False} and publishers:
        text = f"{facts.clock} is published but no node uses it"
        return failure("clock", text, "end the simulator, or use_sim_time:=true")
    if answers == {True}:
        return ok("clock", "simulated time")
    return ok("clock", "this computer's clock")


def _camera(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    count = _stream(facts, wanted.camera).publishers
    if count == 0:
        return failure(
            "camera", f"no publisher on {wanted.camera}", "start the camera node, or remap yours"
        )
    if count > 1:
        return failure(
            "camera", f"{count} nodes publish {wanted.camera}", "end all but one of them"
        )
    return ok("camera", f"{wanted.camera} has one publisher")


def _camera_rate(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    rate = _stream(facts, wanted.camera).rate
    if rate < wanted.rate:
        remedy = f"smaller images, image_transport:=compressed, or {transport_remedy()}"
        return failure("camera rate", f"{rate:.1f} Hz arrive, {wanted.rate:g} are needed", remedy)
    return ok("camera rate", f"{rate:.1f} Hz")


def _camera_age(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    ages = _stream(facts, wanted.camera).ages
    if not ages:
        return failure("camera stamps", "no image arrived", "see the checks above")
    low = min(ages)
    high = max(ages)
    if low < -0.05:
        remedy = "synchronise the clocks (chrony), or let the camera stamp on arrival"
        return failure("camera stamps", f"images are {-low:.2f} s in the future", remedy)
    if high > wanted.age:
        remedy = (
            "look for buffering in the camera's pipeline, synchronise the clocks, check "
            "use_sim_time"
        )
        return failure(
            "camera stamps", f"images are up to {high:.2f} s old, {wanted.age:g} at most", remedy
        )
    return ok("camera stamps", f"images are at most {high:.3f} s old")


def _camera_image(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    image = _stream(facts, wanted.camera)
    problem = image.last.get("problem", "")
    if problem:
        remedy = "let the camera send rgb8 or bgr8 (or JPEG, with image_transport:=compressed)"
        return failure("camera image", f"{wanted.camera}: {problem}", remedy)
    if "size" not in image.last:
        return failure("camera image", "nothing arrived", "see the checks above")
    return ok("camera image", image.last["size"])


def _camera_model(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    info = _stream(facts, "camera/camera_info")
    image = _stream(facts, wanted.camera)
    remedy = "calibrate the camera and give the file: calibration:=ost.yaml"
    if not info.last:
        return failure("camera model", "no camera/camera_info arrives", remedy)
    # Beside 0, what no calibration gives: a negative number, or none.
    if not 0.0 < info.last.get("focal", 0.0) < math.inf:
        return failure(
            "camera model", "camera/camera_info is empty: the camera is not calibrated", remedy
        )
    sizes = info.last.get("size"), image.last.get("size", info.last.get("size"))
    if sizes[0] != sizes[1]:
        return failure(
            "camera model",
            f"camera/camera_info is for {sizes[0]}, the images are {sizes[1]}",
            remedy,
        )
    return ok("camera model", f"focal length {info.last['focal']:.0f} pixels")


def _camera_view(facts: PreflightFacts, wanted: PreflightLimits) -> list[Finding]:
    """Compare the views of camera and model; where one is missing, another check reports it."""
    seen = _stream(facts, "camera/camera_info").last.get("view")
    trained = facts.trained_view
    if seen is None or facts.info is None:
        return []
    if trained is None:
        remedy = "compare it with the model's card: through another lens it may fly worse"
        return [
            warning(
                "camera view",
                f"{seen}; the model does not state the view that it was trained at",
                remedy,
            )
        ]
    text, _, remedy = view_difference(seen, trained).partition(": ")
    if text:
        return [warning("camera view", text, remedy)]
    return [ok("camera view", f"{seen}, as the model was trained")]


def _controller(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    mode = facts.modes.get("liquid_controller", "")
    if not mode:
        return failure(
            "controller",
            "liquid_controller publishes no state",
            "start liquid_controller and read its log",
        )
    if mode == "finalized":
        return failure("controller", "liquid_controller has ended", "start liquid_controller again")
    if mode in ("unconfigured", "inactive"):
        return failure(
            "controller",
            f"liquid_controller is {mode}",
            "ros2 lifecycle set /liquid_controller activate",
        )
    return ok("controller", f"liquid_controller is {mode}")


def _model(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    if CONTROLLER_INFO_TOPIC in facts.unreadable:
        remedy = "run the liquid_controller of this package, in the same version"
        return failure("model", f"{CONTROLLER_INFO_TOPIC} cannot be read", remedy)
    if facts.info is None:
        return failure(
            "model",
            f"no {CONTROLLER_INFO_TOPIC}",
            "start liquid_controller; the expert pilot has no model",
        )
    name = facts.info.get("model", "?")
    digest = facts.info.get("sha256", "")
    if facts.sha256 is None:
        return failure(
            "model",
            f"model '{name}' is not on this machine",
            "copy it here, or run preflight there",
        )
    if digest != facts.sha256:
        text = f"{name}: the controller flies {digest[:12]}, here lies {facts.sha256[:12]}"
        return failure(
            "model", text, "copy the model you mean to both, and start the controller again"
        )
    if not digest:
        text = f"{name}: its card names no sha256, so whether both are the same is unknown"
        return warning(
            "model", text, "save the model again with this version, which writes the card"
        )
    return ok("model", f"{name}, sha256 {digest[:12]}")


def _commands(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    rate = _stream(facts, "liquid_controller/cmd_vel").rate
    if rate < 0.8 * wanted.rate:
        remedy = "check the camera first, then the controller's log and the CPU load"
        return failure(
            "commands", f"{rate:.1f} commands per second, {0.8 * wanted.rate:g} are needed", remedy
        )
    return ok("commands", f"{rate:.1f} Hz")


def _latency(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    worst = percentile(facts.latencies, 0.99)
    if math.isnan(worst):
        return failure("latency", "no liquid_controller/timing arrives", "see the checks above")
    if worst > wanted.latency:
        remedy = f"free the CPU, send smaller images, or {transport_remedy()}"
        return failure("latency", f"{1e3 * worst:.0f} ms from stamp to command (p99)", remedy)
    return ok("latency", f"{1e3 * worst:.0f} ms from stamp to command (p99)")


def _supervisor(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    mode = facts.modes.get("safety_supervisor", "")
    if not mode:
        return failure(
            "supervisor", "safety_supervisor publishes no mode", "start safety_supervisor"
        )
    if mode not in {known.value for known in Mode}:
        remedy = "run the safety_supervisor of this package, in the same version"
        return failure("supervisor", f"safety_supervisor is '{mode}', which is no mode", remedy)
    if _stream(facts, "cmd_vel").rate == 0.0:
        remedy = "read its log; its last message is too old to rely on"
        return failure(
            "supervisor", "safety_supervisor has stopped publishing: no cmd_vel arrives", remedy
        )
    return ok("supervisor", f"safety_supervisor is {mode}")


def _one_publisher(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    owners = {
        "cmd_vel": "safety_supervisor",
        "liquid_controller/cmd_vel": "controller or pilot",
        ORDER_TOPIC: "safety_supervisor",
        BRIDGE_STATE_TOPIC: "autopilot_bridge",
    }
    for name, owner in owners.items():
        count = _stream(facts, name).publishers
        # The checks of the bridge report that there is none, where one is wanted.
        if count != 1 and (count or name != BRIDGE_STATE_TOPIC):
            remedy = f"run exactly one {owner}; look for forgotten nodes: ros2 topic info -v {name}"
            return failure("one pilot", f"{count} nodes publish {name}", remedy)
    return ok("one pilot", "one controller, one supervisor, no second bridge")


def _limits(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    limits = facts.parameters.get("safety_supervisor")
    if not limits:
        return failure(
            "limits", "the supervisor's parameters cannot be read", "start safety_supervisor"
        )
    for name, most in (
        ("speed", wanted.speed),
        ("vertical_speed", wanted.speed),
        ("yaw_rate", wanted.yaw_rate),
    ):
        value = limits.get(name)
        if not isinstance(value, float) or not 0.0 < value <= most:
            text = f"{name} is {value}, more than 0 and at most {most:g} is accepted"
            return failure("limits", text, f"launch with {name}:=1.0")
    return ok("limits", f"{limits['speed']:g} m/s, {limits['yaw_rate']:g} rad/s")


def _odometry(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    odometry = _stream(facts, "odom")
    if odometry.rate < wanted.odometry_rate:
        remedy = "start the autopilot bridge (or simulator); let the estimator converge"
        return failure(
            "odometry", f"odom: {odometry.rate:.1f} Hz, {wanted.odometry_rate:g} are needed", remedy
        )
    if not math.isclose(odometry.last.get("norm", 0.0), 1.0, abs_tol=0.01):
        return failure(
            "odometry", "odom: the orientation is no unit quaternion", "wait for the estimator"
        )
    return ok("odometry", f"{odometry.rate:.1f} Hz")


def _frames(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    odometry = _stream(facts, "odom")
    found = odometry.frame_id, odometry.last.get("child", "")
    expected = f"{wanted.frame_prefix}odom", f"{wanted.frame_prefix}base_link"
    if found != expected:
        remedy = (
            "publish ENU odometry in 'odom' of an FLU 'base_link' (docs/reference/interfaces.md), "
            "or set frame_prefix"
        )
        is_, should = (f"'{parent}' of '{child}'" for parent, child in (found, expected))
        return failure("frames", f"odom is in {is_}, expected {should}", remedy)
    return ok("frames", f"{found[0]} -> {found[1]}")


def _battery(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    share = _stream(facts, "battery_state").last.get("share")
    if share is None:
        remedy = "look at the battery yourself; nothing lands the drone when it is empty"
        return warning("battery", "no battery_state arrives: unknown", remedy)
    if not 0.0 <= share <= 1.0:
        remedy = "publish its percentage as a share of 0 to 1, or look at it yourself"
        return warning("battery", f"battery_state reports {share:g}: unknown", remedy)
    if share < wanted.battery:
        return failure(
            "battery",
            f"{100 * share:.0f} % left, {100 * wanted.battery:.0f} % are needed",
            "charge it",
        )
    return ok("battery", f"{100 * share:.0f} %")


def _disk(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    free = facts.free_space / 2**30
    need = wanted.free_space / 2**30
    if facts.free_space < wanted.free_space:
        return failure(
            "disk", f"{free:.1f} GB free, {need:.1f} are needed for a record", "remove old flights"
        )
    return ok("disk", f"{free:.0f} GB free")


def _diagnostics(facts: PreflightFacts, wanted: PreflightLimits) -> Finding:
    if facts.errors:
        return failure("diagnostics", _first_of(facts.errors), "see /diagnostics")
    if facts.stale:
        text = f"stale, so unknown: {_first_of(facts.stale)}"
        return warning("diagnostics", text, "look at the node that published it")
    if _stream(facts, "/diagnostics").rate == 0.0:
        remedy = "start the nodes, in this domain; with security on, allow /diagnostics"
        return warning("diagnostics", "nothing arrives on /diagnostics: errors are unknown", remedy)
    return ok("diagnostics", "no errors")


def _first_of(statuses: list[str]) -> str:
    """Return the first of the statuses, and how many more there are."""
    if len(statuses) == 1:
        return statuses[0]
    return f"{statuses[0]} (and {len(statuses) - 1} more)"
