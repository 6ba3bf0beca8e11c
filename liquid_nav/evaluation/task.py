"""One flight of a campaign: the task, its summary, and the function that flies it.

``fly_task`` is what a worker process runs. Tasks and summaries are sent between processes, so they
are small and picklable.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Mapping

from liquid_nav.errors import UserError
from liquid_nav.evaluation.pilot_spec import PilotSpec

if TYPE_CHECKING:
    from liquid_nav.simulation import FlightRecord, Pilot
    from liquid_nav.worlds import Condition, Scenario

_local = threading.local()


@dataclass(frozen=True, slots=True)
class FlightTask:
    """One flight of a campaign. What is None is taken from the condition."""

    pilot: PilotSpec
    """Who flies."""
    scenario: Scenario
    """Where."""
    condition: Condition
    """In which season, weather and light, and with what wrong with the camera."""
    seed: int
    """Of the layout and of everything random."""
    frame_rate: float | None = None
    """Nominal rate of the camera, Hz."""
    drop: float | None = None
    """Share of camera frames that never come, 0 to 1; see ``FrameTiming``."""
    jitter: float | None = None
    """Largest shift of a frame's instant to either side, as a share of the period, 0 to 0.5; see
    ``FrameTiming``.
    """

    def __str__(self) -> str:
        """Name the flight in a message."""
        return f"{self.pilot.label}, {self.scenario.name}, {self.condition.name}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class FlightSummary:
    """What a campaign keeps of one flight."""

    model: str
    """Label of the pilot."""
    scenario: str
    """Name of the scenario."""
    condition: str
    """Name of the condition."""
    seed: int
    """Of the layout and of everything random."""
    success: bool
    """Whether the target was reached and held."""
    reason: str
    """How the flight ended: one of ``simulation.OUTCOME_REASONS``."""
    detail: str
    """The same as a text for people."""
    time: float
    """Time of flight until the outcome, s."""
    final_distance: float
    """Horizontal distance to the target at the last frame, m."""
    frames: int
    """Number of camera frames."""
    digest: str
    """SHA-256 of the whole record."""
    timings: Mapping[str, float] = field(default_factory=dict, compare=False)
    """Measured wall time by part ("total" among them), s; not compared: it differs between runs."""
    closest_distance: float | None = None
    """Least horizontal distance to the target at any frame, m; None: not recorded."""


class FlightFailure(RuntimeError):
    """A flight that could not be flown to any outcome: a bug, named with its scenario and seed in
    one line.
    """

    def __init__(self, task: FlightTask, cause: str) -> None:
        self.task = task
        self.cause = " ".join(cause.split())
        super().__init__(f"the flight ({task}) broke: {self.cause}")

    def __reduce__(self) -> tuple[type[FlightFailure], tuple[FlightTask, str]]:
        """Rebuild from task and cause, so that the error survives a process pool."""
        return type(self), (self.task, self.cause)


def fly_task(task: FlightTask) -> FlightSummary:
    """Fly one task in this process.

    Raises:
        UserError: the installation is incomplete, e.g. no graphics library.
        FlightFailure: any other exception, which is its cause; it names the flight.
    """
    from liquid_nav.simulation import FrameTiming, fly_in_simulation

    prepare_worker_process()
    try:
        pilot = _pilot(task.pilot)
        timings: dict[str, float] = {}
        begin = perf_counter()
        record = fly_in_simulation(
            task.scenario,
            task.seed,
            task.condition,
            pilot,
            frame_rate=task.frame_rate,
            timing=FrameTiming.of(task.condition.camera, task.drop, task.jitter),
            seconds=timings,
        )
        timings["total"] = perf_counter() - begin
        return summarize_record(record, task, timings)
    except UserError:
        raise
    except Exception as error:
        raise FlightFailure(task, f"{type(error).__name__}: {error}") from error


def summarize_record(
    record: FlightRecord, task: FlightTask, timings: Mapping[str, float]
) -> FlightSummary:
    """Return what a campaign needs of a record."""
    outcome = record.outcome
    return FlightSummary(
        model=task.pilot.label,
        scenario=record.scenario,
        condition=record.condition,
        seed=task.seed,
        success=outcome.success,
        reason=outcome.reason,
        detail=outcome.detail,
        time=float(outcome.time),
        final_distance=float(record.columns["distance"][-1]),
        frames=len(record.columns["time"]),
        digest=record.digest(),
        timings=dict(timings),
        closest_distance=float(record.columns["distance"].min()),
    )


@lru_cache(maxsize=1)
def prepare_worker_process() -> None:
    """Keep this worker on one thread: flights are parallel, one per core, and results must not
    depend on the number of threads.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Numerical libraries read the variables above when they are imported.
    import cv2

    from liquid_nav.worlds import choose_rendering_backend

    choose_rendering_backend()
    cv2.setNumThreads(1)


def _pilot(spec: PilotSpec) -> Pilot:
    """Return this thread's pilot for the specification, loaded once."""
    if getattr(_local, "spec", None) != spec:
        from liquid_nav.evaluation.entrants import build_pilot

        _local.pilot = build_pilot(spec)
        _local.spec = spec
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)
    pilot: Pilot = _local.pilot
    return pilot
