"""Which arrays a checkpoint of each kind holds, in which order and shape."""

from __future__ import annotations

from collections import Counter
from typing import Sequence

import numpy as np
from numpy.typing import NDArray

from liquid_nav.policy.config import ModelError
from liquid_nav.policy.published.checkpoint import Array
from liquid_nav.vision import PUBLISHED_ENCODER

Entry = tuple[str, tuple[int | str, ...]]
"""What an array is, and its shape: numbers, or names of sizes that the file has (see ``_size``)."""


def _encoder() -> list[Entry]:
    entries = []
    before = 3
    for k, (channels, kernel) in enumerate(
        zip(PUBLISHED_ENCODER.channels, PUBLISHED_ENCODER.kernels, strict=True)
    ):
        entries += [
            (f"convolution {k} kernel", (kernel, kernel, before, channels)),
            (f"convolution {k} bias", (channels,)),
        ]
        before = channels
    height, width = PUBLISHED_ENCODER.grid()
    return [*entries, *_dense("encoder dense", height * width * before, PUBLISHED_ENCODER.features)]


def _dense(name: str, inputs: int | str, outputs: int | str) -> list[Entry]:
    return [(f"{name} kernel", (inputs, outputs)), (f"{name} bias", (outputs,))]


def _ltc(motor: int | str) -> list[Entry]:
    inputs = PUBLISHED_ENCODER.features
    return [
        *((name, ("u",)) for name in ("gleak", "vleak", "cm")),
        *((name, ("u", "u")) for name in ("sigma", "mu", "w", "erev")),
        *((f"sensory_{name}", (inputs, "u")) for name in ("sigma", "mu", "w", "erev")),
        ("input_w", (inputs,)),
        ("input_b", (inputs,)),
        ("output_w", (motor,)),
        ("output_b", (motor,)),
    ]


def _closed_form(inputs: str, layers: int) -> list[Entry]:
    widths = [inputs] + ["b"] * (layers - 1)
    backbone = [e for k, width in enumerate(widths) for e in _dense(f"backbone {k}", width, "b")]
    return [
        *backbone,
        *(e for name in ("ff1", "ff2", "time_a", "time_b") for e in _dense(name, "b", "u")),
    ]


def _wired(layers: int) -> list[Entry]:
    entries = []
    before = "i"
    for k in range(layers):
        units = f"n{k}"
        for name in ("ff1", "ff2", "time_a", "time_b"):
            entries += _dense(f"layer {k} {name}", f"{before}+{units}", units)
        before = units
    return entries


def layout(kind: str, count: int) -> list[Entry]:
    """Return the entries of ``kind``; the number of layers follows from ``count`` arrays."""
    encoder = _encoder()
    head = _dense("head", "u", 4)
    rest = count - len(encoder)
    if kind == "ncp":
        return encoder + _ltc(4)
    if kind == "ltc":
        return encoder + _ltc("u") + head
    if kind == "cfc":
        return encoder + _closed_form("i+u", max(1, (rest - 10) // 2)) + head
    if kind == "mixedcfc":
        memory: list[Entry] = [
            ("input kernel", ("i", "4u")),
            ("recurrent kernel", ("u", "4u")),
            ("memory bias", ("4u",)),
        ]
        return encoder + memory + _closed_form("2u", max(1, (rest - 13) // 2)) + head
    if kind == "wiredcfccell":
        return encoder + _wired(3) + _dense("head", "n2", 4)
    if kind == "lstm":
        return (
            encoder
            + [("kernel", ("i", "4u")), ("recurrent kernel", ("u", "4u")), ("bias", ("4u",))]
            + head
        )
    if kind == "gruode":
        return (
            encoder
            + [e for name in ("reset", "detect", "update") for e in _dense(name, "i+u", "u")]
            + head
        )
    if kind == "ctrnn":
        weights: list[Entry] = [
            ("kernel", ("i", "u")),
            ("recurrent kernel", ("u", "u")),
            ("bias", ("u",)),
            ("scale", ("u",)),
        ]
        return encoder + weights + head
    raise ModelError(f"kind '{kind}' is unknown", f"choose one of: {', '.join(KINDS)}")


KINDS = ("ncp", "ltc", "cfc", "mixedcfc", "wiredcfccell", "lstm", "gruode", "ctrnn")


def fit(
    kind: str, arrays: Sequence[Array], path: object
) -> tuple[dict[str, NDArray[np.float32]], dict[str, int]]:
    """Return the arrays by what they are, and the sizes found.

    Sizes are ``u`` (units), ``b`` (backbone) and ``n0``, ``n1``, ``n2`` (layers).

    Raises:
        ModelError: an array is missing, is left over or has another shape; the message names it.
    """
    entries = layout(kind, len(arrays))
    sizes = _sizes(entries, arrays)
    for (name, shape), array in zip(entries, arrays, strict=False):
        wanted = tuple(_size(size, sizes) for size in shape)
        if wanted != array.values.shape:
            raise ModelError(
                f"'{path}' is no {kind}: {name} ('{array.name}') has shape {array.values.shape}, "
                f"expected {wanted}",
                "give the kind that the file was trained as, and its headless variant",
            )
    if len(arrays) < len(entries):
        name, shape = entries[len(arrays)]
        wanted = tuple(_size(size, sizes) for size in shape)
        raise ModelError(
            f"'{path}' is no {kind}: {name} {wanted} is missing, it holds {len(arrays)} of "
            f"{len(entries)} arrays",
            "give the kind that the file was trained as",
        )
    if len(arrays) > len(entries):
        extra = arrays[len(entries)]
        raise ModelError(
            f"'{path}' is no {kind}: '{extra.name}' {extra.values.shape} is left over",
            "give the kind that the file was trained as",
        )
    return {name: array.values for (name, _), array in zip(entries, arrays, strict=True)}, sizes


def _sizes(entries: Sequence[Entry], arrays: Sequence[Array]) -> dict[str, int]:
    """Return each named size as most arrays have it.

    Arrays and entries are paired from both ends, so that a missing array does not matter.
    """
    votes: dict[str, Counter[int]] = {}
    for pairs in (zip(reversed(entries), reversed(arrays)), zip(entries, arrays)):
        for (_, shape), array in pairs:
            if len(shape) != array.values.ndim:
                continue
            for size, length in zip(shape, array.values.shape):
                if isinstance(size, str) and size.isalnum() and not size[0].isdigit():
                    votes.setdefault(size, Counter())[length] += 1
    found = {size: count.most_common(1)[0][0] for size, count in votes.items()}
    return found | {"i": PUBLISHED_ENCODER.features}


def _size(size: int | str, sizes: dict[str, int]) -> int | str:
    """Return the value of a number, a size's name, a multiple ("4u") or a sum ("i+u").

    What contains an unknown size is returned as it is.
    """
    if isinstance(size, int):
        return size
    total = 0
    for term in size.split("+"):
        factor = 1
        name = term
        if term[0].isdigit():
            factor = int(term[0])
            name = term[1:]
        if name not in sizes:
            return size
        total += factor * sizes[name]
    return total
