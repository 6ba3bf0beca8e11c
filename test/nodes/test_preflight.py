"""Preflight: a good graph passes, and each fault is named with its remedy; the probe on a live
graph.
"""

import dataclasses
import functools
import json
import math

import numpy as np
import pytest
import yaml

from liquid_nav.autopilots.failsafes import explain_failsafe
from liquid_nav.camera import CameraView
from liquid_nav.preflight import watches as preflight_watches
from liquid_nav.preflight.checks import preflight_findings
from liquid_nav.preflight.facts import (
    BridgeFacts,
    Failsafe,
    Finding,
    FindingLevel,
    PreflightFacts,
    PreflightLimits,
    TopicStatistics,
    failure,
    ok,
    percentile,
    warning,
)
from liquid_nav.preflight.watches import WATCH_PARAMETERS, is_on
from liquid_nav.resources import find
from liquid_nav.safety import BridgeReport, Mode, Order, Phase, WatchLimits

CAMERA = "camera/image_raw"
STATE = "autopilot_bridge/state"
ORDER = "safety_supervisor/order"
SUPERVISOR = "5afe7ee1"
PX4 = {
    "COM_RC_OVERRIDE": 3,
    "COM_RCL_EXCEPT": 0,
    "NAV_RCL_ACT": 2,
    "NAV_DLL_ACT": 0,
    "COM_LOW_BAT_ACT": 3,
    "GF_ACTION": 2,
    "COM_OBL_RC_ACT": 5,
}
ARDUPILOT = {"FS_THR_ENABLE": 1, "FS_GCS_ENABLE": 5, "FENCE_ENABLE": 1}


def failsafes(values):
    return {
        name: Failsafe(float(value), explain_failsafe(name, value))
        for name, value in values.items()
    }


@functools.cache
def drone_yaml(node):
    """Return what config/drone.yaml sets."""
    values = yaml.safe_load(find("config/drone.yaml").read_text(encoding="utf-8"))
    return values[f"/**/{node}"]["ros__parameters"]


def good():
    """Return the facts of a graph that may fly."""
    return PreflightFacts(
        topics={
            CAMERA: TopicStatistics(
                1, 30.0, [0.01, 0.03], "camera_optical_frame", {"size": "256 x 144"}
            ),
            "camera/camera_info": TopicStatistics(
                1, 30.0, last={"size": "256 x 144", "focal": 152.5, "view": CameraView(80.0, 50.53)}
            ),
            "liquid_controller/cmd_vel": TopicStatistics(1, 30.0, [0.02]),
            "cmd_vel": TopicStatistics(1, 30.0, [0.02]),
            "odom": TopicStatistics(1, 50.0, [0.01], "odom", {"child": "base_link", "norm": 1.0}),
            "battery_state": TopicStatistics(1, 1.0, last={"share": 0.9}),
            "/clock": TopicStatistics(0, last={}),
            "/diagnostics": TopicStatistics(4, 4.0),
            STATE: TopicStatistics(1, 5.0),
            ORDER: TopicStatistics(1, 0.0),
        },
        sim_time={"camera": False, "liquid_controller": False, "safety_supervisor": False},
        parameters={
            "safety_supervisor": {"speed": 2.0, "vertical_speed": 1.0, "yaw_rate": 1.2}
            | {
                name: drone_yaml("safety_supervisor")[name]
                for name in WATCH_PARAMETERS["safety_supervisor"]
            }
            | {"resume": 0.0},
            "liquid_controller": {"frozen_after": 1.0, "blind_after": 1.0},
            "autopilot_bridge": {"autopilot": "px4", "resume": 0.0},
        },
        latencies=[0.01] * 99 + [0.03],
        info={"model": "default", "sha256": "abc"},
        trained_view=CameraView(80.0, 50.53),
        modes={"liquid_controller": "active", "safety_supervisor": "disengaged"},
        order=Order(SUPERVISOR, Mode.DISENGAGED),
        autopilot=BridgeFacts(
            BridgeReport(Phase.READY, supervisor=SUPERVISOR),
            mode="POSCTL",
            hold="mode",
            failsafes=failsafes(PX4),
        ),
        sha256="abc",
        free_space=50 * 2**30,
    )


def bridge(**changes):
    """Change what the bridge publishes, or what its report contains."""

    def change(facts):
        report = {key: changes.pop(key) for key in ("phase", "supervisor") if key in changes}
        if "fault" in changes:
            report["text"] = changes.pop("fault")
        reported = facts.autopilot
        known = dataclasses.replace(reported.report, **report)
        facts.autopilot = dataclasses.replace(reported, report=known, **changes)

    return change


def parameter(node, **values):
    """Change parameters of a node; None: it has no such parameter."""

    def change(facts):
        known = facts.parameters[node]
        known.update(values)
        for name in [name for name, value in known.items() if value is None]:
            del known[name]

    return change


def reported(**values):
    """Change what the autopilot reports of its failsafes; None: it does not report."""

    def change(facts):
        known = {name: value for name, value in (PX4 | values).items() if value is not None}
        bridge(failsafes=failsafes(known))(facts)

    return change


def kind(name):
    """Make it a bridge of another kind, which reports no failsafes."""

    def change(facts):
        parameter("autopilot_bridge", autopilot=name)(facts)
        bridge(failsafes={})(facts)

    return change


def both(*changes):
    return lambda facts: [change(facts) for change in changes]


def unreadable(topic):
    return lambda facts: facts.unreadable.add(topic)


def spoilt(*changes):
    """Return the facts of a good graph with changes."""
    facts = good()
    both(*changes)(facts)
    return facts


def of_level(findings, *levels):
    return [finding for finding in findings if finding.level in levels]


def failures(findings):
    return of_level(findings, FindingLevel.FAILURE)


def warnings(findings):
    return of_level(findings, FindingLevel.WARNING)


def topic(name, **changes):
    def change(facts):
        for key, value in changes.items():
            setattr(facts.topics[name], key, value)

    return change


def fact(**changes):
    return lambda facts: [setattr(facts, key, value) for key, value in changes.items()]


def lens(across, down):
    known = {"size": "256 x 144", "focal": 152.5}
    return topic("camera/camera_info", last=known | {"view": CameraView(across, down)})


