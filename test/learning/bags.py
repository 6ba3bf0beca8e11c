"""Small bags for tests: written by rosbags, as a recorder would."""

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

TYPES = get_typestore(Stores.ROS2_JAZZY)
NANO = 1_000_000_000


def message(kind, **fields):
    """Return a message of a type given by its full name."""
    return TYPES.types[kind](**fields)


def header(stamp, frame="base_link"):
    """Return a header for a stamp in ns."""
    time = message("builtin_interfaces/msg/Time", sec=stamp // NANO, nanosec=stamp % NANO)
    return message("std_msgs/msg/Header", stamp=time, frame_id=frame)


def vector(x, y, z):
    """Return a Vector3."""
    return message("geometry_msgs/msg/Vector3", x=float(x), y=float(y), z=float(z))


def twist(values):
    """Return a Twist from vx, vy, vz, yaw rate."""
    return message(
        "geometry_msgs/msg/Twist", linear=vector(*values[:3]), angular=vector(0, 0, values[3])
    )


def raw_image(stamp, pixels, encoding="rgb8"):
    """Return an Image from uint8 [H,W,3] RGB."""
    data = pixels[..., ::-1] if encoding == "bgr8" else pixels
    return message(
        "sensor_msgs/msg/Image",
        header=header(stamp),
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=3 * pixels.shape[1],
        data=np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8),
    )


def plain_image(stamp, width, height, encoding, step, data):
    """Return an Image of bytes, whatever they are."""
    return message(
        "sensor_msgs/msg/Image",
        header=header(stamp),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=step,
        data=np.frombuffer(data, np.uint8),
    )


def packed_image(stamp, form, data):
    """Return a CompressedImage of bytes, whatever they are."""
    return message(
        "sensor_msgs/msg/CompressedImage",
        header=header(stamp),
        format=form,
        data=np.frombuffer(data, np.uint8),
    )


def compressed_image(stamp, pixels):
    """Return a CompressedImage (PNG, so that nothing is lost)."""
    data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))[1].ravel()
    return message("sensor_msgs/msg/CompressedImage", header=header(stamp), format="png", data=data)


def odometry(stamp, velocity, quaternion=(1.0, 0.0, 0.0, 0.0)):
    """Return an Odometry with a body twist; quaternion w, x, y, z."""
    w, x, y, z = quaternion
    pose = message(
        "geometry_msgs/msg/Pose",
        position=message("geometry_msgs/msg/Point", x=0.0, y=0.0, z=1.5),
        orientation=message("geometry_msgs/msg/Quaternion", x=x, y=y, z=z, w=w),
    )
    return message(
        "nav_msgs/msg/Odometry",
        header=header(stamp, "odom"),
        child_frame_id="base_link",
        pose=message("geometry_msgs/msg/PoseWithCovariance", pose=pose, covariance=np.zeros(36)),
        twist=message(
            "geometry_msgs/msg/TwistWithCovariance", twist=twist(velocity), covariance=np.zeros(36)
        ),
    )


def write_bag(folder, rows, plugin="mcap"):
    """Write rows (topic, time ns, message) into a rosbag2 folder; returns it."""
    storage = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}[plugin]
    with Writer(folder, version=9, storage_plugin=storage) as writer:
        connections = {}
        for topic, time, content in rows:
            kind = content.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=TYPES)
            writer.write(connections[topic], time, TYPES.serialize_cdr(content, kind))
    return folder


def picture(index, height=24, width=32):
    """Return a frame that looks like outdoors: green below, blue above, a bar that moves."""
    image = np.full((height, width, 3), (90, 130, 60), np.uint8)
    image[: height // 3] = (110, 150, 220)
    image[:, (2 * index) % width] = (200, 30, 30)
    return image


def flight_rows(
    count=40, prefix="", compressed=False, encoding="rgb8", period=NANO // 20, start=5 * NANO
):
    """Return the rows of a clean flight: images, stamped commands and odometry."""
    rows = []
    for k in range(count):
        stamp = start + k * period
        image = (
            compressed_image(stamp, picture(k))
            if compressed
            else raw_image(stamp, picture(k), encoding)
        )
        topic = f"{prefix}/camera/image_raw" + ("/compressed" if compressed else "")
        speed = (1.0 + 0.01 * k, 0.1 * np.sin(k), 0.0, 0.02 * np.cos(k))
        command = message(
            "geometry_msgs/msg/TwistStamped", header=header(stamp), twist=twist(speed)
        )
        rows += [
            (topic, stamp + 1000, image),
            (f"{prefix}/cmd_vel", stamp + 2000, command),
            (f"{prefix}/odom", stamp + 500, odometry(stamp, (0.5 * speed[0], 0.0, 0.0, 0.0))),
        ]
    return rows
