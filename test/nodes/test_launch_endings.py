"""How launched graphs end, with small processes in the place of nodes: who ends whom, in what
order, with what code.
"""

import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest
from launch_graphs import drone_graph

from liquid_nav.bringup import real_drone as drone_bringup
from liquid_nav.bringup.real_drone import END_ORDER

_SPEC = importlib.util.spec_from_file_location("launched", Path(__file__).with_name("launched.py"))
launched = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(launched)
needs_launch = launched.needs_launch


def run(*actions):
    """Run actions as launch does; returns the exit code."""
    from launch import LaunchDescription, LaunchService

    service = LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription(list(actions)))
    return service.run()


def python(code, **options):
    from launch.actions import ExecuteProcess

    return ExecuteProcess(cmd=[sys.executable, "-c", code], **options)


def flight(*runners, others=(), strangers=(), part_of_it=None):
    """Run a flight; returns the exit code of the launch."""
    from liquid_nav.bringup.launch_endings import end_with_flight

    end = end_with_flight(list(runners), list(others), part_of_it)
    return run(end, *others, *strangers, *runners)


WAITS = "import signal; signal.pause()"


def ends(code):
    return f"raise SystemExit({code})"


@needs_launch
@pytest.mark.parametrize(("code", "result"), [(0, 0), (1, 1), (2, 1)])
def test_the_exit_code_is_the_flights(code, result):
    assert flight(python(ends(code)), others=[python(WAITS)]) == result


@needs_launch
@pytest.mark.parametrize("code", [0, 1, 2, -9])
def test_any_node_that_ends_ends_the_flight_with_its_name(code, monkeypatch):
    """Also one whose exit code is 0: it was not asked to end."""
    from launch import LaunchService

    lines = []
    shutdown = LaunchService._shutdown
    monkeypatch.setattr(
        LaunchService,
        "_shutdown",
        lambda self, **why: (lines.append(why["reason"]), shutdown(self, **why))[1],
    )
    broken = python(
        f"import os; os.kill(os.getpid(), {-code})" if code < 0 else ends(code), name="simulator"
    )
    assert flight(python(WAITS), others=[python(WAITS), broken]) == 1
    assert (
        f"has ended with exit code {code}: the flight is over" in lines[0]
        and "simulator-" in lines[0]
    )


@needs_launch
def test_a_node_that_does_not_end_is_killed_soon_after_another_one_has_died(tmp_path, monkeypatch):
    """As one that waits for what the dead one has locked in shared memory."""
    from liquid_nav.bringup import launch_endings, launching

    monkeypatch.setattr(launching, "NODE_END_TIMEOUT", "100000")
    values = {"namespace": "", "params_file": "", "log_level": "info"}
    settings = launching.NodeSettings(values, (), "config/embedded.yaml")
    options = settings.options("simulator", keeps_files=False)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stuck = python(
        "import signal\n"
        "for one in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(one, signal.SIG_IGN)\n"
        f"open('{pipe}', 'w').close()\n"
        "while True: signal.pause()",
        **{name: options[name] for name in ("sigterm_timeout", "sigkill_timeout")},
    )
    broken = python(f"open('{pipe}').read(); raise SystemExit(3)")
    runner = python(WAITS)
    end = launch_endings.end_with_flight([runner], [stuck, broken], None, settings.hurry)
    assert run(end, stuck, broken, runner) == 1


@needs_launch
def test_a_runner_that_is_killed_ends_the_flight_of_all():
    killed = python("import os; os.kill(os.getpid(), 9)")
    assert flight(python(WAITS), killed) == 1


@needs_launch
@pytest.mark.parametrize(("codes", "result"), [((0, 0), 0), ((1, 0), 1), ((0, 1), 1)])
def test_with_several_drones_it_ends_with_the_last(codes, result, tmp_path):
    # The second one lives until the first one has written.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    early = f"print('over', file=open('{pipe}', 'w'), flush=True); raise SystemExit({codes[0]})"
    seen = tmp_path / "seen"
    late = f"open('{pipe}').read(); open('{seen}', 'w').close(); raise SystemExit({codes[1]})"
    assert flight(python(early), python(late)) == result
    assert seen.exists()


