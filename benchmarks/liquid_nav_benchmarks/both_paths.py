"""One training step with the fast LTC kernel beside the same step with the readable torch path."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Callable, Sequence

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from liquid_nav.errors import UserError
from liquid_nav.learning import ImitationModule, Recipe, WindowDataset
from liquid_nav.liquid import fast_ltc_available
from liquid_nav.policy import Policy

KERNELS = {"fast": "numba", "reference": "torch"}
"""Path -> the LTC's kernel that takes it."""
PRECISE = "reference in float64"
"""The reference path with its core in float64: shows how far rounding alone moves the others."""
Clock = Callable[[], float]


@dataclass
class Learner:
    """One of the trainings."""

    name: str
    """Which path computes the core: a key of ``KERNELS``, or ``PRECISE``."""
    module: ImitationModule
    """The policy and its loss; hooks that time the core are attached to it."""
    clock: Clock = time.perf_counter
    """Returns the current time, s; only differences count."""
    losses: list[float] = field(default_factory=list)
    """Total loss of each step so far, without a unit."""
    seconds: list[float] = field(default_factory=list)
    """Wall time of each step as a whole, s."""
    core_seconds: list[float] = field(default_factory=list)
    """Of this the time inside the core, forward and backward, s."""

    def __post_init__(self) -> None:
        self.optimizer, self.schedule = self.module.optimizer_and_schedule()
        core = self.module.policy.core
        self._spent = 0.0
        self._begun = 0.0
        core.register_forward_pre_hook(lambda *_: self._enter())
        core.register_forward_hook(lambda *_: self._leave())
        core.register_full_backward_pre_hook(lambda *_: self._enter())
        core.register_full_backward_hook(lambda *_: self._leave())

    def _enter(self) -> None:
        self._begun = self.clock()

    def _leave(self) -> None:
        self._spent += self.clock() - self._begun

    def gradients(self, batch: dict[str, Tensor], seed: int) -> float:
        """Leave the gradients of the loss of a batch in the parameters and return the loss;
        ``seed``: augmentation.
        """
        torch.manual_seed(seed)
        self.optimizer.zero_grad()
        loss = self.module.losses(batch)["loss"]
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
        return float(loss.detach())

    def step(self, batch: dict[str, Tensor], seed: int) -> None:
        """One optimizer step, as ``liquid-nav train`` makes it."""
        self._spent = 0.0
        begin = self.clock()
        self.losses.append(self.gradients(batch, seed))
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.module.policy.core.clamp_()
        self.seconds.append(self.clock() - begin)
        self.core_seconds.append(self._spent)


def make_learner(
    recipe: Recipe, name: str, steps: int, mixed: bool = False, clock: Clock = time.perf_counter
) -> Learner:
    """Return a training that begins with the recipe's seed: all of them with the same weights.

    Raises UserError if the recipe's core has no fast path, or numba is missing.
    """
    if recipe.policy.core.get("kind") != "ltc":
        raise UserError(
            f"the recipe's core is '{recipe.policy.core.get('kind')}'", "only the LTC has two paths"
        )
    if not fast_ltc_available():
        raise UserError(
            "numba is not installed", "run make setup, or pip install 'liquid_nav[fast]'"
        )
    torch.manual_seed(recipe.seed)
    core = {**recipe.policy.core, "kernel": KERNELS.get(name, "torch")}
    policy = Policy(replace(recipe.policy, core=core)).train()
    policy.core.validate = False
    if name == PRECISE:
        policy.core.double()
        policy.core.register_forward_pre_hook(
            lambda _, inputs: tuple(value.double() for value in inputs)
        )
        policy.core.register_forward_hook(
            lambda _, inputs, outputs: tuple(value.float() for value in outputs)
        )
    module = ImitationModule(
        policy,
        learning_rate=recipe.rounds[0].learning_rate,
        weight_decay=recipe.weight_decay,
        steps=steps,
        auxiliary=recipe.auxiliary,
        photometric=recipe.photometric,
        mixed=mixed,
    )
    return Learner(name, module, clock)


def train(learners: Sequence[Learner], data: WindowDataset, seed: int) -> None:
    """Let all learners follow the batches, in turns and with changing order; compiling and warming
    up is not timed.
    """
    for number, batch in enumerate(
        track(data, "training", console=Console(stderr=True), total=len(data))
    ):
        if not number:
            for learner in learners:
                learner.gradients(batch, seed)
        in_turn = learners[::-1]
        if number % 2:
            in_turn = learners
        for learner in in_turn:
            learner.step(batch, seed + number)
