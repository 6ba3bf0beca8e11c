"""From a recording to a shard of the cache: screened, resized, labelled, with real times."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Callable

import numpy as np

from liquid_nav.camera import ImageError
from liquid_nav.clocks import NANO
from liquid_nav.learning.auxiliary import NAMES
from liquid_nav.learning.cache import ShardWriter
from liquid_nav.learning.screening import (
    LONGEST_GAP,
    REFUSED_FINDINGS,
    ColourWatch,
    Finding,
    screen_labels,
    screen_stamps,
    screen_track,
)
from liquid_nav.recordings import Recording, TopicNames
from liquid_nav.vision import resize_image

STRIP = 6
"""Frames of a flight in the report."""


@dataclass(frozen=True)
class IngestOptions:
    """How recordings become a data set."""

    height: int = 90
    """Height of the stored frames, pixels."""
    width: int = 160
    """Width of the stored frames, pixels."""
    labels: str = "auto"
    """Where the labels come from: "command", "odometry", or "auto" (commands where there are any,
    else odometry).
    """
    limits: tuple[float, float, float, float] = (6.0, 6.0, 4.0, 3.0)
    """Largest magnitude of a label that is learned from: vx, vy, vz in m/s and yaw rate in rad/s,
    level body frame.
    """
    shortest: int = 16
    """Least number of consecutive frames that make a flight."""
    swap_colours: bool = False
    """Whether red and blue are exchanged."""
    accept: tuple[str, ...] = ()
    """Kinds of findings that would refuse a recording and are learned from all the same."""
    frame_rate: float = 30.0
    """Rate of frames that have no stamps, Hz."""
    topics: TopicNames = field(default_factory=TopicNames)
    """Topics to look for in a bag."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Ingested:
    """What became of a recording."""

    row: dict[str, Any]
    """Flat row for tables: names, counts of frames and flights, seconds, verdict and topics."""
    findings: list[Finding]
    """Defects, with what was done about each."""
    strip: np.ndarray | None
    """At most ``STRIP`` stored frames side by side, uint8 [H,W,3] RGB; None without any."""
    times: np.ndarray
    """float64 [N] s: time of each recorded frame since the first one."""
    labels: np.ndarray
    """float64 [N,4]: label of each recorded frame, vx, vy, vz in m/s and yaw rate in rad/s, level
    body frame; NaN where none is known.
    """


def ingest(
    recording: Recording, folder: Path, options: IngestOptions, on_frame: Callable[[], object] = int
) -> Ingested:
    """Write ``recording`` into the shard ``folder``; a refused one leaves no shard."""
    kind, track = recording.label_track(options.labels)
    labels = track.at(recording.stamps)
    ordered, findings = screen_stamps(recording.stamps)
    usable, more = screen_labels(labels, options.limits)
    stream = _Stream(recording, folder, options, labels.astype(np.float32))
    try:
        stream.run(ordered & usable, on_frame)
    except BaseException:
        stream.writer.drop()
        raise
    findings += more + screen_track(kind, track, recording) + stream.findings()
    findings = [_accepted(f, options.accept) for f in findings]
    refused = [
        f.kind for f in findings if f.kind in REFUSED_FINDINGS and f.kind not in options.accept
    ]
    written = stream.writer.count
    learned, flights = written, stream.flights
    if refused:
        learned, flights = 0, 0
    if refused or not written:
        verdict = "refused"
        stream.writer.drop()
    else:
        verdict = "clean"
        if findings:
            verdict = "with findings"
        stream.writer.finish(
            # In full: the data set may be added to from another working directory.
            source=str(recording.source.resolve()),
            labels=kind,
            findings=[f.to_dict() for f in findings],
        )
    times = (recording.stamps - recording.stamps[:1]) / NANO
    row = {
        "flight": recording.name,
        "source": str(recording.source),
        "labels": kind,
        "frames": len(recording.stamps),
        "learned": learned,
        "flights": flights,
        "seconds": round(float(np.abs(times).max(initial=0.0)), 3),
        "verdict": verdict,
        "unreadable": stream.why,
        **{f"topic_{name}": topic for name, topic in recording.topics.items()},
    }
    return Ingested(row, findings, stream.strip(), times, labels)


