"""A policy of a few neurons that reads images of 24 x 32 pixels."""

import numpy as np
import pytest
import torch

from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.vision import EncoderConfig

WIRING = {
    "kind": "ncp",
    "inter": 6,
    "command": 5,
    "motor": 4,
    "sensory_fanout": 3,
    "inter_fanout": 2,
    "recurrent_command": 4,
    "motor_fanin": 3,
    "seed": 1,
}


@pytest.fixture
def config():
    return PolicyConfig(
        encoder=EncoderConfig(
            height=24, width=32, channels=(4, 6), kernels=(5, 3), strides=(2, 2), features=7
        ),
        core={
            "kind": "ltc",
            "wiring": WIRING,
            "unfolds": 6,
            "time_constant": [0.05, 1.0],
            "kernel": "torch",
        },
    )


@pytest.fixture
def policy(config):
    torch.manual_seed(3)
    return Policy(config).eval()


@pytest.fixture
def images():
    """Twelve camera images, uint8 [12,24,32,3]."""
    return np.random.default_rng(0).integers(0, 256, (12, 24, 32, 3), dtype=np.uint8)


@pytest.fixture
def model(policy, tmp_path):
    """A saved model's folder."""
    policy.save(tmp_path / "model", {"made": "for a test", "seeds": [0, 3]})
    return tmp_path / "model"
