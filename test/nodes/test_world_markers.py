"""The world as markers: every solid where it stands, as large as it is; target, way and drone."""

import math

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from visualization_msgs.msg import Marker, MarkerArray

from liquid_nav.geometry import rotation_from_attitude
from liquid_nav.nodes.qos import latched_qos
from liquid_nav.nodes.simulator import Simulator
from liquid_nav.nodes.world_markers import world_markers
from liquid_nav.simulation import World
from liquid_nav.simulation.clearance import ClearanceGrid
from liquid_nav.worlds import generate_layout, load_scenario, shared_start


@pytest.fixture(scope="module", params=["forest", "field"])
def layout(request):
    return generate_layout(load_scenario(request.param), 3)


@pytest.fixture(scope="module")
def markers(layout):
    return world_markers(layout, "d1/").markers


def of(markers, space):
    return [marker for marker in markers if marker.ns == space]


def axes(marker):
    q = marker.pose.orientation
    return rotation_from_attitude(np.array((q.w, q.x, q.y, q.z)))


def place(marker):
    return np.array((marker.pose.position.x, marker.pose.position.y, marker.pose.position.z))


def size(marker):
    return np.array((marker.scale.x, marker.scale.y, marker.scale.z))


def test_every_solid_is_there_as_the_simulator_has_it(layout, markers):
    """Against the geometry of the MuJoCo world: the same places, axes and sizes, shape by shape."""
    world = World(layout.scenario, layout.seed)
    world.close()
    model, data = world.model, world.data
    world.refresh()
    shapes = world._mujoco.mjtGeom
    kinds = {
        Marker.CUBE: int(shapes.mjGEOM_BOX),
        Marker.SPHERE: int(shapes.mjGEOM_ELLIPSOID),
        Marker.CYLINDER: int(shapes.mjGEOM_CYLINDER),
    }
    standing = [*of(markers, "world"), *of(markers, "target")[:-1]]
    assert len(standing) == len(layout.solids())
    for marker in standing:
        near = np.linalg.norm(data.geom_xpos - place(marker), axis=1) < 1e-6
        found = np.flatnonzero(
            near & (model.geom_contype == 1) & (model.geom_type == kinds[marker.type])
        )
        extent = np.abs(axes(marker)) @ size(marker)
        extents = [
            np.abs(data.geom_xmat[geom].reshape(3, 3)) @ lengths(model, geom) for geom in found
        ]
        assert any(np.allclose(extent, one, atol=1e-6) for one in extents), marker


def lengths(model, geom):
    """Return the whole lengths of a geom along its own axes, m."""
    length = model.geom_size[geom].copy()
    if length[2] == 0.0:  # a cylinder: radius, half height
        length = np.array((length[0], length[0], length[1]))
    return 2.0 * length


def test_the_target_and_the_place_where_it_counts_as_reached(layout, markers):
    *solids, disc = of(markers, "target")
    assert len(solids) == len(layout.target.solids)
    assert place(disc)[:2].tolist() == [layout.target.x, layout.target.y]
    assert size(disc)[0] == 2.0 * layout.scenario.success.radius


def test_the_way_leads_from_the_start_around_everything_to_the_target(layout, markers):
    (way,) = of(markers, "way")
    points = np.array([(point.x, point.y) for point in way.points])
    assert points[0].tolist() == [layout.start.x, layout.start.y]
    assert 1.0 < math.dist(points[-1], (layout.target.x, layout.target.y)) < 2.0
    assert {point.z for point in way.points} == {layout.scenario.cruise_altitude}
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert 0.0 < steps.min() and steps.max() < 0.75
    clear = ClearanceGrid(layout.discs(0.9, 2.1), points[[0, -1]])
    assert min(float(clear.at(point)) for point in points) > 0.3


def test_frames_names_and_numbers(markers):
    assert {marker.header.frame_id for marker in markers if marker.ns != "drone"} == {"d1/odom"}
    drone = of(markers, "drone")
    assert len(drone) == 5 and {marker.header.frame_id for marker in drone} == {"d1/base_link"}
    assert all(marker.frame_locked for marker in drone), "it flies along with its frame"
    names = [(marker.ns, marker.id) for marker in markers]
    assert len(set(names)) == len(names)
    for marker in markers:
        assert marker.color.a > 0.0 and min(size(marker)[:1]) > 0.0
        assert (marker.header.stamp.sec, marker.header.stamp.nanosec) == (0, 0), "valid at any time"


def test_each_drone_of_several_begins_its_way_where_it_starts():
    layout = shared_start(generate_layout(load_scenario("field"), 3), 1)
    (way,) = of(world_markers(layout, "").markers, "way")
    assert (way.points[0].x, way.points[0].y) == (layout.start.x, layout.start.y)


def test_a_late_listener_gets_them_over_dds(harness):
    simulator = harness.add(
        Simulator, scenario="field", seed=3, width=64, height=36, wait_for_start=True
    )
    simulator.world.close()
    received = harness.listen("simulator/markers", MarkerArray, latched_qos())
    harness.until(lambda: received, "the markers")
    assert len(received) == 1 and len(received[0].markers) > 40
    (info,) = harness.probe.get_publishers_info_by_topic("/simulator/markers")
    assert info.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert info.qos_profile.reliability == ReliabilityPolicy.RELIABLE
