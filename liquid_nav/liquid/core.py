"""The interface of every recurrent core: time is an input, the state one tensor with slices."""

from __future__ import annotations

import math
from typing import Mapping

import torch
from torch import Tensor, nn

from liquid_nav.errors import UserError

INPUTS = ("features", "state", "elapsed")
"""Inputs of a core, in this order."""


class CoreInputError(UserError):
    """Input that a core rejects; one line with the cause and the remedy."""


def is_exporting() -> bool:
    """Whether a graph is being captured, so that Python must not branch on values."""
    # torch.jit imports it for its users, but neither exports nor types it.
    tracing: bool = torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]  # see above
    return tracing or torch.compiler.is_compiling() or torch.onnx.is_in_onnx_export()


class Core(nn.Module):
    """A recurrent network stepped through real time.

    ``forward(features [B,T,I], state [B,S], elapsed [B,T] s) -> (outputs [B,T,O], state [B,S])``.
    The input that arrives at t_k acts over the interval (t_k-1, t_k] of length ``elapsed`` that
    ends with it. The module keeps no state between calls. ``slices`` names the parts of the state.

    Attributes:
        input_size: I, width of the features.
        state_size: S, width of the state.
        output_size: O, width of the outputs.
        neuron_names: S names, one for each element of the state.
        slices: parts of the state by name.
        validate: check the values of every input (NaN, negative time); shapes are always checked.
    """

    composes_in_time = False
    """Whether steps of dt1 and dt2 with input held equal one of dt1 + dt2, to solver accuracy."""

    def __init__(
        self,
        input_size: int,
        state_size: int,
        output_size: int,
        neuron_names: tuple[str, ...] | None = None,
        slices: Mapping[str, slice] | None = None,
    ) -> None:
        """Store the sizes and names; sizes must be positive."""
        super().__init__()
        for name, size in (
            ("input_size", input_size),
            ("state_size", state_size),
            ("output_size", output_size),
        ):
            if int(size) != size or size < (name != "state_size"):
                raise CoreInputError(f"{name} is {size}; give a positive whole number")
        self.input_size = int(input_size)
        self.state_size = int(state_size)
        self.output_size = int(output_size)
        self.neuron_names = tuple(neuron_names or (f"neuron.{i}" for i in range(state_size)))
        self.slices = dict(slices or {"neurons": slice(0, state_size)})
        self.validate = True

    @property
    def wants_processor(self) -> bool:
        """Whether it has a kernel for the CPU alone, far faster than its operations one by one."""
        return False

    def initial_state(self, batch: int = 1) -> Tensor:
        """Return the state before the first frame, zeros [B,S]."""
        parameter = next(self.parameters(), None)
        if parameter is None:
            return torch.zeros(batch, self.state_size)
        return torch.zeros(batch, self.state_size, dtype=parameter.dtype, device=parameter.device)

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        raise NotImplementedError

    def forward_plastic(
        self, features: Tensor, state: Tensor, elapsed: Tensor, plastic: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor, Mapping[str, Tensor]]:
        """Return outputs and new state as ``forward``, and weights that have changed on the way.

        ``plastic``: these weights by name, empty before the first step; most cores have none.
        """
        outputs, state = self(features, state, elapsed)
        return outputs, state, plastic

    def time_constants(self, features: Tensor, state: Tensor) -> Tensor:
        """Return the effective time constants in s, [B,S], for features [B,I] and state [B,S]."""
        raise NotImplementedError(f"{type(self).__name__} has no continuous time constants")

    def clamp_(self) -> None:
        """Bring the parameters back into their physical bounds, after each optimizer step."""

    def check(self, features: Tensor, state: Tensor, elapsed: Tensor) -> None:
        """Raise CoreInputError for shapes that do not fit, negative time, and NaN or infinity."""
        if is_exporting():
            return
        self.check_shapes(features, state, elapsed)
        if self.validate:
            # A sum is finite unless an element is not (or the scale is absurd): one cheap pass each
            for fault, value in enumerate((features, state, elapsed), 1):
                if not math.isfinite(value.detach().sum().item()):
                    self.refuse(fault)
            if elapsed.detach().min().item() < 0.0:
                self.refuse(4)

    def check_shapes(self, features: Tensor, state: Tensor, elapsed: Tensor) -> None:
        """Raise CoreInputError unless features are [B,T,I], state [B,S] and elapsed [B,T].

        None may be empty, and all must be tensors of the weights' dtype: torch would convert some
        dtypes and reject others.
        """
        self._check_dtypes(features, state, elapsed)
        given = tuple(features.shape)
        if len(given) != 3 or given[2] != self.input_size:
            raise CoreInputError(
                f"features have shape {list(given)}; expected [B,T,{self.input_size}]"
            )
        batch, steps, _ = given
        if batch == 0 or steps == 0:
            raise CoreInputError(
                f"empty sequence: features have shape {list(given)}; give at least one step"
            )
        if tuple(state.shape) != (batch, self.state_size):
            raise CoreInputError(
                f"state has shape {list(state.shape)}; expected [{batch},{self.state_size}], "
                "start from initial_state(batch)"
            )
        if tuple(elapsed.shape) != (batch, steps):
            raise CoreInputError(
                f"elapsed has shape {list(elapsed.shape)}; expected [{batch},{steps}] seconds"
            )

    def _check_dtypes(self, *given: Tensor) -> None:
        weight = next(self.parameters(), None)
        for name, value in zip(INPUTS, given):
            if not isinstance(value, Tensor):
                raise CoreInputError(
                    f"{name}: is no tensor but {type(value).__name__}",
                    "convert with torch.tensor()",
                )
            if weight is not None and value.dtype is not weight.dtype:
                raise CoreInputError(
                    f"{name}: numbers are {value.dtype}, the core's are {weight.dtype}",
                    f"convert with .to({weight.dtype})",
                )

    def refuse(self, fault: int) -> None:
        """Raise the error for values that are not finite or for negative time.

        ``fault``: 1 features, 2 state, 3 elapsed, 4 negative time, as ``fast.kernels.fault``.
        """
        if fault == 4:
            raise CoreInputError("elapsed time is negative; order the samples by time stamp")
        name = INPUTS[fault - 1]
        raise CoreInputError(
            f"{name} contain NaN or infinity; drop the sample or hold the last good one"
        )
