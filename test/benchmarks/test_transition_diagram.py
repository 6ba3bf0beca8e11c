"""docs/reference/safety.md shows what the code does: its diagrams are those of the tables."""

from pathlib import Path

from liquid_nav.autopilots.transitions import PHASE_TRANSITIONS
from liquid_nav.safety import Phase
from liquid_nav_benchmarks.transition_diagram import both, draw

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "safety.md"


def test_the_diagrams_are_drawn_from_the_code():
    assert both() in PAGE.read_text()


def test_a_diagram_has_an_arrow_for_each_transition():
    drawn = draw(PHASE_TRANSITIONS, Phase.OFFLINE)
    arrows = {tuple(line.strip().split(" --> ")) for line in drawn.splitlines()[2:]}
    assert arrows == {(a.value, b.value) for a, after in PHASE_TRANSITIONS.items() for b in after}
