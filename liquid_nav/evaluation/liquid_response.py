"""What image noise and an abrupt change of the view do to the time constants of a trained policy."""

from __future__ import annotations

from typing import Callable, Iterable

import numpy as np
import torch

from liquid_nav.errors import UserError
from liquid_nav.liquid.liquid_property import LiquidResponse, compare
from liquid_nav.policy import Policy


def record_frames(scenario: str, seeds: Iterable[int], frames: int, on_flight: Callable[[], object]) -> np.ndarray:
    """Let the expert fly each seed in summer at 30 Hz; return uint8 [B,T,H,W,3], the first ``frames`` of each flight.

    Flights that end earlier are left out.
    """
    from liquid_nav.simulation.flight import fly
    from liquid_nav.simulation.pilots import ExpertPilot
    from liquid_nav.worlds import load_condition, load_scenario

    place, condition, flights = load_scenario(scenario), load_condition("summer"), []
    for seed in seeds:
        images: list[np.ndarray] = []
        keep = images.append
        fly(place, seed, condition, ExpertPilot(), on_frame=lambda image, *_, keep=keep: keep(image))
        if len(images) >= frames:
            flights.append(np.stack(images[:frames]))
        on_flight()
    if len(flights) < 2:
        raise UserError(f"only {len(flights)} flights last {frames} frames", "ask for more seeds or fewer frames")
    return np.stack(flights)


@torch.inference_mode()
def respond_to_images(policy: Policy, images: np.ndarray, start: int, noise: float, seed: int = 0) -> LiquidResponse:
    """Run images uint8 [B,T,H,W,3] at 30 Hz as they are, with noise from ``start`` on, and with a jump there.

    ``noise`` is the standard deviation of a grey value (of 255). Time constants are in seconds.
    """
    rng = np.random.default_rng(seed)
    disturbed = images.copy()
    grain = rng.normal(0.0, noise, disturbed[:, start:].shape)
    disturbed[:, start:] = np.clip(disturbed[:, start:] + grain, 0, 255).astype(np.uint8)
    calm, noisy = (_features(policy, sequence) for sequence in (images, disturbed))
    elapsed = policy.core_time(torch.full(calm.shape[:2], 1 / 30))
    found = compare(policy.core, calm, noisy, elapsed, start)
    unit = policy.config.elapsed_unit
    return LiquidResponse(found.calm * unit, found.noisy * unit, found.jumped * unit, start)


def _features(policy: Policy, images: np.ndarray) -> torch.Tensor:
    rows = [policy.encoder(torch.stack([policy.preprocess(image) for image in flight])) for flight in images]
    return torch.stack(rows)
