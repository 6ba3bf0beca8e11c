"""The pictures of wirings, of measured times and of time constants."""

import pytest
import torch

from liquid_nav.liquid import NCPWiring
from liquid_nav_benchmarks.bench.liquid_property import LiquidResponse


def test_drawing(tmp_path):
    pytest.importorskip("matplotlib")
    from liquid_nav_benchmarks.bench.drawing import draw_growth, draw_response, draw_wiring

    draw_wiring(NCPWiring(6, 4, 2, 3, 2, 2, 2).build(5), tmp_path / "wiring.png")
    draw_growth(
        [{"what": "steps", "value": v, "ours_ms": v / 8, "lstm_ms": v / 4} for v in (8, 16)],
        tmp_path / "g.png",
    )
    calm, noisy, jumped = torch.rand(3, 2, 20, 5) + 0.1
    draw_response(LiquidResponse(calm, {"noise": noisy, "jump": jumped}, 10), tmp_path / "tau.png")
    assert all(
        (tmp_path / name).stat().st_size > 5000 for name in ("wiring.png", "g.png", "tau.png")
    )
