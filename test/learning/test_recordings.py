"""Bags of every storage and encoding, and published folders, are read into the same flights."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from liquid_nav.recordings import RecordingError, TimeSeries, TopicNames, open_recordings
from liquid_nav.recordings.sources import RecordingLoader
from liquid_nav.recordings.topic_names import find_drones

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
NANO = bags.NANO


@pytest.mark.parametrize(
    ("plugin", "compressed", "encoding"),
    [
        ("mcap", False, "rgb8"),
        ("mcap", True, ""),
        ("sqlite3", False, "bgr8"),
        ("sqlite3", True, ""),
    ],
)
def test_every_bag_gives_the_same_flight(tmp_path, plugin, compressed, encoding):
    rows = bags.flight_rows(6, compressed=compressed, encoding=encoding)
    folder = bags.write_bag(tmp_path / "bag", rows, plugin)
    (recording,) = open_recordings(folder)
    assert recording.stamps.tolist() == [5 * NANO + k * NANO // 20 for k in range(6)]
    for index, image in recording.open():
        assert np.array_equal(image, bags.picture(index))
    kind, track = recording.label_track("auto")
    assert kind == "command"
    np.testing.assert_allclose(track.at(recording.stamps)[:, 0], 1.0 + 0.01 * np.arange(6))
    _, measured = recording.label_track("odometry")
    np.testing.assert_allclose(
        measured.at(recording.stamps)[:, 0], 0.5 + 0.005 * np.arange(6), atol=1e-9
    )


def first_image(folder, content):
    """Return what the import sees of one image in a bag."""
    kind = "/image_raw/compressed" if "Compressed" in content.__msgtype__ else "/image_raw"
    (recording,) = open_recordings(bags.write_bag(folder, [(kind, NANO, content)]))
    ((_, image),) = recording.open()
    return image


PIXELS = bags.picture(3, 8, 12)
GREY = PIXELS[..., 1]


@pytest.mark.parametrize(
    ("encoding", "step", "data", "expected"),
    [
        ("rgb8", 0, PIXELS.tobytes(), PIXELS),
        ("rgb8", 3, PIXELS.tobytes(), PIXELS),
        ("rgb8", 40, np.pad(PIXELS.reshape(8, 36), ((0, 0), (0, 4))).tobytes()[:-4], PIXELS),
        ("8UC1", 12, GREY.tobytes(), np.stack([GREY] * 3, axis=-1)),
        ("mono16", 24, (GREY.astype("<u2") * 257).tobytes(), np.stack([GREY] * 3, axis=-1)),
        ("yuv422_yuy2", 24, bytes((235, 128)) * 96, np.full((8, 12, 3), 255)),
        ("uyvy", 24, bytes((128, 235)) * 96, np.full((8, 12, 3), 255)),
        ("nv12", 12, bytes((16,)) * 96 + bytes((128,)) * 48, np.zeros((8, 12, 3))),
        ("bayer_rggb8", 12, bytes((7,)) * 96, np.full((8, 12, 3), 7)),
    ],
    ids=[
        "step 0",
        "step 3",
        "last row short",
        "8UC1",
        "mono16",
        "yuv422_yuy2",
        "uyvy",
        "nv12",
        "bayer_rggb8",
    ],
)
def test_the_import_reads_every_layout_that_flies(tmp_path, encoding, step, data, expected):
    image = first_image(tmp_path / "bag", bags.plain_image(NANO, 12, 8, encoding, step, data))
    np.testing.assert_array_equal(image, expected)


JPEG = cv2.imencode(".jpg", PIXELS[..., ::-1])[1].tobytes()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            bags.plain_image(NANO, 12, 8, "32FC1", 48, bytes(384)),
            "encoding is '32FC1', expected one of rgb8",
        ),
        (bags.plain_image(NANO, 12, 8, "rgb8", 36, bytes(289)), "data has 289 bytes, expected 288"),
        (bags.packed_image(NANO, "jpeg", JPEG[: len(JPEG) // 2]), "is no whole picture"),
        (bags.packed_image(NANO, "h264", b"abc"), "format 'h264', is no picture"),
    ],
)
def test_the_import_refuses_by_name_what_would_not_fly(tmp_path, content, text):
    assert text in str(first_image(tmp_path / "bag", content))


def test_a_single_file_is_enough(tmp_path):
    folder = bags.write_bag(tmp_path / "bag", bags.flight_rows(2))
    (file,) = folder.glob("*.mcap")
    assert len(open_recordings(file)[0].stamps) == 2


def test_several_drones_keep_apart(tmp_path):
    rows = bags.flight_rows(3, "/red") + bags.flight_rows(5, "/blue", compressed=True)
    recordings = open_recordings(
        bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))
    )
    assert {r.name: len(r.stamps) for r in recordings} == {"bag/blue": 5, "bag/red": 3}
    assert all(r.topics["command"].startswith("/" + r.name[4:]) for r in recordings)
    (only,) = open_recordings(tmp_path / "bag", TopicNames(image="/red/camera/image_raw"))
    assert only.name == "bag/red"


def test_topics_are_chosen_by_name_and_type():
    topics = {
        "/camera/image_raw": "sensor_msgs/msg/Image",
        "/camera/image_raw/compressed": "sensor_msgs/msg/CompressedImage",
        "/camera/depth/image_raw": "sensor_msgs/msg/Image",
        "/expert_pilot/cmd_vel": "geometry_msgs/msg/TwistStamped",
        "/liquid_controller/cmd_vel": "geometry_msgs/msg/TwistStamped",
        "/cmd_vel": "geometry_msgs/msg/TwistStamped",
        "/mavros/local/odom": "nav_msgs/msg/Odometry",
        "/odom": "nav_msgs/msg/Odometry",
    }
    (drone,) = find_drones(topics, TopicNames())
    assert (drone.image, drone.odometry, drone.command) == (
        "/camera/image_raw",
        "/odom",
        "/cmd_vel",
    )
    (drone,) = find_drones(
        {name: topics[name] for name in topics if name != "/cmd_vel"}, TopicNames()
    )
    assert (drone.command, drone.passed_over) == (None, ()), "what a pilot proposes is no command"
    (drone,) = find_drones(
        topics, TopicNames("image_raw/compressed", "local/odom", "/liquid_controller/cmd_vel")
    )
    assert drone.image == "/camera/image_raw/compressed"
    assert (drone.odometry, drone.command) == ("/mavros/local/odom", "/liquid_controller/cmd_vel")
    with pytest.raises(RecordingError, match="there are: /camera"):
        find_drones(topics, TopicNames(image="front"))
    with pytest.raises(RecordingError, match="--odometry"):
        find_drones(topics, TopicNames(odometry="vio"))


IMAGE, ODOMETRY, TWIST = (
    "sensor_msgs/msg/Image",
    "nav_msgs/msg/Odometry",
    "geometry_msgs/msg/TwistStamped",
)


def test_a_drone_never_takes_the_topics_of_another_drone():
    topics = {
        "/d1/camera/image_raw": IMAGE,
        "/d2/camera/image_raw": IMAGE,
        "/d1/odom": ODOMETRY,
        "/d1/cmd_vel": TWIST,
        "/d2/cmd_vel": TWIST,
    }
    one, two = find_drones(topics, TopicNames())
    assert (one.name, one.odometry, one.command) == ("d1", "/d1/odom", "/d1/cmd_vel")
    assert (two.name, two.odometry, two.command) == ("d2", None, "/d2/cmd_vel")
    # By its end the name means each drone's own; in full it means this topic for all.
    assert find_drones(topics, TopicNames(odometry="odom"))[1].odometry is None
    assert find_drones(topics, TopicNames(odometry="/d1/odom"))[1].odometry == "/d1/odom"


def test_two_cameras_of_one_drone_share_its_topics():
    topics = {
        "/front/image_raw": IMAGE,
        "/rear/image_raw": IMAGE,
        "/mavros/local/odom": ODOMETRY,
        "/cmd_vel": TWIST,
    }
    for drone in find_drones(topics, TopicNames()):
        assert (drone.odometry, drone.command) == ("/mavros/local/odom", "/cmd_vel")


def test_body_twist_becomes_level(tmp_path):
    """Nose down by 0.3 rad while flying level: body x and z mix, level velocity has no vertical
    part.
    """
    q = (np.cos(0.15), 0.0, np.sin(0.15), 0.0)
    body = (2.0 * np.cos(0.3), 0.0, 2.0 * np.sin(0.3), 0.0)
    rows = [("/image", k, bags.raw_image(NANO + k, bags.picture(k))) for k in range(2)]
    rows += [("/odom", 5, bags.odometry(NANO, body, q))]
    (recording,) = open_recordings(bags.write_bag(tmp_path / "bag", rows))
    np.testing.assert_allclose(
        recording.tracks["odometry"].values[0], (2.0, 0.0, 0.0, 0.0), atol=1e-9
    )


def test_published_folder(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    for k in range(4):
        cv2.imwrite(str(run / f"{k:06d}.png"), bags.picture(k)[..., ::-1])
    lines = ["vx,vy,vz,omega_z"] + [f"9,{k},0,0,0.5" for k in range(4)]
    (run / "data_out.csv").write_text("\n".join(lines) + "\n")
    assert RecordingLoader([tmp_path]).sources == [run]
    (recording,) = open_recordings(run, frame_rate=20.0)
    kind, track = recording.label_track("auto")
    assert kind == "odometry"
    assert track.at(recording.stamps)[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert np.diff(recording.stamps).tolist() == [NANO // 20] * 3
    for index, image in recording.open():
        assert np.array_equal(image, bags.picture(index))
    (run / "data_out.csv").write_text("1,2,3,4\n1,2\n")
    with pytest.raises(RecordingError, match="line 2 has 2 columns"):
        open_recordings(run)


def test_labels_are_unknown_where_nothing_is_near():
    stamps = np.array([0, 1, 2], np.int64) * NANO
    values = np.arange(12.0).reshape(3, 4)
    at = np.array([-1, 0, 1_400_000_000, 1_900_000_000, 4 * NANO])
    held, measured = (TimeSeries(stamps, values, held).at(at)[:, 0] for held in (True, False))
    np.testing.assert_array_equal(held, [np.nan, 0.0, 4.0, np.nan, np.nan])
    np.testing.assert_allclose(measured[1:4], [0.0, 5.6, 7.6])
    assert np.isnan(measured[4])


def test_a_value_that_is_not_a_number_leaves_its_neighbours_known():
    stamps = np.array([0, 1, 2], np.int64) * NANO
    values = np.full((3, 4), 3.0)
    values[1] = np.nan
    at = np.array([0, 400_000_000, 1_000_000_000, 1_600_000_000, 2_000_000_000])
    found = TimeSeries(stamps, values, held=False).at(at)[:, 0]
    np.testing.assert_array_equal(found, [3.0, np.nan, np.nan, np.nan, 3.0])


def test_what_is_no_recording_is_one_line(tmp_path):
    with pytest.raises(RecordingError, match="no recording at"):
        RecordingLoader([tmp_path / "nowhere"])
    with pytest.raises(RecordingError, match="holds no recording"):
        RecordingLoader([tmp_path])
    (tmp_path / "cut.mcap").write_bytes(b"\x89MCAP0\r\n cut off")
    with pytest.raises(RecordingError, match="cannot be read as a bag"):
        open_recordings(tmp_path / "cut.mcap")
