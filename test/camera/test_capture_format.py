"""What is asked of a camera device: MJPG is tried, and what was granted instead is reported."""

import cv2
import numpy as np
import pytest

from liquid_nav.camera.capture_format import (
    CaptureFormat,
    Granted,
    negotiate,
    parse_pixel_format,
    shortfall,
)
from liquid_nav.camera.video_source import VideoSource
from liquid_nav.errors import UserError

USB2 = {
    "YUYV": {(640, 480): 30.0, (1280, 720): 10.0},
    "MJPG": {(640, 480): 30.0, (1280, 720): 30.0},
}
NO_MJPG = {"YUYV": {(640, 480): 10.0}}
RATES = {"YUYV": {(640, 480): 15.0}, "MJPG": {(640, 480): 25.0}}


class Webcam:
    """Stands in for cv2.VideoCapture on a V4L2 driver, which takes what is nearest and never
    refuses.
    """

    def __init__(self, modes, reports_rate=True):
        self.modes, self.reports_rate = modes, reports_rate
        self.format = next(iter(modes))
        self.size = next(iter(modes[self.format]))
        self.wished_width = 0.0
        self.wished_rate = 1000.0

    def set(self, name, value):
        if name == cv2.CAP_PROP_FOURCC:
            letters = int(value).to_bytes(4, "little").decode()
            self.format = letters if letters in self.modes else self.format
        elif name == cv2.CAP_PROP_FRAME_WIDTH:
            self.wished_width = value
        elif name == cv2.CAP_PROP_FRAME_HEIGHT:
            wished = (self.wished_width, value)
            self.size = (
                wished if wished in self.modes[self.format] else next(iter(self.modes[self.format]))
            )
        elif name == cv2.CAP_PROP_FPS:
            self.wished_rate = value
        return True

    def get(self, name):
        if name == cv2.CAP_PROP_FPS:
            return (
                min(self.wished_rate, self.modes[self.format][self.size])
                if self.reports_rate
                else -1.0
            )
        code = float(int.from_bytes(self.format.encode(), "little"))
        known = {cv2.CAP_PROP_FRAME_WIDTH: self.size[0], cv2.CAP_PROP_FRAME_HEIGHT: self.size[1]}
        return {**known, cv2.CAP_PROP_FOURCC: code}[name]


HD = CaptureFormat(1280, 720, 30.0)


@pytest.mark.parametrize(
    ("modes", "wish", "granted"),
    [
        (USB2, CaptureFormat(), Granted(640, 480, 30.0, "YUYV")),
        (USB2, CaptureFormat(640, 480, 30.0), Granted(640, 480, 30.0, "YUYV")),
        (USB2, HD, Granted(1280, 720, 30.0, "MJPG")),
        (USB2, CaptureFormat(1280, 720, 30.0, "YUYV"), Granted(1280, 720, 10.0, "YUYV")),
        (USB2, CaptureFormat(1280, 720, 10.0), Granted(1280, 720, 10.0, "YUYV")),
        (USB2, CaptureFormat(pixel_format="MJPG"), Granted(640, 480, 30.0, "MJPG")),
        (NO_MJPG, HD, Granted(640, 480, 10.0, "YUYV")),
        # More than before, though not what was asked.
        (RATES, CaptureFormat(rate=60.0), Granted(640, 480, 25.0, "MJPG")),
        # No gain: the camera's own format stays.
        (USB2, CaptureFormat(1920, 1080, 30.0), Granted(640, 480, 30.0, "YUYV")),
    ],
)
def test_mjpg_is_tried_where_only_that_grants_more(modes, wish, granted):
    assert negotiate(Webcam(modes), wish) == granted


def test_a_rate_that_the_driver_does_not_report_is_not_judged():
    granted = negotiate(Webcam(USB2, reports_rate=False), HD)
    assert granted == Granted(1280, 720, 0.0, "YUYV")
    assert (shortfall(HD, granted), str(granted)) == ("", "1280 x 720 in YUYV")


@pytest.mark.parametrize(
    ("wish", "granted", "text"),
    [
        (
            HD,
            Granted(640, 480, 10.0, "YUYV"),
            "asked for 1280 x 720 at 30 Hz, the camera grants 640 x 480 at 10 Hz in YUYV: ask for "
            "what `v4l2-ctl ",
        ),
        (
            CaptureFormat(rate=30.0),
            Granted(640, 480, 28.0, ""),
            "asked for 30 Hz, the camera grants 640 x 480 at 28 Hz: ask",
        ),
        (
            CaptureFormat(width=800),
            Granted(640, 480, 30.0, ""),
            "asked for 800 x any, the camera grants 640 x 480 at",
        ),
        (
            CaptureFormat(pixel_format="MJPG"),
            Granted(640, 480, 30.0, "YUYV"),
            "asked for MJPG, the camera grants",
        ),
    ],
)
def test_less_than_was_requested_is_reported_with_the_remedy(wish, granted, text):
    reported = shortfall(wish, granted)
    assert reported.startswith(text) and "\n" not in reported
    assert "capture_width, capture_height, capture_rate, pixel_format" in reported


@pytest.mark.parametrize(("asked", "granted"), [(30.0, 29.97), (30.0, 60.0), (0.0, 5.0)])
def test_as_fast_as_asked_or_faster_is_granted(asked, granted):
    assert shortfall(CaptureFormat(rate=asked), Granted(640, 480, granted, "")) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ""),
        ("  ", ""),
        ("MJPG", "MJPG"),
        ("mjpg", "MJPG"),
        ("mjpeg", "MJPG"),
        ("MJPEG", "MJPG"),
        ("mjpeg2rgb", "MJPG"),
        ("yuyv", "YUYV"),
        ("YUY2", "YUYV"),
        ("yuyv2rgb", "YUYV"),
        ("yuv422_yuy2", "YUYV"),
        ("uyvy", "UYVY"),
        ("mono8", "GREY"),
        ("NV12", "NV12"),
        ("pRAA", "pRAA"),
    ],
)
def test_pixel_formats_in_the_spellings_of_other_tools(text, code):
    assert parse_pixel_format(text) == code


@pytest.mark.parametrize("text", ["rgb", "motion jpeg", "M\u00d6PG", "0x47504A4D"])
def test_what_is_no_pixel_format_is_refused_with_the_accepted_forms(text):
    with pytest.raises(
        UserError, match="pixel_format is '.*'. give four characters .* e.g. MJPG, YUYV"
    ):
        parse_pixel_format(text)


class Opened(Webcam):
    """The same, as OpenCV opens it."""

    def __init__(self):
        super().__init__(NO_MJPG)

    def open(self, *where):
        return True

    def isOpened(self):
        return True


def test_an_opened_device_reports_what_it_grants(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Opened)
    source = VideoSource("/dev/video0", HD)
    assert source.granted == "640 x 480 at 10 Hz in YUYV"
    assert source.shortfall.startswith(
        "asked for 1280 x 720 at 30 Hz, the camera grants 640 x 480 at 10 Hz"
    )


def test_what_only_a_device_is_asked_for_is_not_dropped_silently(tmp_path):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (64, 48))
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    assert VideoSource(str(path)).shortfall == ""
    assert VideoSource(str(path), HD).shortfall == (
        "asked for 1280 x 720 at 30 Hz, but only a device is asked, and this is a file: choose the "
        "format in the "
        "camera's own settings or in the pipeline's caps"
    )
