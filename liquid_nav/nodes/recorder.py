"""Records a flight into ``flight.mcap``: every topic of the interface, the camera as JPEG.

Messages with a header are filed under their stamp, the others under the time of the last header seen, so that the bag
runs on the flight's own time whatever the machine was doing.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Callable

import cv2
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image

from liquid_nav.errors import UserError
from liquid_nav.nodes.bag import COMPRESSED, BagWriter
from liquid_nav.nodes.interface import COMMAND, IMAGE, TOPICS, Topic
from liquid_nav.nodes.messages import ImageError, image_view, serialized_stamp
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import latched, reliable, sensor_data
from liquid_nav.nodes.running import run

DEPTH = 100
"""Messages that may wait while the disk is slow."""
HEARD_FIRST = ("camera/image_raw", "odom", "liquid_controller/cmd_vel")
"""What has to be heard, where asked for, before cmd_vel is followed."""


class Recorder(Node):
    """Subscribes to serialized messages and writes them as they are."""

    ends_between_callbacks = True
    """Ctrl-C in the middle of a write would leave a bag that nobody can read."""

    def __init__(self, **options: object) -> None:
        """Open the bag and subscribe; bad input raises UserError."""
        super().__init__("recorder", **options)
        folder = declare(self, "folder", "", "Where flight.mcap goes; it is created.")
        self._quality = declare(self, "jpeg_quality", 90, "Quality of the camera images in the bag.", (1, 100))
        wait = declare(
            self, "wait_for_camera", False, "Listen to cmd_vel only once images, odometry and the pilot are heard."
        )
        if not folder:
            raise UserError("recorder has no folder", "set the parameter: -p folder:=flights/today")
        self._bag = BagWriter(Path(folder))
        self._time = 0
        self._last_image = -1
        # Whoever counts the listeners of cmd_vel then knows that nothing is missed: discovery takes its time.
        self._unheard = set(HEARD_FIRST if wait else ())
        for topic in TOPICS:
            self._follow(topic)

    def _follow(self, topic: Topic) -> None:
        name = self.resolve_topic_name(topic.name)
        qos = latched() if topic.latched else sensor_data(DEPTH) if topic.best_effort else reliable(DEPTH)
        if topic is IMAGE:
            self._compressed = f"{name}/compressed"
            self._bag.add_topic(self._compressed, COMPRESSED, best_effort=True)
            callback = self._write_image
        else:
            self._bag.add_topic(name, topic.type, topic.latched, topic.best_effort)
            callback = self._writer(name, topic.stamped)

        def subscribe(heard: Callable[[bytes], None]) -> None:
            self.create_subscription(_message_class(topic.type), topic.name, heard, qos, raw=True)

        if topic is COMMAND and self._unheard:
            self._follow_commands = lambda: subscribe(callback)
        else:
            subscribe(self._first_noting(topic.name, callback) if topic.name in self._unheard else callback)

    def _first_noting(self, name: str, callback: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Return the callback of a topic that has to be heard before cmd_vel is followed."""

        def heard(data: bytes) -> None:
            if name in self._unheard:
                self._unheard.remove(name)
                if not self._unheard:
                    self._follow_commands()
            callback(data)

        return heard

    def _writer(self, name: str, stamped: bool) -> Callable[[bytes], None]:
        def write(data: bytes) -> None:
            if stamped:
                self._time = max(self._time, serialized_stamp(data))
            self._bag.write(name, self._time, data)

        return write

    def _write_image(self, data: bytes) -> None:
        stamp = serialized_stamp(data)
        if stamp == self._last_image:
            return
        self._last_image = stamp
        self._time = max(self._time, stamp)
        message = deserialize_message(data, Image)
        try:
            pixels = image_view(message)
        except ImageError as error:
            self.get_logger().warning(f"camera/image_raw: {error}", throttle_duration_sec=5.0)
            return
        parameters = [cv2.IMWRITE_JPEG_QUALITY, self._quality]
        encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)[1]
        compressed = CompressedImage(header=message.header, format="jpeg")
        compressed.data.frombytes(encoded.tobytes())
        self._bag.write(self._compressed, self._time, serialize_message(compressed))

    def close(self) -> None:
        """Finish the bag; without it the file has no index."""
        if hasattr(self, "_bag"):
            self._bag.close()


def _message_class(kind: str) -> type:
    package, _, name = kind.partition("/msg/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run(Recorder, arguments))


if __name__ == "__main__":
    main()
