"""The hardware that a round is trained on, and how its batches are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from liquid_nav.evaluation import available_cores
from liquid_nav.learning.windows import WindowDataset

READERS = 4
"""Processes that read batches for a GPU, at most; with one of them a step took 70 ms on an H200."""


@dataclass(frozen=True, slots=True)
class TrainingHardware:
    """Devices in Lightning's terms; each gets a batch of the recipe in every step."""

    accelerator: str = "auto"
    """Kind of device: "auto", "cpu", "gpu" or another one that Lightning supports."""
    devices: int | str = 1
    """Number of devices of each machine, or "auto" for all."""
    nodes: int = 1
    """Number of machines."""
    strategy: str = "auto"
    """How several devices learn together, e.g. "auto" or "ddp"."""

    def device(self) -> torch.device:
        """Return where one process computes what it needs before a round: a CUDA device if there is
        one to be used.
        """
        cuda = self.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
        return torch.device("cuda" if cuda else "cpu")

    def readers(self) -> int:
        """Return how many processes read batches beside the one that learns: a single GPU would
        wait for them.
        """
        alone = self.devices in (1, "1") and self.nodes == 1
        if self.device().type == "cpu" or not alone:
            return 0
        return max(1, min(READERS, available_cores() - 1))


def bfloat16_is_fast(device: torch.device) -> bool:
    """Whether ``device`` computes in bfloat16 itself: emulating it is ten times slower."""
    if device.type == "cuda":
        return True
    # torch before 2.9 does not report them.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def loader(data: WindowDataset, readers: int) -> DataLoader[dict[str, Tensor]]:
    """Return what reads the batches in order, in ``readers`` other processes; 0: in this one."""
    if not readers:
        return DataLoader(data, batch_size=None)
    # Forked: maps of many gigabytes are shared, not copied.
    return DataLoader(
        data,
        batch_size=None,
        num_workers=readers,
        prefetch_factor=4,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="fork",
    )
