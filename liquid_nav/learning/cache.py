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


def write_shard(folder: Path, flights: Iterable[LabelledFlight], capacity: int) -> dict:
    """Write flights into ``folder`` as they come (a generator is fine); returns the meta data.

    ``capacity``: most frames that may come. The folder appears under its name only when it is complete, so that an
    interrupted run leaves nothing half done.
    """
    scratch = folder.with_name(folder.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    frames, rows, lengths, outcomes, seeds, count = None, [], [], [], [], 0
    for flight in flights:
        n = len(flight.labels)
        if frames is None:
            shape = (capacity, *flight.frames.shape[1:])
            frames = np.lib.format.open_memmap(scratch / FRAMES, mode="w+", dtype=np.uint8, shape=shape)
        if count + n > capacity:
            break
        frames[count : count + n] = flight.frames
        rows.append((flight.labels, flight.elapsed, flight.auxiliary))
        lengths.append(n)
        outcomes.append(flight.outcome)
        seeds.append((flight.task.scenario, flight.task.seed))
        count += n
    if frames is None:
        raise CacheError(f"no flights for {folder}")
    frames.flush()
    labels, elapsed, auxiliary = (np.concatenate(column) for column in zip(*rows, strict=True))
    np.savez(scratch / TABLE, labels=labels, elapsed=elapsed, auxiliary=auxiliary, lengths=np.array(lengths))
    meta = {"frames": count, "flights": len(lengths), "outcomes": {o: outcomes.count(o) for o in sorted(set(outcomes))},
            "flown": [[*s, o] for s, o in zip(seeds, outcomes, strict=True)]}
    (scratch / META).write_text(json.dumps(meta))
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)
    return meta


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
