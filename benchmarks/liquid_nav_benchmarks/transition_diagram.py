"""The state diagrams of docs/reference/safety.md, drawn from the tables that the code itself obeys.

``python -m liquid_nav_benchmarks.transition_diagram`` prints them as Mermaid; a test compares them
with the page.
"""

from __future__ import annotations

from enum import Enum
from typing import Mapping, TypeVar

from liquid_nav.autopilots import PHASE_TRANSITIONS
from liquid_nav.safety import MODE_TRANSITIONS

State = TypeVar("State", bound=Enum)


def draw(table: Mapping[State, frozenset[State]], start: State) -> str:
    """Return a Mermaid state diagram of a table of transitions that begins in ``start``."""
    lines = ["stateDiagram-v2", f"    [*] --> {start.value}"]
    for state in table:
        after = sorted(other.value for other in table[state])
        lines += [f"    {state.value} --> {other}" for other in after]
    return "\n".join(lines)


def both() -> str:
    """Return the diagrams of the supervisor's modes and of the bridge's phases, as they stand in
    docs/reference/safety.md.
    """
    modes = draw(MODE_TRANSITIONS, next(iter(MODE_TRANSITIONS)))
    phases = draw(PHASE_TRANSITIONS, next(iter(PHASE_TRANSITIONS)))
    return (
        f"Modes of the supervisor:\n\n```mermaid\n{modes}\n```\n\n"
        f"Phases of the bridge:\n\n```mermaid\n{phases}\n```\n"
    )


if __name__ == "__main__":
    print(both())
