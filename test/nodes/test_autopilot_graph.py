"""Which processes fly with an autopilot."""

import pytest

from liquid_nav.bringup.simulated_flight import FlightPlan, autopilot_graph
from liquid_nav.errors import UserError
from liquid_nav.nodes.test_vehicle import TestVehicle


def graph(**plan):
    """Return {executable: parameters}."""
    return {
        process.executable: process.parameters
        for process in autopilot_graph(FlightPlan(pilot="expert", **plan))
    }


def test_the_test_vehicle_and_its_bridge_share_a_port():
    found = graph(autopilot="test-ardupilot", seed=4)
    assert (
        found["autopilot_bridge"]["connection"] == f"udp:127.0.0.1:{found['test_vehicle']['port']}"
    )
    assert (
        found["test_vehicle"]["autopilot"] == found["autopilot_bridge"]["autopilot"] == "ardupilot"
    )
    assert (
        found["test_vehicle"]["seed"]
        == found["simulated_camera"]["seed"]
        == found["scenario_runner"]["seed"]
        == 4
    )
    assert "simulator" not in found and found["safety_supervisor"]["autopilot_age"] > 0.0


def test_a_real_autopilot_is_at_the_given_address():
    assert graph(autopilot="px4")["autopilot_bridge"]["connection"] == "udp:0.0.0.0:14540"
    found = graph(autopilot="px4", connection="serial:/dev/ttyACM0:57600")
    assert (
        found["autopilot_bridge"]["connection"] == "serial:/dev/ttyACM0:57600"
        and "test_vehicle" not in found
    )


def test_px4_over_dds_has_no_connection():
    found = graph(autopilot="px4_dds")
    assert (
        found["autopilot_bridge"]["autopilot"] == "px4_dds"
        and found["autopilot_bridge"]["connection"] == ""
    )
    assert "test_vehicle" not in found and found["scenario_runner"]["land_at_end"]
    with pytest.raises(UserError, match="udp:somewhere"):
        graph(autopilot="px4_dds", connection="udp:somewhere")


@pytest.mark.parametrize(
    ("autopilot", "listeners"), [("test-px4", 4), ("px4", 3), ("test-px4", None)]
)
def test_the_flight_begins_when_all_subscribe(autopilot, listeners, tmp_path):
    """The bridge, the runner, the recorder where there is one, and the vehicle where it is ours."""
    found = graph(autopilot=autopilot, record=tmp_path if listeners else None)
    assert found["scenario_runner"].get("listeners") == listeners and ("recorder" in found) is bool(
        listeners
    )


def test_an_unknown_autopilot_is_named():
    with pytest.raises(UserError, match="test-px4"):
        graph(autopilot="betaflight")


def test_a_test_vehicle_of_an_unknown_kind_is_named(harness):
    with pytest.raises(UserError, match="unknown autopilot 'px5'. choose one of: ardupilot, px4"):
        harness.make(TestVehicle, autopilot="px5")
