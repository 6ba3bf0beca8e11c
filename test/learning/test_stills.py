"""Flights made from stills: the target is where the labels place it, and both end in the middle."""

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from liquid_nav.cli import app as cli
from liquid_nav.learning.cache import Shard
from liquid_nav.learning.stills import HEIGHT, WIDTH, StillConfig, StillError, StillFlight

CONFIG = StillConfig(height=72, width=128, frames=(12, 20))


def still(x, y, width=800, height=500):
    """Return a green picture with a red disc at x, y."""
    picture = np.full((height, width, 3), (90, 130, 60), np.uint8)
    return cv2.circle(picture, (int(x), int(y)), 12, (250, 20, 20), -1)


def seen_at(frame):
    """Offset of the red disc from the centre, in pixels of the reference frame, and its area
    there.
    """
    red = (frame[..., 0] > 180) & (frame[..., 1] < 90)
    y, x = np.nonzero(red)
    scale = WIDTH / frame.shape[1]
    return (
        (x.mean() - (frame.shape[1] - 1) / 2) * scale,
        (y.mean() - (frame.shape[0] - 1) / 2) * scale,
        red.sum(),
    )


@pytest.mark.parametrize("quadrant", range(4))
def test_target_is_where_the_labels_place_it(quadrant):
    flight = StillFlight.draw(CONFIG, quadrant, np.random.default_rng(quadrant))
    labels, areas = flight.labels(), []
    for k, frame in enumerate(flight.frames(still(420, 230), (420, 230))):
        right, down, area = seen_at(frame)
        assert (-labels[k, 3] / 0.01, -labels[k, 2] / 0.01) == pytest.approx((right, down), abs=2.0)
        areas.append(area)
    assert 3.0 < areas[-1] / areas[0] < 5.0  # twice as near
    assert labels[0, 0] == pytest.approx(0.45)
    assert tuple(np.sign(flight.offset[0])) == [(1, 1), (-1, 1), (-1, -1), (1, -1)][quadrant]
    tail = np.flatnonzero((labels == 0.0).all(axis=1))
    assert 0.15 < (len(tail) - 1) / (len(labels) - len(tail) + 1) < 0.4
    assert np.all(np.diff(tail) == 1) and tail[-1] == len(labels) - 1


def test_draws_stay_in_the_published_ranges():
    config, rng = StillConfig(), np.random.default_rng(0)
    flights = [StillFlight.draw(config, k, rng) for k in range(40)]
    start = np.abs([f.offset[0] for f in flights])
    assert start.min(axis=0) == pytest.approx((10, 5), abs=8) and start.max(
        axis=0
    ) == pytest.approx((70, 40), abs=8)
    lengths = [len(f.zoom) for f in flights]
    assert 144 <= min(lengths) and max(lengths) <= 338
    assert all(f.zoom[0] == 1.0 and f.zoom[-1] == 2.0 for f in flights)


def test_a_target_at_the_edge_is_refused():
    flight = StillFlight.draw(CONFIG, 0, np.random.default_rng(0))
    with pytest.raises(StillError, match="too near to the edge"):
        next(flight.frames(still(20, 230), (20, 230)))


def test_command_line(tmp_path):
    cv2.imwrite(str(tmp_path / "chair.png"), still(300, 260)[..., ::-1])
    (tmp_path / "targets.csv").write_text("file,x,y\nchair.png,300,260\n")
    arguments = [
        "import",
        "stills",
        str(tmp_path),
        "--targets",
        str(tmp_path / "targets.csv"),
        "--size",
        "64x36",
    ]
    result = CliRunner().invoke(
        cli.app, [*arguments, "--flights", "2", "--out", str(tmp_path / "data")]
    )
    assert result.exit_code == 0, result.stderr
    shard = Shard(tmp_path / "data" / "stills")
    assert len(shard.lengths) == 2 and shard.meta["outcomes"] == {"still": 2}
    assert shard.frames[0].shape == (36, 64, 3)
    right, down, _ = seen_at(shard.frames[shard.lengths[0] - 1])
    assert (right, down) == pytest.approx((0, 0), abs=2.5)
    assert HEIGHT / WIDTH == 36 / 64
    empty = CliRunner().invoke(
        cli.app, ["import", "stills", str(tmp_path / "data"), "--out", str(tmp_path / "x")]
    )
    assert empty.exit_code == 2 and "no picture" in empty.stderr
