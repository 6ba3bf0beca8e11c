"""The counts behind the table of ``benchmarks/style.py``, on a text whose answers are plain to
see.
"""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[2] / "benchmarks" / "style.py"
spec = importlib.util.spec_from_file_location("style_measures", PLACE)
style = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = style
spec.loader.exec_module(style)

TEXT = '''"""A module."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where."""

    x: float
    """m."""
    y: float
    z: float = 0.0
    """m."""

    def far(self):
        return 1 if self.x else 2


# A comment on a line of its own.
def split(values):
    """Split."""
    import math

    def inner():
        import json

    a, b = 1, 2
    c, d = values  # one value, taken apart
    e = f = math.pi
    g = 3  # fmt: skip
    return "# no comment"


def _private():
    pass
'''


@pytest.fixture
def rows():
    counts = style.Counts([])
    counts.add(TEXT)
    return counts.rows()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("files", 1),
        ("lines", 35),
        ("longest file (lines)", 35),
        ("public names with a docstring (%)", 75.0),
        ("dataclass fields", 3),
        ("of these with a docstring of their own (%)", 200.0 / 3.0),
        # Two of seven: taking one value apart packs nothing; z = 0.0 is an assignment, too.
        ("packed or chained assignments (%)", 100.0 * 2 / 7),
        ("conditional expressions per 1,000 lines", 1000.0 / 35),
        ("imports inside functions per 1,000 lines", 2000.0 / 35),
        ("comment lines (%)", 100.0 / 35),
        ("fmt: skip", 1),
    ],
)
def test_each_measure_is_what_one_counts_by_hand(rows, name, value):
    assert rows[name] == pytest.approx(value)


def test_packages_stand_beside_each_other_and_a_formatter_is_asked(tmp_path, capsys):
    for name, text in (("a", "x = 1\n"), ("b", "x=1\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.py").write_text(text)
    arguments = [str(tmp_path / "a"), str(tmp_path / "b"), "--json", str(tmp_path / "style.json")]
    assert style.main(arguments) == 0
    assert "| files that ruff format would change | 0 | 1 |" in capsys.readouterr().out
    assert json.loads((tmp_path / "style.json").read_text())[arguments[1]]["files"] == 1


def test_what_cannot_be_measured_is_one_line(tmp_path, capsys):
    assert style.main([str(tmp_path)]) == 2
    (tmp_path / "bad.py").write_text("def")
    assert style.main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "holds no Python" in error and "bad.py is no Python" in error and error.count("\n") == 2
