"""Which stream of random numbers is for what. Each is drawn from a flight's seed and its own
number, so that one more draw in one of them changes nothing in the others.
"""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np


@unique
class RandomStream(IntEnum):
    """Numbers of the streams; a number is never used for anything else."""

    RESPONSE = 71
    """How quickly the drone answers commands."""
    WIND = 72
    """Mean wind and gusts."""
    CAMERA_NOISE = 73
    """Noise of each image."""
    FLEET_START = 74
    """Where the further drones of a shared world begin."""
    FRAME_TIMES = 75
    """Jitter, dropped and late frames."""
    ESTIMATE_DRIFT = 76
    """Drift of the velocity estimate in flight."""
    GROUND = 77
    """Ground and sky of a world."""
    TRAINING_DRIFT = 78
    """How large the drift of a training flight is."""
    MOUNTING = 79
    """How the camera is turned on the drone, and its field of view."""
    REPAINT = 80
    """Colours of a random look."""
    LATENCY = 81
    """Time from a frame to its command."""
    TRAINING_FRAME_RATE = 82
    """Whether a training flight has a quick camera."""
    TRAINING_CAMERA = 83
    """The camera of a training flight."""
    EXPOSURE = 84
    """Exposure of a flight."""
    SIGHT = 85
    """From where on the target is drawn."""
    TRAINING_SIGHT = 86
    """Whether the target of a training flight is hidden."""
    TRAINING_RESPONSE = 87
    """Whether a training flight has a drone beyond the fleet's range, and which."""
    WEATHER = 88
    """Faults that the weather node adds."""
    OCCLUSION = 89
    """When the target is not drawn."""
    TRAINING_OCCLUSION = 90
    """Whether the target of a training flight is not drawn now and then."""
    TRAINING_FLIGHT = 91
    """Pilot, start and disturbances of a training flight."""

    def generator(self, seed: int, *key: int) -> np.random.Generator:
        """Return the generator of a flight's seed; ``key`` distinguishes several drones."""
        return np.random.default_rng([int(seed), int(self), *key])
