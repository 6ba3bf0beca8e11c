"""The comparison with and without an autopilot between: bad input is one line, before anything is
flown.
"""

import pytest
import typer
from typer.testing import CliRunner

from liquid_nav_benchmarks import through_mavlink


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--model", "missing"), "missing"),
        (("--scenario", "forst"), "unknown scenario 'forst'"),
        (("--seeds", "x"), "'x'"),
        (("--model", "expert", "--json", "/proc/nowhere.json"), "cannot write /proc/nowhere.json"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, text, monkeypatch):
    monkeypatch.setattr(through_mavlink, "process_pool", lambda workers: pytest.fail("it flies"))
    app = typer.Typer()
    app.command()(through_mavlink.main)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2 and done.stderr.startswith("error: ") and text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
