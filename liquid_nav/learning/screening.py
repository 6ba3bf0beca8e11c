"""What is wrong with a recorded flight: found before anything is learned from it, and counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from liquid_nav.clocks import NANO
from liquid_nav.recordings import Recording, TimeSeries
from liquid_nav.types import COMMAND_FIELDS

LONGEST_GAP = 1.0
"""s; a longer gap, or a clock that jumps back by more, ends a flight: the next frame begins another
one.
"""
LONG_JUMP = 60.0
"""s; a step ahead by more is reported as a jump of the clock, a shorter one as a gap."""
REFUSED_FINDINGS = ("swapped_colours", "constant_labels")
"""Findings that refuse a whole recording, unless ``IngestOptions.accept`` names them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect of a recording."""

    kind: str
    """Short name, e.g. "gap"; those in ``REFUSED_FINDINGS`` refuse the recording."""
    count: int
    """How many frames, messages or places have it."""
    text: str
    """One sentence for people."""
    action: str
    """What was done about it, e.g. "left out", "refused" or "accepted"."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def screen_stamps(stamps: np.ndarray) -> tuple[np.ndarray, list[Finding]]:
    """Return which frames come after the one before (bool [N]), and what is wrong with ``stamps``
    [N] ns.
    """
    keep = np.ones(len(stamps), dtype=bool)
    last = None
    repeated = []
    disordered = []
    backwards = []
    jumps = []
    gaps = []
    early = []
    forward = np.diff(stamps)[np.diff(stamps) > 0] / NANO
    usual = float(np.median(forward)) if len(forward) else 0.0
    for k, stamp in enumerate(stamps):
        if _is_early(stamps, k, last):
            early.append(k)
            keep[k] = False
            continue
        step = usual if last is None else (int(stamp) - last) / NANO
        if step == 0.0 and last is not None:
            repeated.append(k)
        elif -LONGEST_GAP <= step < 0.0:
            disordered.append(k)
        else:
            if step < 0.0:
                backwards.append((k, step))
            elif step > LONG_JUMP:
                jumps.append((k, step))
            elif step > max(2.5 * usual, 0.05):
                gaps.append((k, step))
            last = int(stamp)
            continue
        keep[k] = False
    findings = []
    if repeated:
        findings.append(
            Finding(
                "repeated_stamp",
                len(repeated),
                f"{len(repeated)} frames repeat the stamp before, the first is frame {repeated[0]}",
                "left out",
            )
        )
    if disordered:
        findings.append(
            Finding(
                "stamp_order",
                len(disordered),
                f"{len(disordered)} frames are older than the one "
                f"before, the first is frame {disordered[0]}",
                "left out",
            )
        )
    if early:
        findings.append(
            Finding(
                "stamp_early",
                len(early),
                f"{len(early)} frames have a stamp ahead of the frames that "
                f"follow, the first is frame {early[0]}",
                "left out",
            )
        )
    for kind, places, what in (
        ("stamp_jump", backwards, "the clock jumps back"),
        ("stamp_jump", jumps, "the clock jumps ahead"),
        ("gap", gaps, "no frame comes"),
    ):
        if places:
            k, step = max(places, key=lambda place: abs(place[1]))
            far = sum(abs(s) > LONGEST_GAP for _, s in places)
            action = "kept with its real time"
            if far:
                action = f"flight divided {far} times"
            findings.append(
                Finding(
                    kind,
                    len(places),
                    f"{len(places)} times {what}, longest {abs(step):.2f} s before "
                    f"frame {k} (usual: {usual:.3f} s)",
                    action,
                )
            )
    return keep, findings


def _is_early(stamps: np.ndarray, k: int, last: int | None) -> bool:
    """Return whether frame ``k`` came with a stamp from the future: the next two go on after
    ``last`` and before it.

    One alone may be late itself.
    """
    if last is None or k + 2 >= len(stamps):
        return False
    return bool(last < stamps[k + 1] < stamps[k + 2] < stamps[k])


