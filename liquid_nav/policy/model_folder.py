"""Model folders: ``config.json``, ``weights.safetensors`` and ``card.json``.

Never pickle: a file must not run code.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from liquid_nav.policy.config import ModelError, PolicyConfig
from liquid_nav.policy.sizes import DEEPEST, check_weights, depth
from liquid_nav.resources import find
from liquid_nav.vision import build_encoder

if TYPE_CHECKING:
    from liquid_nav.policy.policy import Policy

CONFIG = "config.json"
WEIGHTS = "weights.safetensors"
POLICY_CARD_NAME = "card.json"
LARGEST_JSON = 10_000_000
"""Most bytes of a config or a card."""


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def resolve_model(name: str | Path) -> Path:
    """Return the folder of a model given by path, or by name if released; raises ModelError."""
    folder = Path(name)
    try:
        if (folder / CONFIG).is_file():
            return folder
        if not folder.is_absolute() and len(folder.parts) == 1:
            return find(f"models/{name}/{CONFIG}").parent
    except OSError:
        # No such file, a name that is too long, or no permission to look there.
        pass
    raise ModelError(
        f"no model at '{name}': {CONFIG} is missing",
        "give a folder that `liquid-nav train` wrote, or 'default'",
    )


def save_policy(policy: Policy, folder: Path, card: dict[str, Any] | None = None) -> None:
    """Write the three files; the card gets the weights' sha256.

    Raises ModelError for weights that are not finite.
    """
    tensors = {k: v.detach().cpu().contiguous() for k, v in policy.state_dict().items()}
    _refuse_broken(
        tensors, f"the policy for '{folder}'", "train it again with a lower learning_rate"
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / WEIGHTS)
    # safetensors writes for the owner alone; a released model is for all users.
    (folder / WEIGHTS).chmod(0o644)
    if card is None:
        card = policy.card
    card = dict(card) | {"sha256": sha256(folder / WEIGHTS)}
    (folder / CONFIG).write_text(json.dumps(policy.config.to_dict(), indent=2) + "\n")
    (folder / POLICY_CARD_NAME).write_text(json.dumps(card, indent=2) + "\n")
    policy.card = card


def first_broken_tensor(tensors: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first tensor that holds NaN or infinity, or None."""
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            return name
    return None


def _refuse_broken(tensors: Mapping[str, Tensor], whose: str, remedy: str) -> None:
    name = first_broken_tensor(tensors)
    if name is not None:
        raise ModelError(f"{whose} has weights that contain NaN or infinity: {name}", remedy)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ModelError(
                f"{path} has {path.stat().st_size / 1e6:.0f} MB, more than "
                f"{LARGEST_JSON / 1e6:.0f}",
                "restore the file",
            )
        data = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise ModelError(
            f"model '{path.parent}' has no {path.name}", "restore the file or train again"
        ) from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", "restore the file") from error
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON: {error}", "restore the file") from error
    if depth(data) > DEEPEST:
        raise ModelError(f"{path} is nested deeper than {DEEPEST} levels", "restore the file")
    if not isinstance(data, dict):
        raise ModelError(f"{path} holds no JSON object", "restore the file")
    return data


def load_policy(name: str | Path, kind: type[Policy]) -> Policy:
    """Read a folder, check the weights against the card; return the policy, of the class ``kind``,
    in evaluation mode.
    """
    folder = resolve_model(name)
    config = PolicyConfig.from_dict(_read_json(folder / CONFIG))
    card = _read_json(folder / POLICY_CARD_NAME)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"model '{folder}' has no {WEIGHTS}", "restore the file or train again")
    if card.get("sha256") != sha256(weights):
        raise ModelError(
            f"weights of '{folder}' do not have the sha256 that card.json names",
            "they were changed after training: restore the folder",
        )
    check_weights(lambda: build_encoder(config.encoder), "encoder")
    if not isinstance(config.core, Mapping) or "wiring" not in config.core:
        # A wiring is drawn by NumPy; its neurons are limited.
        check_weights(lambda: kind.build_core(config), "core")
    policy = kind(config)
    try:
        tensors = load_file(weights)
        policy.load_state_dict(tensors)
    except (RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"weights of '{folder}' do not fit its config: {str(error).splitlines()[-1].strip()}",
            "restore the folder",
        ) from error
    _refuse_broken(tensors, f"model '{folder}'", "restore the folder, or train again")
    policy.card = card
    return policy.eval()
