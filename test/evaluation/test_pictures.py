import re

import cv2
import numpy as np
import pytest
from matplotlib.patches import Ellipse, Rectangle

from liquid_nav.errors import UserError
from liquid_nav.evaluation import flight_plots, measures, top_view
from liquid_nav.evaluation.contact_sheet import save_picture
from liquid_nav.evaluation.flight_report import write_report
from liquid_nav.evaluation.overlay import draw_command, panel_size
from liquid_nav.evaluation.video import VideoWriter, read_video
from liquid_nav.types import Command
from liquid_nav.worlds import SuccessRule

RNG = np.random.default_rng(5)
IMAGE = cv2.resize(RNG.integers(0, 255, (9, 16, 3), dtype=np.uint8), (256, 144))


def lit(picture, colour):
    """Return rows and columns of the pixels of a colour."""
    return np.argwhere((np.abs(picture.astype(int) - colour) < 12).all(axis=2))


def test_the_panel_covers_nothing_of_the_image():
    picture = draw_command(IMAGE, Command(1.0, 0.5, 0.2, 0.4), "text")
    assert picture.shape == (*reversed(panel_size((256, 144), 3)), 3)
    assert picture.dtype == np.uint8
    camera = cv2.resize(picture[:432, :768], (256, 144), interpolation=cv2.INTER_AREA)
    assert np.abs(camera.astype(int) - IMAGE).max() < 6


@pytest.mark.parametrize("size", [(255, 143), (160, 96), (64, 48), (31, 17)])
@pytest.mark.parametrize("scale", [1, 3])
def test_every_size_gives_even_sides(size, scale):
    image = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    picture = draw_command(image, Command(9.0, -9.0, 9.0, -9.0), "far out of range", scale)
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0


def test_a_turn_to_the_left_is_drawn_to_the_left():
    black = np.zeros_like(IMAGE)
    left, right = (
        lit(draw_command(black, Command(yaw_rate=rate)), (255, 196, 61)) for rate in (0.8, -0.8)
    )
    bar = [pixels[pixels[:, 1] > 200] for pixels in (left, right)]
    assert bar[0][:, 1].mean() < bar[1][:, 1].mean() - 50


def test_a_command_to_the_left_points_the_arrow_to_the_left():
    black = np.zeros_like(IMAGE)
    left, ahead = (
        lit(draw_command(black, command), (255, 196, 61))
        for command in (Command(vy=2.0), Command(vx=2.0))
    )
    left, ahead = (pixels[pixels[:, 1] < 100].mean(axis=0) for pixels in (left, ahead))
    assert left[1] < ahead[1] - 5
    assert ahead[0] < left[0] - 5


def test_a_video_comes_back_with_its_frames_and_starts_with_its_index(tmp_path):
    path = tmp_path / "camera.mp4"
    with VideoWriter(path, 30, (256, 144)) as video:
        for index in range(12):
            video.add(IMAGE, Command(vx=index / 10), f"{index}")
    frames = list(read_video(path))
    assert len(frames) == 12
    assert frames[0].shape == (528, 768, 3)
    expected = draw_command(IMAGE, Command(), "0")
    assert np.abs(frames[0].astype(int) - expected).mean() < 6
    head = path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")
    assert b"avc1" in head


def test_a_video_broken_off_by_an_error_still_plays(tmp_path):
    path = tmp_path / "camera.mp4"
    with pytest.raises(RuntimeError), VideoWriter(path, 30, (256, 144)) as video:
        video.add(IMAGE, Command())
        raise RuntimeError
    assert len(list(read_video(path))) == 1


def test_a_video_refuses_another_size_and_a_folder_that_is_not_there(tmp_path):
    with (
        VideoWriter(tmp_path / "a.mp4", 30, (256, 144)) as video,
        pytest.raises(ValueError, match="256 x 144"),
    ):
        video.add(IMAGE[:100], Command())
    with pytest.raises(UserError, match="cannot write"):
        VideoWriter(tmp_path / "none" / "a.mp4", 30, (256, 144))


def test_the_top_view_shows_solids_where_they_are(tmp_path, layout, record):
    figure = top_view.make_figure(record, layout)
    patches = figure.axes[0].patches
    ellipses = [patch for patch in patches if type(patch) is Ellipse]
    assert sorted(tuple(patch.get_center()) for patch in ellipses) == [(4.0, 2.0), (4.0, 2.0)]
    boxes = [patch for patch in patches if isinstance(patch, Rectangle)]
    assert len(boxes) == 3
    low, high = figure.axes[0].get_xlim()
    assert low < 0.0 and high > 12.0
    assert "reached the target" in figure.axes[0].get_title(loc="left")
    top_view.draw_top_view(record, layout, tmp_path / "top_view.png")
    assert cv2.imread(str(tmp_path / "top_view.png")).shape[1] == 1040


def test_pictures_of_a_flight_that_ended_at_once(tmp_path, layout, make_record):
    record = make_record("collision")
    for name in record.columns:
        record.columns[name] = record.columns[name][:1]
    top_view.draw_top_view(record, layout, tmp_path / "top_view.png")
    write_report(tmp_path, record, layout)


def test_curves_over_time_have_a_panel_each(record):
    labels = [axes.get_ylabel() for axes in flight_plots.make_figure(record, SuccessRule()).axes]
    assert [label.rpartition(",")[0] for label in labels] == [
        "distance to target",
        "horizontal speed",
        "altitude",
        "command",
        "turn left",
    ]


def test_clearance_is_the_gap_to_the_nearest_thing_at_flight_height(layout, record):
    record.columns["position"][:] = (4.0, 0.0, 1.5)
    assert measures.smallest_clearance(record, layout) == pytest.approx(
        2.0 - 0.2 - measures.BODY_RADIUS
    )
    record.columns["position"][:] = (4.0, 0.0, 9.5)
    assert measures.smallest_clearance(record, layout) is None


def test_the_report_holds_its_pictures_and_names_its_files(tmp_path, layout, record):
    (tmp_path / "camera.mp4").touch()
    text = write_report(tmp_path, record, layout).read_text()
    assert text.count("data:image/png;base64,") == 2
    assert '<video src="camera.mp4"' in text
    assert "flight.mcap" not in text
    assert record.digest() in text
    assert "a &lt;b&gt;detail&lt;/b&gt;" in text
    assert not re.search(r"(src|href)=\"https?:", text)


def test_the_report_without_a_video_does_not_mention_it(tmp_path, layout, record):
    assert "<video" not in write_report(tmp_path, record, layout).read_text()


def test_a_sheet_that_its_format_cannot_hold_leaves_no_file(tmp_path):
    sheet = np.zeros((4, 70_000, 3), np.uint8)
    with pytest.raises(UserError, match="70000 x 4 pixels cannot be stored as .jpg"):
        save_picture(tmp_path / "sheet.jpg", sheet)
    assert not (tmp_path / "sheet.jpg").exists()
    save_picture(tmp_path / "sheet.png", sheet)
    assert (tmp_path / "sheet.png").stat().st_size
