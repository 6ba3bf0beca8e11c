"""Seeing: preprocessing of camera images and the convolutional encoder."""

from liquid_nav.vision.encoder import PUBLISHED, Encoder, EncoderConfig
from liquid_nav.vision.preprocess import check_image, preprocess, resize

__all__ = ["PUBLISHED", "Encoder", "EncoderConfig", "check_image", "preprocess", "resize"]
