"""The runtime of a policy's encoder in flight: torch, or onnxruntime if faster and installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

from torch import Tensor

from liquid_nav.errors import UserError
from liquid_nav.vision import AnyEncoder, BackboneEncoder

RUNTIMES = ("auto", "torch", "onnxruntime")
EncodeFunction = Callable[[Tensor], Tensor]
"""uint8 [1,H,W,3] RGB -> float32 [1,F]."""


def choose_runtime(encoder: AnyEncoder, wanted: str) -> str:
    """Return ``torch`` or ``onnxruntime``.

    Args:
        encoder: Of the policy.
        wanted: One of ``RUNTIMES``; auto: onnxruntime for a backbone where it is installed, which
            takes a third of the time; the plain encoder takes the same in either.

    Raises:
        UserError: The runtime is unknown, not installed, or does not support this kind of encoder.
    """
    if wanted not in RUNTIMES:
        raise UserError(f"unknown runtime '{wanted}'", f"choose one of: {', '.join(RUNTIMES)}")
    supported = isinstance(encoder, BackboneEncoder)
    installed = all(importlib.util.find_spec(name) is not None for name in ("onnx", "onnxruntime"))
    if wanted == "onnxruntime" and not supported:
        raise UserError(
            "onnxruntime computes encoders of the kind 'backbone' alone", "use the runtime torch"
        )
    if wanted == "onnxruntime" and not installed:
        raise UserError(
            "onnx and onnxruntime are not installed", "pip install 'liquid_nav[deploy]'"
        )
    if wanted != "auto":
        return wanted
    if supported and installed:
        return "onnxruntime"
    return "torch"


def encode_function(encoder: AnyEncoder, runtime: str) -> EncodeFunction:
    """Return a function that computes ``encoder``, with its present weights, in ``runtime``.

    ``runtime``: as ``choose_runtime`` returned it for this encoder.
    """
    if runtime == "torch":
        # Not the module itself: a policy that keeps it would have its weights twice.
        return encoder.__call__
    from liquid_nav.vision import OnnxEncoder

    assert isinstance(encoder, BackboneEncoder)  # choose_runtime raises for others
    return OnnxEncoder(encoder)
