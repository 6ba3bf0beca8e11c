"""The training of one round by Lightning: its callbacks, and how it is interrupted."""

from __future__ import annotations

import signal
import warnings
from pathlib import Path

import lightning
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger

from liquid_nav.errors import UserError
from liquid_nav.learning.diverging import StopDiverging
from liquid_nav.learning.hardware import TrainingHardware, loader
from liquid_nav.learning.imitation import ImitationModule
from liquid_nav.learning.stopping import KeepBest
from liquid_nav.learning.windows import WindowDataset


def last_checkpoint(place: Path) -> Path:
    """Return from which file an interrupted round in ``place`` goes on."""
    return place / "checkpoints" / "last.ckpt"


def fit(
    index: int,
    module: ImitationModule,
    data: WindowDataset,
    place: Path,
    best: list[KeepBest],
    hardware: TrainingHardware,
) -> lightning.Trainer:
    """Train round ``index`` in its folder ``place``, going on from the last checkpoint if there is
    one; returns the trainer that did it.

    Raises:
        UserError: Lightning cannot train on this ``hardware``.
        DivergedError: a loss, a gradient or weights are no longer finite.
        KeyboardInterrupt: a person pressed Ctrl-C.
    """
    last = last_checkpoint(place)
    checkpoint = ModelCheckpoint(
        place / "checkpoints", every_n_train_steps=100, save_top_k=1, save_last=True
    )
    try:
        trainer = lightning.Trainer(
            max_steps=data.batches,
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            num_nodes=hardware.nodes,
            strategy=hardware.strategy,
            gradient_clip_val=1.0,
            log_every_n_steps=20,
            logger=TensorBoardLogger(place.parent, name="log", version=f"round-{index}"),
            callbacks=[
                StopDiverging(index, last),
                checkpoint,
                TQDMProgressBar(refresh_rate=20),
                *best,
            ],
            enable_model_summary=False,
        )
    except (MisconfigurationException, ValueError) as error:
        raise UserError(
            f"Lightning cannot train on this hardware: {error}",
            "choose other --accelerator, --devices, --nodes or --strategy",
        ) from error
    ctrl_c = signal.getsignal(signal.SIGINT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(
                module,
                loader(data, hardware.readers()),
                ckpt_path=str(last) if last.exists() else None,
            )
    except SystemExit:
        # Lightning answers Ctrl-C with an exit; the caller should receive KeyboardInterrupt.
        if not trainer.interrupted:
            raise
        signal.signal(signal.SIGINT, ctrl_c)
        raise KeyboardInterrupt from None
    return trainer
