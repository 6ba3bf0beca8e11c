"""The tables of transitions are complete, and every row of the table in docs/reference/safety.md
names a test that exists.
"""

import ast
import re
from pathlib import Path

from liquid_nav.autopilots.transitions import PHASE_TRANSITIONS
from liquid_nav.safety import MODE_TRANSITIONS, Mode, Phase

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "safety.md"
ROW = re.compile(r"^\|(?P<cells>.*)\|$")


def names_in(folder):
    """Names of the test functions below a folder."""
    found = set()
    for path in (ROOT / "test" / folder).glob("test_*.py"):
        tree = ast.parse(path.read_text())
        found |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return found


def rows():
    """Cells of the table "event by phase"."""
    part = PAGE.read_text().split("## What happens: event by phase")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if ROW.match(line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_state_can_be_reached_and_left():
    for table, kind in ((PHASE_TRANSITIONS, Phase), (MODE_TRANSITIONS, Mode)):
        assert set(table) == set(kind)
        assert set().union(*table.values()) | {next(iter(table))} == set(kind)
        assert all(state not in after and after for state, after in table.items())


def test_every_row_of_the_table_names_a_test_that_exists():
    known = names_in("autopilots") | names_in("safety")
    table = rows()
    assert len(table) > 35
    for event, phases, what, tests in table:
        assert event and what
        named = re.findall(r"`(test_[a-z_0-9]+)`", tests)
        assert named, event
        assert set(named) <= known, f"{event}: {set(named) - known}"
        names = set(re.findall(r"[a-z]+", phases))
        assert names <= {phase.value for phase in Phase} | {"any"}, phases
