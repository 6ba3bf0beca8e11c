"""Converts a published checkpoint into a policy like any other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from liquid_nav.liquid import NCPWiring
from liquid_nav.policy.config import PolicyConfig
from liquid_nav.policy.policy import Policy
from liquid_nav.policy.published.array_layouts import fit
from liquid_nav.policy.published.checkpoint import read_arrays
from liquid_nav.policy.published.table_wiring import TableWiring
from liquid_nav.policy.published.training_parameters import read_parameters
from liquid_nav.vision import PUBLISHED_ENCODER

Arrays = dict[str, NDArray[np.float32]]
Made = tuple[dict[str, Any], Arrays]
"""A core's entry in the config, and its weights by their names in the module."""


def import_keras_checkpoint(
    path: Path,
    kind: str,
    params: Path | None = None,
    *,
    elapsed: str = "constant",
    frame_rate: float = 30.0,
) -> Policy:
    """Read a checkpoint into a policy.

    Args:
        path: the HDF5 file.
        kind: one of ``array_layouts.KINDS``.
        params: ``params.json`` of the training; the published values without it.
        elapsed: "constant" (1.0 at every frame, as trained) or "stamps" (real time, counted in
            frames at ``frame_rate``).
        frame_rate: frames per second of the training data.

    Raises:
        ModelError: what does not fit, in one line.
    """
    arrays, version = read_arrays(Path(path))
    named, sizes = fit(kind, arrays, path)
    parameters = read_parameters(params, kind, Path(path).name)
    core, weights = MAKERS[kind](named, sizes, parameters)
    period = 1.0 / frame_rate
    config = PolicyConfig(
        encoder=PUBLISHED_ENCODER,
        core=core,
        command_scale=(1.0, 1.0, 1.0, 1.0),
        nominal_period=period,
        camera={},
        elapsed=elapsed,
        elapsed_constant=1.0,
        elapsed_unit=period,
    )
    policy = Policy(config)
    state = _encoder(named) | {f"core.{name}": values for name, values in weights.items()}
    policy.load_state_dict({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in state.items()})
    policy.card = {
        "imported": {
            "format": "keras hdf5",
            "kind": kind,
            "file": Path(path).name,
            "keras_version": version,
            "file_sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
            "sizes": sizes,
            **parameters,
        }
    }
    return policy.eval()


def _encoder(named: Arrays) -> Arrays:
    state = {}
    for k in range(len(PUBLISHED_ENCODER.channels)):
        state[f"encoder.convolutions.{2 * k}.weight"] = named[f"convolution {k} kernel"].transpose(
            3, 2, 0, 1
        )
        state[f"encoder.convolutions.{2 * k}.bias"] = named[f"convolution {k} bias"]
    return state | _linear(named, "encoder dense", "encoder.dense")


def _linear(named: Arrays, source: str, target: str) -> Arrays:
    return {
        f"{target}.weight": named[f"{source} kernel"].T,
        f"{target}.bias": named[f"{source} bias"],
    }


def _ltc_weights(named: Arrays) -> Arrays:
    """Return the weights of the synapses that exist (erev is not 0), in the core's order."""
    weights = {
        k: named[k] for k in ("gleak", "vleak", "cm", "input_w", "input_b", "output_w", "output_b")
    }
    for prefix in ("", "sensory_"):
        post, pre = np.nonzero(named[f"{prefix}erev"].T)
        weights |= {
            f"{prefix}{k}": named[f"{prefix}{k}"][pre, post] for k in ("sigma", "mu", "w", "erev")
        }
    return weights


def _wiring(named: Arrays, layers: dict[str, int]) -> dict[str, Any]:
    table = TableWiring.of(named["sensory_erev"], named["erev"], layers)
    return {
        "kind": "table",
        "sensory": list(table.sensory),
        "internal": list(table.internal),
        "layers": layers,
    }


def _ncp(named: Arrays, sizes: dict[str, int], _: dict[str, Any]) -> Made:
    motor = len(named["output_w"])
    units = sizes["u"]
    # Neurons that inputs reach directly are inter neurons, and they come last.
    inter = int(np.count_nonzero(named["sensory_erev"].any(axis=0)))
    layers = {"motor": motor, "command": units - motor - inter, "inter": inter}
    return {"kind": "ltc", "unfolds": 6, "wiring": _wiring(named, layers)}, _ltc_weights(named)


def _ltc(named: Arrays, sizes: dict[str, int], _: dict[str, Any]) -> Made:
    core = {
        "kind": "ltc",
        "unfolds": 3,
        "head": True,
        "delay": 1e-3,
        "wiring": _wiring(named, {"motor": sizes["u"]}),
    }
    inner = {f"core.{name}": values for name, values in _ltc_weights(named).items()}
    return core, inner | _linear(named, "head", "head")


