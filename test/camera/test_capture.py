"""Capture logic: stamps, the newest frame, and a stream that ends and returns; with a generated
video file too.
"""

import cv2
import numpy as np
import pytest

from liquid_nav.camera.capture import (
    BAD_FRAMES,
    NANO,
    CapturedFrame,
    CaptureThread,
    FrameGrabber,
    Newest,
    SourceError,
    driver_age,
)
from liquid_nav.camera.video_source import VideoSource, kind_of, remedy
from liquid_nav.errors import UserError

PICTURE = np.zeros((4, 6, 3), np.uint8)


class Tape:
    """A source that plays a number of frames, and counts how often it was closed."""

    def __init__(self, frames, age=0, good=True):
        self.left, self._age, self.good, self.closed = frames, age, good, 0

    def grab(self):
        self.left -= 1
        return self.left >= 0

    def age(self):
        return self._age

    def retrieve(self):
        return self.good, PICTURE if self.good else None

    def release(self):
        self.closed += 1


class Spotty(Tape):
    """A tape of frames that can be decoded (+) or not (-)."""

    def __init__(self, frames):
        super().__init__(len(frames))
        self.frames = frames

    def retrieve(self):
        good = self.frames[len(self.frames) - self.left - 1] == "+"
        return good, PICTURE if good else None


class Faulty(Tape):
    """A tape on which some methods raise, every time."""

    def __init__(self, frames, **faults):
        super().__init__(frames)
        self.faults = faults

    def __getattribute__(self, name):
        fault = object.__getattribute__(self, "__dict__").get("faults", {}).get(name)
        if fault is None:
            return object.__getattribute__(self, name)

        def raises():
            raise fault

        return raises


class Rig:
    """A grabber with a clock that stands still and sources from a list; an exception in it is a
    failed opening.
    """

    def __init__(self, *sources, **options):
        self.sources, self.now, self.waits = list(sources), 100 * NANO, []
        self.grabber = FrameGrabber(self.open, lambda: self.now, self.waits.append, **options)

    def open(self):
        source = self.sources.pop(0)
        if isinstance(source, Exception):
            raise source
        return source


def test_the_stamp_is_when_the_picture_was_taken():
    rig = Rig(Tape(1, age=30_000_000), latency=0.05)
    assert rig.grabber.step().stamp == 100 * NANO - 80_000_000


def test_stamps_rise_even_when_the_clock_stands_still():
    rig = Rig(Tape(3))
    stamps = [rig.grabber.step().stamp for _ in range(3)]
    assert stamps[0] < stamps[1] < stamps[2]


