"""Labelled flights: a driver flies, the expert labels every frame with what it would have done.

The pilot below stands between driver and drone, so that demonstrations and DAgger rounds go through
the very same lock step, supervisor and latency as evaluation.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import torch

from liquid_nav.evaluation import prepare_worker_process
from liquid_nav.learning.auxiliary import VISIBLE, auxiliary_targets, target_bearing
from liquid_nav.learning.searching import Search
from liquid_nav.policy import Policy
from liquid_nav.simulation import (
    WIDE_RESPONSE_RANGES,
    DroneState,
    Expert,
    ExpertPilot,
    Pilot,
    PolicyPilot,
    TargetOcclusion,
    fly_in_simulation,
    sample_response,
)
from liquid_nav.types import Command, Observation
from liquid_nav.vision import resize_image
from liquid_nav.worlds import (
    AppearanceSpec,
    CameraConfig,
    CameraFaults,
    Condition,
    DriftSpec,
    Layout,
    RandomStream,
    Scenario,
    generate_layout,
)

CONDITION = "summer"
"""The only condition that is trained in, except for what ``draw_condition`` changes."""
DRIFT = DriftSpec(0.35, 0.25, 20.0)
"""Largest error of a velocity estimate that is trained with, and the longest time constant of one
that wanders.
"""
CAMERA = CameraFaults(noise=6.0, blur=0.6, drop=0.35, jitter=0.5, view=(66.0, 94.0), mounting=6.0)
"""Largest faults of another camera that is trained with."""
FAST = (30.0, 60.0)
"""Frame rates of fast cameras, Hz."""
SIGHT = (5.0, 16.0)
"""Distances within which a target that has to be found is drawn, m; one of them for a flight."""

OCCLUDED = (0.5, 3.0)
"""How long a target is not drawn that vanishes for a while, s; each time another one."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Pushes during a demonstration: bursts that are added to the command."""

    rate: float = 0.3
    """Mean number of bursts a second while none is on, 1/s; 0: none."""
    length: tuple[float, float] = (0.3, 1.2)
    """Range of the duration of a burst, s."""
    size: tuple[float, float, float, float] = (0.7, 0.8, 0.3, 0.6)
    """Standard deviation of a burst in vx, vy, vz (m/s) and yaw rate (rad/s), level body frame."""


@dataclass(frozen=True, slots=True)
class RolloutTask:
    """One labelled flight."""

    scenario: Scenario
    """Where it is flown."""
    condition: Condition
    """Light, weather and camera of the flight; ``CONDITION`` in training."""
    seed: int
    """Of the layout and of everything random."""
    driver: str = "expert"
    """"expert", or a model's folder."""
    expert_share: float = 0.0
    """Part of the time that the expert flies although a policy is the driver."""
    frame_rate: tuple[float, float] = (6.0, 30.0)
    """Range of the camera's rate, Hz."""
    disturbed: float = 1.0
    """Probability of pushes."""
    anywhere: float = 0.3
    """Probability of a start somewhere else."""
    wide: float = 0.0
    """Probability of a drone from the wide fleet, see ``simulation/response.py``."""
    drifting: float = 0.0
    """Probability that the velocity estimate is wrong, up to ``DRIFT``."""
    camera: float = 0.0
    """Probability of another camera, up to ``CAMERA``."""
    fast: float = 0.0
    """Probability of a frame rate within ``FAST`` instead of ``frame_rate``."""
    random: float = 0.0
    """Probability of a look that is drawn at random, see ``worlds/repaint.py``."""
    hidden: float = 0.0
    """Probability that the target is not in the picture until the drone is near, see ``SIGHT``."""
    occluded: float = 0.0
    """Probability that the target is not drawn for a while, again and again, see ``OCCLUDED``."""
    heights: float = 0.35
    """Largest difference of the height of a start somewhere else from the usual one, m."""
    search: float = 0.0
    """Time without seeing the target after which the labels are those of a search, s; 0: never."""
    hold: float = 4.0
    """Time at the target that counts as success, s."""
    time_limit: float = 40.0
    """Of the flight, s."""
    height: int = 90
    """Of the stored frames, pixels."""
    width: int = 160
    """Of the stored frames, pixels."""


@dataclass
class LabelledFlight:
    """A flight with the expert's answers; the arrays have one row a frame."""

    frames: np.ndarray
    """uint8 [N,H,W,3] RGB: images of the size that the task asks for."""
    labels: np.ndarray
    """float32 [N,4]: commands of the expert, vx, vy, vz in m/s and yaw rate in rad/s, level body
    frame.
    """
    elapsed: np.ndarray
    """float32 [N] s: time since the frame before."""
    auxiliary: np.ndarray
    """float32 [N,A]: what the encoder has to predict, in the order of ``NAMES`` in
    ``learning/auxiliary.py``.
    """
    outcome: str
    """How the flight ended as it was flown: one of ``simulation.OUTCOME_REASONS``."""
    task: RolloutTask
    """What was asked."""


