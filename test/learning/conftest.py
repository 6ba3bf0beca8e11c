"""Flights made by hand, and a policy small enough to train in a second."""

import numpy as np
import pytest

from liquid_nav.learning.auxiliary import NAMES
from liquid_nav.learning.rollout import LabelledFlight, RolloutTask
from liquid_nav.policy import PolicyConfig
from liquid_nav.vision import EncoderConfig
from liquid_nav.worlds import load_condition, load_scenario

FOREST, SUMMER = load_scenario("forest"), load_condition("summer")
HEIGHT, WIDTH = 24, 32


@pytest.fixture
def tiny():
    wiring = {
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
    return PolicyConfig(
        encoder=EncoderConfig(
            HEIGHT, WIDTH, channels=(4, 6), kernels=(5, 3), strides=(2, 2), features=7
        ),
        core={
            "kind": "ltc",
            "wiring": wiring,
            "unfolds": 2,
            "time_constant": [0.05, 1.0],
            "kernel": "torch",
        },
    )


@pytest.fixture
def flight():
    """Return a function that makes a flight in which everything at frame n is n.

    Frames are n everywhere but for a bright left edge; labels are (n, 1, n, 1) and the target is
    left: mirroring shows.
    """

    def make(length, seed=0, outcome="success"):
        n = np.arange(length, dtype=np.float32)
        frames = np.broadcast_to(
            n.astype(np.uint8)[:, None, None, None], (length, HEIGHT, WIDTH, 3)
        ).copy()
        frames[:, :, 0] = 255
        labels = np.stack((n, np.ones(length), n, np.ones(length)), axis=1).astype(np.float32)
        elapsed = np.random.default_rng(seed).uniform(0.034, 0.09, length).astype(np.float32)
        auxiliary = np.zeros((length, len(NAMES)), np.float32)
        auxiliary[:, 0], auxiliary[:, 3] = 0.5, 0.9
        return LabelledFlight(
            frames, labels, elapsed, auxiliary, outcome, RolloutTask(FOREST, SUMMER, seed)
        )

    return make
