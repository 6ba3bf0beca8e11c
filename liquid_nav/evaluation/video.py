"""Camera video that browsers play: H.264, yuv420p, MP4 with its index at the beginning."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Iterator

import numpy as np
from numpy.typing import NDArray

from liquid_nav.errors import UserError
from liquid_nav.evaluation.overlay import draw_command, panel_size
from liquid_nav.types import Command

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

CODEC = "libx264"


class VideoWriter:
    """Writes camera images with their commands drawn in.

    Use as a context manager, or call ``close``: without it the file has no index and does not play.
    """

    def __init__(
        self, path: Path, fps: float, size: tuple[int, int], scale: int = 3, quality: int = 23
    ) -> None:
        """Open a file.

        Args:
            path: Of the MP4 file; its folder must exist.
            fps: Images per second.
            size: Width and height of the images in pixels.
            scale: Factor by which images grow before the command is drawn in.
            quality: Constant rate factor of x264; lower is better and larger.
        """
        av = _load_av()
        self._size = (int(size[0]), int(size[1]))
        self._scale = int(scale)
        self._count = 0
        self._closed = False
        self._container: OutputContainer = av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart"}
        )
        rate = Fraction(fps).limit_denominator(1001)
        self._time_base = 1 / rate
        self._stream: VideoStream = self._container.add_stream(
            CODEC, rate=rate, options={"crf": str(quality), "preset": "veryfast", "threads": "1"}
        )
        self._stream.width, self._stream.height = panel_size(self._size, self._scale)
        self._stream.pix_fmt = "yuv420p"
        try:
            self._container.start_encoding()
        except OSError as error:
            remedy = "choose a folder that you may write to"
            raise UserError(f"cannot write {path}: {error.strerror}", remedy) from error

    def add(self, image: NDArray[np.uint8], command: Command, text: str = "") -> None:
        """Append one uint8 [H,W,3] RGB image with a command (level body frame) and a line of text.

        Raises:
            ValueError: the image has another size than the video, or the video is closed.
        """
        if self._closed:
            raise ValueError("the video is closed")
        if image.shape[:2] != (self._size[1], self._size[0]):
            shape = f"{image.shape[1]} x {image.shape[0]}"
            raise ValueError(f"image of {shape} in a video of {self._size[0]} x {self._size[1]}")
        av = _load_av()
        frame = av.VideoFrame.from_ndarray(
            draw_command(image, command, text, self._scale), format="rgb24"
        )
        frame.pts = self._count
        frame.time_base = self._time_base
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._count:
            self._container.mux(self._stream.encode())
        self._container.close()

    def __enter__(self) -> VideoWriter:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, also after an error: the images until then can be watched."""
        self.close()


def read_video(path: Path, step: int = 1) -> Iterator[NDArray[np.uint8]]:
    """Yield every ``step``-th image of a video as uint8 [H,W,3] RGB."""
    av = _load_av()
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % step == 0:
                yield frame.to_ndarray(format="rgb24")


def _load_av() -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise UserError(
            "PyAV is not installed, so there is no video", "pip install 'liquid_nav[sim]'"
        ) from error
    if CODEC not in av.codecs_available:
        raise UserError(
            f"this build of PyAV has no {CODEC}", "take the wheel: pip install --force-reinstall av"
        )
    return av
