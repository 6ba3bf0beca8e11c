"""The kinds of encoders: from an entry in a model's config to the module."""

from __future__ import annotations

from typing import Any, Mapping, Union

from liquid_nav.fitting import misfit
from liquid_nav.vision.backbone import BackboneConfig, BackboneEncoder
from liquid_nav.vision.encoder import Encoder, EncoderConfig

AnyEncoderConfig = Union[EncoderConfig, BackboneConfig]
"""The config of either kind of encoder."""
AnyEncoder = Union[Encoder, BackboneEncoder]
"""An encoder of either kind."""
PLAIN = "plain"
"""Kind of an entry without ``kind``."""
CONFIGS: dict[str, type[AnyEncoderConfig]] = {PLAIN: EncoderConfig, "backbone": BackboneConfig}


def encoder_config(entry: Mapping[str, Any]) -> AnyEncoderConfig:
    """Return the configuration that an entry describes; lists become tuples.

    Raises:
        ValueError: The kind is unknown, or numbers do not fit together.
        TypeError: A key is unknown to this kind.
    """
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    kind = values.get("kind", PLAIN)
    if kind not in CONFIGS:
        raise ValueError(
            f"encoder: kind '{kind}' is unknown: choose one of {', '.join(sorted(CONFIGS))}"
        )
    if kind == PLAIN:
        values.pop("kind", None)
    wrong = misfit(CONFIGS[kind], values)
    if wrong is not None:
        raise ValueError(f"encoder: {wrong.cause}: {wrong.remedy}")
    return CONFIGS[kind](**values)


def build_encoder(config: AnyEncoderConfig) -> AnyEncoder:
    """Return the encoder of a configuration, with random weights."""
    if isinstance(config, BackboneConfig):
        return BackboneEncoder(config)
    return Encoder(config)
