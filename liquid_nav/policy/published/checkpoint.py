"""Reads the arrays of a Keras HDF5 weight file in the order of its layers.

The names' prefixes vary between files, the order does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

import h5py
import numpy as np
from numpy.typing import NDArray

from liquid_nav.policy.config import ModelError

LARGEST = 400_000_000
"""Most bytes of all weights of a checkpoint; the published ones have some megabytes."""


@dataclass(frozen=True, slots=True)
class Array:
    """One array of a checkpoint."""

    name: str
    """Name in the file."""
    values: NDArray[np.float32]
    """float32, with its shape in the file."""


def read_arrays(path: Path) -> tuple[list[Array], str]:
    """Return all weights in the order of ``layer_names``, and the version of Keras that wrote them.

    Raises:
        ModelError: no such file, not HDF5, or not a weight file of Keras.
    """
    if not path.is_file():
        raise ModelError(f"no checkpoint at '{path}'", "give the .hdf5 file of a published network")
    try:
        with h5py.File(path, "r") as file:
            group = file
            if "model_weights" in file.keys():
                group = _inside(file, "model_weights")
            if "layer_names" not in group.attrs:
                raise ModelError(
                    f"'{path}' has no layer_names",
                    "give a weight file that Keras wrote (save_weights)",
                )
            found = []
            for layer in _texts(group.attrs["layer_names"]):
                part = _inside(group, layer)
                found += [
                    (name, _inside(part, name)) for name in _texts(part.attrs["weight_names"])
                ]
            _check_arrays(found, path)
            arrays = [Array(name, np.asarray(dataset, dtype=np.float32)) for name, dataset in found]
            return arrays, "".join(_texts([group.attrs.get("keras_version", "")]))
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"'{path}' cannot be read as a Keras HDF5 file: {error}", "download it again"
        ) from error


def _inside(group: Any, path: str) -> Any:
    """Return what ``path`` names in a group.

    Raises ModelError for a link, which may lead to another file.
    """
    for name in filter(None, path.split("/")):
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            cause = f"'{path}' in the checkpoint is a link, perhaps to another file"
            raise ModelError(cause, "give a file that is whole")
        group = group[name]
    return group


def _check_arrays(found: list[tuple[str, Any]], path: Path) -> None:
    """Raise ModelError unless all are arrays of numbers inside the file, not above ``LARGEST``."""
    for name, dataset in found:
        if (
            not isinstance(dataset, h5py.Dataset)
            or dataset.dtype.kind not in "fiu"
            or dataset.shape is None
        ):
            raise ModelError(
                f"'{name}' in '{path}' is no array of numbers",
                "give a weight file that Keras wrote",
            )
        if dataset.external or dataset.is_virtual:
            raise ModelError(
                f"'{name}' in '{path}' lies in another file", "give a file that is whole"
            )
    total = 4 * sum(math.prod(dataset.shape) for _, dataset in found)
    if total > LARGEST:
        largest = max(found, key=lambda pair: math.prod(pair[1].shape))[0]
        raise ModelError(
            f"'{path}' declares weights of {total / 1e9:.1f} GB, the largest is '{largest}'",
            f"give a published network: they have less than {LARGEST / 1e9:.1f} GB",
        )


def _texts(values: Iterable[object]) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]