def paused(facts):
    fact(sim_time={"simulator": True})(facts)
    topic("/clock", publishers=1, last={"first": 3.0, "last": 3.0})(facts)


FAULTS = {
    "no camera": (topic(CAMERA, publishers=0), "camera", "no publisher on"),
    "two cameras": (topic(CAMERA, publishers=2), "camera", "2 nodes"),
    "frames are lost": (topic(CAMERA, rate=4.0), "camera rate", "4.0 Hz"),
    "camera is late": (topic(CAMERA, ages=[0.1, 0.9]), "camera stamps", "0.90 s old"),
    "camera clock is ahead": (topic(CAMERA, ages=[-3.0]), "camera stamps", "3.00 s in the future"),
    "not calibrated": (
        topic("camera/camera_info", last={"size": "256 x 144", "focal": 0.0}),
        "camera model",
        "empty",
    ),
    "calibration of another size": (
        topic("camera/camera_info", last={"size": "640 x 480", "focal": 500.0}),
        "camera model",
        "640 x 480",
    ),
    "controller inactive": (
        fact(modes={"liquid_controller": "inactive", "safety_supervisor": "holding"}),
        "controller",
        "inactive",
    ),
    "controller ended": (
        fact(modes={"liquid_controller": "finalized", "safety_supervisor": "pilot"}),
        "controller",
        "has ended",
    ),
    "other model": (fact(sha256="def"), "model", "default"),
    "no commands": (topic("liquid_controller/cmd_vel", rate=0.0), "commands", "0.0 commands"),
    "slow": (fact(latencies=[0.01] * 90 + [0.4] * 10), "latency", "400 ms"),
    "no supervisor": (
        fact(modes={"liquid_controller": "active"}),
        "supervisor",
        "publishes no mode",
    ),
    "two supervisors": (topic("cmd_vel", publishers=2), "one pilot", "2 nodes publish cmd_vel"),
    "supervisor in an unknown mode": (
        fact(modes={"liquid_controller": "active", "safety_supervisor": "x"}),
        "supervisor",
        "'x', which is no mode",
    ),
    "supervisor stopped publishing": (
        topic("cmd_vel", rate=0.0),
        "supervisor",
        "stopped publishing",
    ),
    "two order givers": (topic(ORDER, publishers=2), "one pilot", f"2 nodes publish {ORDER}"),
    "no order giver": (topic(ORDER, publishers=0), "one pilot", f"0 nodes publish {ORDER}"),
    "two bridges": (topic(STATE, publishers=2), "one pilot", f"2 nodes publish {STATE}"),
    "too fast": (parameter("safety_supervisor", speed=12.0), "limits", "speed is 12"),
    "climbs too fast": (
        parameter("safety_supervisor", vertical_speed=5.1),
        "limits",
        "vertical_speed is 5.1",
    ),
    "turns too fast": (parameter("safety_supervisor", yaw_rate=2.1), "limits", "yaw_rate is 2.1"),
    "limit of 0": (parameter("safety_supervisor", speed=0.0), "limits", "speed is 0"),
    "limit that is missing": (
        parameter("safety_supervisor", speed=None),
        "limits",
        "speed is None",
    ),
    "no odometry": (topic("odom", rate=0.0), "odometry", "0.0 Hz"),
    "odometry is NED": (topic("odom", frame_id="odom_ned"), "frames", "odom_ned"),
    "clock that no node uses": (
        topic("/clock", publishers=1),
        "clock",
        "/clock is published but no node uses it",
    ),
    "orientation is none": (
        topic("odom", last={"child": "base_link", "norm": 0.985}),
        "odometry",
        "no unit quaternion",
    ),
    "orientation is too long": (
        topic("odom", last={"child": "base_link", "norm": 1.015}),
        "odometry",
        "no unit quaternion",
    ),
    "camera clock is a little ahead": (
        topic(CAMERA, ages=[-0.06]),
        "camera stamps",
        "0.06 s in the future",
    ),
    "empty battery": (
        topic("battery_state", last={"share": 0.0}),
        "battery",
        "0 % left, 30 % are needed",
    ),
    "two errors": (fact(errors=["a", "b"]), "diagnostics", "a (and 1 more)"),
    "mixed clocks": (fact(sim_time={"camera": False, "simulator": True}), "clock", "simulator"),
    "no node reports its clock": (
        fact(sim_time={}),
        "clock",
        "no node of this package reports which clock it uses",
    ),
    "no clock": (fact(sim_time={"liquid_controller": True}), "clock", "no publisher on /clock"),
    "clock stands still": (paused, "clock", "stands at 3 s"),
    "nothing arrives": (topic(CAMERA, last={}), "camera image", "nothing arrived"),
    "encoding": (topic(CAMERA, last={"problem": "encoding is 'mono8'"}), "camera image", "mono8"),
    "battery": (topic("battery_state", last={"share": 0.1}), "battery", "10 %"),
    "disk": (fact(free_space=2**20), "disk", "0.0 GB"),
    "diagnostics": (fact(errors=["safety_supervisor: inputs: x"]), "diagnostics", "inputs"),
    "autopilot offline": (
        bridge(phase=Phase.OFFLINE, fault="no heartbeat"),
        "autopilot",
        "offline: no heartbeat",
    ),
    "autopilot released": (
        bridge(phase=Phase.RELEASED, text="RC lost"),
        "autopilot",
        "released: RC lost",
    ),
    "autopilot parameter": (bridge(fault="COM_OBL_RC_ACT is 0"), "autopilot", "ready: COM_OBL"),
    "autopilot state unreadable": (unreadable(STATE), "autopilot", "cannot be read"),
    "bridge stopped publishing": (topic(STATE, rate=0.0), "autopilot", "stopped publishing"),
    "no bridge": (
        both(fact(autopilot=None), topic(STATE, publishers=0)),
        "autopilot",
        "no autopilot_bridge",
    ),
    "no order": (fact(order=None), "orders", "no safety_supervisor/order"),
    "order that is none": (unreadable(ORDER), "orders", "cannot be read"),
    "bridge without a supervisor": (bridge(supervisor=""), "orders", "receives no supervisor"),
    "bridge with another supervisor": (
        bridge(supervisor="beef"),
        "orders",
        f"receives supervisor beef, the orders are those of {SUPERVISOR}",
    ),
    "model that is none": (
        unreadable("liquid_controller/info"),
        "model",
        "cannot be read",
    ),
    "falls without a remote control": (
        reported(NAV_RCL_ACT=6),
        "NAV_RCL_ACT",
        "6: the remote control lost: it disarms and falls",
    ),
    "falls without a ground station": (
        reported(NAV_DLL_ACT=5),
        "NAV_DLL_ACT",
        "5: the ground station lost: it stops",
    ),
    "falls at its geofence": (
        reported(GF_ACTION=4),
        "GF_ACTION",
        "4: its own geofence: it stops its motors and falls",
    ),
    "falls without set points": (
        reported(COM_OBL_RC_ACT=7),
        "COM_OBL_RC_ACT",
        "7: set points end: it disarms and falls",
    ),
    "no focal length": (
        topic("camera/camera_info", last={"size": "256 x 144", "focal": math.nan}),
        "camera model",
        "empty",
    ),
}
WARNINGS = {
    "no battery": (topic("battery_state", last={}), "battery", "no battery_state arrives"),
    "no charge": (
        topic("battery_state", last={"share": math.nan}),
        "battery",
        "reports nan: unknown",
    ),
    "charge of more than all": (
        topic("battery_state", last={"share": 1.01}),
        "battery",
        "reports 1.01: unknown",
    ),
    "charge in percent": (
        topic("battery_state", last={"share": 87.0}),
        "battery",
        "reports 87: unknown",
    ),
    "no global position": (
        bridge(hold="zero set points"),
        "hold",
        "zero set points: there is no global position; if the bridge ends, PX4 lands",
    ),
    "hold is not reported": (bridge(hold=""), "hold", "does not report how it would hold"),
    "unknown failsafe": (
        reported(GF_ACTION=9),
        "GF_ACTION",
        "9: its own geofence: nothing is known",
    ),
    "failsafes are not reported yet": (
        reported(GF_ACTION=None, NAV_DLL_ACT=None),
        "failsafes",
        "not reported yet: NAV_DLL_ACT, GF_ACTION",
    ),
    "failsafes of ArduPilot": (
        kind("ardupilot"),
        "failsafes",
        "not reported yet: FS_THR_ENABLE, FS_GCS_ENABLE, FENCE_ENABLE",
    ),
    "failsafes over DDS": (kind("px4_dds"), "failsafes", "cannot be read over DDS"),
    "failsafes of a plain vehicle": (kind("twist"), "failsafes", "a plain topic reports none"),
    "bridge of unknown kind": (
        parameter("autopilot_bridge", autopilot=None),
        "failsafes",
        "kind cannot be read",
    ),
    "another lens": (
        lens(62.0, 37.0),
        "camera view",
        "the camera sees 62 x 37 degrees (camera_info), the model was",
    ),
    "a model without a view": (
        fact(trained_view=None),
        "camera view",
        "80 x 51 degrees; the model does not state",
    ),
    "supervisor resumes": (
        parameter("safety_supervisor", resume=1.5),
        "resume of safety_supervisor",
        "ends by itself after 1.5 healthy s",
    ),
    "no diagnostics": (topic("/diagnostics", rate=0.0), "diagnostics", "errors are unknown"),
    "stale diagnostics": (
        fact(stale=["a: b", "c: d"]),
        "diagnostics",
        "stale, so unknown: a: b (and 1 more)",
    ),
    "model without a hash": (
        fact(sha256="", info={"model": "m", "sha256": ""}),
        "model",
        "is unknown",
    ),
    "mode is not reported": (bridge(mode="no mode"), "autopilot", "ready, mode unknown (no mode)"),
    "mode is empty": (bridge(mode=""), "autopilot", "ready, mode unknown (not reported)"),
    "mode has no name": (
        bridge(mode="mode 0x60000"),
        "autopilot",
        "ready, mode unknown (mode 0x60000)",
    ),
    "resume of the supervisor is not reported": (
        parameter("safety_supervisor", resume=None),
        "resume of safety_supervisor",
        "is unknown",
    ),
    "resume of the bridge is not reported": (
        parameter("autopilot_bridge", resume=None),
        "resume of autopilot_bridge",
        "is unknown",
    ),
    "bridge resumes": (
        parameter("autopilot_bridge", resume=10.0),
        "resume of autopilot_bridge",
        "within 10 s",
    ),
}
CHECKS = (
    "clock",
    "camera",
    "camera rate",
    "camera stamps",
    "camera image",
    "camera model",
    "controller",
    "model",
    "commands",
    "latency",
    "supervisor",
    "one pilot",
    "limits",
    "odometry",
    "frames",
    "battery",
    "disk",
    "diagnostics",
    "camera view",
    "watches",
    "autopilot",
    "orders",
    "hold",
    *PX4,
)


