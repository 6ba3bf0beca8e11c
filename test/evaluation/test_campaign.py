import os
import pickle
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from liquid_nav.cli.evaluate_campaign import plan_campaign
from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    Campaign,
    FlightFailure,
    FlightSummary,
    FlightTask,
    PilotSpec,
    fly_task,
)
from liquid_nav.worlds import Condition, Scenario, load_condition, load_scenario
from liquid_nav.worlds.field import FieldParameters

PILOT = PilotSpec("straight", "straight")
TASKS = [
    FlightTask(PILOT, load_scenario("forest"), load_condition("summer"), seed) for seed in range(8)
]


def summary(task):
    return FlightSummary(
        task.pilot.label,
        task.scenario.name,
        task.condition.name,
        task.seed,
        True,
        "success",
        "",
        1,
        1,
        30,
        "d",
    )


class LastFirst(Executor):
    """Runs nothing until everything is submitted, then the last task first."""

    def __init__(self, tasks):
        self.left, self.waiting = tasks, []

    def submit(self, function, *arguments):
        future = Future()
        self.waiting.append((future, function, arguments))
        if len(self.waiting) == self.left:
            threading.Thread(target=self.run).start()
        return future

    def run(self):
        for future, function, arguments in reversed(self.waiting):
            future.set_result(function(*arguments))


def breaks_at_five(task):
    if task.seed == 5:
        raise FlightFailure(task, "ZeroDivisionError: division\nby zero")
    return summary(task)


def test_results_come_in_the_order_of_the_tasks_whatever_finishes_first():
    received = []
    flights = Campaign(TASKS, LastFirst(len(TASKS)), summary).run(
        lambda flight: received.append(flight.seed)
    )
    assert [flight.seed for flight in flights] == list(range(8))
    assert sorted(received) == list(range(8))


def test_any_executor_will_do():
    class Immediate(Executor):
        def submit(self, function, *arguments):
            future = Future()
            future.set_result(function(*arguments))
            return future

    assert len(Campaign(TASKS, Immediate(), summary).run()) == 8


def test_a_flight_that_breaks_ends_the_campaign_with_its_scenario_and_seed_in_one_line():
    with ThreadPoolExecutor(1) as executor, pytest.raises(FlightFailure) as caught:
        Campaign(TASKS, executor, breaks_at_five).run()
    text = str(caught.value)
    assert "\n" not in text
    assert all(part in text for part in ("forest", "summer", "seed 5", "division by zero"))


def test_a_failure_survives_the_border_of_a_process():
    import pickle

    failure = FlightFailure(TASKS[3], "boom")
    copy = pickle.loads(pickle.dumps(failure))
    assert (copy.task, str(copy)) == (TASKS[3], str(failure))


def test_an_incomplete_installation_is_distinguished_from_a_bug(monkeypatch):
    from liquid_nav.simulation import flight

    def without_graphics(*arguments, **options):
        raise UserError("no GL library", "run make setup")

    def buggy(*arguments, **options):
        raise IndexError("list index out of range")

    monkeypatch.setattr(flight, "fly_in_simulation", without_graphics)
    with pytest.raises(UserError, match="no GL library. run make setup"):
        fly_task(TASKS[0])
    monkeypatch.setattr(flight, "fly_in_simulation", buggy)
    with pytest.raises(FlightFailure, match="forest, summer, seed 0.* IndexError") as caught:
        fly_task(TASKS[0])
    assert isinstance(caught.value.__cause__, IndexError)


def test_measured_times_do_not_make_two_flights_different():
    from dataclasses import replace

    flight = summary(TASKS[0])
    assert flight == replace(flight, timings={"render": 1.0})


def test_places_are_read_once_and_travel_as_values(tmp_path):
    """Nothing that happens to the files in a campaign changes its flights."""
    high, misty = tmp_path / "high.yaml", tmp_path / "misty.yaml"
    high.write_text("world: field\nparameters: {bales: [1, 2]}\ncruise_altitude: 2.5\n")
    misty.write_text("fog: 0.02\n")
    plan = plan_campaign(
        ["straight"], [str(high)], [str(misty)], "10000:10002", False, None, None, None
    )
    for path in (high, misty):
        path.unlink()
    for task in pickle.loads(pickle.dumps(plan.tasks)):
        assert task.scenario == Scenario(
            "high", "field", FieldParameters(bales=(1.0, 2.0)), cruise_altitude=2.5
        )
        assert task.condition == Condition("misty", fog=0.02)
    assert str(plan.tasks[1]) == "straight, high, misty, seed 10001"


SCRIPT = """
import multiprocessing, sys, threading
from liquid_nav.evaluation import Campaign, process_pool

def work(task):
    if task == "long":
        threading.Event().wait()
    return task

if __name__ == "__main__":
    try:
        with process_pool(2) as executor:
            for index, value in Campaign(["short", "long", "long", "long"], executor, work):
                print("ready", flush=True)
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.join(10)
        print("left", len(multiprocessing.active_children()), flush=True)
        sys.exit(130)
"""


def test_an_interrupt_ends_the_workers_at_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, script],
        stdout=pipe,
        stderr=pipe,
        text=True,
        # A background shell has its children ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "left 0\n"), err
    assert "Traceback" not in err


def test_the_workers_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, script], stdout=pipe, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            process.kill()
            # The workers hold the other end of the pipe: it is at its end when the last of them is
            # gone.
            out, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert out == ""
