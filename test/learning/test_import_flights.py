"""A bag with every defect is reported, not learned from silently; a clean one becomes a shard that
training reads.
"""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.learning.cache import Shard
from liquid_nav.learning.import_dataset import data_set_shards, import_recordings
from liquid_nav.learning.ingest import IngestOptions, ingest
from liquid_nav.learning.screening import ColourWatch, screen_labels, screen_stamps
from liquid_nav.learning.stills import StillConfig, build_still_data_set
from liquid_nav.learning.windows import WindowConfig, WindowDataset
from liquid_nav.recordings import UnreadableRecordingError, open_recordings

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
NANO = bags.NANO
SMALL = IngestOptions(height=24, width=32, shortest=4)
IMAGE, COMMAND = "/camera/image_raw", "/cmd_vel"


def kinds(row):
    """Return the kinds of a row's findings."""
    return set(filter(None, row["findings"].split(", ")))


def test_a_clean_bag_becomes_a_shard_that_training_reads(tmp_path):
    bags.write_bag(tmp_path / "bag", bags.flight_rows(40))
    (row,) = import_recordings([tmp_path / "bag"], tmp_path / "data", SMALL)
    assert (row["verdict"], row["frames"], row["learned"], row["flights"]) == ("clean", 40, 40, 1)
    (folder,) = data_set_shards(tmp_path / "data")
    shard = Shard(folder)
    assert np.array_equal(shard.frames[7], bags.picture(7))
    np.testing.assert_allclose(shard.labels[:, 0], 1.0 + 0.01 * np.arange(40), atol=1e-6)
    np.testing.assert_allclose(shard.elapsed, 0.05, atol=1e-6)
    assert np.isnan(shard.auxiliary).all()
    (batch,) = WindowDataset([folder], WindowConfig(batch=2, steps=5), 1, seed=0)
    assert batch["images"].shape == (2, 5, 24, 32, 3)


