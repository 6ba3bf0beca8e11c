"""The pictures of a flight that began when the clock had run for a while, as an autopilot's has."""

import json

import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from liquid_nav.cli.flight_files import make_pictures
from liquid_nav.evaluation.video import read_video
from liquid_nav.nodes.messages import command_message, from_seconds, to_stamp
from liquid_nav.recordings.bag import COMPRESSED_IMAGE_TYPE, BagWriter
from liquid_nav.recordings.flight_log import FlightLog
from liquid_nav.simulation import DroneState, FlightOutcome
from liquid_nav.types import Command
from liquid_nav.worlds import generate_layout, load_scenario

cv2 = pytest.importorskip("cv2")
BEGIN, RATE, SECONDS = 100.0, 10.0, 2.0


@pytest.mark.parametrize("begin", [0.0, BEGIN])
def test_the_video_shows_the_flight_and_not_the_take_off(tmp_path, begin):
    layout = generate_layout(load_scenario("field"), 3)
    bag, log, still = BagWriter(tmp_path), FlightLog(layout), np.zeros(3)
    bag.add_topic("/camera/image_raw/compressed", COMPRESSED_IMAGE_TYPE)
    bag.add_topic("/cmd_vel", "geometry_msgs/msg/TwistStamped")
    level, where = np.array((1.0, 0.0, 0.0, 0.0)), np.array((0.0, 0.0, 1.5))
    for k in range(-20 if begin else 0, 30):
        stamp = from_seconds(begin + k / RATE)
        image = CompressedImage(format="jpeg")
        image.header.stamp = to_stamp(stamp)
        image.data = cv2.imencode(".jpg", np.full((36, 64, 3), 100, np.uint8))[1].tobytes()
        bag.write("/camera/image_raw/compressed", stamp, serialize_message(image))
        bag.write("/cmd_vel", stamp, serialize_message(command_message(Command(vx=1.0), stamp)))
        log.command(stamp, Command(vx=1.0))
        log.state(stamp, DroneState(begin + k / RATE, where, level, still, still, still))
    bag.close()
    record = log.record(
        FlightOutcome("timeout", "", SECONDS), 3, "summer", "unknown", RATE, 0.0, begin
    )
    (tmp_path / "record.json").write_text(json.dumps(record.to_dict() | {"begin": begin}))
    shown = make_pictures(tmp_path, "field", lambda name, share: None)
    assert shown.columns["time"] == pytest.approx(np.arange(20) / RATE)
    assert sum(1 for _ in read_video(tmp_path / "camera.mp4")) == 21, (
        "up to and with the frame of the outcome"
    )
