"""The command that draws the step response and prints the table."""

import math

import pytest

from liquid_nav_benchmarks.recorded_steps import StepNumbers
from liquid_nav_benchmarks.step_response import ROWS, main, table

STEADY = StepNumbers(begins=0.2, rises=0.7, speed=2.0, overshoot=0.05, turns=0.5, side_slip=-0.2)
NEVER = StepNumbers(begins=0.3, rises=math.nan, speed=1.5, overshoot=0.0, turns=0.8, side_slip=-0.3)


def cells(text, row):
    return [cell.strip() for cell in text.splitlines()[2 + row].strip("|").split("|")]


def test_the_table_is_markdown_with_a_row_for_each_number():
    text = table(STEADY, [STEADY] * 5, NEVER)
    assert len(text.splitlines()) == 2 + len(ROWS)
    assert len({line.count("|") for line in text.splitlines()}) == 1
    assert cells(text, 0)[1:] == ["0.20", "0.20 (0.20 to 0.20)", "0.20 to 0.20", "0.30", "0.24"]
    assert cells(text, 1)[4] == "never" and cells(text, 3)[1] == "5"


def test_without_a_recording_its_column_stays_empty():
    assert all(
        cells(table(STEADY, [STEADY, NEVER], None), row)[4] == "" for row in range(len(ROWS))
    )


def test_the_command_draws_and_prints(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "docs" / "step.png"), "--drones", "3"]) == 0
    assert (tmp_path / "docs" / "step.png").read_bytes().startswith(b"\x89PNG")
    assert "90 % of the speed after" in capsys.readouterr().out


@pytest.mark.parametrize(
    "more", [["--tlog", "nowhere.tlog"], ["--out", "/proc/step.png"], ["--out", "step.nothing"]]
)
def test_bad_input_is_one_line_and_code_2(more, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["--drones", "2", *more]) == 2
    assert capsys.readouterr().err.count("\n") == 1