def test_a_bag_with_every_defect_is_reported(tmp_path):
    rows = bags.flight_rows(120)
    period, start = NANO // 20, 5 * NANO

    def stamp(k):
        return start + k * period

    def without(k, topic):
        rows[:] = [r for r in rows if not (r[0] == topic and abs(r[1] - stamp(k)) < period // 2)]

    def command(k, speed):
        twist = bags.twist((speed, 0, 0, 0))
        content = bags.message(
            "geometry_msgs/msg/TwistStamped", header=bags.header(stamp(k)), twist=twist
        )
        rows.append((COMMAND, stamp(k) + 2000, content))

    for k in range(20, 26):  # a gap that is kept with its real time
        without(k, IMAGE)
    for k in range(60, 85):  # a gap that divides the flight
        without(k, IMAGE)
    rows.append(
        (IMAGE, stamp(30) + 5000, bags.raw_image(stamp(30), bags.picture(30)))
    )  # a stamp twice
    without(40, IMAGE)
    rows.append(
        (IMAGE, stamp(40) + 1000, bags.raw_image(stamp(40), bags.picture(39)))
    )  # the same pixels again
    without(50, COMMAND)
    command(50, 40.0)  # beyond every drone
    without(52, COMMAND)
    command(52, np.nan)
    broken = bags.message(
        "sensor_msgs/msg/Image",
        header=bags.header(stamp(55)),
        height=24,
        width=32,
        encoding="yuv9",
        is_bigendian=0,
        step=96,
        data=np.zeros(24 * 96, np.uint8),
    )
    without(55, IMAGE)
    rows.append((IMAGE, stamp(55) + 1000, broken))
    rows.append(
        (IMAGE, stamp(58) + 3000, bags.raw_image(stamp(57) + 9, bags.picture(1)))
    )  # late, out of order
    jump = stamp(119) + 500 * NANO  # the clock jumps
    rows += [
        (IMAGE, stamp(120) + k, bags.raw_image(jump + k * period, bags.picture(k)))
        for k in range(3)
    ]
    bags.write_bag(tmp_path / "bag", sorted(rows, key=lambda row: row[1]))

    (row,) = import_recordings([tmp_path / "bag"], tmp_path / "data", SMALL)
    assert row["verdict"] == "with findings"
    assert kinds(row) == {
        "gap",
        "repeated_stamp",
        "repeated_frame",
        "command_range",
        "unlabelled",
        "unreadable",
        "stamp_order",
        "stamp_jump",
    }
    shard = Shard(data_set_shards(tmp_path / "data")[0])
    assert np.isfinite(shard.labels).all()
    assert np.abs(shard.labels).max() < 3.0
    assert shard.elapsed.max() == pytest.approx(0.35)
    # 0 to 59 without 20-25, 40, 50, 52, 55; 85 to 119
    assert shard.lengths.tolist() == [50, 35]
    page = (tmp_path / "data" / "report.html").read_text()
    for part in (*kinds(row), "data:image/jpeg", "data:image/png", "40.00", "flight divided"):
        assert part in page
    assert row["learned"] == 85


def test_swapped_colours_refuse_the_flight_unless_allowed(tmp_path):
    rows = [
        (
            topic,
            time,
            bags.raw_image(
                content.header.stamp.sec * NANO + content.header.stamp.nanosec,
                bags.picture(k // 3)[..., ::-1],
            )
            if topic == IMAGE
            else content,
        )
        for k, (topic, time, content) in enumerate(bags.flight_rows(12))
    ]
    source = bags.write_bag(tmp_path / "bag", rows)
    run = CliRunner().invoke
    base = ["import", "flights", str(source), "--size", "32x24", "--shortest", "4", "--out"]
    result = run(cli.app, [*base, str(tmp_path / "a")])
    assert (result.exit_code, "swapped_colours" in result.stdout) == (2, True)
    assert "nothing to learn from" in result.stderr
    assert not list((tmp_path / "a").glob("*/frames.npy"))
    assert "look swapped" in (tmp_path / "a" / "report.html").read_text()
    result = run(
        cli.app,
        [*base, str(tmp_path / "b"), "--swap-colours", "--json", str(tmp_path / "rows.json")],
    )
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "rows.json").read_text())[0]["verdict"] == "clean"
    assert np.array_equal(Shard(data_set_shards(tmp_path / "b")[0]).frames[3], bags.picture(3))


def test_an_encoding_that_is_not_understood_is_named_in_one_line(tmp_path):
    rows = [
        (
            topic,
            time,
            bags.plain_image(time, 8, 8, "16UC1", 16, bytes(128)) if topic == IMAGE else content,
        )
        for topic, time, content in bags.flight_rows(12)
    ]
    source = bags.write_bag(tmp_path / "bag", rows)
    result = CliRunner().invoke(
        cli.app, ["import", "flights", str(source), "--out", str(tmp_path / "data")]
    )
    assert result.exit_code == 2
    (line,) = [line for line in result.stdout.splitlines() if "16UC1" in line]
    assert line.startswith(
        "bag: an image that cannot be read: encoding is '16UC1', expected one of rgb8, bgr8"
    )
    assert "encoding is &#x27;16UC1&#x27;" in (tmp_path / "data" / "report.html").read_text()


def test_what_is_finished_is_not_read_again(tmp_path, monkeypatch):
    (tmp_path / "bags").mkdir()
    bags.write_bag(tmp_path / "bags" / "one", bags.flight_rows(6))
    first = import_recordings([tmp_path / "bags"], tmp_path / "data", SMALL)
    bags.write_bag(tmp_path / "bags" / "two", bags.flight_rows(6, "/blue"))
    from liquid_nav.learning import import_dataset

    opened, real = [], import_dataset.open_recordings
    monkeypatch.setattr(
        import_dataset,
        "open_recordings",
        lambda path, *rest: opened.append(path.name) or real(path, *rest),
    )
    second = import_recordings([tmp_path / "bags"], tmp_path / "data", SMALL)
    assert opened == ["two"]
    assert second[0] == first[0]
    assert len(data_set_shards(tmp_path / "data")) == 2


def test_a_source_with_other_options_takes_the_place_of_the_old(tmp_path):
    """Also where the first options come back, and beside another source that stays."""
    bags.write_bag(tmp_path / "one", bags.flight_rows(12))
    bags.write_bag(tmp_path / "two", bags.flight_rows(9))
    sources, data = [tmp_path / "one", tmp_path / "two"], tmp_path / "data"
    import_recordings(sources, data, SMALL)
    other = replace(SMALL, height=12, width=16)
    for options in (other, SMALL):
        import_recordings(sources, data, options)
        found = [Shard(folder) for folder in data_set_shards(data)]
        assert sorted(len(shard.frames) for shard in found) == [9, 12]
        assert {shard.frames.shape[1:3] for shard in found} == {(options.height, options.width)}
    import_recordings(sources[:1], data, other)
    assert sorted(Shard(folder).frames.shape[:3] for folder in data_set_shards(data)) == [
        (9, 24, 32),
        (12, 12, 16),
    ]


def test_a_source_is_recognised_from_another_working_directory(tmp_path, monkeypatch):
    (tmp_path / "bags").mkdir()
    bags.write_bag(tmp_path / "bags" / "one", bags.flight_rows(12))
    monkeypatch.chdir(tmp_path)
    import_recordings([Path("bags/one")], tmp_path / "data", SMALL)
    monkeypatch.chdir(tmp_path / "bags")
    import_recordings([Path("one")], tmp_path / "data", replace(SMALL, height=12, width=16))
    (folder,) = data_set_shards(tmp_path / "data")
    assert Shard(folder).frames.shape[1:3] == (12, 16)


def test_flights_from_stills_stay_where_recordings_lie_in_a_folder_of_that_name(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stills").mkdir()
    cv2.imwrite("stills/chair.png", np.full((300, 500, 3), 90, np.uint8))
    config = StillConfig(frames=(5, 6), per_still=1, height=24, width=32)
    build_still_data_set([Path("stills/chair.png")], {}, tmp_path / "data", config)
    bags.write_bag(tmp_path / "stills" / "bag", bags.flight_rows(12))
    import_recordings([Path("stills")], tmp_path / "data", SMALL)
    assert len(data_set_shards(tmp_path / "data")) == 2


def test_a_recording_that_breaks_off_leaves_nothing_half_done(tmp_path):
    bags.write_bag(tmp_path / "bag", bags.flight_rows(30))
    (recording,) = open_recordings(tmp_path / "bag")

    def breaks_off():
        for index, image in recording.open():
            if index == 12:
                raise UnreadableRecordingError("the file ends early")
            yield index, image

    with pytest.raises(UnreadableRecordingError):
        ingest(replace(recording, open=breaks_off), tmp_path / "data" / "bag", SMALL)
    assert not list((tmp_path / "data").iterdir())


def test_what_was_accepted_is_not_called_refused(tmp_path):
    """And when it is no longer accepted, its shard goes."""
    rows = [row for row in bags.flight_rows(12) if row[0] != COMMAND]
    rows = [
        (
            topic,
            time,
            bags.odometry(5 * NANO + k // 2 * NANO // 20, (1.0, 0.0, 0.0, 0.0))
            if "odom" in topic
            else content,
        )
        for k, (topic, time, content) in enumerate(rows)
    ]
    bags.write_bag(tmp_path / "bag", rows)
    data = tmp_path / "data"
    for accept, learned in (((), 0), (("constant_labels",), 12), ((), 0)):
        (row,) = import_recordings([tmp_path / "bag"], data, replace(SMALL, accept=accept))
        page = (data / "report.html").read_text()
        assert (row["learned"], row["findings"]) == (learned, "constant_labels")
        assert ("<td>accepted</td>" in page, "<td>refused</td>" in page) == (
            bool(learned),
            not learned,
        )
        assert len(list(data.glob("*/frames.npy"))) == (learned > 0)


@pytest.mark.parametrize("ahead", [0.3, 5.0, 500.0])
def test_frames_from_the_future_are_left_out_alone(ahead):
    stamps = np.arange(40, dtype=np.int64) * NANO // 30
    stamps[5::10] += int(ahead * NANO)
    keep, findings = screen_stamps(stamps)
    assert np.flatnonzero(~keep).tolist() == [5, 15, 25, 35]
    assert [(f.kind, f.count, f.action) for f in findings if f.kind != "gap"] == [
        ("stamp_early", 4, "left out")
    ]
    assert all(f.action == "kept with its real time" for f in findings if f.kind == "gap")


def test_screening_by_hand():
    stamps = np.array([0, 1, 2, 2, 3, 1, 4, 40, 41], np.int64) * NANO // 20
    keep, findings = screen_stamps(stamps)
    assert keep.tolist() == [True, True, True, False, True, False, True, True, True]
    assert {f.kind: f.count for f in findings} == {"repeated_stamp": 1, "stamp_order": 1, "gap": 1}
    keep, findings = screen_labels(np.zeros((5, 4)), (1, 1, 1, 1))
    assert (keep.all(), [f.kind for f in findings]) == (True, ["constant_labels"])
    watch = ColourWatch()
    watch.see(np.full((20, 20, 3), 200, np.uint8))  # snow: no verdict
    assert watch.findings() == []