def test_a_good_graph_passes():
    findings = preflight_findings(good(), PreflightLimits())
    assert tuple(finding.name for finding in findings) == CHECKS
    assert of_level(findings, FindingLevel.OK) == findings


def test_of_a_good_graph_it_reports_what_will_happen():
    lines = {
        finding.name: finding.text for finding in preflight_findings(good(), PreflightLimits())
    }
    assert lines["clock"] == "this computer's clock"
    assert lines["camera model"] == "focal length 152 pixels"
    assert lines["camera view"] == "80 x 51 degrees, as the model was trained"
    assert lines["model"] == "default, sha256 abc"
    assert lines["latency"] == "10 ms from stamp to command (p99)"
    assert lines["battery"] == "90 %"
    assert lines["disk"] == "50 GB free"
    assert lines["watches"] == "all 15 are on"
    assert lines["orders"] == f"the bridge receives supervisor {SUPERVISOR}"
    assert lines["hold"] == "the autopilot's hold mode"
    assert lines["NAV_RCL_ACT"] == "2: the remote control lost: it returns to its launch"
    assert (
        lines["COM_OBL_RC_ACT"]
        == "5: set points end: it holds, or lands where it has no global position"
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_else(name):
    spoil, expected, text = FAULTS[name]
    facts = good()
    spoil(facts)
    bad = of_level(
        preflight_findings(facts, PreflightLimits()), FindingLevel.FAILURE, FindingLevel.WARNING
    )
    assert [(finding.name, finding.level) for finding in bad] == [(expected, FindingLevel.FAILURE)]
    assert text in bad[0].text and len(bad[0].remedy) > 5


@pytest.mark.parametrize("name", WARNINGS)
def test_what_has_to_be_known_is_a_warning_and_forbids_nothing(name):
    spoil, expected, text = WARNINGS[name]
    facts = good()
    spoil(facts)
    bad = of_level(
        preflight_findings(facts, PreflightLimits()), FindingLevel.FAILURE, FindingLevel.WARNING
    )
    assert [(finding.name, finding.level) for finding in bad] == [(expected, FindingLevel.WARNING)]
    assert text in bad[0].text and len(bad[0].remedy) > 5


LIMITS = {
    "camera rate": (topic(CAMERA, rate=15.0), topic(CAMERA, rate=14.99)),
    "camera stamps": (topic(CAMERA, ages=[-0.05, 0.5]), topic(CAMERA, ages=[0.0, 0.51])),
    "commands": (
        topic("liquid_controller/cmd_vel", rate=12.0),
        topic("liquid_controller/cmd_vel", rate=11.99),
    ),
    "latency": (fact(latencies=[0.1]), fact(latencies=[0.101])),
    "limits": (
        parameter("safety_supervisor", speed=5.0, vertical_speed=5.0, yaw_rate=2.0),
        parameter("safety_supervisor", yaw_rate=2.01),
    ),
    "odometry": (topic("odom", rate=10.0), topic("odom", rate=9.99)),
    "battery": (
        topic("battery_state", last={"share": 0.3}),
        topic("battery_state", last={"share": 0.29}),
    ),
    "disk": (fact(free_space=2 * 2**30), fact(free_space=2 * 2**30 - 1)),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_kept_at_itself_and_not_beyond(name):
    kept, beyond = LIMITS[name]
    findings = preflight_findings(spoilt(kept), PreflightLimits())
    assert of_level(findings, FindingLevel.OK) == findings
    assert [
        finding.name for finding in failures(preflight_findings(spoilt(beyond), PreflightLimits()))
    ] == [name]


def test_in_simulated_time_the_clock_is_that_of_the_simulation():
    running = topic("/clock", publishers=1, last={"first": 3.0, "last": 4.0})
    facts = spoilt(fact(sim_time={"simulator": True}), running)
    lines = {finding.name: finding for finding in preflight_findings(facts, PreflightLimits())}
    assert (lines["clock"].level, lines["clock"].text) == (FindingLevel.OK, "simulated time")


@pytest.mark.parametrize("share", [1.0, 0.995])
def test_a_full_battery_is_a_charge(share):
    assert not of_level(
        preflight_findings(
            spoilt(topic("battery_state", last={"share": share})), PreflightLimits()
        ),
        FindingLevel.WARNING,
    )


def test_of_two_models_so_much_of_the_hash_is_shown_that_they_differ():
    ours, theirs = "0123456789abcdef", "0123456789aaffff"
    (one,) = failures(
        preflight_findings(
            spoilt(fact(sha256=ours, info={"model": "m", "sha256": theirs})), PreflightLimits()
        )
    )
    assert one.text == "m: the controller flies 0123456789aa, here lies 0123456789ab"


def test_what_is_needed_is_reported():
    lines = {
        finding.name: finding.text
        for finding in preflight_findings(PreflightFacts(), PreflightLimits())
    }
    assert lines["commands"] == "0.0 commands per second, 12 are needed"
    assert lines["disk"] == "0.0 GB free, 2.0 are needed for a record"
    slow = {
        finding.name: finding.text
        for finding in preflight_findings(spoilt(fact(latencies=[0.25])), PreflightLimits())
    }
    assert slow["latency"] == "250 ms from stamp to command (p99)"


def test_a_level_is_stated_and_never_implied():
    """An empty remedy once made a failure look well."""
    fields = {field.name: field for field in dataclasses.fields(Finding)}
    assert fields["level"].default is dataclasses.MISSING
    assert ok("a", "b") == Finding("a", FindingLevel.OK, "b", "")
    assert warning("a", "b", "c") == Finding("a", FindingLevel.WARNING, "b", "c")
    assert failure("a", "b", "") == Finding("a", FindingLevel.FAILURE, "b", "")


def test_ardupilots_failsafes_are_shown():
    facts = good()
    kind("ardupilot")(facts)
    bridge(failsafes=failsafes(ARDUPILOT))(facts)
    findings = preflight_findings(facts, PreflightLimits())
    assert of_level(findings, FindingLevel.OK) == findings
    lines = {finding.name: finding.text for finding in findings}
    assert lines["FS_GCS_ENABLE"] == "5: the ground station lost: it lands"


def test_over_dds_the_parameters_to_look_at_are_named():
    facts = good()
    kind("px4_dds")(facts)
    (one,) = warnings(preflight_findings(facts, PreflightLimits()))
    assert "QGroundControl" in one.remedy and all(name in one.remedy for name in PX4)


def test_a_plain_vehicle_has_no_hold_of_its_own():
    facts = good()
    kind("twist_stamped")(facts)
    bridge(hold="")(facts)
    found = {
        finding.name: finding.text
        for finding in warnings(preflight_findings(facts, PreflightLimits()))
    }
    assert set(found) == {"hold", "failsafes"} and "zero velocities" in found["hold"]


def test_of_an_autopilot_that_is_not_received_nothing_else_is_reported():
    facts = good()
    bridge(phase=Phase.OFFLINE, hold="zero set points", failsafes={})(facts)
    names = [finding.name for finding in preflight_findings(facts, PreflightLimits())]
    assert names[-2:] == ["autopilot", "orders"]


def every_watch():
    return [(node, name) for node, watches in WATCH_PARAMETERS.items() for name in watches]


@pytest.mark.parametrize(("node", "name"), every_watch())
@pytest.mark.parametrize("value", [0.0, 0, None, math.nan, math.inf, -0.0, "1.0", True])
def test_a_watch_that_is_off_fails_and_is_named(node, name, value):
    facts = good()
    parameter(node, **{name: value})(facts)
    (one,) = of_level(
        preflight_findings(facts, PreflightLimits()), FindingLevel.FAILURE, FindingLevel.WARNING
    )
    assert (one.name, one.level) == (f"watch {name}", FindingLevel.FAILURE)
    assert one.text.startswith(f"{name} of {node} is {'missing' if value is None else value}: ")
    assert one.text.endswith(" would not be detected")
    assert "config/drone.yaml" in one.remedy and f"--allow-off {name}" in one.remedy


@pytest.mark.parametrize(("node", "name"), every_watch())
def test_a_person_may_leave_a_watch_off_and_it_is_reported(node, name):
    facts = good()
    parameter(node, **{name: 0.0})(facts)
    (one,) = of_level(
        preflight_findings(facts, PreflightLimits(allow_off=frozenset({name}))),
        FindingLevel.FAILURE,
        FindingLevel.WARNING,
    )
    assert (one.name, one.level) == (f"watch {name}", FindingLevel.WARNING)
    assert "allowed by --allow-off" in one.text and "would not be detected" in one.text
    others = PreflightLimits(allow_off=frozenset({other for _, other in every_watch()} - {name}))
    (one,) = failures(preflight_findings(facts, others))
    assert one.name == f"watch {name}"


def test_a_watch_that_is_allowed_off_and_is_on_is_no_line():
    findings = preflight_findings(good(), PreflightLimits(allow_off=frozenset({"joy_age"})))
    assert of_level(findings, FindingLevel.OK) == findings


def test_only_the_floor_is_below_zero():
    for _, name in every_watch():
        assert is_on(name, -1.0) == (name == "low")
        assert is_on(name, 1.0) == (name != "low")
        assert is_on(name, 3) == (name != "low")


def test_the_side_of_zero_is_stated():
    facts = good()
    parameter("safety_supervisor", low=2.0, high=-1.0)(facts)
    remedies = {
        finding.name: finding.remedy
        for finding in failures(preflight_findings(facts, PreflightLimits()))
    }
    assert set(remedies) == {"watch low", "watch high"}
    assert "below 0" in remedies["watch low"] and "above 0" in remedies["watch high"]


@pytest.mark.parametrize("node", WATCH_PARAMETERS)
def test_a_node_that_does_not_answer_watches_nothing(node):
    facts = good()
    del facts.parameters[node]
    found = [
        finding
        for finding in failures(preflight_findings(facts, PreflightLimits()))
        if finding.name == "watches"
    ]
    assert len(found) == 1 and f"the parameters of {node} cannot be read" in found[0].text


@pytest.mark.parametrize(
    ("spoil", "wanted", "asked"),
    [
        (fact(sim_time={"camera": False}), PreflightLimits(), True),
        (fact(sim_time={"camera": False, "liquid_controller": True}), PreflightLimits(), True),
        (fact(sim_time={}), PreflightLimits(), True),
        (fact(sim_time={"camera": True, "liquid_controller": True}), PreflightLimits(), False),
        (fact(sim_time={"camera": False}), PreflightLimits(autopilot=False), False),
    ],
)
def test_watches_are_asked_for_where_a_real_drone_flies(spoil, wanted, asked):
    facts = good()
    both(spoil, parameter("safety_supervisor", radius=0.0, resume=1.0))(facts)
    names = [finding.name for finding in preflight_findings(facts, wanted)]
    assert ("watch radius" in names) == asked
    assert ("resume of safety_supervisor" in names) == asked
    assert ("watches" in names) != asked


def test_no_watch_of_the_supervisor_is_forgotten():
    assert set(WATCH_PARAMETERS["safety_supervisor"]) == {
        field.name for field in dataclasses.fields(WatchLimits)
    }
    assert len(preflight_watches.watch_names()) == len(set(preflight_watches.watch_names())) == 15


def test_without_an_autopilot_nothing_is_reported_of_it():
    facts = good()
    both(fact(autopilot=None, order=None), topic(STATE, publishers=0))(facts)
    findings = preflight_findings(facts, PreflightLimits(autopilot=False))
    assert of_level(findings, FindingLevel.OK) == findings
    assert tuple(finding.name for finding in findings) == CHECKS[: CHECKS.index("autopilot")]


REPORT = BridgeReport(Phase.READY, supervisor="a", act=3, text="w")
STATE_FACTS = REPORT.to_facts() | {
    "mode": "POSCTL",
    "text": "t",
    "hold": "mode",
    "failsafes": {"GF_ACTION": {"value": 2, "meaning": "m"}},
}


def test_a_state_is_read_as_it_was_published():
    whole = BridgeFacts(REPORT, "POSCTL", "t", "mode", {"GF_ACTION": Failsafe(2.0, "m")})
    assert BridgeFacts.from_facts(STATE_FACTS) == whole
    assert BridgeFacts.from_facts(REPORT.to_facts()) == BridgeFacts(REPORT)


@pytest.mark.parametrize(
    "change",
    [
        {"phase": "dancing"},
        {"phase": 3},
        {"supervisor": None},
        {"act": "many"},
        {"fault": []},
        {"mode": 3},
        {"text": None},
        {"hold": {}},
        {"failsafes": []},
        {"failsafes": None},
        {"failsafes": "x"},
        {"failsafes": {"A": 3}},
        {"failsafes": {"A": {}}},
        {"failsafes": {"A": {"value": 1}}},
        {"failsafes": {"A": {"meaning": "m"}}},
        {"failsafes": {"A": {"value": True, "meaning": "m"}}},
        {"failsafes": {"A": {"value": "1", "meaning": "m"}}},
        {"failsafes": {"A": {"value": 1, "meaning": 2}}},
        {"failsafes": {"A": {"value": 10**400, "meaning": "m"}}},
        {"failsafes": {"A": {"value": -(10**12), "meaning": "m"}}},
        {"failsafes": {"A": {"value": math.nan, "meaning": "m"}}},
    ],
    ids=str,
)
def test_a_state_of_another_kind_is_none(change):
    assert BridgeFacts.from_facts(STATE_FACTS | change) is None


def test_no_state_is_none():
    assert BridgeFacts.from_facts(None) is None
    assert BridgeFacts.from_facts({}) is None


def test_an_empty_graph_fails_without_breaking():
    findings = preflight_findings(PreflightFacts(), PreflightLimits())
    assert of_level(findings, FindingLevel.OK) == [], "nothing that no node has reported is well"
    unknown = {
        "battery",
        "diagnostics",
        "resume of safety_supervisor",
        "resume of autopilot_bridge",
    }
    assert {finding.name for finding in warnings(findings)} == unknown
    assert all(finding.remedy for finding in failures(findings))


def test_a_prefix_is_expected_in_the_frames():
    facts = good()
    wanted = PreflightLimits(frame_prefix="d1/")
    assert [finding.name for finding in failures(preflight_findings(facts, wanted))] == ["frames"]
    topic("odom", frame_id="d1/odom", last={"child": "d1/base_link", "norm": 1.0})(facts)
    assert not failures(preflight_findings(facts, wanted))


def test_percentile():
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0 and percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0], 0.99) == 3.0
    assert np.isnan(percentile([], 0.5))


