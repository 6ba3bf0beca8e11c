"""Preprocessing of camera images, the encoders, and the saliency of what they see."""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.vision.backbone import (
        BACKBONE_FRONTS,
        BackboneConfig,
        BackboneEncoder,
        BackboneFront,
    )
    from liquid_nav.vision.encoder import PUBLISHED_ENCODER, Encoder, EncoderConfig
    from liquid_nav.vision.encoder_kinds import (
        AnyEncoder,
        AnyEncoderConfig,
        build_encoder,
        encoder_config,
    )
    from liquid_nav.vision.onnx_encoder import OnnxEncoder, OnnxFront
    from liquid_nav.vision.photographs import load_photographs
    from liquid_nav.vision.preprocess import check_image, preprocess_image, resize_image
    from liquid_nav.vision.saliency import saliency_map
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "backbone": ["BACKBONE_FRONTS", "BackboneConfig", "BackboneEncoder", "BackboneFront"],
            "encoder": ["Encoder", "EncoderConfig", "PUBLISHED_ENCODER"],
            "encoder_kinds": ["AnyEncoder", "AnyEncoderConfig", "build_encoder", "encoder_config"],
            "onnx_encoder": ["OnnxEncoder", "OnnxFront"],
            "photographs": ["load_photographs"],
            "preprocess": ["check_image", "preprocess_image", "resize_image"],
            "saliency": ["saliency_map"],
        },
    )

__all__ = [
    "AnyEncoder",
    "AnyEncoderConfig",
    "BACKBONE_FRONTS",
    "BackboneConfig",
    "BackboneEncoder",
    "BackboneFront",
    "Encoder",
    "EncoderConfig",
    "OnnxEncoder",
    "OnnxFront",
    "PUBLISHED_ENCODER",
    "build_encoder",
    "check_image",
    "encoder_config",
    "load_photographs",
    "preprocess_image",
    "resize_image",
    "saliency_map",
]
