"""What lies in a folder is read, whatever lies beside it; and nothing is taken for what it is
not.
"""

import html
import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.learning.import_dataset import import_recordings
from liquid_nav.learning.ingest import IngestOptions
from liquid_nav.recordings import RecordingError, TopicNames, open_recordings
from liquid_nav.recordings.topic_names import find_drones

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
NANO = bags.NANO
SMALL = IngestOptions(height=24, width=32, shortest=4)
BASE = ["--size", "32x24", "--shortest", "4"]


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(a) for a in arguments])


def frames(folder, names, rows=None):
    """Write a run of pictures with these names, and a table that names the row."""
    folder.mkdir(parents=True)
    for k, name in enumerate(names):
        cv2.imwrite(str(folder / name), bags.picture(k)[..., ::-1])
    count = len(names) if rows is None else rows
    table = "".join(f"{0.01 * k},{0.1 * np.sin(k)},0,0\n" for k in range(count))
    (folder / "data_out.csv").write_text(table)
    return folder


def seen(recording):
    """Return which pictures come, in their order."""
    return [
        next(k for k in range(200) if np.array_equal(image, bags.picture(k, *image.shape[:2])))
        for _, image in recording.open()
    ]


@pytest.mark.parametrize(
    "name", ["{}.png", "{:03d}.png", "frame_{}.png", "image-{:05d}.PNG", "frame{}_rgb.png"]
)
def test_frames_come_in_the_order_of_their_numbers(tmp_path, name):
    folder = frames(tmp_path / "run", [name.format(k) for k in range(12)])
    (recording,) = open_recordings(folder)
    assert seen(recording) == list(range(12))
    assert np.diff(recording.stamps).min() > 0
    speeds = recording.label_track("odometry")[1].at(recording.stamps)[:, 0]
    np.testing.assert_allclose(speeds, 0.01 * np.arange(12))


def test_200_frames_without_leading_zeros_are_one_flight(tmp_path):
    frames(tmp_path / "run", [f"{k}.png" for k in range(200)])
    (row,) = import_recordings([tmp_path / "run"], tmp_path / "data", SMALL)
    assert (row["frames"], row["learned"], row["flights"], row["findings"]) == (200, 200, 1, "")


def test_numbers_that_are_no_rows_count_in_their_order(tmp_path):
    """Named after the time, or numbered on from the flight before."""
    for start, step in ((1_790_000_000_000, 33), (5000, 1)):
        folder = frames(tmp_path / str(start), [f"{start + step * k}.png" for k in range(12)])
        (recording,) = open_recordings(folder)
        speeds = recording.label_track("odometry")[1].at(recording.stamps)[:, 0]
        np.testing.assert_allclose(speeds, 0.01 * np.arange(12))


def test_a_number_twice_and_two_series_are_refused(tmp_path):
    with pytest.raises(RecordingError, match="frame 1 twice: '01.png' and '1.png'"):
        open_recordings(frames(tmp_path / "a", ["0.png", "1.png", "01.png"]))
    with pytest.raises(RecordingError, match="several series of frames: left_., right_."):
        open_recordings(
            frames(tmp_path / "b", ["left_0.png", "left_1.png", "right_0.png", "right_1.png"])
        )


TWIST = "geometry_msgs/msg/TwistStamped"
CAMERA = {"/camera/image_raw": "sensor_msgs/msg/Image"}


@pytest.mark.parametrize(
    "topic",
    [
        "/mavros/local_position/velocity_body",
        "/mavros/local_position/velocity_local",
        "/mavros/setpoint_velocity/cmd_vel",
        "/mavros/global_position/raw/gps_vel",
        "/mavros/vision_speed/speed_twist",
        "/mavros/setpoint_attitude/cmd_vel",
        "/ap/twist/filtered",
        "/replay/measured_velocity",
        "/fix_velocity",
        "/commander/drone1/velocity",
        "/cmd_vel/measured",
    ],
)
def test_what_was_measured_or_is_a_set_point_in_the_world_is_no_command(topic):
    (drone,) = find_drones(CAMERA | {topic: TWIST}, TopicNames())
    assert drone.command is None
    (drone,) = find_drones(CAMERA | {topic: TWIST}, TopicNames(command=topic))
    assert drone.command == topic, "whoever names it, gets it"


@pytest.mark.parametrize(
    "topic",
    [
        "/cmd_vel",
        "/bebop/cmd_vel",
        "/mobile_base/commands/velocity",
        "/teleop/twist",
        "/ap/cmd_vel",
        "/drone1/cmd_vel_out",
    ],
)
def test_what_is_called_a_command_is_one(topic):
    (drone,) = find_drones(CAMERA | {topic: TWIST}, TopicNames())
    assert drone.command == topic


