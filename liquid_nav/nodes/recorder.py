"""Records a flight into ``flight.mcap``: every topic of the interface, the camera as JPEG.

Images that are compressed on the way (``image_transport``) are written as they come.

Each message has two times. ``log_time`` is when it arrived here, by the clock of the machine: so
bags have a date and play at the speed of the recording. ``publish_time`` is its stamp, or without
one that of the last header seen: the flight's own time, whatever the machine was doing. A stamped
message that comes again is the same message, and is stored once.

A simulator that is reset begins another flight, in another bag: ``today-2`` beside ``today``. In
one bag two flights would have the same stamps.

A full disk ends the recording, not the flight: the node keeps running and reports it until it is
stopped, because the launch may take the end of a process for the end of the flight.
"""

from __future__ import annotations

import importlib
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Hashable

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import ParameterEvent
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message, serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from liquid_nav.bringup import IMAGE_TRANSPORTS
from liquid_nav.errors import UserError
from liquid_nav.nodes.diagnostics import ERROR, OK, WARN, Diagnostics
from liquid_nav.nodes.messages import NANO, RESET_STEP, image_view, nanoseconds, serialized_stamp
from liquid_nav.nodes.parameters import declare
from liquid_nav.nodes.qos import (
    RECORDER_STATE,
    alive_qos,
    latched_qos,
    reliable_qos,
    sensor_data_qos,
)
from liquid_nav.nodes.repeated_messages import RepeatedMessages, content
from liquid_nav.nodes.running import Finished, run_node
from liquid_nav.nodes.subscribing import one_line, subscribe
from liquid_nav.nodes.tf_cdr import decode
from liquid_nav.nodes.tf_type import NAME as TF
from liquid_nav.nodes.tf_type import NO_TYPE, tf_message_class
from liquid_nav.recordings import (
    COMMAND_TOPIC,
    COMPRESSED_IMAGE_TYPE,
    DISK_FULL_ERRORS,
    IMAGE_TOPIC,
    PARAMETER_EVENTS_TOPIC,
    PILOT_COMMAND_TOPICS,
    RECORDED_TOPICS,
    STATIC_TF_TOPIC,
    BagWriter,
    RecordedTopic,
    next_free_folder,
)

DEPTH = 100
"""Messages that may wait while the disk is slow."""
RECEIVED_FIRST = {IMAGE_TOPIC.name: "images", "odom": "odometry"} | dict.fromkeys(
    PILOT_COMMAND_TOPICS, "commands of a pilot"
)
"""Topic -> what, with ``wait_for_camera``, must be received before cmd_vel is subscribed to."""
DIAGNOSTICS = "/diagnostics"
CLOCK = RecordedTopic("/clock", "rosgraph_msgs/msg/Clock", best_effort=True, stamped=False)
ROSOUT = RecordedTopic("/rosout", "rcl_interfaces/msg/Log", latched=True, stamped=False)
EXTRAS = (ROSOUT, PARAMETER_EVENTS_TOPIC)
"""What is recorded beside the interface."""
KEPT_TOPICS = {ROSOUT.name: 1000, STATIC_TF_TOPIC.name: 100}
"""Latched topics that many nodes publish, each for itself -> how many messages are kept."""
IMAGES_WITHIN = 5 * NANO
"""ns of the flight's time within which the first image has to come."""
SHORTEST = 1.0
"""s that simulated time must have gone on, step by step, before going back begins another bag: two
simulators that publish one /clock in turns would begin one with every message.
"""
INCOMPLETE = 3
"""Exit code of a recorder whose bag lacks its end."""


