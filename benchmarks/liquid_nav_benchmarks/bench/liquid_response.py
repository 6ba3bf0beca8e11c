"""How image noise and abrupt changes of the view change the time constants of a trained policy."""

from __future__ import annotations

from typing import Any, Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from liquid_nav.errors import UserError
from liquid_nav.liquid import ODECore
from liquid_nav.policy import Policy
from liquid_nav.simulation import ExpertPilot, fly_in_simulation
from liquid_nav.worlds import load_condition, load_scenario
from liquid_nav_benchmarks.bench.liquid_property import LiquidResponse, compare


def record_frames(
    scenario: str, seeds: Iterable[int], frames: int, on_flight: Callable[[], object]
) -> NDArray[np.uint8]:
    """Let the expert fly each seed in summer at 30 Hz; return uint8 [B,T,H,W,3] of the images.

    Of each flight these are the first ``frames``. Flights that end earlier are left out.
    """
    place = load_scenario(scenario)
    condition = load_condition("summer")
    flights = []
    for seed in seeds:
        images: list[NDArray[np.uint8]] = []
        keep = images.append
        fly_in_simulation(
            place, seed, condition, ExpertPilot(), on_frame=lambda image, *_, keep=keep: keep(image)
        )
        if len(images) >= frames:
            flights.append(np.stack(images[:frames]))
        on_flight()
    if len(flights) < 2:
        raise UserError(
            f"only {len(flights)} flights last {frames} frames",
            "ask for more seeds or fewer frames",
        )
    return np.stack(flights)


OBSTACLE = (0.4, 0.6, (70, 50, 35))
"""A trunk that appears suddenly: left and right edge as parts of the image's width, and colour."""


@torch.inference_mode()
def respond_to_images(
    policy: Policy, images: NDArray[np.uint8], start: int, noise: float, seed: int = 0
) -> LiquidResponse:
    """Run images uint8 [B,T,H,W,3] at 30 Hz as they are, and changed from frame ``start`` on.

    "noise": of standard deviation ``noise`` of a grey value (of 255); "brighter", "darker": by
    half; "obstacle": a trunk in the middle. A jump from one flight to another is left out: averaged
    over flights, it changes nothing by construction. Time constants are in seconds.

    Raises:
        UserError: the core of the policy has no time constants.
    """
    core = policy.core
    if not isinstance(core, ODECore):
        raise UserError(
            f"a core of kind '{policy.config.core['kind']}' has no time constants",
            "give a model with a continuous-time core, such as ltc",
        )
    grain = np.random.default_rng(seed).normal(0.0, noise, images[:, start:].shape)
    left, right = (round(edge * images.shape[3]) for edge in OBSTACLE[:2])
    blocked = images[:, start:].copy()
    blocked[:, :, :, left:right] = OBSTACLE[2]
    tails = {
        "noise": images[:, start:] + grain,
        "brighter": images[:, start:] * 1.5,
        "darker": images[:, start:] * 0.5,
        "obstacle": blocked,
    }
    calm = _features(policy, images)
    changed = {
        name: torch.cat(
            (calm[:, :start], _features(policy, np.clip(tail, 0, 255).astype(np.uint8))), dim=1
        )
        for name, tail in tails.items()
    }
    found = compare(
        core, calm, changed, policy.core_time(torch.full(calm.shape[:2], 1 / 30)), start
    )
    unit = policy.config.elapsed_unit
    return LiquidResponse(
        found.calm * unit, {name: tau * unit for name, tau in found.changed.items()}, start
    )


def _features(policy: Policy, images: NDArray[np.uint8]) -> torch.Tensor:
    rows = [
        policy.encoder(torch.stack([policy.preprocess(image) for image in flight]))
        for flight in images
    ]
    return torch.stack(rows)


def layer_rows(policy: Policy, response: LiquidResponse, window: int = 30) -> list[dict[str, Any]]:
    """Summarise a response: a row for each change and layer, over the first ``window`` frames.

    Keys: change, layer, neurons, factor (geometric mean), longer, shorter (neurons that change by
    more than 1 %).
    """
    rows = []
    for name, factor in response.change(window).items():
        for layer, where in policy.core.slices.items():
            mine = factor[where]
            rows.append(
                {
                    "change": name,
                    "layer": layer,
                    "neurons": len(mine),
                    "factor": mine.log().mean().exp().item(),
                    "longer": int((mine > 1.01).sum()),
                    "shorter": int((mine < 0.99).sum()),
                }
            )
    return rows
