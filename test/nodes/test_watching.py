"""Watching the runners of a flight: the first that gives up ends it, whatever the others do. No ROS
needed.
"""

import io
import json
import os

import pytest
from rich.console import Console

from liquid_nav.cli.watching import FlightError, watch
from liquid_nav.errors import UserError


class Ended:
    """A process that has written its lines and ended; or, with ``waits``, one that goes on writing
    nothing.
    """

    def __init__(self, lines, code=0, waits=False):
        read, self.write = os.pipe()
        self.stdout, self.code = os.fdopen(read, "rb"), code
        for line in lines:
            os.write(self.write, json.dumps(line).encode() + b"\n")
        if not waits:
            self.close()

    def close(self):
        if self.write is not None:
            os.close(self.write)
        self.write = None

    def wait(self):
        assert self.write is None, "it is still running"
        return self.code


class Runner:
    name, log = "scenario_runner", "scenario_runner.log"

    def __init__(self, namespace, process, text="no output"):
        self.namespace, self.popen, self.last_line = namespace, process, lambda: text
        self.output = process.stdout


class Graph:
    def __init__(self, *runners):
        self.runners, self.looks = runners, 0

    def crashed(self):
        self.looks += 1
        assert self.looks < 20, "still waiting"


OUTCOME = {"outcome": "success", "time": 9.0}


@pytest.fixture
def run():
    processes = []

    def watch_them(*runners):
        processes.extend(runner.popen for runner in runners)
        return watch(Graph(*runners), Console(file=io.StringIO()))

    yield watch_them
    for process in processes:
        process.close()
        process.stdout.close()


def test_a_runner_that_gives_up_ends_the_flight_of_all(run):
    """The simulator waits for every drone: the other runner would wait for ever."""
    with pytest.raises(FlightError, match="d1: the pilot is not active"):
        run(
            Runner("d1", Ended([{"error": "the pilot is not active"}], 1)),
            Runner("d2", Ended([], waits=True)),
        )


def test_a_runner_that_breaks_ends_the_flight_of_all(run):
    with pytest.raises(FlightError, match="code 1: it broke"):
        run(Runner("d1", Ended([], waits=True)), Runner("d2", Ended([], 1), "it broke"))


def test_bad_input_that_a_runner_found_stays_bad_input(run):
    with pytest.raises(UserError, match="unknown scenario 'x'. Choose another"):
        run(Runner("", Ended([], 2), "error: unknown scenario 'x'. Choose another"))


@pytest.mark.parametrize("codes", [(0, 0), (0, 1)])
def test_the_flight_is_good_when_all_are(run, codes):
    assert run(*(Runner(f"d{k}", Ended([OUTCOME], code)) for k, code in enumerate(codes))) == (
        not any(codes)
    )
