"""The weather node over DDS."""

import importlib.util
from pathlib import Path

import numpy as np
from sensor_msgs.msg import Image

from liquid_nav.nodes.messages import NANO, image_message, image_view, nanoseconds
from liquid_nav.nodes.qos import sensor_data_qos
from liquid_nav.nodes.weather import WeatherNode

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures


class Wired(wires.Wires, WeatherNode):
    """The node without a network."""


def test_a_frame_comes_out_in_fog_with_its_own_stamp(harness, pictures):
    seen = harness.listen("camera/image_raw", Image, sensor_data_qos())
    camera = harness.probe.create_publisher(Image, "camera/image_clean", sensor_data_qos())
    node = harness.add(WeatherNode, condition="fog", seed=3)
    harness.matched(camera)
    harness.until(lambda: node.count_subscribers("camera/image_raw"), "discovery")

    def shown():
        camera.publish(image_message(pictures[0], 123_456_789_012, "d1/camera_optical_frame"))
        harness.executor.spin_once(timeout_sec=0.05)
        return seen

    harness.until(shown, "a frame")
    assert nanoseconds(seen[0].header.stamp) == 123_456_789_012
    assert seen[0].header.frame_id == "d1/camera_optical_frame"
    assert np.std(image_view(seen[0])[0]) < 0.5 * np.std(pictures[0][0])


def test_a_late_frame_of_the_flight_before_a_reset_is_not_shown(node, tmp_path, pictures):
    condition = tmp_path / "late.yaml"
    condition.write_text("camera: {late: 1.0}\n")
    weather = node(Wired, condition=str(condition))
    for stamp in (5 * NANO, 6 * NANO, 5_950_000_000, NANO, 2 * NANO):
        weather.callbacks["camera/image_clean"](image_message(pictures[0], stamp, "camera"))
    shown = [nanoseconds(message.header.stamp) for message in weather.sent["camera/image_raw"]]
    # The one of 5.95 s is earlier than the one before it, by less than a reset.
    assert shown == [5 * NANO, 6 * NANO, NANO]


def test_an_image_of_another_kind_is_named(harness, pictures):
    harness.listen_to_diagnostics()
    camera = harness.probe.create_publisher(Image, "camera/image_clean", sensor_data_qos())
    harness.add(WeatherNode)
    harness.matched(camera)
    message = image_message(pictures[0], 1, "camera")
    message.encoding = "16UC1"

    def complained():
        camera.publish(message)
        return harness.reports("weather: camera", "16UC1")

    harness.until(complained, "the complaint")


def test_images_that_are_none_are_counted_and_the_next_one_is_shown(harness, pictures):
    harness.listen_to_diagnostics()
    seen = harness.listen("camera/image_raw", Image, sensor_data_qos())
    camera = harness.probe.create_publisher(Image, "camera/image_clean", sensor_data_qos())
    node = harness.add(WeatherNode, condition="summer")
    harness.matched(camera)
    harness.until(lambda: node.count_subscribers("camera/image_raw"), "discovery")
    whole = image_message(pictures[0], 1, "camera")
    six = image_message(pictures[0], 1, "camera")
    six.data = six.data[:6]

    def counted():
        camera.publish(six)
        return harness.reports(
            "weather: input camera/image_clean", "dropped: ImageError: data has 6"
        )

    harness.until(counted, "the count")
    assert not seen

    def recovered():
        camera.publish(whole)
        return seen and harness.reports(
            "weather: input camera/image_clean", "the last one was used"
        )

    harness.until(recovered, "the next frame")
