"""How wide a camera sees, and what is reported where a model was trained with another lens."""

import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from liquid_nav.camera import CameraView, camera_view, trained_view, view_difference

WHOLE = {"x_offset": 0, "y_offset": 0, "width": 0, "height": 0}


def info(across, width=1280, height=720, model="plumb_bob", d=(), roi=WHOLE, **changes):
    """The model of a camera with square pixels that sees so many degrees without distortion."""
    focal = 0.5 * width / math.tan(math.radians(0.5 * across))
    k = [focal, 0.0, 0.5 * (width - 1), 0.0, focal, 0.5 * (height - 1), 0.0, 0.0, 1.0]
    fields = {"width": width, "height": height, "k": k, "d": list(d), "distortion_model": model}
    return SimpleNamespace(**{**fields, "roi": SimpleNamespace(**roi), **changes})


TRAINED = trained_view({"fov_deg": 80.0, "pitch_deg": 10.0}, 160, 90)


def test_the_view_of_a_camera_and_of_a_model_are_the_same_angles():
    view = camera_view(info(80.0))
    assert (view.across, view.down) == (pytest.approx(80.0), pytest.approx(50.534, abs=1e-3))
    assert (TRAINED.across, TRAINED.down) == (pytest.approx(view.across), pytest.approx(view.down))
    assert str(TRAINED) == "80 x 51 degrees"


def test_only_the_part_that_is_sent_counts():
    part = {"x_offset": 320, "y_offset": 0, "width": 640, "height": 720}
    view = camera_view(info(100.0, roi=part))
    assert view.across == pytest.approx(
        2 * math.degrees(math.atan(0.5 * math.tan(math.radians(50.0))))
    )
    assert view.down == pytest.approx(camera_view(info(100.0)).down)


def test_distortion_widens_the_view():
    coefficients = (-0.2, 0.05, 0.0, 0.0, 0.0)
    camera = info(80.0, d=coefficients)
    half = math.radians(0.5 * camera_view(camera).across)
    assert half > math.radians(42.0)
    # OpenCV's own way back: the ray at that angle falls on the edge.
    ray = np.array([[[math.tan(half), 0.0, 1.0]]])
    matrix = np.array(camera.k).reshape(3, 3)
    (((x, _),),) = cv2.projectPoints(ray, np.zeros(3), np.zeros(3), matrix, np.array(coefficients))[
        0
    ]
    assert x == pytest.approx(1279.5, abs=0.5)


def test_of_a_fisheye_the_angle_grows_with_the_distance():
    camera = info(80.0, model="equidistant", d=(0.1, 0.0, 0.0, 0.0))
    assert camera_view(camera).across == pytest.approx(math.degrees(1280 / camera.k[0]))


@pytest.mark.parametrize("d", [(1.0,), (math.nan,) * 5, (0.0,) * 5])
def test_distortion_that_means_nothing_is_left_out(d):
    assert camera_view(info(80.0, d=d)).across == pytest.approx(80.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"k": [0.0] * 9},
        {"k": [math.nan] * 9},
        {"k": [-1.0] * 9},
        {"width": 0},
        {"height": 0},
        {"k": []},
    ],
)
def test_a_camera_that_is_not_calibrated_has_no_view(changes):
    assert camera_view(info(80.0, **changes)) is None


@pytest.mark.parametrize("fov", [None, "80", True, 0.0, 180.0, math.nan])
def test_a_model_that_does_not_state_its_view_has_none(fov):
    assert trained_view({"fov_deg": fov}, 160, 90) is None
    assert trained_view({}, 160, 90) is None


@pytest.mark.parametrize(("across", "down"), [(80.0, 51.0), (75.6, 46.0), (84.9, 55.4)])
def test_views_that_are_close_are_the_same(across, down):
    assert view_difference(CameraView(across, down), TRAINED) == ""


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (
            CameraView(62.0, 37.0),
            "the camera sees 62 x 37 degrees (camera_info), the model was trained at 80 x 51 "
            "degrees: "
            "use a lens like that, or train a model with this camera",
        ),
        (
            CameraView(100.0, 67.7),
            "the camera sees 100 x 68 degrees (camera_info), the model was trained at 80 x 51 "
            "degrees: "
            "crop the images to the middle 70% x 70% (image_proc's crop_decimate), or train a "
            "model "
            "with this camera",
        ),
        # As wide, but 4:3: it is the height that differs.
        (CameraView(80.0, 64.4), "crop the images to the middle 100% x 75%"),
        # Wide enough, not high enough.
        (CameraView(90.0, 30.0), "use a lens like that"),
        (CameraView(200.0, 120.0), "use a lens like that"),
    ],
)
def test_another_lens_is_reported_with_the_remedy(seen, text):
    reported = view_difference(seen, TRAINED)
    assert text in reported and "\n" not in reported
