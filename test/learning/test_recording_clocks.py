"""Images, odometry and commands of a bag may be stamped by different clocks; labels are found on
the images' clock.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from liquid_nav.learning.import_dataset import import_recordings
from liquid_nav.learning.ingest import IngestOptions
from liquid_nav.recordings import open_recordings

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
NANO = bags.NANO
UNIX = 1_790_000_000 * NANO
"""ns; when the flights of these tests begin."""
PERIOD = NANO // 20
SMALL = IngestOptions(height=24, width=32, shortest=4, labels="odometry")


def speed(k):
    """Return a velocity that identifies the frame: no constant labels."""
    return (1.0 + 0.01 * k, 0.1 * np.sin(k), 0.0, 0.02 * np.cos(k))


def flight(count, odometry_stamp, image_stamp, arrival, delay=0):
    """Return rows of images and odometry in step; each function gives ns for a frame; odometry
    arrives 1 ms later.
    """
    rows = []
    for k in range(count):
        image = bags.raw_image(image_stamp(k), bags.picture(k))
        rows.append(("/camera/image_raw", arrival(k), image))
        rows.append(("/odom", arrival(k) + delay, bags.odometry(odometry_stamp(k), speed(k))))
    return rows


def label_speeds(folder, kind="odometry"):
    """Return the forward speeds of the labels of a bag's images."""
    (recording,) = open_recordings(folder)
    return recording.label_track(kind)[1].at(recording.stamps)[:, 0]


def unix(k):
    return UNIX + k * PERIOD


def boot(k):
    return 312 * NANO + k * PERIOD


def test_odometry_since_boot_beside_images_in_unix_time_is_learned(tmp_path):
    """As our recorder left it: filed under the newest stamp that it had seen, the image's."""
    bags.write_bag(tmp_path / "bag", flight(40, boot, unix, unix))
    (row,) = import_recordings([tmp_path / "bag"], tmp_path / "data", SMALL)
    assert (row["frames"], row["learned"], row["labels"], row["findings"]) == (
        40,
        40,
        "odometry",
        "clock",
    )
    np.testing.assert_allclose(label_speeds(tmp_path / "bag"), 1.0 + 0.01 * np.arange(40))
    assert (
        "312" not in row["findings"] and "/odom" in (tmp_path / "data" / "report.html").read_text()
    )


def test_any_recorder_files_by_true_arrival(tmp_path):
    """Images arrive 80 ms after they were taken, odometry 2 ms after: by arrival it belongs where
    it was measured.
    """
    late = 80_000_000
    rows = [
        (topic, time + late if "image" in topic else time + 2_000_000, content)
        for topic, time, content in flight(40, boot, unix, unix)
    ]
    bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))
    speeds = label_speeds(tmp_path / "bag")
    # 2 ms of 50 ms between two frames.
    np.testing.assert_allclose(speeds[1:], 1.0 + 0.01 * (np.arange(1, 40) - 0.04), atol=1e-6)


def test_an_autopilot_that_starts_again_in_the_middle_of_a_bag(tmp_path):
    bags.write_bag(
        tmp_path / "bag",
        flight(60, lambda k: boot(k) if k < 30 else boot(k - 30) - 310 * NANO, unix, unix),
    )
    np.testing.assert_allclose(label_speeds(tmp_path / "bag"), 1.0 + 0.01 * np.arange(60))


def test_odometry_whose_clock_is_set_in_the_middle_of_a_bag(tmp_path):
    """First since boot, then synchronised: each part by its own rule."""
    bags.write_bag(
        tmp_path / "bag", flight(60, lambda k: boot(k) if k < 20 else unix(k), unix, unix)
    )
    speeds = label_speeds(tmp_path / "bag")
    np.testing.assert_allclose(speeds, 1.0 + 0.01 * np.arange(60))


def test_two_computers_whose_clocks_differ_by_seconds(tmp_path):
    """Overlapping stamps alone would give the labels of 7 s before."""
    bags.write_bag(tmp_path / "bag", flight(200, lambda k: unix(k) - 7 * NANO, unix, unix))
    np.testing.assert_allclose(label_speeds(tmp_path / "bag"), 1.0 + 0.01 * np.arange(200))


def test_one_message_that_arrives_late_keeps_its_stamp(tmp_path):
    rows = flight(60, unix, unix, unix)
    rows = [
        (topic, time + 3 * NANO if topic == "/odom" and time == unix(30) else time, content)
        for topic, time, content in rows
    ]
    bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))
    np.testing.assert_allclose(label_speeds(tmp_path / "bag"), 1.0 + 0.01 * np.arange(60))


def test_a_recording_that_all_arrives_late_keeps_its_stamps(tmp_path):
    """Over a slow radio: 0.6 s for images, nothing for odometry, one clock."""
    rows = [
        (topic, time + 600_000_000 if "image" in topic else time, content)
        for topic, time, content in flight(60, unix, unix, unix)
    ]
    bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))
    (recording,) = open_recordings(tmp_path / "bag")
    track = recording.label_track("odometry")[1]
    np.testing.assert_allclose(track.at(recording.stamps)[:, 0], 1.0 + 0.01 * np.arange(60))
    assert track.stamps.tolist() == [unix(k) for k in range(60)]


