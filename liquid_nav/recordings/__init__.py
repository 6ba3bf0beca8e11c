"""Recorded flights: any rosbag2 (or rosbag1) recording, and folders of frames with a table."""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.recordings.bag import (
        BAG_METADATA_NAME,
        BAG_NAME,
        COMPRESSED_IMAGE_TYPE,
        DISK_FULL_ERRORS,
        BagWriter,
        read_bag_frames,
    )
    from liquid_nav.recordings.bag_reader import attitude_of
    from liquid_nav.recordings.flight_log import FlightLog
    from liquid_nav.recordings.flight_topics import (
        COMMAND_TOPIC,
        IMAGE_TOPIC,
        PARAMETER_EVENTS_TOPIC,
        PILOT_COMMAND_TOPICS,
        RECORDED_TOPICS,
        STATIC_TF_TOPIC,
        RecordedTopic,
    )
    from liquid_nav.recordings.fresh_folder import new_flight_folder, next_free_folder
    from liquid_nav.recordings.recording import (
        Recording,
        RecordingError,
        TimeSeries,
        UnreadableRecordingError,
    )
    from liquid_nav.recordings.sources import RecordingLoader, SourceFailure, open_recordings
    from liquid_nav.recordings.topic_names import TopicNames
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "bag": [
                "BAG_METADATA_NAME",
                "BAG_NAME",
                "BagWriter",
                "COMPRESSED_IMAGE_TYPE",
                "DISK_FULL_ERRORS",
                "read_bag_frames",
            ],
            "bag_reader": ["attitude_of"],
            "flight_log": ["FlightLog"],
            "flight_topics": [
                "COMMAND_TOPIC",
                "IMAGE_TOPIC",
                "PARAMETER_EVENTS_TOPIC",
                "PILOT_COMMAND_TOPICS",
                "RECORDED_TOPICS",
                "RecordedTopic",
                "STATIC_TF_TOPIC",
            ],
            "fresh_folder": ["new_flight_folder", "next_free_folder"],
            "recording": ["Recording", "RecordingError", "TimeSeries", "UnreadableRecordingError"],
            "sources": ["RecordingLoader", "SourceFailure", "open_recordings"],
            "topic_names": ["TopicNames"],
        },
    )

__all__ = [
    "BAG_METADATA_NAME",
    "BAG_NAME",
    "BagWriter",
    "COMMAND_TOPIC",
    "COMPRESSED_IMAGE_TYPE",
    "DISK_FULL_ERRORS",
    "FlightLog",
    "IMAGE_TOPIC",
    "PARAMETER_EVENTS_TOPIC",
    "PILOT_COMMAND_TOPICS",
    "RECORDED_TOPICS",
    "RecordedTopic",
    "Recording",
    "RecordingError",
    "RecordingLoader",
    "STATIC_TF_TOPIC",
    "SourceFailure",
    "TimeSeries",
    "TopicNames",
    "UnreadableRecordingError",
    "attitude_of",
    "new_flight_folder",
    "next_free_folder",
    "open_recordings",
    "read_bag_frames",
]
