"""The file of ``liquid-nav bench``: valid JSON, at a place that is checked before the measuring."""

import json
import math

import pytest

from liquid_nav.cli.app import app
from liquid_nav_benchmarks.bench import core_steps, rows


def test_what_was_not_measured_is_null(tmp_path):
    file = tmp_path / "new" / "rows.json"
    rows.write_rows(file, [{"what": "a", "p50_ms": math.nan, "frames": 3}])
    assert json.loads(file.read_text()) == [{"what": "a", "p50_ms": None, "frames": 3}]


def test_a_place_that_cannot_be_written_is_found_before_the_measuring(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(core_steps, "growth_rows", lambda **_: pytest.fail("it measured"))
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as end:
        app(
            ["bench", "growth", "--json", str(tmp_path / "file" / "x.json")], prog_name="liquid-nav"
        )
    error = capsys.readouterr().err
    assert end.value.code == 2 and "cannot write" in error and error.count("\n") == 1
