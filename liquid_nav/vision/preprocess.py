"""From a camera image of any size to the tensor that an encoder takes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray


def check_image(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return ``image`` if it is uint8 [H,W,3] of at least 8 x 8 pixels; else raises ValueError."""
    if (
        not isinstance(image, np.ndarray)
        or image.dtype != np.uint8
        or image.ndim != 3
        or image.shape[2] != 3
    ):
        what = type(image).__name__
        if isinstance(image, np.ndarray):
            what = f"{image.dtype} {image.shape}"
        raise ValueError(f"image is {what}: give uint8 [H,W,3] RGB")
    if image.shape[0] < 8 or image.shape[1] < 8:
        raise ValueError(
            f"image is {image.shape[1]} x {image.shape[0]} pixels: at least 8 x 8 are needed"
        )
    return image


def resize_image(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resize uint8 [H,W,3] to [height,width,3].

    Shrinking averages areas, so that thin things do not flicker.
    """
    if image.shape[:2] == (height, width):
        return image
    if image.strides[2] < 0:
        # An RGB view of a BGR image: OpenCV would first copy all of it, which takes longest.
        return resize_image(image[..., ::-1], height, width)[..., ::-1]
    shrink = image.shape[0] >= height and image.shape[1] >= width
    resized = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    )
    return np.asarray(resized, np.uint8)  # as it is: OpenCV's types alone lose the dtype


def preprocess_image(image: NDArray[np.uint8], height: int, width: int) -> torch.Tensor:
    """Check, resize and return uint8 tensor [height,width,3].

    Normalisation happens inside the encoder, so that a sequence travels as bytes.
    """
    pixels = np.ascontiguousarray(resize_image(check_image(image), height, width))
    if not pixels.flags.writeable:
        pixels = pixels.copy()
    return torch.from_numpy(pixels)
