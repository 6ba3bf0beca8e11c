"""The response of a model's time constants to changed images."""

from __future__ import annotations

import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav_benchmarks.bench.liquid_response import respond_to_images


def test_a_core_without_time_constants_is_one_clear_error():
    """An LSTM has none; it must not end in a traceback."""
    policy = Policy(PolicyConfig(core={"kind": "lstm", "units": 4}))
    images = np.zeros((2, 3, 8, 8, 3), np.uint8)
    with pytest.raises(UserError, match="kind 'lstm' has no time constants"):
        respond_to_images(policy, images, 1, 45.0)
