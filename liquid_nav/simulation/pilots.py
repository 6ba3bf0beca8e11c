"""The pilots of lock-step flight: one protocol for policies, experts and simple baselines."""

from __future__ import annotations

from typing import Protocol

from liquid_nav.simulation.expert import Expert
from liquid_nav.simulation.state import DroneState
from liquid_nav.types import Command, Decision, Observation, PolicyState
from liquid_nav.worlds import Layout


class Pilot(Protocol):
    """Anything that answers camera frames with velocity commands."""

    name: str

    def reset(self, layout: Layout, seed: int) -> None:
        """Begin a flight; only privileged pilots may look at the layout."""

    def act(self, observation: Observation, elapsed: float, state: DroneState) -> Command:
        """Answer one frame that came ``elapsed`` seconds after the one before; only privileged
        pilots use the state.
        """


class ExpertPilot:
    """The privileged pilot that demonstrates."""

    name = "expert"
    needs_image = False

    def reset(self, layout: Layout, seed: int) -> None:
        """Plan for this layout."""
        self.expert = Expert(layout)

    def act(self, observation: Observation, elapsed: float, state: DroneState) -> Command:
        """Answer the true state."""
        return self.expert.command(state)


class SteppedPolicy(Protocol):
    """What ``PolicyPilot`` needs of a policy: see ``policy/policy.py``."""

    def initial_state(self) -> PolicyState:
        """Return the state before the first frame."""

    def step(
        self, observation: Observation, state: PolicyState, elapsed: float
    ) -> tuple[Decision, PolicyState]:
        """Answer one frame that ends an interval of ``elapsed`` seconds."""


class PolicyPilot:
    """A policy that sees the image and nothing else."""

    needs_image = True

    def __init__(self, policy: SteppedPolicy, name: str, *, memoryless: bool = False) -> None:
        """``memoryless``: the policy's state is put back to its start before every frame."""
        self.policy = policy
        self.name = name
        self.memoryless = memoryless

    def reset(self, layout: Layout, seed: int) -> None:
        """Forget the last flight."""
        self._state = self.policy.initial_state()

    def act(self, observation: Observation, elapsed: float, state: DroneState) -> Command:
        """Step the policy once."""
        if self.memoryless:
            self._state = self.policy.initial_state()
        decision, self._state = self.policy.step(observation, self._state, elapsed)
        return decision.command