def mavros(folder, odometry):
    """Write a bag as MAVROS leaves it: measured velocities and an ENU set point, all
    TwistStamped.
    """
    rows = []
    for k in range(12):
        stamp = 5 * NANO + k * NANO // 20
        rows.append(("/camera/image_raw", stamp, bags.raw_image(stamp, bags.picture(k))))
        for topic in (
            "local_position/velocity_body",
            "local_position/velocity_local",
            "setpoint_velocity/cmd_vel",
        ):
            content = bags.message(
                TWIST, header=bags.header(stamp), twist=bags.twist((9.0, k, 0.0, 0.0))
            )
            rows.append((f"/mavros/{topic}", stamp, content))
        if odometry:
            rows.append(
                (
                    "/mavros/local_position/odom",
                    stamp,
                    bags.odometry(stamp, (1.0 + 0.1 * k, 0.0, 0.0, 0.0)),
                )
            )
    return bags.write_bag(folder, rows)


def test_a_mavros_bag_is_learned_from_its_odometry(tmp_path):
    source = mavros(tmp_path / "bag", odometry=True)
    (row,) = import_recordings([source], tmp_path / "data", SMALL)
    assert (row["labels"], row["learned"], row["topic_command"]) == ("odometry", 12, "")
    assert row["topic_odometry"] == "/mavros/local_position/odom"


def test_a_mavros_bag_without_odometry_asks_for_the_command(tmp_path):
    source = mavros(tmp_path / "bag", odometry=False)
    result = run("import", "flights", source, "--out", tmp_path / "data", *BASE)
    assert result.exit_code == 2
    for text in (
        "no command and no odometry",
        "--command",
        "/mavros/setpoint_velocity/cmd_vel",
        "/mavros/local_position/velocity_body",
    ):
        assert text in result.stderr
    assert result.stderr.strip().count("\n") == 0
    chosen = ["--command", "setpoint_velocity/cmd_vel", "--limits", "10", "20", "4", "3"]
    named = run("import", "flights", source, "--out", tmp_path / "data", *BASE, *chosen)
    assert named.exit_code == 0, named.stderr


def test_a_command_stamped_in_a_frame_of_the_world_is_no_level_body_command(tmp_path):
    rows = []
    for k in range(12):
        stamp = 5 * NANO + k * NANO // 20
        content = bags.message(
            TWIST, header=bags.header(stamp, "map"), twist=bags.twist((1.0, 0.1 * k, 0.0, 0.0))
        )
        rows += [
            ("/camera/image_raw", stamp, bags.raw_image(stamp, bags.picture(k))),
            ("/ap/cmd_vel", stamp, content),
            ("/odom", stamp, bags.odometry(stamp, (0.1 * k, 0.0, 0.0, 0.0))),
        ]
    source = bags.write_bag(tmp_path / "bag", rows)
    (recording,) = open_recordings(source)
    assert recording.label_track("auto")[0] == "odometry"
    with pytest.raises(RecordingError, match="--command.*/ap/cmd_vel .in the frame 'map'"):
        recording.label_track("command")
    (recording,) = open_recordings(source, TopicNames(command="/ap/cmd_vel"))
    assert recording.label_track("auto")[0] == "command"


@pytest.mark.parametrize(
    ("pose", "twist"),
    [
        ("world", "world"),
        ("odom", "odom"),
        ("odom", "d1/base_link_frd"),
        ("odom_ned", "base_link"),
        ("map", "camera_color_optical_frame"),
    ],
)
def test_odometry_in_another_frame_than_the_bodys_is_no_label_unless_it_is_named(
    tmp_path, pose, twist
):
    """VINS publishes velocities in the world; where z points down, left and right are the other way
    round.
    """
    rows = []
    for k in range(12):
        stamp = 5 * NANO + k * NANO // 20
        content = bags.odometry(stamp, (0.1 * k, 0.0, 0.0, 0.0))
        content.header.frame_id = pose
        content.child_frame_id = twist
        rows += [
            ("/camera/image_raw", stamp, bags.raw_image(stamp, bags.picture(k))),
            ("/vio/odom", stamp, content),
        ]
    source = bags.write_bag(tmp_path / "bag", rows)
    (recording,) = open_recordings(source)
    with pytest.raises(RecordingError, match="--odometry.*/vio/odom .in the frame"):
        recording.label_track("auto")
    (recording,) = open_recordings(source, TopicNames(odometry="/vio/odom"))
    assert recording.label_track("auto")[0] == "odometry"


@pytest.mark.parametrize(
    "frame", ["", "base_link", "base_footprint", "fcu", "d1/base_link", "camera_pose_frame"]
)
def test_odometry_of_bodies_by_other_names_is_a_label(tmp_path, frame):
    rows = bags.flight_rows(12)
    for _, _, content in rows:
        if hasattr(content, "child_frame_id"):
            content.child_frame_id = frame
    (recording,) = open_recordings(bags.write_bag(tmp_path / "bag", rows))
    assert recording.label_track("odometry")[0] == "odometry"


