"""The benchmark's rows have the documented keys, and both sides compute the same."""

import json

import pytest

pytest.importorskip("ncps")
pytest.importorskip("numba")
from typer.testing import CliRunner

from liquid_nav.cli import bench
from liquid_nav_benchmarks.bench import core_steps

KEYS = {"what", "ours_ms", "ncps_ms", "lstm_ms", "ratio_ncps", "ratio_lstm", "max_abs_diff"}


def test_rows(tmp_path, monkeypatch):
    full = core_steps.core_rows
    monkeypatch.setattr(
        core_steps, "core_rows", lambda rounds, **how: full(16, 8, 4, rounds, **how)
    )
    file = tmp_path / "rows.json"
    result = CliRunner().invoke(
        bench.bench_app, ["core", "--rounds", "3", "--threads", "1", "--json", str(file)]
    )
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())
    assert [row["what"] for row in rows] == ["train_step", "single_step"]
    for row in rows:
        assert set(row) == KEYS
        assert row["max_abs_diff"] < 1e-5
        assert row["ratio_ncps"] == pytest.approx(row["ncps_ms"] / row["ours_ms"], rel=0.02)