def test_the_probe_observes_a_live_graph(harness, pictures):
    pytest.importorskip("rclpy")
    from nav_msgs.msg import Odometry
    from sensor_msgs.msg import CameraInfo, Image
    from std_msgs.msg import String

    from liquid_nav.nodes.messages import image_message, to_stamp
    from liquid_nav.nodes.preflight_probe import Probe
    from liquid_nav.nodes.qos import latched_qos, sensor_data_qos
    from liquid_nav.nodes.safety_supervisor import SupervisorNode

    watched = {
        name: drone_yaml("safety_supervisor")[name]
        for name in WATCH_PARAMETERS["safety_supervisor"]
    }
    harness.add(SupervisorNode, speed=1.5, resume=0.0, **watched)
    node = harness.probe
    camera = node.create_publisher(Image, CAMERA, sensor_data_qos())
    model = node.create_publisher(CameraInfo, "camera/camera_info", sensor_data_qos())
    odometry = node.create_publisher(Odometry, "odom", sensor_data_qos())
    info = node.create_publisher(String, "liquid_controller/info", latched_qos())
    info.publish(String(data=json.dumps({"model": "m", "sha256": "abc", "view": [80, 50.5]})))
    probe = Probe(harness._enter(harness_node(harness)))

    def all_received():
        now = node.get_clock().now().nanoseconds
        camera.publish(image_message(pictures[0], now - 20_000_000, "camera_optical_frame"))
        model.publish(
            CameraInfo(width=128, height=72, k=[100.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0])
        )
        message = Odometry(child_frame_id="base_link")
        message.header.frame_id, message.header.stamp = "odom", to_stamp(now)
        odometry.publish(message)
        probe.ask()
        facts = probe.facts(1.0)
        received = [facts.topics[name].rate for name in (CAMERA, "camera/camera_info", "odom")]
        known = "safety_supervisor" in facts.parameters and "safety_supervisor" in facts.modes
        return all(received) and known and facts.info and facts.order

    harness.until(all_received, "everything", deadline=60.0)
    facts = probe.facts(1.0)
    supervised = facts.parameters["safety_supervisor"]
    assert supervised["speed"] == 1.5 and facts.sim_time == {"safety_supervisor": False}
    assert {name: supervised[name] for name in WATCH_PARAMETERS["safety_supervisor"]} == watched
    assert supervised["resume"] == 0.0
    assert facts.order.mode is Mode.DISENGAGED and facts.order.supervisor
    assert facts.modes["safety_supervisor"] == "disengaged" and facts.info["sha256"] == "abc"
    assert (
        facts.topics[CAMERA].last == {"size": "128 x 72"} and min(facts.topics[CAMERA].ages) >= 0.02
    )
    assert facts.topics["odom"].last["child"] == "base_link"
    assert facts.trained_view == CameraView(80.0, 50.5)
    assert facts.topics["camera/camera_info"].last["view"].across == pytest.approx(
        math.degrees(math.atan(0.015) + math.atan(1.265))
    )
    named = {finding.name for finding in failures(preflight_findings(facts, PreflightLimits()))}
    assert {"controller", "model", "commands", "watches"} <= named
    assert "camera" not in named and "frames" not in named
    assert not [name for name in named if name.startswith("watch ")], (
        "config/drone.yaml leaves a watch off"
    )


