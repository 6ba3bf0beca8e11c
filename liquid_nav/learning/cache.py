"""A dataset on disk: frames in memory-mapped shards, everything else in small arrays beside them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Iterable

import numpy as np

from liquid_nav.errors import UserError
from liquid_nav.learning.rollout import LabelledFlight

FRAMES, TABLE, META = "frames.npy", "table.npz", "meta.json"


class CacheError(UserError):
    """A dataset folder that is missing or damaged."""


class ShardWriter:
    """Fills a shard flight by flight; the folder appears under its name only when ``finish`` was reached.

    So an interrupted run leaves nothing half done.
    """

    def __init__(self, folder: Path, capacity: int) -> None:
        """``capacity``: most frames that may come; what is not used takes no room on disk."""
        self.folder, self.capacity, self.count = folder, capacity, 0
        self._scratch = folder.with_name(folder.name + ".part")
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        self._frames: np.ndarray | None = None
        self._rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._flown: list[list] = []

    def frames(self, images: np.ndarray) -> None:
        """Append uint8 [N,H,W,3]."""
        if self._frames is None:
            shape = (self.capacity, *images.shape[1:])
            self._frames = np.lib.format.open_memmap(self._scratch / FRAMES, mode="w+", dtype=np.uint8, shape=shape)
        self._frames[self.count : self.count + len(images)] = images
        self.count += len(images)

    def flight(
        self, labels: np.ndarray, elapsed: np.ndarray, auxiliary: np.ndarray, origin: tuple[str, int], outcome: str
    ) -> None:
        """Say what belongs to the frames since the last flight: one row each."""
        self._rows.append((labels, elapsed, auxiliary))
        self._flown.append([*origin, outcome])

    def finish(self, **extra: object) -> dict:
        """Write the tables and give the folder its name; returns the meta data, ``extra`` included."""
        if self._frames is None:
            self.drop()
            raise CacheError(f"no flights for {self.folder}")
        self._frames.flush()
        labels, elapsed, auxiliary = (np.concatenate(column) for column in zip(*self._rows, strict=True))
        lengths = np.array([len(row[0]) for row in self._rows])
        np.savez(self._scratch / TABLE, labels=labels, elapsed=elapsed, auxiliary=auxiliary, lengths=lengths)
        outcomes = [flown[-1] for flown in self._flown]
        meta = {"frames": self.count, "flights": len(lengths),
                "outcomes": {o: outcomes.count(o) for o in sorted(set(outcomes))}, "flown": self._flown, **extra}
        (self._scratch / META).write_text(json.dumps(meta))
        shutil.rmtree(self.folder, ignore_errors=True)
        self._scratch.rename(self.folder)
        return meta

    def drop(self) -> None:
        """Leave nothing behind."""
        self._frames = None
        shutil.rmtree(self._scratch, ignore_errors=True)


def write_shard(folder: Path, flights: Iterable[LabelledFlight], capacity: int) -> dict:
    """Write flights into ``folder`` as they come (a generator is fine); returns the meta data.

    ``capacity``: most frames that may come. The folder appears under its name only when it is complete.
    """
    writer = ShardWriter(folder, capacity)
    for flight in flights:
        if writer.count + len(flight.labels) > capacity:
            break
        writer.frames(flight.frames)
        origin = (flight.task.scenario, flight.task.seed)
        writer.flight(flight.labels, flight.elapsed, flight.auxiliary, origin, flight.outcome)
    return writer.finish()


class Shard:
    """One finished shard, frames memory-mapped: frames uint8 [N,H,W,3], labels [N,4], elapsed [N], auxiliary [N,A]."""

    def __init__(self, folder: Path) -> None:
        """Open; raises CacheError for a folder that is not a shard."""
        try:
            self.meta = json.loads((folder / META).read_text())
            self.frames = np.load(folder / FRAMES, mmap_mode="r")
            with np.load(folder / TABLE) as table:
                self.labels, self.elapsed, self.auxiliary, self.lengths = (
                    table[k] for k in ("labels", "elapsed", "auxiliary", "lengths")
                )
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise CacheError(f"{folder} is not a data set: {error}", "delete it and collect again") from error
        self.begins = np.concatenate(((0,), np.cumsum(self.lengths)[:-1]))