class LabellingPilot:
    """Flies with a driver and disturbances, and notes what the expert would do."""

    needs_image = True

    def __init__(
        self,
        task: RolloutTask,
        driver: Pilot,
        rng: np.random.Generator,
        appearance: AppearanceSpec | None = None,
    ) -> None:
        """``driver`` flies, the expert labels; ``appearance``: of the flight, usual by default."""
        self.task = task
        self.driver = driver
        self.rng = rng
        appearance = appearance or AppearanceSpec()
        self.sight = appearance.draw_sight(task.seed)
        self.occlusion = TargetOcclusion(appearance, task.seed)
        self.name = f"labelled {task.driver}"
        self.disturbance = Disturbance(rate=0.0)
        if rng.random() < task.disturbed:
            self.disturbance = Disturbance()
        self.rows: list[tuple[np.ndarray, np.ndarray, float, np.ndarray]] = []

    def reset(self, layout: Layout, seed: int) -> None:
        """Begin a flight."""
        self.expert = Expert(layout)
        self.search = Search(self.task.search)
        self.driver.reset(layout, seed)
        self._burst_until = -1.0
        self._burst = np.zeros(4)
        self._switch_at = 0.0
        self._expert_flies = False

    def act(self, observation: Observation, elapsed: float, state: DroneState) -> Command:
        """Label, then fly."""
        sight = self.sight
        if self.occlusion.hidden(state.time):
            sight = 0.0
        auxiliary = auxiliary_targets(state, self.expert, sight)
        label = self.search.label(
            self.expert.command(state),
            target_bearing(state, self.expert),
            bool(auxiliary[VISIBLE]),
            elapsed,
        )
        answer = label
        if not isinstance(self.driver, ExpertPilot):
            answer = self.driver.act(observation, elapsed, state)
            if state.time >= self._switch_at:
                self._expert_flies = self.rng.random() < self.task.expert_share
                # s; long enough for a wrong turn to show, or for the expert to mend it.
                self._switch_at = state.time + self.rng.uniform(0.7, 2.5)
            if self._expert_flies:
                answer = label
        assert observation.image is not None  # Because of ``needs_image``.
        frame = resize_image(observation.image, self.task.height, self.task.width)
        self.rows.append((frame, label.as_array(), elapsed, auxiliary))
        return Command.from_array(answer.as_array() + self._push(state.time, elapsed))

    def _push(self, now: float, elapsed: float) -> np.ndarray:
        d = self.disturbance
        if now > self._burst_until:
            self._burst = np.zeros(4)
            if self.rng.random() < 1.0 - math.exp(-d.rate * elapsed):
                self._burst = self.rng.normal(0.0, d.size)
                self._burst_until = now + self.rng.uniform(*d.length)
        return self._burst


def start_anywhere(layout: Layout, rng: np.random.Generator, heights: float = 0.35) -> Layout:
    """Move the start to a free place between the old start and the far side of the target, looking
    about there.

    ``heights``: largest difference of its height from the old one, m.
    """
    expert = Expert(layout)
    target = np.array((layout.target.x, layout.target.y))
    origin = np.array((layout.start.x, layout.start.y))
    reach = np.linalg.norm(target - origin)
    for _ in range(100):
        place = target + rng.uniform(1.2, reach) * _unit(rng.uniform(-math.pi, math.pi))
        # At most 3 m farther from the old start than the target is, and 0.8 m from every obstacle.
        if np.linalg.norm(place - origin) <= reach + 3.0 and float(expert.grid.at(place)) > 0.8:
            break
    else:
        place = origin
    bearing = math.atan2(*(target - place)[::-1])
    start = dataclasses.replace(
        layout.start,
        x=float(place[0]),
        y=float(place[1]),
        z=layout.start.z + float(rng.uniform(-heights, heights)),
        yaw=bearing + float(rng.uniform(-0.6, 0.6)),
    )
    return dataclasses.replace(layout, start=start)