def stand_in(harness, name, **parameters):
    """Add a node of that name with those parameters, as if it were ours."""
    import rclpy

    node = harness._enter(rclpy.create_node(name, context=harness.context))
    for parameter_name, value in parameters.items():
        node.declare_parameter(parameter_name, value)
    return node


def test_a_parameter_that_a_node_does_not_have_hides_no_other_one(harness):
    """Asked for several, rclpy answers with no value at all where it lacks one of them."""
    pytest.importorskip("rclpy")
    from liquid_nav.nodes.preflight_probe import Probe

    stand_in(harness, "liquid_controller", frozen_after=0.75)
    stand_in(harness, "autopilot_bridge", autopilot="px4_dds", resume=[1.0, 2.0])
    stand_in(harness, "safety_supervisor", speed=1.25, low=-3.0, joy_age=2)
    probe = Probe(harness._enter(harness_node(harness)))

    def all_reported():
        probe.ask()
        return probe.answered() and len(probe.facts(1.0).sim_time) == 3

    assert not probe.answered()
    harness.until(all_reported, "all answers")
    facts = probe.facts(1.0)
    assert facts.parameters == {
        "liquid_controller": {"frozen_after": 0.75},
        "autopilot_bridge": {"autopilot": "px4_dds"},
        "safety_supervisor": {"speed": 1.25, "low": -3.0, "joy_age": 2},
    }
    assert facts.sim_time == dict.fromkeys(facts.parameters, False)
    named = {finding.name for finding in failures(preflight_findings(facts, PreflightLimits()))}
    assert {"watch blind_after", "watch radius"} <= named
    assert not {"watch frozen_after", "watch low", "watch joy_age"} & named