def _accepted(finding: Finding, kinds: tuple[str, ...]) -> Finding:
    """Return a finding, marked where its kind is among the accepted ``kinds``."""
    if finding.kind not in kinds:
        return finding
    return replace(finding, action="accepted")


class _Stream:
    """Passes once over the frames and writes the good ones of flights that are long enough."""

    def __init__(
        self, recording: Recording, folder: Path, options: IngestOptions, labels: np.ndarray
    ) -> None:
        self.recording = recording
        self.options = options
        self.labels = labels
        self.writer = ShardWriter(folder)
        self.flights = 0
        self._pending: list[np.ndarray] = []
        self._members: list[int] = []
        self._colours = ColourWatch()
        self._pictures: list[np.ndarray] = []
        self._unreadable = 0
        self._frozen = 0
        self._short = 0
        self._sizes: set[tuple[int, ...]] = set()
        self.why = ""

    def run(self, keep: np.ndarray, on_frame: Callable[[], object]) -> None:
        stamps = self.recording.stamps
        before = None
        every = max(1, len(stamps) // STRIP)
        for index, image in self.recording.open():
            on_frame()
            if isinstance(image, ImageError):
                self._unreadable += 1
                self.why = self.why or str(image)
                continue
            self._sizes.add(image.shape[:2])
            if self.options.swap_colours:
                image = image[..., ::-1]
            small = resize_image(
                np.ascontiguousarray(image), self.options.height, self.options.width
            )
            if index % every == every // 2 and len(self._pictures) < STRIP:
                self._pictures.append(small)
            if index % 5 == 0:
                self._colours.see(small)
            if before is not None and np.array_equal(small, before):
                self._frozen += 1
                continue
            before = small
            if not keep[index]:
                continue
            if (
                self._members
                and not 0 < stamps[index] - stamps[self._members[-1]] <= LONGEST_GAP * NANO
            ):
                self._close()
            self._members.append(index)
            self._pending.append(small)
            if len(self._members) >= self.options.shortest:
                self.writer.frames(np.stack(self._pending))
                self._pending = []
        self._close()

    def _close(self) -> None:
        members = self._members
        self._members = []
        if len(members) < self.options.shortest:
            self._short += len(members)
            self._pending = []
            return
        stamps = self.recording.stamps[members]
        elapsed = np.diff(stamps, prepend=stamps[0]) / NANO
        elapsed[0] = np.median(elapsed[1:])
        unknown = np.full((len(members), len(NAMES)), np.nan, np.float32)
        origin = (self.recording.name, self.flights)
        self.writer.flight(
            self.labels[members], elapsed.astype(np.float32), unknown, origin, "recorded"
        )
        self.flights += 1

    def findings(self) -> list[Finding]:
        found = []
        if self._unreadable:
            found.append(
                Finding(
                    "unreadable",
                    self._unreadable,
                    f"{self._unreadable} images cannot be decoded, the first: {self.why}",
                    "left out",
                )
            )
        if self._frozen:
            found.append(
                Finding(
                    "repeated_frame",
                    self._frozen,
                    f"{self._frozen} frames have the very pixels of the one before",
                    "left out",
                )
            )
        if self._short:
            found.append(
                Finding(
                    "short",
                    self._short,
                    f"{self._short} frames lie in pieces of fewer than {self.options.shortest}",
                    "left out",
                )
            )
        if len(self._sizes) > 1:
            found.append(
                Finding(
                    "image_size",
                    len(self._sizes),
                    f"images have {len(self._sizes)} different sizes: "
                    + ", ".join(f"{w} x {h}" for h, w in sorted(self._sizes)),
                    "resized to one",
                )
            )
        return found + self._colours.findings()

    def strip(self) -> np.ndarray | None:
        """Return a few frames side by side, uint8 [H,W,3] RGB."""
        if not self._pictures:
            return None
        return np.concatenate(self._pictures, axis=1)