class Recorder(Node):
    """Subscribes to serialized messages and writes them as they are."""

    ends_between_callbacks = True
    """Ctrl-C in the middle of a write would leave a bag that cannot be read."""
    ended = True
    """``end`` waits for nothing."""

    def __init__(self, **options: Any) -> None:
        """Open the bag and subscribe; bad input raises UserError."""
        super().__init__("recorder", **options)
        folder = declare(self, "folder", "", "Where flight.mcap goes; it is created.")
        self._quality = declare(
            self, "jpeg_quality", 90, "Quality of the camera images in the bag.", (1, 100)
        )
        wait = declare(
            self,
            "wait_for_camera",
            False,
            "Subscribe to cmd_vel only once images, odometry and the pilot are received.",
        )
        transport = declare(
            self,
            "image_transport",
            "raw",
            "raw or compressed, as the controller's: compressed ones go in as they are.",
        )
        if transport not in IMAGE_TRANSPORTS:
            raise UserError(
                f"unknown image_transport '{transport}'", f"choose {' or '.join(IMAGE_TRANSPORTS)}"
            )
        self._as_they_come = transport == "compressed"
        if not folder:
            raise UserError("recorder has no folder", "set the parameter: -p folder:=flights/today")
        self._diagnostics = Diagnostics(self)
        self._stopped = False
        self._incomplete = False
        self._folder = Path(folder)
        self._bag = BagWriter(self._folder)
        # The supervisor watches the liveliness of this publisher; the text is for people.
        self._states = self.create_publisher(String, RECORDER_STATE, alive_qos())
        self._report_recording(OK, f"recording into {folder}")
        self._time: int | None = None
        """Newest stamp, ns; None before the first one."""
        self._begun: dict[str, int] = {}
        self._simulated = 0
        """Simulated time, ns; 0 where no node publishes it."""
        self._progress = 0
        """How far simulated time has gone on in this bag, without jumps, ns."""
        self._resets = 0
        self._announced: list[tuple[str, str, bool, bool, int]] = []
        """Topics of a bag: name, type, latched, best effort, depth."""
        self._latched: dict[str, dict[Hashable, bytes]] = {}
        """Last messages of latched topics, by content where several count: they are not published
        again for another bag.
        """
        self._repeated = RepeatedMessages()
        self._last_image = -1
        self._missed = False
        # For a node that counts the subscribers of cmd_vel nothing is missed then: discovery takes
        # its time.
        self._awaited: set[str] = set()
        if wait:
            self._awaited.update(RECEIVED_FIRST.values())
        for topic in (*RECORDED_TOPICS, *EXTRAS):
            self._follow(topic)
        self._clock_name = self.resolve_topic_name(CLOCK.name)
        self._announce(self._clock_name, CLOCK.type, CLOCK.latched, CLOCK.best_effort, 1)
        subscribe(self, self._diagnostics, Clock, CLOCK.name, self._on_clock, sensor_data_qos())

    def _follow(self, topic: RecordedTopic) -> None:
        name = self.resolve_topic_name(topic.name)
        source = topic.name
        kind = _message_class(topic.type)
        if kind is None:
            self.get_logger().warning(f"{name} is not recorded: {NO_TYPE}")
            return
        if any(name == known for known, *_ in self._announced):
            return  # two of our names are remapped to this one
        qos = _qos(topic)
        if topic is IMAGE_TOPIC:
            self._compressed = f"{name}/compressed"
            self._announce(self._compressed, COMPRESSED_IMAGE_TYPE, False, True, 1)
            callback: Callable[[bytes], None] = self._write_image
            if self._as_they_come:
                source = f"{topic.name}/compressed"
                kind = CompressedImage
                callback = self._write_compressed
        else:
            self._announce(
                name, topic.type, topic.latched, topic.best_effort, KEPT_TOPICS.get(topic.name, 1)
            )
            callback = self._writer(name, topic, kind)

        def follow(write: Callable[[bytes], None]) -> None:
            subscribe(self, self._diagnostics, kind, source, write, qos, raw=True)

        if topic is COMMAND_TOPIC and self._awaited:
            self._follow_commands = lambda: follow(callback)
        elif RECEIVED_FIRST.get(topic.name) in self._awaited:
            follow(self._first_noting(RECEIVED_FIRST[topic.name], callback))
        else:
            follow(callback)

    def _announce(self, name: str, kind: str, latched: bool, best_effort: bool, depth: int) -> None:
        self._announced.append((name, kind, latched, best_effort, depth))
        self._bag.add_topic(name, kind, latched, best_effort, depth)

    def _on_clock(self, message: Clock) -> None:
        now = nanoseconds(message.clock)
        before = self._simulated
        self._simulated = now
        if before <= now < before + SHORTEST * NANO:
            self._progress += now - before
        if now >= before - RESET_STEP * NANO or self._stopped:
            if now != before:
                self._write(self._clock_name, serialize_message(message), now)
            return
        if self._progress < SHORTEST * NANO:
            text = "simulated time goes back again and again: end all simulators but one"
            self._report_recording(ERROR, text)
            return
        try:
            self._begin_anew(before, now)
        except Exception as error:
            self._stop(error)

    def _begin_anew(self, before: int, now: int) -> None:
        """Finish the bag and begin the next one.

        Simulated time went back from ``before`` to ``now``, ns.
        """
        self._progress = 0
        self._resets += 1
        self._bag.close()
        folder = next_free_folder(self._folder)
        self._bag = BagWriter(folder)
        for topic in self._announced:
            self._bag.add_topic(*topic)
        self._time = now
        self._begun.clear()
        self._repeated.clear()
        self._last_image = -1
        for name, messages in self._latched.items():
            for data in messages.values():
                self._bag.write(name, self.wall(), data, now)
        text = (
            f"simulated time went back from {before / NANO:.1f} to {now / NANO:.1f} s, as "
            "when a simulator is reset"
        )
        self._report_recording(WARN, f"{text}: the next flight is recorded into {folder}")

    @staticmethod
    def wall() -> int:
        """Return the time of the machine, ns since 1970."""
        return time.time_ns()

    def _move(self, stamp: int) -> int | None:
        """Advance the flight's time to the stamp of a message, ns.

        Return when that message was published, ns.
        """
        # What was on its way when the simulator was reset has stamps of the flight before.
        if self._resets and stamp > self._simulated + RESET_STEP * NANO:
            return self._time
        # A header may hold anything; a bag has no time before 1970.
        stamp = max(0, stamp)
        if self._time is None or stamp > self._time:
            self._time = stamp
        return stamp

    def _first_noting(
        self, what: str, callback: Callable[[bytes], None]
    ) -> Callable[[bytes], None]:
        """Return the callback of a topic that must be received before cmd_vel is subscribed to.

        ``what``: of ``RECEIVED_FIRST``.
        """

        def received(data: bytes) -> None:
            if what in self._awaited:
                self._awaited.remove(what)
                if not self._awaited:
                    self._follow_commands()
            callback(data)

        return received

    def _writer(self, name: str, topic: RecordedTopic, kind: type) -> Callable[[bytes], None]:
        read: Callable[[bytes], Any] = decode
        if topic.type != TF:
            read = partial(deserialize_message, message_type=kind)

        def write(data: bytes) -> None:
            # It raises for bytes that are no such message: they would end a reader of the bag.
            message = read(data)
            if topic.name == DIAGNOSTICS and self._is_own(message):
                return
            if topic is PARAMETER_EVENTS_TOPIC and not self._is_change(message):
                return
            published = self._time
            if topic.stamped:
                stamp = serialized_stamp(data)
                if self._repeated.is_repeated(name, stamp, message):
                    return
                published = self._move(stamp)
                self._look_for_images(topic.name, stamp)
            if topic.name == STATIC_TF_TOPIC.name:
                self._keep_fixed(name, message, data)
            elif topic.latched and topic.name != ROSOUT.name:
                self._latched[name] = {name: data}
            self._write(name, data, published)

        return write

    def _keep_fixed(self, name: str, message: Any, data: bytes) -> None:
        """Keep a message about fixed frames for the next bag, once: some nodes repeat it."""
        known = self._latched.setdefault(name, {})
        key = content(message)
        known.pop(key, None)
        known[key] = data
        while len(known) > KEPT_TOPICS[STATIC_TF_TOPIC.name]:
            del known[next(iter(known))]

    def _is_own(self, message: DiagnosticArray) -> bool:
        """Whether this node published it: stamped by the machine's clock, not by the flight's."""
        own = f"{self.get_name()}: "
        return all(status.name.startswith(own) for status in message.status)

    def _is_change(self, event: ParameterEvent) -> bool:
        """Whether a node of this drone has changed a parameter.

        The values that a node starts with are left out: one may be a password.
        """
        space = self.get_namespace().rstrip("/")
        return bool(event.changed_parameters) and event.node.startswith(f"{space}/")

    def _write_image(self, data: bytes) -> None:
        stamp = serialized_stamp(data)
        if stamp == self._last_image:
            return
        message = deserialize_message(data, Image)
        pixels = image_view(message)
        published = self._note_image(stamp)
        parameters = [cv2.IMWRITE_JPEG_QUALITY, self._quality]
        encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)[1]
        compressed = CompressedImage(header=message.header, format="jpeg")
        compressed.data.frombytes(encoded.tobytes())
        self._write(self._compressed, serialize_message(compressed), published)

    def _write_compressed(self, data: bytes) -> None:
        stamp = serialized_stamp(data)
        if stamp == self._last_image:
            return
        # It raises for bytes that are no such message.
        deserialize_message(data, CompressedImage)
        published = self._note_image(stamp)
        self._write(self._compressed, data, published)

    def _note_image(self, stamp: int) -> int | None:
        """Take notice of a new image; return when it was published, ns."""
        self._last_image = stamp
        published = self._move(stamp)
        if self._missed:
            self._missed = False
            self._diagnostics.report("images", OK, "camera images arrive")
        return published

    def _look_for_images(self, name: str, stamp: int) -> None:
        """Report, once, that there are no images while the stamps (ns) of another topic go on."""
        if self._last_image >= 0 or self._missed or self._stopped or name == DIAGNOSTICS:
            return
        # Each topic by itself: others may be stamped by another clock.
        if stamp - self._begun.setdefault(name, stamp) <= IMAGES_WITHIN:
            return
        self._missed = True
        text = (
            f"{IMAGES_WITHIN / NANO:g} s are recorded without a camera image: "
            f"{self._where_images_are()}"
        )
        self._diagnostics.report("images", WARN, text)

    def _where_images_are(self) -> str:
        """Return why no image arrives, with the remedy, as far as the graph shows."""
        wanted = self.resolve_topic_name(IMAGE_TOPIC.name)
        other = self._compressed
        transport = "compressed"
        if self._as_they_come:
            wanted, other = other, wanted
            transport = "raw"
        if self.count_publishers(wanted):
            text = "has a publisher, but nothing arrives that can be recorded"
            return f"{wanted} {text}: see /diagnostics and `ros2 topic hz {wanted}`"
        if self.count_publishers(other):
            return (
                f"no publisher on {wanted}, but {other} is there: record with "
                f"image_transport:={transport}"
            )
        return f"no publisher on {wanted}: start the camera, or remap its topic"

    def _write(self, name: str, data: bytes, published: int | None) -> None:
        """Append a message, published at a time in ns, to the bag; an error ends the recording."""
        if self._stopped:
            return
        try:
            self._bag.write(name, self.wall(), data, published)
        except Exception as error:
            self._stop(error)

    def _stop(self, cause: Exception) -> None:
        """End the bag after an error, keep what can be read, and report it; never raises."""
        self._stopped = True
        self._incomplete = True
        remedy = "start the recorder again"
        if isinstance(cause, OSError) and cause.errno in DISK_FULL_ERRORS:
            remedy = f"free space, {remedy}"
        try:
            kept = f"{self._bag.rescue()} holds what came before"
        except Exception as error:
            kept = f"the bag cannot be closed ({one_line(error)})"
        self._report_recording(ERROR, f"recording has stopped: {one_line(cause)}; {kept}: {remedy}")

    def _report_recording(self, level: bytes, text: str) -> None:
        """Report the state of the recording: in the diagnostics and as the recorder's state."""
        self._diagnostics.report("recording", level, text)
        if self.context.ok():
            self._states.publish(String(data=text))

    def end(self) -> None:
        """On a signal: finish the bag; raises Finished (``INCOMPLETE``) if its end is missing."""
        self.close()
        if self._incomplete:
            raise Finished(INCOMPLETE)

    def close(self) -> None:
        """Finish the bag, once; without it the file has no index."""
        if not hasattr(self, "_bag") or self._stopped:
            return
        self._stopped = True
        if self._last_image < 0:
            self.get_logger().warning(f"the bag {self._folder} has no camera images")
        try:
            self._bag.close()
        except Exception as error:
            self._stop(error)


def _qos(topic: RecordedTopic) -> QoSProfile:
    if topic.latched:
        return latched_qos(KEPT_TOPICS.get(topic.name, 1))
    if topic.best_effort:
        return sensor_data_qos(DEPTH)
    return reliable_qos(DEPTH)


def _message_class(kind: str) -> type | None:
    """Return the class of a message type; None for that of TF where it cannot be had."""
    if kind == TF:
        return tf_message_class()
    package, _, name = kind.partition("/msg/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    sys.exit(run_node(Recorder, arguments))


if __name__ == "__main__":
    main()
