"""Recorded flights: any rosbag2 (or rosbag1) recording, and folders of frames with a table."""

from liquid_nav.recordings.bag_reader import attitude_of
from liquid_nav.recordings.recording import Recording, RecordingError, Track
from liquid_nav.recordings.sources import open_recordings
from liquid_nav.recordings.topic_names import TopicNames

__all__ = ["Recording", "RecordingError", "TopicNames", "Track", "attitude_of", "open_recordings"]
