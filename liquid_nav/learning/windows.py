"""Training sequences: windows of flights, frames left out at random to vary the frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from liquid_nav.learning.auxiliary import mirror
from liquid_nav.learning.cache import CacheError, Shard
from liquid_nav.learning.front_features import is_mirrored
from liquid_nav.simulation import OUTCOME_REASONS

LONGEST = 15.0
"""s; longer flights are drawn no more often than one of this length."""
StoredLooks = tuple[list[np.ndarray], bool]
"""What a network answered to the frames of a shard, [N,D] for each look, and whether half of the
flights are mirrored in a look (see ``is_mirrored``).
"""
MIRROR_LABELS = np.array((1.0, -1.0, 1.0, -1.0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """Shape and randomness of the batches."""

    batch: int = 24
    """Number of sequences in a batch."""
    steps: int = 32
    """Number of frames in a sequence; those that a short flight lacks are padded with weight 0."""
    drop: float = 0.05
    """Probability that a frame is left out, 0 to below 1."""
    strides: tuple[float, ...] = (0.65, 0.25, 0.1)
    """Weights of taking every frame, every second, every third and so on; their sum may be any
    positive number.
    """
    slowest: float = 0.2
    """Largest time between two frames that a stride may lead to, s."""
    recent: float = 1.0
    """How much likelier a flight of the newest shard is drawn than one of the oldest, as a factor.
    """
    failed: float = 1.0
    """How much likelier a flight that ended in a failure is drawn than one of the same length that
    succeeded, as a factor.
    """
    mirror: bool = True
    """Whether half of the windows are mirrored, left to right; of stored looks, which half is
    fixed.
    """

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that no batch can be drawn with."""
        if self.batch < 1 or self.steps < 1:
            raise ValueError(
                f"windows: batch {self.batch} and steps {self.steps} must be at least 1"
            )
        if not 0.0 <= self.drop < 1.0:
            raise ValueError(f"windows: drop is {self.drop}, a probability from 0 to below 1")
        if min(self.strides, default=-1.0) < 0.0 or not sum(self.strides) > 0.0:
            raise ValueError(
                f"windows: strides are {list(self.strides)}, weights from 0 on, one above"
            )
        if self.slowest <= 0.0 or min(self.recent, self.failed) < 0.0:
            raise ValueError("windows: slowest must be above 0, recent and failed not below")