@pytest.mark.parametrize("plugin", ["mcap", "sqlite3"])
@pytest.mark.parametrize("suffix", [".zstd", ".zst"])
def test_a_file_that_was_compressed_as_a_whole_is_listed_with_what_unpacks_it(
    tmp_path, plugin, suffix
):
    """Beside readable ones it would silently be missing."""
    bags.write_bag(tmp_path / "flights" / "good", bags.flight_rows(12))
    (file,) = (
        p
        for p in bags.write_bag(tmp_path / "x", bags.flight_rows(12), plugin).iterdir()
        if p.suffix != ".yaml"
    )
    packed = tmp_path / "flights" / "loose" / f"{file.name}{suffix}"
    packed.parent.mkdir()
    packed.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    good, bad = import_recordings([tmp_path / "flights"], tmp_path / "data", SMALL)
    assert (good["learned"], bad["learned"]) == (12, 0)
    assert f"zstd -d {packed} -o {packed.with_suffix('')}`" in bad["error"]


def cut(folder, plugin="mcap", share=0.6):
    """Write a bag and cut its file off; returns the file."""
    bags.write_bag(folder, bags.flight_rows(40), plugin)
    (file,) = [p for p in folder.iterdir() if p.suffix in (".mcap", ".db3")]
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    return file


@pytest.mark.parametrize(
    ("plugin", "remedy"), [("mcap", "mcap recover {} -o"), ("sqlite3", "sqlite3 {} '.recover'")]
)
@pytest.mark.parametrize("first", ["a_broken", "z_broken"])
def test_a_broken_bag_does_not_hide_the_good_one(tmp_path, plugin, remedy, first):
    (tmp_path / "bags").mkdir()
    bags.write_bag(tmp_path / "bags" / "good", bags.flight_rows(12))
    file = cut(tmp_path / "bags" / first, plugin)
    result = run(
        "import",
        "flights",
        tmp_path / "bags",
        "--out",
        tmp_path / "data",
        *BASE,
        "--json",
        tmp_path / "rows.json",
    )
    assert result.exit_code == 0, result.stderr
    rows = {row["flight"]: row for row in json.loads((tmp_path / "rows.json").read_text())}
    assert (rows["good"]["learned"], rows[first]["learned"]) == (12, 0)
    assert (rows[first]["verdict"], rows[first]["findings"]) == ("refused", "unreadable_source")
    assert {key for row in rows.values() for key in row} == set(rows[first])
    assert remedy.format(file) in result.stderr
    assert html.escape(remedy.format(file)) in (tmp_path / "data" / "report.html").read_text()
    # Once it is repaired it is read; nothing of the failure stays.
    for path in file.parent.iterdir():
        path.unlink()
    file.parent.rmdir()
    bags.write_bag(file.parent, bags.flight_rows(14))
    result = run("import", "flights", tmp_path / "bags", "--out", tmp_path / "data", *BASE)
    assert (result.exit_code, f"{first}: 14 of 14 frames" in result.stdout) == (0, True)


def test_a_bag_that_is_broken_alone_is_the_error(tmp_path):
    file = cut(tmp_path / "bag")
    result = run("import", "flights", file, "--out", tmp_path / "data", *BASE)
    assert result.exit_code == 2
    assert f"mcap recover {file} -o" in result.stderr and "ros2 bag reindex" not in result.stderr
    assert result.stderr.strip().count("\n") == 0


@pytest.mark.parametrize("damage", ["table", "no bag", "metadata", "empty", "camera", "noise"])
def test_whatever_is_wrong_with_one_source_the_others_are_read(tmp_path, damage):
    root = tmp_path / "in"
    root.mkdir()
    bags.write_bag(root / "m_good", bags.flight_rows(12))
    bad = root / "a_bad"
    if damage == "table":
        frames(bad, ["0.png"])
        (bad / "data_out.csv").write_bytes(b"\xff\xfe\x00nonsense\n")
    elif damage == "no bag":
        bad.mkdir()
        (bad / "metadata.yaml").write_text("rosbag2_bagfile_information: []\n")
    elif damage == "metadata":
        bags.write_bag(bad, bags.flight_rows(12))
        (bad / "metadata.yaml").write_text("{: [")
    elif damage == "empty":
        bad.mkdir()
        (bad / "flight.mcap").write_bytes(b"")
    elif damage == "camera":
        bags.write_bag(bad, [row for row in bags.flight_rows(12) if "image" not in row[0]])
    else:
        bad.mkdir()
        (bad / "flight.db3").write_bytes(np.random.default_rng(1).bytes(5000))
    rows = import_recordings([root], tmp_path / "data", SMALL)
    # The bag itself is whole where only the description beside it is damaged.
    assert sorted(row["learned"] for row in rows) == [12 if damage == "metadata" else 0, 12]
    assert [bool(row["error"]) for row in rows if not row["learned"]] == [True] * (
        damage != "metadata"
    )


