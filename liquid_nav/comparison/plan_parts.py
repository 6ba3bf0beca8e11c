"""Parts of a plan: questions, and the two ways in which entrants are trained."""

from __future__ import annotations

from dataclasses import dataclass

SHARED = "shared"
"""All entrants get the features of one encoder that is trained already; only cores learn."""
END_TO_END = "end_to_end"
"""Each entrant learns together with a head of its own over the frozen front."""


@dataclass(frozen=True, slots=True)
class Question:
    """One set of flights."""

    name: str
    """Short, e.g. ``fog``."""
    about: str
    """What is asked, for the page."""
    condition: str = "summer"
    """Condition that is flown in."""
    frame_rate: float | None = None
    """Camera rate, Hz; None: the plan's."""
    reset_state: bool = False
    """Whether the state is zeroed before each frame."""
    share: float = 1.0
    """Share of the demonstrations that the flown cores have learned from, above 0 to 1."""
    plastic: bool = False
    """Whether synapses that can change in flight do so (of a liquid state machine)."""
    entrants: tuple[str, ...] = ()
    """Names of those that fly; none: all."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How entrants are trained, and which."""

    steps: int = 1500
    """Optimizer steps of every entrant."""
    learning_rates: tuple[float, ...] = (0.002, 0.006, 0.015)
    """Each entrant gets the one of these with which it flies best on the plan's ``choosing``."""
    trainings: int = 5
    """Trainings of each entrant."""
    entrants: tuple[str, ...] = ()
    """Their names; none: all that are known."""
    questions: tuple[str, ...] = ()
    """Names of the questions that are flown; none: all."""