@pytest.mark.parametrize("others", [0, 1])
def test_an_answer_without_values_is_no_parameter(harness, others):
    """Whoever answers need not be rclpy: neither an empty answer nor one that is too short may end
    preflight.
    """
    pytest.importorskip("rclpy")
    import rclpy
    from rcl_interfaces.msg import ParameterValue
    from rcl_interfaces.srv import GetParameters

    from liquid_nav.nodes.preflight_probe import Probe

    node = harness._enter(
        rclpy.create_node("camera", context=harness.context, start_parameter_services=False)
    )
    asked = []

    def answer(request, response):
        asked.append(list(request.names))
        response.values = [ParameterValue()] * others
        return response

    node.create_service(GetParameters, "camera/get_parameters", answer)
    supervisor = stand_in(harness, "safety_supervisor", speed=1.0)
    probe = Probe(harness._enter(harness_node(harness)))

    def all_reported():
        probe.ask()
        return probe.answered() and asked

    harness.until(all_reported, "all answers")
    facts = probe.facts(1.0)
    assert asked == [["use_sim_time"]] and facts.sim_time == {supervisor.get_name(): False}
    assert facts.parameters["safety_supervisor"] == {"speed": 1.0}


GARBAGE = (
    "",
    "{",
    "null",
    "[]",
    "3",
    '"ready"',
    "{}",
    "NaN",
    '{"phase": NaN}',
    '{"model": 1e999}',
    "[" * 20000,
    '{"a":' * 50 + "1" + "}" * 50,
    "x" * 100_000,
    '{"phase": ["ready"]}',
    '{"model": 3, "sha256": {}}',
    '{"supervisor": "", "mode": "engaged", "act": 0, "engagement": 0}',
    '{"model": "m"}',
    "\x1b[2J[/red][bold",
    '{"phase": "ready", "armed": false, "airborne": false, "supervisor": "a", "act": 0, '
    '"kind": "", "fault": "", "failsafes": {"GF_ACTION": 4}}',
)


