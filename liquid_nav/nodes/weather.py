"""Weather on any camera topic: ``camera/image_clean`` to ``camera/image_raw``, stamps unchanged."""

from __future__ import annotations

import sys
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from liquid_nav.nodes.diagnostics import ERROR, OK, Diagnostics
from liquid_nav.nodes.messages import NANO, RESET_STEP, ImageError, image_message, read_image
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import sensor_data_qos
from liquid_nav.nodes.running import run_node
from liquid_nav.nodes.subscribing import subscribe
from liquid_nav.nodes.transforms import FixedTransforms, camera_mount
from liquid_nav.simulation import (
    CameraPlacement,
    DroneResponse,
    Weather,
    camera_angles,
)
from liquid_nav.worlds import DRONE_MODEL, CameraConfig, load_condition


class WeatherNode(Node):
    """Applies a condition to every frame."""

    def __init__(self, **options: Any) -> None:
        """Declare parameters; bad input raises UserError."""
        super().__init__("weather", **options)
        condition = load_condition(
            declare(self, "condition", "fog", "Condition: a name or a YAML file.")
        )
        seed = declare(
            self, "seed", 0, "Seed of exposure, noise, dropped and late frames.", (0, 2**31 - 1)
        )
        usual = CameraPlacement()
        view = CameraPlacement(
            declare(
                self,
                "height",
                usual.height,
                "Height of the camera over the ground, m.",
                (0.1, 100.0),
            ),
            declare(
                self, "vertical_fov", usual.vertical_fov, "Vertical field of view, rad.", (0.1, 2.5)
            ),
            declare(self, "pitch", usual.pitch, "How far the camera looks down, rad.", (-1.5, 1.5)),
            declare(
                self,
                "depth",
                usual.depth,
                "Distance of what stands above the horizon, m.",
                (1.0, 1000.0),
            ),
        )
        publish_tf = declare(
            self,
            "publish_tf",
            False,
            "Publish the mount of the camera on /tf_static: that of our drone in Gazebo.",
        )
        prefix = declare(self, "frame_prefix", "", "Prefix of all frame ids, for publish_tf.")
        relight = declare(
            self,
            "relight",
            True,
            "Whether the light changes; false where the world has it already.",
        )
        self._weather = Weather(condition, seed, view, relight)
        self._newest = 0
        """Stamp of the last frame, ns."""
        self._output = self.create_publisher(Image, "camera/image_raw", sensor_data_qos())
        if publish_tf:
            camera = CameraConfig(pitch=view.pitch).of(condition.camera, seed)
            angles = camera_angles(camera, DroneResponse())
            FixedTransforms(self).publish(camera_mount(prefix, DRONE_MODEL.camera_position, angles))
        self._diagnostics = Diagnostics(self)
        subscribe(
            self, self._diagnostics, Image, "camera/image_clean", self._on_image, sensor_data_qos()
        )

    def _on_image(self, message: Image) -> None:
        try:
            stamp, frame_id, image = read_image(message)
            pixels = self._weather.look(image)
        except ImageError as error:
            self._diagnostics.report("camera", ERROR, f"camera/image_clean: {error}")
            raise
        self._diagnostics.report("camera", OK, "camera/image_clean: frames arrive")
        if stamp < self._newest - RESET_STEP * NANO:
            self._weather.begin_anew()
        self._newest = stamp
        self._weather.deliver(lambda: self._output.publish(image_message(pixels, stamp, frame_id)))


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(WeatherNode, arguments))


if __name__ == "__main__":
    main()