@needs_launch
def test_what_else_a_person_has_launched_is_no_part_of_the_flight(tmp_path):
    """A window that is closed, or a node of the launch file that includes ours."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stranger = python(f"open('{pipe}', 'w').close(); raise SystemExit(7)")
    assert flight(python(f"open('{pipe}').read()"), strangers=[stranger]) == 0


@needs_launch
def test_gazebo_which_another_launch_file_starts_is_part_of_the_flight():
    gazebo = python(ends(0) + "  # /tmp/world.sdf")
    assert (
        flight(python(WAITS), strangers=[gazebo], part_of_it=lambda part: "/tmp/world.sdf" in part)
        == 1
    )


# A real drone


GRAPH = ("camera", "liquid_controller", "safety_supervisor", "autopilot_bridge", "recorder")


def fly(tmp_path, code, watch, monkeypatch, lines=None):
    """Run a real drone's graph whose nodes are small Python programs; returns the exit code of the
    launch.

    code: what they do, with ``me`` (the node's name) and ``here`` (a folder); watch: called every
    10 ms until it returns whether Ctrl-C shall be pressed; lines: filled with what the launch
    prints for people.
    """
    from launch import LaunchDescription, LaunchService
    from launch.actions import ExecuteProcess, OpaqueFunction, TimerAction

    from liquid_nav.bringup import launch_endings

    class Stand(launch_endings.EndsInTurn, ExecuteProcess):
        """A node without ROS."""

        def __init__(self, name):
            started.append(name)
            text = f"me = {name!r}; here = {str(tmp_path)!r}\n{code}"
            super().__init__(cmd=[sys.executable, "-c", text], name=name, output="screen")
            self.node_executable = name

        def again(self):
            return Stand(self.node_executable)

    def report(msg):
        return OpaqueFunction(function=lambda context: lines.append(msg))

    monkeypatch.setattr(drone_bringup, "FIRST_PAUSE", 0.01)
    if lines is not None:
        monkeypatch.setattr(launch_endings, "LogInfo", report)
    started = []

    def look(context):
        if watch():
            os.kill(os.getpid(), signal.SIGINT)
            return []
        return [TimerAction(period=0.01, actions=[OpaqueFunction(function=look)])]

    service = LaunchService()
    graph = launch_endings.DroneGraph([Stand(name) for name in GRAPH])
    service.include_launch_description(
        LaunchDescription([*graph.start(), OpaqueFunction(function=look)])
    )
    return service.run(), started


ORDERLY = """
import signal
from pathlib import Path
def end(number, frame):
    with open(here + "/ended", "a") as file:
        print(me, file=file)
    raise SystemExit(0)
signal.signal(signal.SIGINT, end)
Path(here, me).touch()
while True:
    signal.pause()
"""


@needs_launch
def test_ctrl_c_ends_a_real_drone_in_order(tmp_path, monkeypatch):
    """Each is signalled only when the one before has gone: whoever commands the drone outlives whom
    it listens to.
    """
    code, _ = fly(
        tmp_path,
        ORDERLY,
        lambda: all((tmp_path / name).exists() for name in GRAPH),
        monkeypatch,
    )
    assert code == 0
    assert (tmp_path / "ended").read_text().split() == list(END_ORDER)


@needs_launch
def test_a_node_that_does_not_end_holds_up_the_others_only_briefly(tmp_path, monkeypatch):
    from liquid_nav.bringup import launch_endings

    monkeypatch.setattr(launch_endings, "STAGE", 0.2)
    # Until the bridge has gone, which is signalled last.
    unresponsive = ORDERLY.replace(
        "def end(number, frame):",
        "def end(number, frame):\n    while me == 'recorder' and 'bridge' not in Path(here, "
        "'ended').read_text(): pass",
    )
    (tmp_path / "ended").touch()
    code, _ = fly(
        tmp_path,
        unresponsive,
        lambda: all((tmp_path / name).exists() for name in GRAPH),
        monkeypatch,
    )
    assert code == 0
    assert (tmp_path / "ended").read_text().split() == [*END_ORDER[1:], END_ORDER[0]]


DIES_ONCE = """
import os
if me == {name!r} and not os.path.exists(here + "/died" + me):
    open(here + "/died" + me, "w").close()
    os.kill(os.getpid(), 9)
"""


@needs_launch
@pytest.mark.parametrize("name", GRAPH)
def test_a_node_that_dies_ends_no_other_and_is_started_again_where_it_may_be(
    name, tmp_path, monkeypatch
):
    again = name in ("camera", "liquid_controller", "recorder")
    alive = [one for one in END_ORDER if again or one != name]
    lines = []

    def enough():
        return lines and all((tmp_path / one).exists() for one in alive)

    code, started = fly(tmp_path, DIES_ONCE.format(name=name) + ORDERLY, enough, monkeypatch, lines)
    assert code == 0
    assert started.count(name) == 1 + again
    assert (tmp_path / "ended").read_text().split() == alive, "all others lived until Ctrl-C"
    (text,) = lines
    assert f"{name} has ended (exit code -9), the others go on" in text
    assert ("is started again in" in text and "only a person engages again" in text) == again


@needs_launch
def test_a_node_that_refuses_its_input_is_not_started_again(tmp_path, monkeypatch):
    """A model that does not exist will not exist in two seconds either; the drone may be in the air
    by hand.
    """
    lines = []
    code, started = fly(
        tmp_path,
        f"if me == 'liquid_controller': raise SystemExit(2)\n{ORDERLY}",
        lambda: (
            lines
            and all((tmp_path / one).exists() for one in END_ORDER if one != "liquid_controller")
        ),
        monkeypatch,
        lines,
    )
    assert code == 0 and len(started) == len(GRAPH)
    (text,) = lines
    assert (
        "liquid_controller has ended (exit code 2)" in text
        and "Start liquid_controller again" in text
    )


# Without launch


def test_a_recorder_that_is_started_again_writes_beside_what_the_dead_one_has_left(tmp_path):
    folder = tmp_path / "today"
    folder.mkdir()
    (recorder,) = [p for p in drone_graph(record=str(folder)) if p.executable == "recorder"]
    assert recorder.parameters["folder"] == str(folder)
    again = drone_bringup.parameters_after_death("recorder", recorder.parameters)
    assert again == {**recorder.parameters, "folder": str(tmp_path / "today-2")}
    others = {"model": "default"}
    assert drone_bringup.parameters_after_death("liquid_controller", others) == others


@pytest.mark.parametrize(
    ("deaths", "seconds"), [(1, 2.0), (2, 4.0), (4, 16.0), (5, 30.0), (9, 30.0)]
)
def test_what_dies_again_and_again_is_left_alone_for_longer(deaths, seconds):
    assert drone_bringup.pause(deaths) == seconds


@pytest.mark.parametrize("code", [-9, -11, 1])
def test_what_died_is_started_again_and_what_was_ended_is_not(code):
    for name in ("camera", "liquid_controller", "recorder"):
        assert drone_bringup.dies(name, code)
        assert not any(drone_bringup.dies(name, purpose) for purpose in (0, 2, 3))
    for name in ("safety_supervisor", "autopilot_bridge"):
        assert not drone_bringup.dies(name, code)


def test_every_node_of_a_real_drone_has_its_place_in_the_end():
    graph = drone_graph(record="/tmp/x")
    assert {process.executable for process in graph} == set(END_ORDER)