@pytest.mark.parametrize("back", [5 * NANO, NANO // 20])
def test_stamps_follow_a_clock_that_was_set_back(back):
    rig = Rig(Tape(4, age=30_000_000))
    stamps = []
    for step in (0, 33_000_000, 33_000_000 - back, 33_000_000):
        rig.now += step
        stamps.append(rig.grabber.step().stamp - 100 * NANO)
    assert stamps == [-30_000_000, 3_000_000, 36_000_000 - back, 69_000_000 - back]


def test_a_clock_that_was_set_back_while_frames_were_bad_is_noticed_too():
    rig = Rig(Spotty("+-+"))
    rig.grabber.step()
    rig.now -= 5 * NANO
    rig.grabber.step()
    rig.now += 33_000_000
    assert rig.grabber.step().stamp == 95 * NANO + 33_000_000


def test_ages_that_are_reported_coarsely_turn_no_stamp_back():
    tape = Tape(2, age=10_000_000)
    rig = Rig(tape)
    first = rig.grabber.step().stamp
    rig.now += 5_000_000
    tape._age = 20_000_000
    assert rig.grabber.step().stamp == first + 1


def test_a_stream_that_ends_comes_back():
    first, second = Tape(2), Tape(2)
    rig = Rig(first, SourceError("cannot open x"), SourceError("cannot open x"), second)
    seen, problems = [], []
    for _ in range(7):
        seen.append(rig.grabber.step() is not None)
        problems.append(rig.grabber.problem)
    assert seen == [True, True, False, False, False, True, True]
    assert problems == ["", "", "the stream has ended", "cannot open x", "cannot open x", "", ""]
    assert first.closed == 1 and second.closed == 0
    assert rig.waits == [0.5, 1.0, 2.0]


def test_pauses_stop_growing():
    rig = Rig(*[SourceError("gone")] * 6)
    for _ in range(6):
        rig.grabber.step()
    assert rig.waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_single_frames_that_cannot_be_decoded_are_dropped_and_counted():
    tape = Spotty("+-+" + "-" * (BAD_FRAMES - 1) + "+-")
    rig = Rig(tape)
    seen = [rig.grabber.step() is not None for _ in tape.frames]
    assert seen == [frame == "+" for frame in tape.frames]
    assert (rig.grabber.undecodable, rig.grabber.frames, rig.grabber.openings) == (
        BAD_FRAMES + 1,
        3,
        1,
    )
    assert (rig.grabber.problem, rig.waits, tape.closed) == ("", [], 0)


def test_several_frames_in_a_row_that_cannot_be_decoded_close_the_source():
    broken, mended = Spotty("+" + "-" * BAD_FRAMES), Spotty("-" * (BAD_FRAMES - 1) + "+")
    rig = Rig(broken, mended)
    for _ in range(1 + BAD_FRAMES):
        rig.grabber.step()
    assert rig.grabber.problem == "the stream delivers frames that cannot be decoded"
    assert (broken.closed, rig.waits) == (1, [0.5])
    # The new source has as many tries.
    seen = [rig.grabber.step() is not None for _ in range(BAD_FRAMES)]
    assert seen == [False] * (BAD_FRAMES - 1) + [True]
    assert (rig.grabber.problem, mended.closed) == ("", 0)


FAULTS = [
    (
        "grab",
        cv2.error("(-215) no frame\n in function 'grab'"),
        "error: (-215) no frame in function 'grab'",
    ),
    (
        "age",
        ValueError("cannot convert float NaN to integer"),
        "ValueError: cannot convert float NaN to integer",
    ),
    ("retrieve", MemoryError(), "MemoryError"),
    ("retrieve", IndexError("axis 3"), "IndexError: axis 3"),
]


@pytest.mark.parametrize(("method", "fault", "text"), FAULTS)
def test_whatever_a_source_raises_it_is_closed_and_opened_again(method, fault, text):
    broken, good = Faulty(3, **{method: fault}), Tape(1)
    rig = Rig(broken, good)
    assert rig.grabber.step() is None
    assert rig.grabber.problem == f"the source failed: {text}"
    assert broken.closed == 1 and rig.waits == [0.5]
    assert rig.grabber.step() is not None
    assert rig.grabber.problem == "" and rig.grabber.openings == 2


def test_an_opening_that_raises_anything_is_tried_again():
    rig = Rig(RuntimeError("driver"), UserError("no variable", "export it"), Tape(1))
    assert (
        rig.grabber.step() is None
        and rig.grabber.problem == "the source failed: RuntimeError: driver"
    )
    assert rig.grabber.step() is None and rig.grabber.problem == "no variable. export it"
    assert rig.grabber.step() is not None and rig.grabber.openings == 1


def test_a_source_that_cannot_be_closed_is_left_and_named():
    broken = Faulty(0, release=OSError("stuck"))
    rig = Rig(broken, Tape(1))
    assert rig.grabber.step() is None
    assert rig.grabber.problem == "the stream has ended; closing it failed too: OSError: stuck"
    assert rig.grabber.step() is not None and rig.grabber.openings == 2


def test_closing_raises_nothing():
    rig = Rig(Faulty(1, release=OSError("stuck")))
    rig.grabber.step()
    rig.grabber.close()


def test_a_problem_names_no_password():
    rig = Rig(
        Faulty(1, grab=cv2.error("cannot read rtsp://me:s3cret@h/x")),
        SourceError("no http://h?pwd=s3cret"),
    )
    for expected in ("the source failed: error: cannot read rtsp://***@h/x", "no http://h?pwd=***"):
        rig.grabber.step()
        assert rig.grabber.problem == expected


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_grey_and_colour_with_and_without_alpha_are_pictures(shape):
    tape = Tape(1)
    tape.retrieve = lambda: (True, np.zeros(shape, np.uint8))
    assert Rig(tape).grabber.step().image.shape == shape


@pytest.mark.parametrize(
    ("shape", "kind"), [((4, 6, 3), np.float32), ((4, 6, 2), np.uint8), ((6,), np.uint8)]
)
def test_frames_that_are_no_pictures_close_the_source(shape, kind):
    tape = Tape(BAD_FRAMES)
    tape.retrieve = lambda: (True, np.ones(shape, kind))
    rig = Rig(tape)
    assert all(rig.grabber.step() is None for _ in range(BAD_FRAMES)) and tape.closed == 1
    assert f"no pictures: {np.dtype(kind)} {shape}" in rig.grabber.problem


def test_the_thread_outlives_every_fault_and_delivers_the_next_frame():
    faults = [Faulty(1, **{method: fault}) for method, fault, _ in FAULTS]
    sources = [*faults, Faulty(0, release=OSError("stuck")), Tape(1)]
    thread = CaptureThread(
        lambda wait: FrameGrabber(lambda: sources.pop(0), lambda: NANO, lambda seconds: wait(0.0))
    )
    try:
        assert thread.newest.take(30.0) is not None
    finally:
        thread.close()


def test_only_the_newest_frame_waits():
    newest = Newest()
    for stamp in range(5):
        newest.put(CapturedFrame(stamp, PICTURE))
    assert newest.take(0.0).stamp == 4 and newest.dropped == 4
    assert newest.take(0.0) is None


@pytest.mark.parametrize(
    ("position", "age"),
    [(999_970.0, 30_000_000), (1_000_000.0, 0), (1_000_500.0, 0), (0.0, 0), (12.5, 0)],
)
def test_a_drivers_stamp_counts_only_on_the_monotonic_clock(position, age):
    assert driver_age(position, 1000 * NANO) == age


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("0", "device"),
        ("/dev/video2", "device"),
        ("rtsp://x/y", "stream"),
        ("v4l2src ! appsink", "pipeline"),
        ("flight.mp4", "file"),
        ("file:///tmp/x.avi", "file"),
    ],
)
def test_kinds(source, kind):
    assert kind_of(source) == kind


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Ten frames, each of one grey, 48 x 32."""
    path = tmp_path_factory.mktemp("video") / "grey.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 50.0, (48, 32))
    for k in range(10):
        writer.write(np.full((32, 48, 3), 20 * k, np.uint8))
    writer.release()
    return path


def test_a_file_ends_and_plays_again(video):
    opened = []

    def source():
        opened.append(VideoSource(str(video), wait=lambda seconds: None))
        return opened[-1]

    grabber = FrameGrabber(source, lambda: NANO, wait=lambda seconds: None)
    frames = [grabber.step() for _ in range(22)]
    greys = [round(float(frame.image.mean()) / 20) if frame else None for frame in frames]
    assert greys == [*range(10), None, *range(10), None]
    assert len(opened) == 2


def test_unplugged_and_plugged_in_again(video, tmp_path):
    """The file is the camera: without it opening fails with a remedy, with it frames come."""
    place = tmp_path / "camera.avi"
    grabber = FrameGrabber(
        lambda: VideoSource(str(place), wait=lambda s: None),
        lambda: NANO,
        wait=lambda seconds: None,
    )
    assert (
        grabber.step() is None
        and "cannot open" in grabber.problem
        and "is there such a file" in grabber.problem
    )
    place.write_bytes(video.read_bytes())
    assert grabber.step().image.shape == (32, 48, 3) and grabber.problem == ""


def test_a_source_is_opened_with_its_variables_and_named_without_them(video, monkeypatch):
    monkeypatch.setenv("FOLDER", str(video.parent))
    assert VideoSource("${FOLDER}/grey.avi").grab()
    with pytest.raises(SourceError, match=r"cannot open \${FOLDER}/none.avi: is there such a file"):
        VideoSource("${FOLDER}/none.avi")
    with pytest.raises(UserError, match="NOT_SET, which is not set"):
        VideoSource("${NOT_SET}/none.avi")


def test_the_address_behind_a_variable_defines_its_kind(monkeypatch):
    monkeypatch.setenv("CAMERA", "rtsp://me:s3cret@127.0.0.1:9/x")
    with pytest.raises(SourceError) as caught:
        VideoSource("${CAMERA}")
    assert str(caught.value) == f"cannot open ${{CAMERA}}: {remedy('stream')}"


def test_a_stream_that_cannot_be_opened_is_named_without_its_password():
    with pytest.raises(SourceError) as caught:
        VideoSource("rtsp://me:s3cret@127.0.0.1:9/x")
    assert str(caught.value) == f"cannot open rtsp://***@127.0.0.1:9/x: {remedy('stream')}"
