"""The bench of the graph: both of its processes work together, and the rows name their variant."""

import pytest

pytest.importorskip("rclpy")
from liquid_nav_benchmarks.bench import graph

pytestmark = pytest.mark.ros


def test_rows_name_their_variant(monkeypatch):
    monkeypatch.setattr(graph, "_measure", lambda *arguments: {"share": 1.0})
    ticks = []
    rows = graph.graph_rows("default", (1280, 720), "bgr8", 30.0, 1.0, lambda: ticks.append(1))
    assert len(rows) == len(ticks) == 3
    assert [(row["fastdds_profile"], row["memory"]) for row in rows] == list(graph.VARIANTS)
    assert rows[0]["image"] == "1280 x 720 bgr8"


@pytest.mark.slow
@pytest.mark.parametrize("memory", ["plain", "kept"])
def test_the_controller_answers_the_camera(small_model, memory):
    row = graph._measure(str(small_model), (64, 48), "bgr8", 30.0, 1.0, False, memory)
    assert (
        row["sent"] == 30
        and 0 < row["processed"] <= 30
        and row["p50_ms"] > 0
        and row["cpu_percent"] > 0
    )