def test_a_split_bag_with_one_broken_file_gives_the_others(tmp_path):
    folder = tmp_path / "split"
    folder.mkdir()
    for k in range(3):
        part = bags.write_bag(tmp_path / f"part{k}", bags.flight_rows(12, start=(5 + k) * NANO))
        (file,) = part.glob("*.mcap")
        file.rename(folder / f"split_{k}.mcap")
    files = "".join(f"  - split_{k}.mcap\n" for k in range(3))
    text = (tmp_path / "part0" / "metadata.yaml").read_text()
    (folder / "metadata.yaml").write_text(text.replace("  - part0.mcap\n", files))
    assert "split_2" in (folder / "metadata.yaml").read_text()
    broken = folder / "split_1.mcap"
    broken.write_bytes(broken.read_bytes()[:-200])
    rows = {
        row["flight"]: row["learned"]
        for row in import_recordings([folder], tmp_path / "data", SMALL)
    }
    assert rows == {"split_0": 12, "split_1": 0, "split_2": 12}


def test_a_message_that_cannot_be_read_costs_itself_alone(tmp_path):
    """An image and an odometry whose bytes are cut; both are counted."""
    folder = bags.write_bag(tmp_path / "bag", bags.flight_rows(20))
    import rosbags.rosbag2 as storage
    from rosbags.rosbag2 import StoragePlugin

    with storage.Reader(folder) as reader:
        rows = [(c.topic, c.msgtype, time, data) for c, time, data in reader.messages()]
    spoiled = {("/camera/image_raw", 5), ("/odom", 7), ("/cmd_vel", 9), ("/camera/image_raw", 11)}
    counts = {}
    with storage.Writer(
        tmp_path / "spoiled", version=9, storage_plugin=StoragePlugin.MCAP
    ) as writer:
        connections = {}
        for topic, kind, time, data in rows:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=bags.TYPES)
            counts[topic] = counts.get(topic, -1) + 1
            short = 6 if counts[topic] == 11 else 30
            writer.write(
                connections[topic],
                time,
                data[:short] if (topic, counts[topic]) in spoiled else data,
            )
    (row,) = import_recordings([tmp_path / "spoiled"], tmp_path / "data", SMALL)
    assert row["learned"] == 18
    assert "unreadable" in row["findings"]


def test_one_camera_without_labels_does_not_hide_the_other(tmp_path):
    rows = [row for row in bags.flight_rows(12, "/blue") if "image" in row[0]] + bags.flight_rows(
        12, "/red"
    )
    rows = [row for row in rows if row[0] != "/red/odom"]
    source = bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))
    rows = {
        row["flight"]: row["learned"]
        for row in import_recordings([source], tmp_path / "data", SMALL)
    }
    assert rows["bag/red"] == 12


def test_a_file_that_is_no_recording_among_the_arguments_is_listed(tmp_path):
    good = bags.write_bag(tmp_path / "good", bags.flight_rows(12))
    notes = tmp_path / "notes.txt"
    notes.write_text("windy")
    result = run("import", "flights", notes, good, "--out", tmp_path / "data", *BASE)
    assert result.exit_code == 0, result.stderr
    assert "notes.txt' holds no recording" in result.stderr and "12 of 12" in result.stdout
    missing = run("import", "flights", tmp_path / "typo", good, "--out", tmp_path / "data", *BASE)
    assert (missing.exit_code, "no recording at" in missing.stderr) == (2, True)


def test_replay_goes_on_after_a_broken_bag(tmp_path):
    import torch

    from liquid_nav.policy import Policy, PolicyConfig
    from liquid_nav.vision import EncoderConfig

    torch.manual_seed(1)
    encoder = EncoderConfig(
        height=24, width=32, channels=(4,), kernels=(5,), strides=(3,), features=6
    )
    Policy(PolicyConfig(encoder=encoder, core={"kind": "gru", "units": 5})).save(tmp_path / "model")
    root = tmp_path / "in"
    root.mkdir()
    cut(root / "a_broken")
    bags.write_bag(root / "good", bags.flight_rows(8))
    result = run("replay", root, "--model", tmp_path / "model", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "good" / "commands.csv").is_file()
    assert "mcap recover" in result.stderr
    alone = run(
        "replay", root / "a_broken", "--model", tmp_path / "model", "--out", tmp_path / "out2"
    )
    assert (alone.exit_code, "mcap recover" in alone.stderr) == (2, True)
