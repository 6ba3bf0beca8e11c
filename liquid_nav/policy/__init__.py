"""A policy is encoder, core and heads as one object; it lives in a folder and answers images with
commands.
"""

from liquid_nav.policy.config import ModelError, PolicyConfig
from liquid_nav.policy.cores import CORES, WIRINGS
from liquid_nav.policy.files import resolve_model
from liquid_nav.policy.policy import Policy
from liquid_nav.policy.runtimes import RUNTIMES, choose_runtime
from liquid_nav.types import Command, Decision, Observation, PolicyState

__all__ = [
    "CORES",
    "RUNTIMES",
    "WIRINGS",
    "Command",
    "Decision",
    "ModelError",
    "Observation",
    "Policy",
    "PolicyConfig",
    "PolicyState",
    "choose_runtime",
    "resolve_model",
]
