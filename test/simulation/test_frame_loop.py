"""The loop of camera frames with several drones: what is asked, when commands take effect, and when
it ends.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from liquid_nav.simulation import DroneState
from liquid_nav.simulation.frame_loop import FrameFeed, FrameLoop
from liquid_nav.simulation.frame_times import FRAME_DROPPED, FRAME_LATE, FRAME_ON_TIME, Moment
from liquid_nav.types import Command

LATENCY = 0.03


class Recorded:
    """A transport and an answerer that note what they are asked; flies until ``end``, s."""

    def __init__(self, count, end):
        self.now = 0.0
        self.end = end
        self.drones = [
            SimpleNamespace(name=number, collision=None, render=lambda: None)
            for number in range(count)
        ]
        self.answered = []
        self.sent = []

    def state(self, drone):
        zero = np.zeros(3)
        return DroneState(self.now, zero, np.array((1.0, 0.0, 0.0, 0.0)), zero, zero, zero)

    def send(self, drone, command, at):
        self.sent.append((drone.name, command.vx, round(at, 6)))

    def advance(self, until):
        self.now = until
        return until < self.end

    def answer(self, arrived, now):
        self.answered.append([[frame.state.time for frame in frames] for frames in arrived])
        return [Command(vx=now) if frames else None for frames in arrived]

    def loop(self, moments):
        feeds = [FrameFeed(drone, 1.0) for drone in self.drones]
        return FrameLoop(feeds, self, self, LATENCY, iter(moments))


def moments(*deliveries):
    return [Moment(float(number), delivery) for number, delivery in enumerate(deliveries)]


def test_every_drone_is_asked_at_once_and_its_command_waits_for_the_latency():
    flight = Recorded(count=2, end=9.0)
    flight.loop(moments(FRAME_ON_TIME, FRAME_ON_TIME)).run()
    assert flight.answered == [[[0.0], [0.0]], [[1.0], [1.0]]]
    assert flight.sent == [(0, 0.0, 0.03), (1, 0.0, 0.03), (0, 1.0, 1.03), (1, 1.0, 1.03)]


def test_dropped_frames_never_arrive_and_late_ones_come_first_a_period_later():
    flight = Recorded(count=1, end=9.0)
    flight.loop(moments(FRAME_ON_TIME, FRAME_LATE, FRAME_ON_TIME, FRAME_DROPPED)).run()
    assert flight.answered == [[[0.0]], [[]], [[1.0, 2.0]], [[]]]
    assert [at for _, _, at in flight.sent] == [0.03, 2.03]


def test_a_late_frame_arrives_though_the_one_after_it_is_dropped():
    flight = Recorded(count=1, end=9.0)
    flight.loop(moments(FRAME_ON_TIME, FRAME_LATE, FRAME_DROPPED)).run()
    assert flight.answered == [[[0.0]], [[]], [[1.0]]]


def test_a_drone_that_has_touched_something_has_no_frames_and_the_others_fly_on():
    flight = Recorded(count=2, end=9.0)
    flight.drones[0].collision = "trunk"
    flight.loop(moments(FRAME_ON_TIME)).run()
    assert flight.answered == [[[], [0.0]]]
    assert [name for name, _, _ in flight.sent] == [1]


def test_it_ends_when_the_flight_is_over():
    flight = Recorded(count=1, end=2.0)
    flight.loop(moments(*[FRAME_ON_TIME] * 5)).run()
    assert len(flight.answered) == 2


def test_an_interrupted_run_goes_on_with_the_frames_that_wait_for_their_answer():
    class Interrupted(Recorded):
        interruptions = 2

        def answer(self, arrived, now):
            if self.now == 1.0 and self.interruptions:
                self.interruptions -= 1
                raise KeyboardInterrupt
            return super().answer(arrived, now)

    flight = Interrupted(count=1, end=9.0)
    loop = flight.loop(moments(FRAME_ON_TIME, FRAME_ON_TIME, FRAME_ON_TIME))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            loop.run()
    loop.run()
    assert flight.answered == [[[0.0]], [[1.0]], [[2.0]]]
