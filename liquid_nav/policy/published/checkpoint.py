"""Reads the arrays of a Keras HDF5 weight file, in the order of its layers: the names' prefixes vary, the order not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liquid_nav.policy.config import ModelError


@dataclass(frozen=True, slots=True)
class Array:
    """One array of a file with the name that it has there."""

    name: str
    values: np.ndarray


def read_arrays(path: Path) -> tuple[list[Array], str]:
    """Return all weights, float32, in the order of ``layer_names``, and the version of Keras that wrote them.

    Raises:
        ModelError: no such file, not HDF5, or not a weight file of Keras.
    """
    import h5py

    if not path.is_file():
        raise ModelError(f"no checkpoint at '{path}'", "give the .hdf5 file of a published network")
    try:
        with h5py.File(path, "r") as file:
            group = file["model_weights"] if "model_weights" in file else file
            if "layer_names" not in group.attrs:
                raise ModelError(f"'{path}' has no layer_names", "give a weight file that Keras wrote (save_weights)")
            arrays = []
            for layer in _texts(group.attrs["layer_names"]):
                for name in _texts(group[layer].attrs["weight_names"]):
                    arrays.append(Array(name, np.asarray(group[layer][name], dtype=np.float32)))
            return arrays, "".join(_texts([group.attrs.get("keras_version", "")]))
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"'{path}' cannot be read as a Keras HDF5 file: {error}", "download it again") from error


def _texts(values: object) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]
