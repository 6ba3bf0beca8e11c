"""Seeing: preprocessing of camera images, the convolutional encoder, and where it looks."""

from liquid_nav.vision.encoder import PUBLISHED, Encoder, EncoderConfig
from liquid_nav.vision.preprocess import check_image, preprocess, resize
from liquid_nav.vision.saliency import saliency

__all__ = ["PUBLISHED", "Encoder", "EncoderConfig", "check_image", "preprocess", "resize", "saliency"]
