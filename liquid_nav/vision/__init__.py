"""Seeing: preprocessing of camera images, the encoders, and where they look."""

from liquid_nav.vision.backbone import FRONTS, BackboneConfig, BackboneEncoder, Front
from liquid_nav.vision.encoder import PUBLISHED, Encoder, EncoderConfig
from liquid_nav.vision.kinds import AnyEncoder, AnyEncoderConfig, build_encoder, encoder_config
from liquid_nav.vision.photographs import load_photographs
from liquid_nav.vision.preprocess import check_image, preprocess, resize
from liquid_nav.vision.saliency import saliency

__all__ = [
    "FRONTS",
    "PUBLISHED",
    "AnyEncoder",
    "AnyEncoderConfig",
    "BackboneConfig",
    "BackboneEncoder",
    "Encoder",
    "EncoderConfig",
    "Front",
    "build_encoder",
    "check_image",
    "encoder_config",
    "load_photographs",
    "preprocess",
    "resize",
    "saliency",
]
