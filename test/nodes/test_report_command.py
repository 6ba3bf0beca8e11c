"""``liquid-nav report`` on what other commands and other people leave: a record, a bag of a real
drone, neither.
"""

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from liquid_nav.cli.app import app
from liquid_nav.cli.bag_report import read_record
from liquid_nav.evaluation.video import read_video
from liquid_nav.recordings import open_recordings
from liquid_nav.recordings.flight_log import FlightLog
from liquid_nav.simulation import DroneState, FlightOutcome
from liquid_nav.types import Command
from liquid_nav.worlds import generate_layout, load_scenario

_SPEC = importlib.util.spec_from_file_location(
    "bags", Path(__file__).parents[1] / "learning" / "bags.py"
)
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
PICTURES = {"top_view.png", "report.html"}
UNIX = 1_790_000_000 * bags.NANO


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        app(["report", *map(str, arguments)], prog_name="liquid-nav")
    captured = capsys.readouterr()
    return left.value.code or 0, captured.out, captured.err


def interrupted(folder, scenario="field"):
    """Leave the record of a flight that Ctrl-C has ended after two seconds."""
    layout = generate_layout(load_scenario("field"), 3)
    log, still, level = FlightLog(layout), np.zeros(3), np.array((1.0, 0.0, 0.0, 0.0))
    for k in range(20):
        log.command(k * 10**8, Command(vx=1.0))
        log.state(
            k * 10**8, DroneState(k / 10, np.array((k / 20, 0.0, 1.5)), level, still, still, still)
        )
    record = log.record(
        FlightOutcome("interrupted", "ended", 2.0), 3, "summer", "default", 10.0, 0.0
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").write_text(json.dumps(record.to_dict() | {"scenario": scenario}))
    return folder


def real_drone(folder, boot=0, tracks=("odom", "cmd_vel")):
    """Leave the bag of a drone that flies north at 2 m/s, its nose to the north; ``boot``: of its
    clock, ns.
    """
    rows = []
    for k in range(40):
        stamp = UNIX + k * bags.NANO // 20
        rows.append(
            ("/camera/image_raw/compressed", stamp, bags.compressed_image(stamp, bags.picture(k)))
        )
        odometry = bags.odometry(
            stamp - boot, (2.0, 0.0, 0.0, 0.0), (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
        )
        odometry.pose.pose.position.y = 0.1 * k
        command = bags.message(
            "geometry_msgs/msg/TwistStamped",
            header=bags.header(stamp),
            twist=bags.twist((2, 0, 0, 0)),
        )
        rows += [
            (f"/{name}", stamp, {"odom": odometry, "cmd_vel": command}[name]) for name in tracks
        ]
    return bags.write_bag(folder, rows)


def test_an_interrupted_flight_gets_its_pictures(capsys, tmp_path):
    folder = interrupted(tmp_path / "flight")
    code, out, err = run(capsys, folder)
    assert code == 0, err
    assert "interrupted after 2.0 s, ended" in out and str(folder / "report.html") in out.replace(
        "\n", ""
    )
    assert {path.name for path in folder.iterdir()} == PICTURES | {"record.json"}
    assert ">interrupted<" in (folder / "report.html").read_text()


def test_every_drone_of_a_fleet_gets_its_own(capsys, tmp_path):
    for name in ("d1", "d2"):
        interrupted(tmp_path / "flight" / name)
    code, _, err = run(capsys, tmp_path / "flight", "--out", tmp_path / "out")
    assert code == 0, err
    assert {path.name for path in (tmp_path / "out" / "d2").iterdir()} == PICTURES
    assert {path.name for path in (tmp_path / "flight" / "d1").iterdir()} == {"record.json"}


def test_a_bag_of_a_real_drone_gets_video_and_pictures(capsys, tmp_path):
    bag = real_drone(tmp_path / "today")
    code, out, err = run(capsys, bag)
    assert code == 0, err
    assert "without a judge" in out
    assert {path.name for path in bag.iterdir()} >= PICTURES | {"camera.mp4"}
    assert sum(1 for _ in read_video(bag / "camera.mp4")) == 40
    page = (bag / "report.html").read_text()
    assert 'class="verdict unjudged"' in page
    assert "3.9 m" in page and "2.00 m/s, 2.00 m/s" in page and "/cmd_vel" in page
    # Neither a target nor a seed is known.
    assert "target" not in page and "seed" not in page
    assert cv2.imread(str(bag / "top_view.png")) is not None


@pytest.mark.parametrize("boot", [0, UNIX - 312 * bags.NANO])
def test_where_it_flew_is_reported_in_the_world_and_by_the_clock_of_the_images(tmp_path, boot):
    bag = real_drone(tmp_path / "today", boot)
    record = read_record(bag, open_recordings(bag)[0])
    np.testing.assert_allclose(record.columns["time"], np.arange(40) / 20, atol=1e-6)
    np.testing.assert_allclose(record.columns["position"][:, 1], 0.1 * np.arange(40))
    np.testing.assert_allclose(
        record.columns["velocity"], np.tile((0.0, 2.0, 0.0), (40, 1)), atol=1e-9
    )
    np.testing.assert_allclose(record.columns["command"][:, 0], 2.0)
    assert record.frame_rate == pytest.approx(20.0)


def test_a_bag_alone_in_its_folder_needs_no_metadata(capsys, tmp_path):
    bag = real_drone(tmp_path / "today")
    (folder := tmp_path / "rescued").mkdir()
    (bag / "today.mcap").rename(folder / "flight.mcap")
    code, _, err = run(capsys, folder)
    assert code == 0, err
    assert (folder / "report.html").exists()


def test_without_odometry_there_is_the_video_alone(capsys, tmp_path):
    bag = real_drone(tmp_path / "today", tracks=("cmd_vel",))
    code, _, err = run(capsys, bag)
    assert code == 2 and "has no odometry" in err
    assert (bag / "camera.mp4").exists() and not (bag / "report.html").exists()


@pytest.mark.parametrize("kind", ["nothing", "empty", "record", "scenario"])
def test_what_is_no_flight_is_one_line(capsys, tmp_path, kind):
    flight = tmp_path / "flight"
    if kind != "nothing":
        flight.mkdir()
    if kind == "record":
        (flight / "record.json").write_text("{}")
    if kind == "scenario":
        interrupted(flight, "my_own")
    code, out, err = run(capsys, flight)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1, err