def test_garbage_on_every_topic_is_named_and_ends_nothing(harness):
    pytest.importorskip("rclpy")
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
    from nav_msgs.msg import Odometry
    from sensor_msgs.msg import BatteryState, CameraInfo, Image, JointState
    from std_msgs.msg import String

    from liquid_nav.nodes.preflight_listening import add_local_facts
    from liquid_nav.nodes.preflight_probe import Probe
    from liquid_nav.nodes.qos import latched_qos, reliable_qos, sensor_data_qos

    info, mode = "liquid_controller/info", "safety_supervisor/mode"
    topics = {
        name: harness.probe.create_publisher(String, name, latched_qos())
        for name in (info, STATE, ORDER, mode)
    }
    good_ones = {
        info: {"model": "m", "sha256": "abc"},
        STATE: STATE_FACTS,
        ORDER: Order("a", Mode.DISENGAGED).to_facts(),
    }
    probe = Probe(harness._enter(harness_node(harness)))
    facts = probe.facts(1.0)

    def publish(text):
        before = dict(probe._counts)
        for name, publisher in topics.items():
            publisher.publish(String(data=text[name] if isinstance(text, dict) else text))
        harness.until(
            lambda: all(probe._counts[name] > before[name] for name in topics), "the messages"
        )

    for text in GARBAGE:
        publish({name: json.dumps(value) for name, value in good_ones.items()} | {mode: "holding"})
        assert not facts.unreadable and facts.info and facts.autopilot and facts.order
        publish(text)
        assert facts.unreadable == {info, STATE, ORDER}, text[:40]
        assert (facts.info, facts.autopilot, facts.order) == (None, None, None)
        named = {
            finding.name: finding.text
            for finding in failures(preflight_findings(facts, PreflightLimits()))
        }
        assert {"model", "supervisor", "autopilot"} <= set(named)
        assert "cannot be read" in named["autopilot"] and "cannot be read" in named["model"]

    images = harness.probe.create_publisher(Image, CAMERA, sensor_data_qos())
    models = harness.probe.create_publisher(CameraInfo, "camera/camera_info", sensor_data_qos())
    odometry = harness.probe.create_publisher(Odometry, "odom", sensor_data_qos())
    batteries = harness.probe.create_publisher(BatteryState, "battery_state", sensor_data_qos())
    timing = harness.probe.create_publisher(JointState, "liquid_controller/timing", reliable_qos())
    diagnostics = harness.probe.create_publisher(DiagnosticArray, "/diagnostics", reliable_qos())
    status = DiagnosticStatus(level=DiagnosticStatus.ERROR, name="[/x]", message="\x1b]0;\x07[bold")

    def all_received():
        images.publish(Image(height=2**32 - 1, width=2**32 - 1, encoding="rgb8", data=b"123456"))
        models.publish(CameraInfo(k=[math.nan] * 9))
        message = Odometry()
        message.pose.pose.orientation.w = math.nan
        odometry.publish(message)
        batteries.publish(BatteryState(percentage=math.inf, present=True))
        timing.publish(JointState(name=["total"], position=[math.nan]))
        timing.publish(JointState(name=["total", "network"], position=[]))
        diagnostics.publish(DiagnosticArray(status=[status]))
        names = (
            CAMERA,
            "camera/camera_info",
            "odom",
            "battery_state",
            "liquid_controller/timing",
            "/diagnostics",
        )
        return all(probe._counts[name] for name in names)

    harness.until(all_received, "the messages")
    facts = probe.facts(1.0)
    assert facts.latencies == []
    found = {finding.name: finding for finding in preflight_findings(facts, PreflightLimits())}
    for name in ("camera image", "camera model", "odometry", "latency", "diagnostics"):
        assert found[name].level is FindingLevel.FAILURE
    assert found["battery"].level is FindingLevel.WARNING
    facts.info = {"model": "a" * 5000 + "\0", "sha256": "b"}
    add_local_facts(facts, find("config"))
    assert facts.sha256 is None


@pytest.mark.parametrize(
    "reported",
    [
        None,
        80.0,
        [],
        [80.0],
        [80.0, 50.0, 1.0],
        ["80", "50"],
        [True, True],
        [0, 50],
        [2**2000, 50],
        [[80], 50],
    ],
)
def test_a_view_that_is_none_is_not_believed(reported):
    pytest.importorskip("rclpy")
    from liquid_nav.nodes.preflight_probe import _view

    assert _view(reported) is None