def screen_labels(
    labels: np.ndarray, limits: tuple[float, ...]
) -> tuple[np.ndarray, list[Finding]]:
    """Return which ``labels`` [N,4] can be learned (bool [N]), and what is wrong with others."""
    findings = []
    known = np.isfinite(labels).all(axis=1)
    if not known.all():
        findings.append(
            Finding(
                "unlabelled",
                int((~known).sum()),
                f"{int((~known).sum())} frames have no finite label within 0.5 s",
                "left out",
            )
        )
    with np.errstate(invalid="ignore"):
        beyond = np.abs(labels) > np.array(limits)
    wild = beyond.any(axis=1) & known
    if wild.any():
        worst = [
            f"{name} {labels[known][:, k][np.argmax(np.abs(labels[known][:, k]))]:.2f}"
            for k, name in enumerate(COMMAND_FIELDS)
            if beyond[known][:, k].any()
        ]
        findings.append(
            Finding(
                "command_range",
                int(wild.sum()),
                f"{int(wild.sum())} frames have labels beyond the "
                f"limits {list(limits)}: {', '.join(worst)}",
                "left out",
            )
        )
    keep = known & ~wild
    if keep.sum() > 1 and np.ptp(labels[keep], axis=0).max() < 1e-6:
        findings.append(
            Finding(
                "constant_labels",
                int(keep.sum()),
                "the labels never change: is this the right topic?",
                "refused",
            )
        )
    return keep, findings


def screen_track(kind: str, track: TimeSeries, recording: Recording) -> list[Finding]:
    """Return what is wrong with the messages that the labels, a ``kind``, come from: their clock,
    their bytes.
    """
    findings = []
    topic = recording.topics.get(kind, kind)
    apart = 0.0
    if len(recording.stamps):
        apart = track.apart(recording.stamps)
    if apart > LONGEST_GAP:
        findings.append(
            Finding(
                "clock",
                len(track.stamps),
                f"{topic} and the images lie {apart:.1f} s apart, by their "
                "stamps and by their arrival: were they recorded at the same time, by clocks that "
                "agree?",
                "left out",
            )
        )
    elif track.by_arrival:
        findings.append(
            Finding(
                "clock",
                track.by_arrival,
                f"{track.by_arrival} messages of {topic} are stamped by another clock than the "
                "images, or not at all",
                "filed by the time at which they were recorded",
            )
        )
    if track.damaged:
        findings.append(
            Finding(
                "unreadable_messages",
                track.damaged,
                f"{track.damaged} messages of {topic} cannot be read",
                "left out",
            )
        )
    if kind == "odometry" and recording.passed_over:
        findings.append(
            Finding(
                "passed_over",
                len(recording.passed_over),
                "by their names not commands in the level body frame: "
                + ", ".join(recording.passed_over),
                "not learned; --command chooses one",
            )
        )
    return findings


class ColourWatch:
    """Detects whether red and blue are swapped: what is green outdoors (leaves, grass) has more red
    than blue in it.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._leans: list[float] = []

    def see(self, image: np.ndarray) -> None:
        """Look at one frame, uint8 [H,W,3] supposed to be RGB."""
        red, green, blue = np.moveaxis(image[image.shape[0] // 2 :: 2, ::2].astype(np.int16), -1, 0)
        leaves = (green > red + 8) & (green > blue + 8)
        if leaves.mean() > 0.05:
            self._leans.append(float((red - blue)[leaves].mean()))

    def findings(self) -> list[Finding]:
        """Return the verdict on all frames seen; nothing green, no verdict."""
        if not self._leans or np.median(self._leans) > -6.0:
            return []
        return [
            Finding(
                "swapped_colours",
                len(self._leans),
                "red and blue look swapped: green things have "
                f"{-np.median(self._leans):.0f} of 255 more blue than red",
                "refused",
            )
        ]