def run_rollout(task: RolloutTask) -> LabelledFlight:
    """Fly one task; a pure function of the task (and of the driver's weights)."""
    rng = RandomStream.TRAINING_FLIGHT.generator(
        task.seed, int(1000 * task.expert_share), task.driver != "expert"
    )
    scenario = task.scenario
    scenario = dataclasses.replace(
        scenario,
        success=dataclasses.replace(scenario.success, hold=task.hold, time_limit=task.time_limit),
    )
    layout = generate_layout(scenario, task.seed)
    if rng.random() < task.anywhere:
        layout = start_anywhere(layout, rng, task.heights)
    low, high = np.log(task.frame_rate)
    response = None
    if task.wide:
        fleet = RandomStream.TRAINING_RESPONSE.generator(task.seed)
        if fleet.random() < task.wide:
            response = sample_response(fleet, WIDE_RESPONSE_RANGES)
    condition = draw_condition(task)
    pilot = LabellingPilot(task, _driver(task.driver), rng, condition.appearance)
    frame_rate = float(np.exp(rng.uniform(low, high)))
    fast = RandomStream.TRAINING_FRAME_RATE.generator(task.seed)
    if fast.random() < task.fast:
        frame_rate = float(np.exp(fast.uniform(*np.log(FAST))))
    record = fly_in_simulation(
        scenario,
        task.seed,
        condition,
        pilot,
        frame_rate=frame_rate,
        camera=CameraConfig(),
        layout=layout,
        response=response,
    )
    frames, labels, elapsed, auxiliary = zip(*pilot.rows, strict=True)
    return LabelledFlight(
        np.stack(frames),
        np.array(labels, np.float32),
        np.array(elapsed, np.float32),
        np.array(auxiliary, np.float32),
        record.outcome.reason,
        task,
    )


def draw_condition(task: RolloutTask) -> Condition:
    """Return the condition with what differs in this flight: the estimate, the camera, the look."""
    condition = task.condition
    if task.drifting:
        condition = dataclasses.replace(condition, drift=draw_drift(task))
    if task.camera:
        condition = dataclasses.replace(condition, camera=draw_camera(task, condition.camera))
    if task.random:
        condition = dataclasses.replace(condition, appearance=AppearanceSpec(random=task.random))
    if task.hidden:
        condition = dataclasses.replace(
            condition, appearance=draw_sight(task, condition.appearance)
        )
    if task.occluded:
        condition = dataclasses.replace(
            condition, appearance=draw_occlusion(task, condition.appearance)
        )
    return condition


def draw_sight(task: RolloutTask, usual: AppearanceSpec) -> AppearanceSpec:
    """Return the look of a flight: the usual one, or one without the target until the drone is
    near.

    The expert has the target's position, so the mean of what it shows is the best that can be done
    without seeing it.
    """
    rng = RandomStream.TRAINING_SIGHT.generator(task.seed)
    if rng.random() >= task.hidden:
        return usual
    return dataclasses.replace(usual, sight=SIGHT)


def draw_occlusion(task: RolloutTask, usual: AppearanceSpec) -> AppearanceSpec:
    """Return the look of a flight: the usual one, or one whose target vanishes for a while, again
    and again. The expert's labels stay: a network that remembers where the target was follows them.
    """
    rng = RandomStream.TRAINING_OCCLUSION.generator(task.seed)
    if rng.random() >= task.occluded:
        return usual
    return dataclasses.replace(usual, occluded=OCCLUDED)


def draw_camera(task: RolloutTask, usual: CameraFaults) -> CameraFaults:
    """Return the camera of a flight: the usual one, or another in every respect."""
    rng = RandomStream.TRAINING_CAMERA.generator(task.seed)
    if rng.random() >= task.camera:
        return usual
    return dataclasses.replace(
        usual,
        noise=float(rng.uniform(0.0, CAMERA.noise)),
        blur=float(rng.uniform(0.0, CAMERA.blur)),
        drop=float(rng.uniform(0.0, CAMERA.drop)),
        jitter=float(rng.uniform(0.0, CAMERA.jitter)),
        view=CAMERA.view,
        mounting=float(rng.uniform(0.0, CAMERA.mounting)),
    )


def draw_drift(task: RolloutTask) -> DriftSpec:
    """Return the drift of a flight's velocity estimate; the expert sees the true state."""
    rng = RandomStream.TRAINING_DRIFT.generator(task.seed)
    if rng.random() >= task.drifting:
        return DriftSpec()
    velocity = float(rng.uniform(0.0, DRIFT.velocity))
    vertical = float(rng.uniform(0.0, DRIFT.vertical))
    wander = 0.0
    if rng.random() < 0.5:
        wander = float(rng.uniform(3.0, DRIFT.wander))
    return DriftSpec(velocity, vertical, wander)


def _driver(name: str) -> Pilot:
    prepare_worker_process()
    if name == "expert":
        return ExpertPilot()
    torch.set_num_threads(1)
    return PolicyPilot(Policy.load(name), name)


def _unit(angle: float) -> np.ndarray:
    return np.array((math.cos(angle), math.sin(angle)))
