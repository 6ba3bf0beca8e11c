"""A policy is encoder, core and heads as one object; it lives in a folder and answers images with
commands.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names
from liquid_nav.types import Command, Decision, Observation, PolicyState

if TYPE_CHECKING:
    from liquid_nav.policy.config import PolicyConfig
    from liquid_nav.policy.config_errors import ModelError
    from liquid_nav.policy.core_factory import CORES, WIRINGS, build_core
    from liquid_nav.policy.model_folder import POLICY_CARD_NAME, first_broken_tensor, resolve_model
    from liquid_nav.policy.policy import Policy
    from liquid_nav.policy.published.importing import import_keras_checkpoint
    from liquid_nav.policy.runtimes import RUNTIMES, EncodeFunction, choose_runtime, encode_function
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "config": ["PolicyConfig"],
            "config_errors": ["ModelError"],
            "core_factory": ["CORES", "WIRINGS", "build_core"],
            "model_folder": ["POLICY_CARD_NAME", "first_broken_tensor", "resolve_model"],
            "policy": ["Policy"],
            "published.importing": ["import_keras_checkpoint"],
            "runtimes": ["EncodeFunction", "RUNTIMES", "choose_runtime", "encode_function"],
        },
    )

__all__ = [
    "CORES",
    "Command",
    "Decision",
    "EncodeFunction",
    "ModelError",
    "Observation",
    "POLICY_CARD_NAME",
    "Policy",
    "PolicyConfig",
    "PolicyState",
    "RUNTIMES",
    "WIRINGS",
    "build_core",
    "choose_runtime",
    "encode_function",
    "first_broken_tensor",
    "import_keras_checkpoint",
    "resolve_model",
]