class WindowDataset(IterableDataset[dict[str, torch.Tensor]]):
    """Stream of batches: images uint8 [B,T,H,W,3], labels [B,T,4], elapsed [B,T], auxiliary
    [B,T,A], weight [B,T].

    With ``looks``, what a network answered to the frames comes instead of these: maps [B,T,D], of a
    look that is drawn for each window.
    """

    def __init__(
        self,
        shards: list[Path],
        config: WindowConfig,
        batches: int,
        seed: int,
        *,
        skip: int = 0,
        without: Collection[tuple[int, int]] = (),
        looks: Sequence[StoredLooks] = (),
    ) -> None:
        """``batches`` of ``config.batch`` windows from finished shards, drawn with ``seed``.

        ``skip``: how many of these batches were consumed before an interruption, and do not come
        again; ``without``: flights (shard, flight in it) that are never drawn; ``looks``: of each
        shard, see the class. Processes that learn together draw different windows. Raises
        CacheError for a shard that is damaged, or where no flight can be drawn.
        """
        self.shards = [Shard(folder) for folder in shards]
        self.looks = list(looks)
        self.config = config
        self.batches = batches
        self.seed = seed
        self.skip = skip
        weights = np.linspace(1.0, config.recent, len(self.shards))
        self.where = np.concatenate(
            [
                np.stack((np.full(len(s.lengths), i), np.arange(len(s.lengths))), axis=1)
                for i, s in enumerate(self.shards)
            ]
        )
        # By seconds, not by frames, or fast cameras would count for more; long hovering counts as
        # one flight.
        seconds = [np.minimum(np.add.reduceat(s.elapsed, s.begins), LONGEST) for s in self.shards]
        likelier = [
            np.array(
                [config.failed if f[-1] in OUTCOME_REASONS[1:] else 1.0 for f in s.meta["flown"]]
            )
            for s in self.shards
        ]
        self.weights = np.concatenate(
            [w * s * f for w, s, f in zip(weights, seconds, likelier, strict=True)]
        )
        if without:
            self.weights[[tuple(place) in without for place in self.where.tolist()]] = 0.0
        if not self.weights.sum() > 0.0:
            raise CacheError(
                f"none of the {len(self.where)} flights can be drawn",
                "give a failed or recent above 0 in the recipe's windows, or more flights",
            )
        self.weights /= self.weights.sum()

    def __len__(self) -> int:
        """Number of batches, consumed ones included: Lightning counts those too when it goes on."""
        return self.batches

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        """Yield the batches, the same for the same seed and rank; of several readers each makes its
        own in turn.
        """
        rng = _generator(self.seed)
        reader = get_worker_info()
        for batch in range(self.batches):
            picks = rng.choice(len(self.where), size=self.config.batch, p=self.weights)
            drawn = []
            for shard_index, flight in self.where[picks]:
                drawn.append((shard_index, flight, *self._draw(shard_index, flight, rng)))
            if batch < self.skip:
                continue
            if reader is not None and (batch - self.skip) % reader.num_workers != reader.id:
                continue
            windows = [self._window(*window) for window in drawn]
            yield {k: torch.from_numpy(np.stack([w[k] for w in windows])) for k in windows[0]}

    def _draw(
        self, shard_index: int, flight: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, bool, int]:
        """Return which frames of a flight a window keeps, at most ``steps``, whether it is
        mirrored, and its look.
        """
        shard = self.shards[shard_index]
        c = self.config
        begin = int(shard.begins[flight])
        length = int(shard.lengths[flight])
        stride = 1 + int(rng.choice(len(c.strides), p=np.array(c.strides) / sum(c.strides)))
        stride = max(
            1,
            min(
                stride,
                int(c.slowest / max(float(shard.elapsed[begin : begin + length].max()), 1e-3)),
            ),
        )
        offset = int(rng.integers(0, max(1, length - c.steps * stride // 2)))
        kept = np.arange(offset, length, stride)
        if len(kept) > 2:
            kept = kept[(rng.random(len(kept)) >= c.drop) | (np.arange(len(kept)) == 0)]
        if not self.looks:
            return kept[: c.steps], bool(c.mirror and rng.random() < 0.5), 0
        looks, mirror_half = self.looks[shard_index]
        look = int(rng.integers(len(looks)))
        return kept[: c.steps], mirror_half and is_mirrored(flight, look), look

    def _window(
        self, shard_index: int, flight: int, kept: np.ndarray, mirrored: bool, look: int
    ) -> dict[str, np.ndarray]:
        shard = self.shards[shard_index]
        c = self.config
        begin = int(shard.begins[flight])
        length = int(shard.lengths[flight])
        valid = len(kept)
        kept = np.concatenate((kept, np.full(c.steps - valid, kept[-1])))
        # In double precision: float32 resolves the times of an hour's flight to 0.2 ms only.
        times = np.cumsum(shard.elapsed[begin : begin + length], dtype=np.float64)
        elapsed = np.diff(times[kept], prepend=times[kept[0]]).astype(np.float32)
        elapsed[0] = shard.elapsed[begin]
        if valid > 1:
            elapsed[0] = elapsed[1]
        labels = shard.labels[begin + kept]
        auxiliary = shard.auxiliary[begin + kept]
        weight = (np.arange(c.steps) < valid).astype(np.float32)
        if mirrored:
            labels = labels * MIRROR_LABELS
            auxiliary = mirror(auxiliary)
        known = {
            "labels": labels,
            "elapsed": np.maximum(elapsed, 1e-3),
            "auxiliary": auxiliary,
            "weight": weight,
        }
        return self._seen(shard_index, begin + kept, look, mirrored) | known

    def _seen(
        self, shard_index: int, rows: np.ndarray, look: int, mirrored: bool
    ) -> dict[str, np.ndarray]:
        """Return the frames of a window, or what the front answered to them in one of the looks,
        mirrored there.
        """
        if not self.looks:
            frames = self.shards[shard_index].frames[rows]
            if mirrored:
                frames = frames[:, :, ::-1]
            return {"images": np.ascontiguousarray(frames)}
        looks, _ = self.looks[shard_index]
        return {"maps": looks[look][rows]}


def _generator(seed: int) -> np.random.Generator:
    """Return the source of what is drawn; of processes that learn together each has its own."""
    rank = 0
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        rank = torch.distributed.get_rank()
    if not rank:
        return np.random.default_rng(seed)
    return np.random.default_rng([seed, rank])