@pytest.mark.parametrize(
    "card", ["", "[]", "3", '{"sha256": 3}', "[" * 100_000, '{"sha256": "abc"}']
)
def test_a_model_of_that_name_may_be_anything(tmp_path, card):
    pytest.importorskip("rclpy")
    from liquid_nav.nodes.preflight_listening import add_local_facts

    (tmp_path / "card.json").write_text(card)
    facts = good()
    facts.info = {"model": str(tmp_path), "sha256": "abc"}
    add_local_facts(facts, tmp_path)
    assert facts.sha256 == ("abc" if "abc" in card else None)
    assert [finding.name for finding in failures(preflight_findings(facts, PreflightLimits()))] == (
        [] if facts.sha256 else ["model"]
    )


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Run ``liquid-nav preflight`` on facts; returns its exit code, what it printed, and its
    JSON.
    """
    pytest.importorskip("rclpy")
    from typer.testing import CliRunner

    from liquid_nav.cli import preflight_checklist
    from liquid_nav.cli.app import app

    def run(facts, *arguments):
        monkeypatch.setattr(preflight_checklist, "gather_preflight_facts", lambda *_: facts)
        monkeypatch.setattr(preflight_checklist, "add_local_facts", lambda *_: None)
        path = tmp_path / "found.json"
        result = CliRunner().invoke(app, ["preflight", "--json", str(path), *arguments])
        return (
            result.exit_code,
            result.output,
            json.loads(path.read_text()) if path.exists() else None,
        )

    return run


def test_the_command_shows_each_level_and_fails_for_failures_alone(command):
    code, shown, rows = command(good())
    assert code == 0 and "warn" not in shown and "FAIL" not in shown
    assert "ok   NAV_RCL_ACT: 2: the remote control lost: it returns to its launch\n" in shown
    assert {row["level"] for row in rows} == {"ok"} and {row["remedy"] for row in rows} == {""}
    code, shown, rows = command(spoilt(bridge(hold="zero set points")))
    assert code == 0 and "FAIL" not in shown
    assert (
        "warn hold: zero set points: there is no global position; if the bridge ends, PX4 lands\n  "
        "   -> " in shown
    )
    assert [row["check"] for row in rows if row["level"] == "warning"] == ["hold"]
    code, shown, rows = command(spoilt(reported(NAV_RCL_ACT=5)))
    assert code == 1
    assert (
        "FAIL NAV_RCL_ACT: 5: the remote control lost: it stops its motors and falls\n     -> "
        in shown
    )
    assert [row["check"] for row in rows if row["level"] == "failure"] == ["NAV_RCL_ACT"]


def test_a_failure_without_a_remedy_is_still_one(command, monkeypatch):
    from liquid_nav.cli import preflight_checklist

    monkeypatch.setattr(
        preflight_checklist, "preflight_findings", lambda *_: [failure("a", "b", "")]
    )
    code, shown, _ = command(good())
    assert code == 1 and "FAIL a: b" in shown and "->" not in shown


def test_a_watch_may_be_left_off_by_name(command):
    facts = spoilt(parameter("safety_supervisor", joy_age=0.0, radius=0.0))
    code, shown, _ = command(facts)
    assert code == 1 and "FAIL watch joy_age" in shown and "FAIL watch radius" in shown
    code, shown, _ = command(facts, "--allow-off", "joy_age")
    assert code == 1 and "warn watch joy_age" in shown and "FAIL watch radius" in shown
    code, shown, _ = command(facts, "--allow-off", "joy_age", "--allow-off", "radius")
    assert code == 0 and "warn watch joy_age" in shown and "warn watch radius" in shown


def test_a_watch_that_does_not_exist_cannot_be_left_off(command):
    code, shown, rows = command(good(), "--allow-off", "remote")
    assert code != 0 and rows is None


def test_texts_of_other_nodes_are_shown_as_they_are_and_run_nothing(command):
    text = "[/red] [bold]x \x1b[2J\x07\nFAIL camera: " + "y" * 1000
    facts = spoilt(fact(errors=[text]), bridge(fault="[/]"))
    code, shown, rows = command(facts)
    assert code == 1 and "\x1b" not in shown and "\x07" not in shown
    line = next(line for line in shown.splitlines() if line.startswith("FAIL diagnostics"))
    assert line.startswith(
        "FAIL diagnostics: [/red] [bold]x ?[2J??FAIL camera: yyy"
    ) and line.endswith("...")
    assert len(line) < 420 and "FAIL autopilot: ready: [/]\n" in shown
    assert next(row for row in rows if row["check"] == "diagnostics")["text"] == text


@pytest.mark.parametrize(
    ("namespace", "published", "expected"),
    [
        ("d1", ("/clock", "/d1/clock"), "/d1/clock"),
        ("/d1/", ("/clock",), "/clock"),
        ("team/d1", ("/clock", "/team/clock", "/d1/clock"), "/team/clock"),
        ("d1", ("/d2/clock",), "/d1/clock"),
        ("", ("/clock", "/d1/clock"), "/clock"),
    ],
)
def test_a_drone_is_judged_by_its_own_clock(harness, namespace, published, expected):
    pytest.importorskip("rclpy")
    from rosgraph_msgs.msg import Clock

    from liquid_nav.nodes.messages import to_stamp
    from liquid_nav.nodes.preflight_listening import make_node
    from liquid_nav.nodes.preflight_probe import Probe
    from liquid_nav.nodes.qos import sensor_data_qos

    clocks = {
        name: harness.probe.create_publisher(Clock, name, sensor_data_qos()) for name in published
    }
    for name in published:
        harness.until(
            lambda name=name: harness.probe.get_publishers_info_by_topic(name), "discovery"
        )
    node = harness._enter(make_node(namespace, True, harness.context, discovery=(0.2, 0.6)))
    probe = Probe(node)
    facts = probe.facts(1.0)
    assert facts.clock == expected
    assert facts.topics["/clock"].publishers == (expected in published)
    if expected not in published:
        facts.sim_time = {"simulator": True}
        assert f"no publisher on {expected}" in preflight_findings(facts, PreflightLimits())[0].text
        return

    def reported():
        for seconds, (name, publisher) in enumerate(clocks.items(), start=1):
            publisher.publish(
                Clock(clock=to_stamp((10 if name == expected else seconds) * 1_000_000_000))
            )
        return facts.topics["/clock"].last and node.get_clock().now().nanoseconds

    harness.until(reported, "the clock")
    assert facts.topics["/clock"].last == {"first": 10.0, "last": 10.0}
    assert node.get_clock().now().nanoseconds == 10_000_000_000


def harness_node(harness):
    import rclpy

    return rclpy.create_node("preflight", context=harness.context)
