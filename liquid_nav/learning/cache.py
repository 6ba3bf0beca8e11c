"""A dataset on disk: frames in memory-mapped shards, the rest in small arrays beside them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Iterable

import numpy as np
from numpy.lib import format as npy

from liquid_nav.errors import UserError
from liquid_nav.learning.auxiliary import widen
from liquid_nav.learning.rollout import LabelledFlight

FRAMES = "frames.npy"
TABLE = "table.npz"
META = "meta.json"


class CacheError(UserError):
    """A dataset folder that is missing or damaged."""


class ShardWriter:
    """Fills a shard flight by flight; the folder appears under its name only when ``finish`` was
    reached.

    So an interrupted run leaves nothing half done. Frames are appended, as many as come.
    """

    def __init__(self, folder: Path) -> None:
        """``folder``: of the shard; what is unfinished of an earlier attempt is dropped."""
        self.folder = folder
        self.count = 0
        self._scratch = folder.with_name(folder.name + ".part")
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        self._file: BinaryIO | None = None
        self._shape: tuple[int, ...] = ()
        self._rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._flown: list[list[str | int]] = []

    def frames(self, images: np.ndarray) -> None:
        """Append uint8 [N,H,W,3]; raises ValueError for another type or size than before."""
        if self._file is None:
            self._shape = images.shape[1:]
            self._file = (self._scratch / FRAMES).open("wb")
            _write_header(self._file, (0, *self._shape))
        if images.dtype != np.uint8 or images.shape[1:] != self._shape:
            raise ValueError(
                f"frames are {images.dtype} {images.shape[1:]}, not uint8 {self._shape}"
            )
        self._file.write(np.ascontiguousarray(images).data)
        self.count += len(images)

    def flight(
        self,
        labels: np.ndarray,
        elapsed: np.ndarray,
        auxiliary: np.ndarray,
        origin: tuple[str, int],
        outcome: str,
    ) -> None:
        """Add labels, times and auxiliary targets of the frames since the last flight."""
        self._rows.append((labels, elapsed, auxiliary))
        self._flown.append([*origin, outcome])

    def finish(self, **extra: object) -> dict[str, Any]:
        """Write the tables and give the folder its name; returns the meta data with ``extra``."""
        if self._file is None:
            self.drop()
            raise CacheError(f"no flights for {self.folder}")
        self._file.seek(0)
        _write_header(self._file, (self.count, *self._shape))
        self._file.close()
        labels, elapsed, auxiliary = (
            np.concatenate(column) for column in zip(*self._rows, strict=True)
        )
        lengths = np.array([len(row[0]) for row in self._rows])
        np.savez(
            self._scratch / TABLE,
            labels=labels,
            elapsed=elapsed,
            auxiliary=auxiliary,
            lengths=lengths,
        )
        outcomes = [flown[-1] for flown in self._flown]
        meta = {
            "frames": self.count,
            "flights": len(lengths),
            "outcomes": {o: outcomes.count(o) for o in sorted(set(outcomes))},
            "flown": self._flown,
            **extra,
        }
        (self._scratch / META).write_text(json.dumps(meta))
        shutil.rmtree(self.folder, ignore_errors=True)
        self._scratch.rename(self.folder)
        return meta

    def drop(self) -> None:
        """Remove all that was written so far."""
        if self._file is not None:
            self._file.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the head of a .npy file of uint8. NumPy leaves space for the first number of the shape
    to grow, so that the head can be written again when the count is known.
    """
    head = {"descr": "|u1", "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, head)


def write_shard(folder: Path, flights: Iterable[LabelledFlight]) -> dict[str, Any]:
    """Write ``flights`` into ``folder`` one after the other; returns its meta data.

    The folder appears under its name only when it is complete.
    """
    writer = ShardWriter(folder)
    for flight in flights:
        writer.frames(flight.frames)
        origin = (flight.task.scenario.name, flight.task.seed)
        writer.flight(flight.labels, flight.elapsed, flight.auxiliary, origin, flight.outcome)
    return writer.finish()


class Shard:
    """One finished shard, frames memory-mapped: frames uint8 [N,H,W,3], labels [N,4], elapsed [N],
    auxiliary [N,A].
    """

    def __init__(self, folder: Path) -> None:
        """Open; raises CacheError for a folder that is not a shard."""
        try:
            self.meta = json.loads((folder / META).read_text())
            self.frames = np.load(folder / FRAMES, mmap_mode="r")
            with np.load(folder / TABLE) as table:
                self.labels, self.elapsed, self.auxiliary, self.lengths = (
                    table[k] for k in ("labels", "elapsed", "auxiliary", "lengths")
                )
            if len(self.meta["flown"]) != len(self.lengths):
                raise ValueError(f"{META} and {TABLE} have different numbers of flights")
        except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise CacheError(
                f"{folder} is not a data set: {error}", "delete it and collect again"
            ) from error
        self.auxiliary = widen(self.auxiliary)
        self.begins = np.concatenate(((0,), np.cumsum(self.lengths)[:-1]))