def _cell(named: Arrays) -> Arrays:
    names = ("ff1", "ff2", "time_a", "time_b")
    weights: Arrays = {}
    layers = sum(name.startswith("backbone") and name.endswith("kernel") for name in named)
    for k in range(layers):
        weights |= _linear(named, f"backbone {k}", f"cell.backbone.{k}")
    weights["cell.targets.weight"] = np.concatenate([named[f"{name} kernel"].T for name in names])
    weights["cell.targets.bias"] = np.concatenate([named[f"{name} bias"] for name in names])
    return weights | _linear(named, "head", "head")


def _backbone(named: Arrays) -> list[int]:
    return [
        len(values)
        for name, values in named.items()
        if name.startswith("backbone") and name.endswith("bias")
    ]


def _cfc(named: Arrays, sizes: dict[str, int], _: dict[str, Any]) -> Made:
    return {"kind": "published_cfc", "units": sizes["u"], "backbone": _backbone(named)}, _cell(
        named
    )


def _mixed_cfc(named: Arrays, sizes: dict[str, int], parameters: dict[str, Any]) -> Made:
    core = {
        "kind": "published_mixed_cfc",
        "units": sizes["u"],
        "backbone": _backbone(named),
        **parameters,
    }
    memory = {
        "input_map.weight": named["input kernel"].T,
        "input_map.bias": named["memory bias"],
        "recurrent_map.weight": named["recurrent kernel"].T,
    }
    return core, memory | _cell(named)


def _wired_cfc(named: Arrays, sizes: dict[str, int], parameters: dict[str, Any]) -> Made:
    layers = {name: sizes[f"n{k}"] for k, name in enumerate(("inter", "command", "motor"))}
    # The signs are not in the file: they are drawn again, as the training drew them.
    rule = NCPWiring(
        **layers,
        sensory_fanout=6,
        inter_fanout=4,
        recurrent_command=4,
        motor_fanin=6,
        seed=parameters["wiring_seed"],
    )
    wiring = rule.build(PUBLISHED_ENCODER.features)
    incoming = wiring.sensory
    weights: Arrays = {}
    for k, name in enumerate(layers):
        members = wiring.layers[name]
        for part in ("ff1", "ff2", "time_a", "time_b"):
            weights |= _linear(named, f"layer {k} {part}", f"layers.{k}.{part}")
        signs = np.concatenate((incoming[:, members], np.ones((len(members), len(members)))))
        weights[f"layers.{k}.signs"] = signs.T.astype(np.float32)
        incoming = wiring.internal[members]
    return {"kind": "published_wired_cfc", "layers": layers}, weights | _linear(
        named, "head", "head"
    )


def _lstm(named: Arrays, sizes: dict[str, int], _: dict[str, Any]) -> Made:
    weights = {
        "network.weight_ih_l0": named["kernel"].T,
        "network.weight_hh_l0": named["recurrent kernel"].T,
        "network.bias_ih_l0": named["bias"],
        "network.bias_hh_l0": np.zeros_like(named["bias"]),
    }
    return {"kind": "lstm", "units": sizes["u"], "timed": False}, weights | _linear(
        named, "head", "head"
    )


def _gruode(named: Arrays, sizes: dict[str, int], _: dict[str, Any]) -> Made:
    inputs = PUBLISHED_ENCODER.features
    order = ("reset", "update", "detect")
    kernels = [named[f"{name} kernel"] for name in order]
    weights = {
        "input_map.weight": np.concatenate([kernel[:inputs].T for kernel in kernels]),
        "input_map.bias": np.concatenate([named[f"{name} bias"] for name in order]),
        "gates.weight": np.concatenate([kernel[inputs:].T for kernel in kernels[:2]]),
        "candidate.weight": kernels[2][inputs:].T,
    }
    core = {"kind": "gruode", "units": sizes["u"], "solver": {"kind": "euler", "steps": 4}}
    return core, weights | _linear(named, "head", "head")


def _ctrnn(named: Arrays, sizes: dict[str, int], _: dict[str, Any]) -> Made:
    weights = {
        "input_map.weight": named["kernel"].T,
        "input_map.bias": named["bias"],
        "recurrent.weight": named["recurrent kernel"].T,
        "scale": named["scale"],
    }
    return {"kind": "published_ctrnn", "units": sizes["u"]}, weights | _linear(
        named, "head", "head"
    )


MAKERS = {
    "ncp": _ncp,
    "ltc": _ltc,
    "cfc": _cfc,
    "mixedcfc": _mixed_cfc,
    "wiredcfccell": _wired_cfc,
    "lstm": _lstm,
    "gruode": _gruode,
    "ctrnn": _ctrnn,
}