@pytest.mark.parametrize("factor", [1.0, 0.5, 3.0])
def test_unstamped_commands_beside_images_in_simulated_time(tmp_path, factor):
    """The simulation runs slower or faster than the wall clock by which the recorder files."""
    rows = []
    for k in range(40):
        arrival = UNIX + round(k * PERIOD / factor)
        rows.append(
            ("/camera/image_raw", arrival, bags.raw_image(4 * NANO + k * PERIOD, bags.picture(k)))
        )
        rows.append(("/cmd_vel", arrival + 1_000_000, bags.twist(speed(k))))
    bags.write_bag(tmp_path / "bag", rows)
    (row,) = import_recordings(
        [tmp_path / "bag"], tmp_path / "data", IngestOptions(height=24, width=32, shortest=4)
    )
    assert (row["learned"], row["labels"], row["findings"]) == (39, "command", "unlabelled, clock")
    # The command of a frame comes after it: it counts from the next one on.
    np.testing.assert_allclose(
        label_speeds(tmp_path / "bag", "command")[1:], 1.0 + 0.01 * np.arange(39)
    )


def test_unstamped_commands_in_the_clock_of_the_images_are_no_finding(tmp_path):
    rows = []
    for k in range(20):
        rows.append(
            ("/camera/image_raw", unix(k) + 30_000_000, bags.raw_image(unix(k), bags.picture(k)))
        )
        rows.append(("/cmd_vel", unix(k), bags.twist(speed(k))))
    bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))
    (row,) = import_recordings(
        [tmp_path / "bag"], tmp_path / "data", IngestOptions(height=24, width=32, shortest=4)
    )
    assert (row["learned"], row["findings"]) == (20, "")


def test_labels_that_no_clock_brings_to_the_images_are_reported_as_a_problem_of_clocks(tmp_path):
    """Commands were recorded an hour before the images."""
    rows = [("/cmd_vel", UNIX - 3600 * NANO + k * PERIOD, bags.twist(speed(k))) for k in range(20)]
    rows += [
        ("/camera/image_raw", unix(k), bags.raw_image(unix(k), bags.picture(k))) for k in range(20)
    ]
    bags.write_bag(tmp_path / "bag", rows)
    (row,) = import_recordings(
        [tmp_path / "bag"], tmp_path / "data", IngestOptions(height=24, width=32, shortest=4)
    )
    assert row["learned"] == 0
    assert row["findings"] == "unlabelled, clock"
    page = (tmp_path / "data" / "report.html").read_text()
    assert "3599.1 s apart" in page


@pytest.mark.parametrize("arrival", [0, UNIX])
def test_a_bag_whose_messages_were_all_recorded_at_one_time_is_read_by_its_stamps(
    tmp_path, arrival
):
    """Scripts that convert bags write so: arrival has no information there."""
    bags.write_bag(tmp_path / "bag", flight(40, unix, unix, lambda k: arrival))
    (row,) = import_recordings([tmp_path / "bag"], tmp_path / "data", SMALL)
    assert (row["frames"], row["learned"], row["findings"]) == (40, 40, "")
    np.testing.assert_allclose(label_speeds(tmp_path / "bag"), 1.0 + 0.01 * np.arange(40))


@pytest.mark.parametrize("kind", ["odometry", "command"])
@pytest.mark.parametrize("factor", [1.0, 0.25, 10.0])
@pytest.mark.parametrize("wait", [0.0, 0.4, 7.0])
def test_a_simulated_flight_is_read_by_its_stamps_whenever_its_messages_came(
    tmp_path, factor, wait, kind
):
    """As our recorder leaves it: the first frame, at 0 s, is shown until the flight begins; all
    have wall times.
    """
    rows = []
    for k in range(60):
        arrival = UNIX + round((wait * NANO if k else 0) + k * PERIOD / factor)
        label = bags.odometry(k * PERIOD, speed(k))
        if kind == "command":
            header = bags.header(k * PERIOD)
            label = bags.message(
                "geometry_msgs/msg/TwistStamped", header=header, twist=bags.twist(speed(k))
            )
        rows.append(("/camera/image_raw", arrival, bags.raw_image(k * PERIOD, bags.picture(k))))
        rows.append(("/cmd_vel" if kind == "command" else "/odom", arrival + 3_000_000, label))
    bags.write_bag(tmp_path / "bag", rows)
    (row,) = import_recordings(
        [tmp_path / "bag"],
        tmp_path / "data",
        IngestOptions(height=24, width=32, shortest=4, labels=kind),
    )
    assert (row["frames"], row["learned"], row["findings"]) == (60, 60, "")
    (recording,) = open_recordings(tmp_path / "bag")
    assert recording.stamps.tolist() == [k * PERIOD for k in range(60)]
    np.testing.assert_allclose(label_speeds(tmp_path / "bag", kind), 1.0 + 0.01 * np.arange(60))
